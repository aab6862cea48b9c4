/** CloudFormation's resource types of volumes, their attachments and placement groups. */
import { AwsError } from "@hakoniwa/kernel";
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import { resourceType } from "../resource-type.js";
import { unlessGone } from "../unless-gone.js";
import { tagsFor, updateTags } from "./cfn-tags.js";
import { keyAs } from "./cfn-words.js";

interface VolumeProperties
  extends Pick<Ec2Types.CreateVolumeRequest, "AvailabilityZone" | "AvailabilityZoneId" | "Encrypted" | "Iops" | "KmsKeyId" | "Size" | "SnapshotId" | "Throughput"> {
  readonly AutoEnableIO?: boolean;
  readonly VolumeType?: Ec2Types.VolumeType;
  readonly Tags?: readonly Ec2Types.Tag[];
}

const VOLUME = ["AutoEnableIO", "AvailabilityZone", "AvailabilityZoneId", "Encrypted", "Iops", "KmsKeyId", "Size", "SnapshotId", "Tags", "Throughput", "VolumeType"];

/** What a volume has for good, although the registry names it as changeable. */
const LASTING = ["AvailabilityZone", "AvailabilityZoneId", "Encrypted", "KmsKeyId", "SnapshotId"] as const;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-volume.html */
export const volume = resourceType<VolumeProperties>("AWS::EC2::Volume", VOLUME, {
  create(aws, properties, request) {
    const { AutoEnableIO, Tags, ...given } = properties;
    const id = aws.ec2.CreateVolume({ ...given, TagSpecifications: tagsFor("volume", Tags, request) }).VolumeId ?? "";
    if (AutoEnableIO !== undefined) aws.ec2.ModifyVolumeAttribute({ VolumeId: id, AutoEnableIO: { Value: AutoEnableIO } });
    return id;
  },
  settled(aws, id) {
    if (describe(aws, id)?.State === "creating") return false;
    const modification = unlessGone(() => aws.ec2.DescribeVolumesModifications({ VolumeIds: [id] }))?.VolumesModifications?.[0];
    // From "optimizing" on the volume is as it shall be.
    return modification?.ModificationState !== "modifying";
  },
  read(aws, id, given) {
    const found = describe(aws, id);
    if (!found || found.State === "deleting") return undefined;
    const { AvailabilityZone, AvailabilityZoneId, Encrypted, Iops, KmsKeyId, Size, SnapshotId, Throughput, VolumeType, Tags = [] } = found;
    const told = { AvailabilityZone, AvailabilityZoneId, Encrypted, Iops, KmsKeyId: keyAs(given.KmsKeyId, KmsKeyId), Size, Throughput, VolumeType, SnapshotId: SnapshotId || undefined };
    const AutoEnableIO = aws.ec2.DescribeVolumeAttribute({ VolumeId: id, Attribute: "autoEnableIO" }).AutoEnableIO?.Value ?? false;
    return { ...(Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) as Partial<VolumeProperties>), AutoEnableIO, Tags };
  },
  attributes: (_aws, id) => ({ VolumeId: id }),
  update(aws, id, next, previous, request) {
    const fixed = LASTING.find((name) => next[name] !== previous[name]);
    if (fixed !== undefined) throw new AwsError("InvalidParameterValue", `The ${fixed} of an existing volume can't be changed.`);
    const shape = ({ Size, VolumeType, Iops, Throughput }: VolumeProperties): Omit<Ec2Types.ModifyVolumeRequest, "VolumeId"> => ({ Size, VolumeType, Iops, Throughput });
    if (JSON.stringify(shape(next)) !== JSON.stringify(shape(previous))) aws.ec2.ModifyVolume({ VolumeId: id, ...shape(next) });
    if (next.AutoEnableIO !== previous.AutoEnableIO) aws.ec2.ModifyVolumeAttribute({ VolumeId: id, AutoEnableIO: { Value: next.AutoEnableIO ?? false } });
    updateTags(aws, id, next.Tags, previous.Tags, request);
  },
  snapshot(aws, id, _properties, request) {
    unlessGone(() => aws.ec2.CreateSnapshot({ VolumeId: id, TagSpecifications: tagsFor("snapshot", undefined, request) }));
  },
  delete(aws, id) {
    unlessGone(() => aws.ec2.DeleteVolume({ VolumeId: id }));
  },
  gone: (aws, id) => describe(aws, id) === undefined,
});

interface AttachmentProperties {
  readonly Device?: string;
  readonly InstanceId: string;
  readonly VolumeId: string;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-volumeattachment.html */
export const volumeAttachment = resourceType<AttachmentProperties>("AWS::EC2::VolumeAttachment", ["Device", "InstanceId", "VolumeId"], {
  create(aws, properties) {
    const { Device, InstanceId, VolumeId } = properties;
    aws.ec2.AttachVolume({ VolumeId, InstanceId, Device: Device ?? "" });
    return `${VolumeId}|${InstanceId}`;
  },
  read(aws, id) {
    const found = attachmentOf(aws, id);
    return found && found.State !== "detaching" ? { VolumeId: found.VolumeId!, InstanceId: found.InstanceId!, Device: found.Device! } : undefined;
  },
  settled: (aws, id) => attachmentOf(aws, id)?.State !== "attaching",
  delete(aws, id) {
    const found = attachmentOf(aws, id);
    const [VolumeId = "", InstanceId] = id.split("|");
    if (found && found.State !== "detaching") aws.ec2.DetachVolume({ VolumeId, InstanceId });
  },
  gone: (aws, id) => attachmentOf(aws, id) === undefined,
});

interface PlacementGroupProperties extends Pick<Ec2Types.CreatePlacementGroupRequest, "PartitionCount" | "SpreadLevel" | "Strategy"> {
  readonly Tags?: readonly Ec2Types.Tag[];
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-placementgroup.html */
export const placementGroup = resourceType<PlacementGroupProperties>("AWS::EC2::PlacementGroup", ["PartitionCount", "SpreadLevel", "Strategy", "Tags"], {
  create(aws, { Tags, ...given }, request) {
    const name = request.physicalName(255);
    aws.ec2.CreatePlacementGroup({ ...given, GroupName: name, TagSpecifications: tagsFor("placement-group", Tags, request) });
    return name;
  },
  read(aws, name) {
    const found = findGroup(aws, name);
    if (!found) return undefined;
    const { Strategy, SpreadLevel, PartitionCount, Tags = [] } = found;
    return { Strategy: Strategy!, ...(SpreadLevel === undefined ? {} : { SpreadLevel }), ...(PartitionCount === undefined ? {} : { PartitionCount }), Tags };
  },
  attributes: (aws, name) => ({ GroupName: name, GroupId: findGroup(aws, name)?.GroupId }),
  delete(aws, name) {
    if (findGroup(aws, name)) aws.ec2.DeletePlacementGroup({ GroupName: name });
  },
});

function findGroup(aws: Aws, name: string): Ec2Types.PlacementGroup | undefined {
  return aws.ec2.DescribePlacementGroups({ Filters: [{ Name: "group-name", Values: [name.replace(/[\\*?]/g, "\\$&")] }] }).PlacementGroups?.[0];
}

function describe(aws: Aws, id: string): Ec2Types.Volume | undefined {
  return unlessGone(() => aws.ec2.DescribeVolumes({ VolumeIds: [id] }))?.Volumes?.[0];
}

function attachmentOf(aws: Aws, id: string): Ec2Types.VolumeAttachment | undefined {
  const [volumeId = "", instanceId] = id.split("|");
  return describe(aws, volumeId)?.Attachments?.find((each) => each.InstanceId === instanceId);
}
