/** CloudFormation's resource types of volumes, their attachments and placement groups. */
import { resource } from "@hakoniwa/cloudformation";
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import { refuseProperties } from "../not-implemented.js";
import { unlessGone } from "../unless-gone.js";
import { tagsFor, updateTags } from "./cfn-tags.js";

interface VolumeProperties
  extends Pick<Ec2Types.CreateVolumeRequest, "AvailabilityZone" | "AvailabilityZoneId" | "Encrypted" | "Iops" | "KmsKeyId" | "MultiAttachEnabled" | "Size" | "SnapshotId" | "Throughput"> {
  readonly AutoEnableIO?: boolean;
  readonly VolumeType?: Ec2Types.VolumeType;
  readonly Tags?: readonly Ec2Types.Tag[];
}

const VOLUME = ["AutoEnableIO", "AvailabilityZone", "AvailabilityZoneId", "Encrypted", "Iops", "KmsKeyId", "MultiAttachEnabled", "Size", "SnapshotId", "Tags", "Throughput", "VolumeType"];

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-volume.html */
export const volume = resource<VolumeProperties>("AWS::EC2::Volume", {
  create(aws, properties, request) {
    refuseProperties("AWS::EC2::Volume", properties, VOLUME);
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
  attributes: (_aws, id) => ({ VolumeId: id }),
  update(aws, id, next, previous, request) {
    const shape = ({ Size, VolumeType, Iops, Throughput }: VolumeProperties): Omit<Ec2Types.ModifyVolumeRequest, "VolumeId"> => ({ Size, VolumeType, Iops, Throughput });
    if (JSON.stringify(shape(next)) !== JSON.stringify(shape(previous))) aws.ec2.ModifyVolume({ VolumeId: id, ...shape(next) });
    if (next.AutoEnableIO !== previous.AutoEnableIO) aws.ec2.ModifyVolumeAttribute({ VolumeId: id, AutoEnableIO: { Value: next.AutoEnableIO ?? false } });
    updateTags(aws, id, next.Tags, previous.Tags, request);
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
  readonly EbsCardIndex?: number;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-volumeattachment.html */
export const volumeAttachment = resource<AttachmentProperties>("AWS::EC2::VolumeAttachment", {
  create(aws, properties) {
    refuseProperties("AWS::EC2::VolumeAttachment", properties, ["Device", "InstanceId", "VolumeId"]);
    const { Device, InstanceId, VolumeId } = properties;
    aws.ec2.AttachVolume({ VolumeId, InstanceId, Device: Device ?? "" });
    return `${VolumeId}|${InstanceId}`;
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
  readonly GroupName?: string;
  readonly Tags?: readonly Ec2Types.Tag[];
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-placementgroup.html */
export const placementGroup = resource<PlacementGroupProperties>("AWS::EC2::PlacementGroup", {
  create(aws, { GroupName, Tags, ...given }, request) {
    const name = GroupName ?? request.physicalName(255);
    aws.ec2.CreatePlacementGroup({ ...given, GroupName: name, TagSpecifications: tagsFor("placement-group", Tags, request) });
    return name;
  },
  attributes: (_aws, name) => ({ GroupName: name }),
  delete(aws, name) {
    const there = aws.ec2.DescribePlacementGroups({ Filters: [{ Name: "group-name", Values: [name.replace(/[\\*?]/g, "\\$&")] }] }).PlacementGroups?.length;
    if (there) aws.ec2.DeletePlacementGroup({ GroupName: name });
  },
});

function describe(aws: Aws, id: string): Ec2Types.Volume | undefined {
  return unlessGone(() => aws.ec2.DescribeVolumes({ VolumeIds: [id] }))?.Volumes?.[0];
}

function attachmentOf(aws: Aws, id: string): Ec2Types.VolumeAttachment | undefined {
  const [volumeId = "", instanceId] = id.split("|");
  return describe(aws, volumeId)?.Attachments?.find((each) => each.InstanceId === instanceId);
}
