/** An image as a launch sees it, whether it is Amazon's or the user's own. */
import { AwsError, type Reader, type Scope } from "@hakoniwa/kernel";
import type { Disk } from "@hakoniwa/network";
import { checkId, notFound } from "./errors.js";
import { publicImage } from "./image-catalogue.js";
import { images } from "./state-compute.js";
import type { VolumeType } from "./state-disks.js";

export interface LaunchableImage {
  readonly id: string;
  readonly rootDeviceName: string;
  readonly devices: readonly LaunchableDevice[];
  readonly imdsSupport: "v2.0" | undefined;
}

export interface LaunchableDevice {
  readonly deviceName: string;
  readonly source: Disk["source"];
  readonly snapshotId: string | undefined;
  readonly volumeSize: number;
  readonly volumeType: VolumeType;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
  readonly encrypted: boolean;
  readonly deleteOnTermination: boolean;
}

/** @throws AwsError when there is no such image, or it can't be launched yet */
export function launchableImage(db: Reader, region: Scope["region"], id: string): LaunchableImage {
  const known = publicImage(region, id);
  if (known) {
    const { rootDeviceName, snapshotId, volumeSize, volumeType, imdsSupport } = known;
    const root = { deviceName: rootDeviceName, source: { kind: "image", name: known.content } as const, snapshotId, volumeSize, volumeType, iops: undefined, throughput: undefined, encrypted: false, deleteOnTermination: true };
    return { id, rootDeviceName, devices: [root], imdsSupport };
  }
  checkId("image", id);
  const own = db(images).get(id);
  if (!own) throw notFound("image", id);
  if (own.state !== "available") throw new AwsError("InvalidAMIID.Unavailable", `The image ID '${id}' is currently ${own.state} and may not be run`);
  const devices = own.devices.map((device) => ({ ...device, source: device.snapshotId === undefined ? ({ kind: "empty" } as const) : ({ kind: "snapshot", id: device.snapshotId } as const) }));
  return { id, rootDeviceName: own.rootDeviceName, devices, imdsSupport: own.imdsSupport };
}
