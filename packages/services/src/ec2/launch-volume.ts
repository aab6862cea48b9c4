/** The root volume that a launch makes: the image's, changed by the request's block device mappings. */
import { AwsError } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import { refuse, unsupported } from "./errors.js";
import type { LaunchableDevice, LaunchableImage } from "./launchable-image.js";
import { volumeOptions, type VolumeOptions } from "./volume-options.js";

export interface RootVolume extends VolumeOptions {
  readonly device: LaunchableDevice;
  readonly deleteOnTermination: boolean;
}

/** @throws AwsError NotImplemented for further volumes, which instances could not use yet */
export function rootVolume(image: LaunchableImage, mappings: readonly Ec2Types.BlockDeviceMapping[] | undefined): RootVolume {
  const device = image.devices.find((each) => each.deviceName === image.rootDeviceName);
  if (!device) throw new AwsError("InvalidBlockDeviceMapping", `The image '${image.id}' has no root device ${image.rootDeviceName}`);
  for (const mapping of mappings ?? []) {
    if (!mapping.DeviceName) throw new AwsError("MissingParameter", "The request must contain the parameter DeviceName");
    if (mapping.DeviceName !== image.rootDeviceName) throw unsupported("RunInstances", `BlockDeviceMappings for ${mapping.DeviceName} (other than the root device ${image.rootDeviceName})`);
    if (mapping.NoDevice !== undefined || mapping.VirtualName !== undefined) {
      throw new AwsError("InvalidBlockDeviceMapping", `The root device ${mapping.DeviceName} can't be left out or be an instance store`);
    }
  }
  const ebs = mappings?.[0]?.Ebs ?? {};
  refuse("RunInstances", ebs, ["Encrypted", "KmsKeyId", "OutpostArn", "VolumeInitializationRate"]);
  if (ebs.SnapshotId !== undefined && ebs.SnapshotId !== device.snapshotId) {
    throw new AwsError("InvalidBlockDeviceMapping", `snapshotId can only be modified on EBS devices that are not the root device: ${ebs.SnapshotId}`);
  }
  if (ebs.VolumeSize !== undefined && ebs.VolumeSize < device.volumeSize) {
    throw new AwsError("InvalidBlockDeviceMapping", `Volume of size ${ebs.VolumeSize}GB is smaller than snapshot '${device.snapshotId}', expect size >= ${device.volumeSize}GB`);
  }
  const options = volumeOptions({ size: ebs.VolumeSize ?? device.volumeSize, type: ebs.VolumeType ?? device.volumeType, iops: ebs.Iops, throughput: ebs.Throughput });
  return { ...options, device, deleteOnTermination: ebs.DeleteOnTermination ?? device.deleteOnTermination };
}
