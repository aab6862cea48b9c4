/** The volumes that a launch makes: the image's, changed, left out and added to by the request's block device mappings. */
import type { Reader } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import { missingParameter, refuse, unsupported } from "./errors.js";
import { blockDevice, smaller } from "./image-devices.js";
import type { InstanceType } from "./instance-types.js";
import type { LaunchableDevice, LaunchableImage } from "./launchable-image.js";
import type { Volume } from "./state-disks.js";
import { checkAttachments, checkDevice, sameDevice } from "./volume-attachments.js";
import { volumeOptions } from "./volume-options.js";
import { encryptionOf, usableSnapshot } from "./volumes.js";

export interface LaunchVolume extends Pick<Volume, "source" | "snapshotId" | "size" | "type" | "iops" | "throughput" | "encrypted" | "kmsKeyId"> {
  readonly deviceName: string;
  readonly deleteOnTermination: boolean;
}

const UNSUPPORTED = ["OutpostArn", "VolumeInitializationRate", "EbsCardIndex"];

/** The root volume first. @throws AwsError for mappings that AWS refuses, and for more volumes than the type takes */
export function launchVolumes(db: Reader, image: LaunchableImage, mappings: readonly Ec2Types.BlockDeviceMapping[], type: InstanceType, interfaces: number): readonly LaunchVolume[] {
  const asked = mappings.map((mapping) => ({ mapping, deviceName: checked(mapping) }));
  const twice = asked.find(({ deviceName }, index) => asked.findIndex((other) => sameDevice(other.deviceName, deviceName)) !== index);
  if (twice) throw blockDevice(`The device '${twice.deviceName}' is used in more than one block-device mapping`);
  const root = image.devices.find((device) => device.deviceName === image.rootDeviceName);
  if (!root) throw blockDevice(`The image '${image.id}' has no root device ${image.rootDeviceName}`);
  const own = [root, ...image.devices.filter((device) => device !== root)].flatMap((device): readonly LaunchVolume[] => {
    const mapping = asked.find(({ deviceName }) => sameDevice(deviceName, device.deviceName))?.mapping;
    if (mapping?.NoDevice === undefined) return [changed(db, device, mapping?.Ebs ?? {})];
    if (device === root) throw blockDevice(`The root device ${device.deviceName} can't be left out or be an instance store`);
    return [];
  });
  const more = asked
    .filter(({ mapping, deviceName }) => mapping.NoDevice === undefined && !image.devices.some((device) => sameDevice(device.deviceName, deviceName)))
    .map(({ mapping, deviceName }) => added(db, deviceName, mapping.Ebs));
  const all = [...own, ...more];
  checkAttachments(type, all.length, interfaces);
  return all;
}

function checked(mapping: Ec2Types.BlockDeviceMapping): string {
  if (!mapping.DeviceName) throw missingParameter("deviceName");
  checkDevice(mapping.DeviceName);
  if (mapping.VirtualName !== undefined) throw unsupported("RunInstances", `BlockDeviceMappings.VirtualName=${mapping.VirtualName}`);
  refuse("RunInstances", mapping.Ebs ?? {}, UNSUPPORTED);
  return mapping.DeviceName;
}

/** A device of the image, with what the request says otherwise. */
function changed(db: Reader, device: LaunchableDevice, ebs: Ec2Types.EbsBlockDevice): LaunchVolume {
  const { deviceName, snapshotId } = device;
  if (ebs.SnapshotId !== undefined && ebs.SnapshotId !== snapshotId) {
    throw blockDevice(`snapshotId can only be modified on EBS devices that are not of the image: ${ebs.SnapshotId} for ${deviceName}`);
  }
  if (ebs.Encrypted === false && device.encrypted) throw blockDevice(`the encrypted flag cannot be specified since device ${deviceName} has a snapshot specified.`);
  const size = ebs.VolumeSize ?? device.volumeSize;
  if (size < device.volumeSize) throw smaller(size, snapshotId ?? deviceName, device.volumeSize);
  const same = ebs.VolumeType === undefined || ebs.VolumeType === device.volumeType;
  const options = volumeOptions({
    size,
    type: ebs.VolumeType ?? device.volumeType,
    iops: ebs.Iops ?? (same ? device.iops : undefined),
    throughput: ebs.Throughput ?? (same ? device.throughput : undefined),
  });
  const deleteOnTermination = ebs.DeleteOnTermination ?? device.deleteOnTermination;
  return { ...options, ...encryptionOf(db, "RunInstances", ebs, device), deviceName, source: device.source, snapshotId, deleteOnTermination };
}

/** A further volume, empty or from a snapshot. It outlives the instance unless the request says otherwise. */
function added(db: Reader, deviceName: string, ebs: Ec2Types.EbsBlockDevice | undefined): LaunchVolume {
  if (!ebs) throw missingParameter(`ebs, of the block device mapping ${deviceName}`);
  const snapshot = ebs.SnapshotId === undefined ? undefined : usableSnapshot(db, ebs.SnapshotId);
  const size = ebs.VolumeSize ?? snapshot?.volumeSize;
  if (size === undefined) throw missingParameter("size/snapshot");
  if (snapshot && size < snapshot.volumeSize) throw smaller(size, snapshot.id, snapshot.volumeSize);
  return {
    ...volumeOptions({ size, type: ebs.VolumeType ?? "gp2", iops: ebs.Iops, throughput: ebs.Throughput }),
    ...encryptionOf(db, "RunInstances", ebs, snapshot),
    deviceName,
    source: snapshot ? { kind: "snapshot", id: snapshot.id } : { kind: "empty" },
    snapshotId: snapshot?.id,
    deleteOnTermination: ebs.DeleteOnTermination ?? false,
  };
}
