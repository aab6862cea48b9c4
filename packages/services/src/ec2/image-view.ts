/** Images as DescribeImages shows them, and its filters. */
import type { Reader } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import type { FilterTable } from "./filters.js";
import type { PublicImage } from "./image-catalogue.js";
import type { Image } from "./state-compute.js";
import { tagsOf } from "./tags.js";
import { isoTime } from "./times.js";

const COMMON = {
  Architecture: "x86_64",
  Hypervisor: "xen",
  ImageType: "machine",
  PlatformDetails: "Linux/UNIX",
  RootDeviceType: "ebs",
  SriovNetSupport: "simple",
  UsageOperation: "RunInstances",
  VirtualizationType: "hvm",
} as const satisfies Ec2Types.Image;

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html. Kernels, RAM disks and product codes are of images that are not here. */
export const IMAGE_FILTERS: FilterTable<Ec2Types.Image> = {
  architecture: (image) => image.Architecture,
  "block-device-mapping.delete-on-termination": (image) => image.BlockDeviceMappings?.map((device) => device.Ebs?.DeleteOnTermination),
  "block-device-mapping.device-name": (image) => image.BlockDeviceMappings?.map((device) => device.DeviceName),
  "block-device-mapping.encrypted": (image) => image.BlockDeviceMappings?.map((device) => device.Ebs?.Encrypted),
  "block-device-mapping.snapshot-id": (image) => image.BlockDeviceMappings?.map((device) => device.Ebs?.SnapshotId),
  "block-device-mapping.volume-size": (image) => image.BlockDeviceMappings?.map((device) => device.Ebs?.VolumeSize),
  "block-device-mapping.volume-type": (image) => image.BlockDeviceMappings?.map((device) => device.Ebs?.VolumeType),
  "creation-date": (image) => image.CreationDate,
  description: (image) => image.Description,
  "ena-support": (image) => image.EnaSupport,
  "free-tier-eligible": (image) => image.FreeTierEligible,
  hypervisor: (image) => image.Hypervisor,
  "image-allowed": () => true,
  "image-id": (image) => image.ImageId,
  "image-type": (image) => image.ImageType,
  "is-public": (image) => image.Public,
  "kernel-id": () => [],
  "manifest-location": (image) => image.ImageLocation,
  name: (image) => image.Name,
  "owner-alias": (image) => image.ImageOwnerAlias,
  "owner-id": (image) => image.OwnerId,
  platform: (image) => image.Platform,
  "product-code": () => [],
  "product-code.type": () => [],
  "ramdisk-id": () => [],
  "root-device-name": (image) => image.RootDeviceName,
  "root-device-type": (image) => image.RootDeviceType,
  "source-image-id": (image) => image.SourceImageId,
  "source-image-region": (image) => image.SourceImageRegion,
  "source-instance-id": (image) => image.SourceInstanceId,
  "sriov-net-support": (image) => image.SriovNetSupport,
  state: (image) => image.State,
  "state-reason-code": (image) => image.StateReason?.Code,
  "state-reason-message": (image) => image.StateReason?.Message,
  "virtualization-type": (image) => image.VirtualizationType,
};

export function describePublicImage(image: PublicImage): Ec2Types.Image {
  const { id, name, ownerId, volumeSize, volumeType, snapshotId } = image;
  return {
    ...COMMON,
    BootMode: image.imdsSupport === "v2.0" ? "uefi-preferred" : undefined,
    ImageId: id,
    Name: name,
    Description: image.description,
    FreeTierEligible: true,
    ImageLocation: `amazon/${name}`,
    ImageOwnerAlias: "amazon",
    OwnerId: ownerId,
    Public: true,
    State: "available",
    CreationDate: isoTime(image.created),
    DeregistrationProtection: "disabled",
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
    BootMode: image.bootMode,
    ImageId: image.id,
    Name: image.name,
    Description: image.description,
    FreeTierEligible: true,
    ImageLocation: `${image.ownerId}/${image.name}`,
    OwnerId: image.ownerId,
    Public: image.launchPermissions.includes("all"),
    State: image.state,
    CreationDate: isoTime(image.created),
    DeprecationTime: image.deprecated === undefined ? undefined : isoTime(image.deprecated),
    DeregistrationProtection: image.deregistrationProtection,
    LastLaunchedTime: image.lastLaunched === undefined ? undefined : isoTime(image.lastLaunched),
    EnaSupport: image.enaSupport,
    ImdsSupport: image.imdsSupport,
    SourceInstanceId: image.sourceInstanceId,
    SourceImageId: image.sourceImageId,
    SourceImageRegion: image.sourceImageRegion,
    RootDeviceName: image.rootDeviceName,
    BlockDeviceMappings: describeDevices(image),
    Tags: tagsOf(db, image.id),
  };
}

export function describeDevices(image: Image): readonly Ec2Types.BlockDeviceMapping[] {
  return image.devices.map((device) => ({
    DeviceName: device.deviceName,
    Ebs: {
      DeleteOnTermination: device.deleteOnTermination,
      SnapshotId: device.snapshotId,
      VolumeSize: device.volumeSize,
      VolumeType: device.volumeType,
      Iops: device.iops,
      Throughput: device.throughput,
      Encrypted: device.encrypted,
    },
  }));
}
