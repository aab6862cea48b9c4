/** Images as DescribeImages shows them. */
import type { Reader } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import type { PublicImage } from "./image-catalogue.js";
import type { Image } from "./state-compute.js";
import { tagsOf } from "./tags.js";
import { isoTime } from "./times.js";

const COMMON = {
  Architecture: "x86_64",
  BootMode: "uefi-preferred",
  Hypervisor: "xen",
  ImageType: "machine",
  PlatformDetails: "Linux/UNIX",
  RootDeviceType: "ebs",
  SriovNetSupport: "simple",
  UsageOperation: "RunInstances",
  VirtualizationType: "hvm",
} as const satisfies Ec2Types.Image;

export function describePublicImage(image: PublicImage): Ec2Types.Image {
  const { id, name, ownerId, volumeSize, volumeType, snapshotId } = image;
  return {
    ...COMMON,
    ImageId: id,
    Name: name,
    Description: image.description,
    ImageLocation: `amazon/${name}`,
    ImageOwnerAlias: "amazon",
    OwnerId: ownerId,
    Public: true,
    State: "available",
    CreationDate: isoTime(image.created),
    EnaSupport: image.enaSupport,
    ImdsSupport: image.imdsSupport,
    RootDeviceName: image.rootDeviceName,
    BlockDeviceMappings: [
      { DeviceName: image.rootDeviceName, Ebs: { DeleteOnTermination: true, SnapshotId: snapshotId, VolumeSize: volumeSize, VolumeType: volumeType, Encrypted: false } },
    ],
    Tags: [],
  };
}

export function describeOwnImage(db: Reader, image: Image): Ec2Types.Image {
  return {
    ...COMMON,
    ImageId: image.id,
    Name: image.name,
    Description: image.description,
    ImageLocation: `${image.ownerId}/${image.name}`,
    OwnerId: image.ownerId,
    Public: false,
    State: image.state,
    CreationDate: isoTime(image.created),
    EnaSupport: image.enaSupport,
    ImdsSupport: image.imdsSupport,
    SourceInstanceId: image.sourceInstanceId,
    SourceImageId: image.sourceImageId,
    RootDeviceName: image.rootDeviceName,
    BlockDeviceMappings: image.devices.map((device) => ({
      DeviceName: device.deviceName,
      Ebs: {
        DeleteOnTermination: device.deleteOnTermination,
        SnapshotId: device.snapshotId,
        VolumeSize: device.volumeSize,
        VolumeType: device.volumeType,
        Encrypted: false,
      },
    })),
    Tags: tagsOf(db, image.id),
  };
}
