/** The devices of an image as its maker asks for them: an instance's volumes, snapshots, and empty volumes. */
import { AwsError, type Reader } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import { invalidValue, missingParameter, refuse } from "./errors.js";
import { takeSnapshot } from "./snapshots.js";
import type { ImageDevice, Instance } from "./state-compute.js";
import { volumes, type Volume } from "./state-disks.js";
import { checkDevice } from "./volume-attachments.js";
import { volumeOptions } from "./volume-options.js";
import { usableSnapshot } from "./volumes.js";

const UNSUPPORTED = ["KmsKeyId", "OutpostArn", "VolumeInitializationRate", "AvailabilityZone", "AvailabilityZoneId", "EbsCardIndex"];

/** The devices of RegisterImage. */
export function registeredDevices(db: Reader, mappings: readonly Ec2Types.BlockDeviceMapping[]): readonly ImageDevice[] {
  const names = new Set<string>();
  return mappings.map((mapping) => {
    const deviceName = deviceNameOf(mapping);
    if (names.has(deviceName)) throw blockDevice(`The device '${deviceName}' is used in more than one block-device mapping`);
    names.add(deviceName);
    if (mapping.VirtualName !== undefined || mapping.NoDevice !== undefined || !mapping.Ebs) throw blockDevice(`The device ${deviceName} must be an EBS volume.`);
    return deviceOf(db, "RegisterImage", deviceName, mapping.Ebs);
  });
}

/**
 * The devices of CreateImage: the instance's volumes, of which snapshots are taken, as the request's mappings change them.
 * @param options.afterHaltOf the instance when it must not run meanwhile
 */
export function capturedDevices(
  ctx: Context,
  instance: Instance,
  mappings: readonly Ec2Types.BlockDeviceMapping[],
  options: { readonly imageId: string; readonly afterHaltOf?: string; readonly taken: (snapshotId: string) => void },
): readonly ImageDevice[] {
  const asked = new Map(mappings.map((mapping) => [deviceNameOf(mapping), mapping]));
  const attached = ctx.db(volumes).where("instance", instance.id);
  const captured = attached.flatMap((volume): readonly ImageDevice[] => {
    const deviceName = volume.attachment?.device ?? instance.rootDeviceName;
    const mapping = asked.get(deviceName);
    asked.delete(deviceName);
    if (mapping?.NoDevice !== undefined) {
      if (deviceName === instance.rootDeviceName) throw blockDevice(`The root device ${deviceName} can't be left out of an image`);
      return [];
    }
    const options_ = options.afterHaltOf === undefined ? {} : { afterHaltOf: options.afterHaltOf };
    const snapshot = takeSnapshot(ctx, volume, { description: `Created by CreateImage(${instance.id}) for ${options.imageId}`, ...options_ });
    options.taken(snapshot.id);
    return [changedDevice(volume, deviceName, snapshot.id, mapping?.Ebs ?? {})];
  });
  const more = [...asked].flatMap(([deviceName, mapping]) => (mapping.Ebs ? [deviceOf(ctx.db, "CreateImage", deviceName, mapping.Ebs)] : []));
  return [...captured, ...more];
}

/** @throws AwsError for what is no EBS device of an image */
function deviceOf(db: Reader, operation: string, deviceName: string, ebs: Ec2Types.EbsBlockDevice): ImageDevice {
  refuse(operation, ebs, UNSUPPORTED);
  const snapshot = ebs.SnapshotId === undefined ? undefined : usableSnapshot(db, ebs.SnapshotId);
  const size = ebs.VolumeSize ?? snapshot?.volumeSize;
  if (size === undefined) throw new AwsError("MissingParameter", `The request must contain the parameter size or snapshotId of the device ${deviceName}`);
  if (snapshot && size < snapshot.volumeSize) throw smaller(size, snapshot.id, snapshot.volumeSize);
  const { type, iops, throughput } = volumeOptions({ size, type: ebs.VolumeType ?? "standard", iops: ebs.Iops, throughput: ebs.Throughput });
  return {
    deviceName,
    snapshotId: snapshot?.id,
    volumeSize: size,
    volumeType: type,
    iops: ebs.Iops === undefined ? undefined : iops,
    throughput: ebs.Throughput === undefined ? undefined : throughput,
    encrypted: ebs.Encrypted === true || snapshot?.encrypted === true,
    deleteOnTermination: ebs.DeleteOnTermination ?? true,
  };
}

function changedDevice(volume: Volume, deviceName: string, snapshotId: string, ebs: Ec2Types.EbsBlockDevice): ImageDevice {
  refuse("CreateImage", ebs, [...UNSUPPORTED, "Encrypted"]);
  if (ebs.SnapshotId !== undefined) throw invalidValue(`snapshotId can't be given for ${deviceName}: it is attached to the instance`);
  const size = ebs.VolumeSize ?? volume.size;
  if (size < volume.size) throw smaller(size, snapshotId, volume.size);
  const same = ebs.VolumeType === undefined || ebs.VolumeType === volume.type;
  const own = same ? { iops: volume.type === "gp2" ? undefined : volume.iops, throughput: volume.throughput } : { iops: undefined, throughput: undefined };
  const { type, iops, throughput } = volumeOptions({ size, type: ebs.VolumeType ?? volume.type, iops: ebs.Iops ?? own.iops, throughput: ebs.Throughput ?? own.throughput });
  return {
    deviceName,
    snapshotId,
    volumeSize: size,
    volumeType: type,
    iops: type === "gp2" ? undefined : iops,
    throughput,
    encrypted: volume.encrypted,
    deleteOnTermination: ebs.DeleteOnTermination ?? volume.attachment?.deleteOnTermination ?? true,
  };
}

function deviceNameOf(mapping: Ec2Types.BlockDeviceMapping): string {
  if (!mapping.DeviceName) throw missingParameter("DeviceName");
  checkDevice(mapping.DeviceName);
  return mapping.DeviceName;
}

export function smaller(size: number, snapshotId: string, least: number): AwsError {
  return blockDevice(`Volume of size ${size}GB is smaller than snapshot '${snapshotId}', expect size >= ${least}GB`);
}

export function blockDevice(message: string): AwsError {
  return new AwsError("InvalidBlockDeviceMapping", message);
}
