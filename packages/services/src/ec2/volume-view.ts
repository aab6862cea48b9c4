/** Volumes as the API shows them. */
import type { Reader, Scope } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import type { FilterTable } from "./filters.js";
import type { Volume } from "./state-disks.js";
import { tagsOf } from "./tags.js";
import { timestamp } from "./times.js";
import { zonesOf } from "./zones.js";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html */
export function volumeFilters(scope: Scope): FilterTable<Volume> {
  return {
    "attachment.attach-time": (volume) => volume.attachment && timestamp(volume.attachment.attached).toISOString(),
    "attachment.delete-on-termination": (volume) => volume.attachment?.deleteOnTermination,
    "attachment.device": (volume) => volume.attachment?.device,
    "attachment.instance-id": (volume) => volume.attachment?.instanceId,
    "attachment.status": (volume) => volume.attachment?.status,
    "availability-zone": (volume) => volume.availabilityZone,
    "availability-zone-id": (volume) => zoneIdOf(scope, volume.availabilityZone),
    "create-time": (volume) => timestamp(volume.created).toISOString(),
    encrypted: (volume) => volume.encrypted,
    "fast-restored": () => false,
    "multi-attach-enabled": () => false,
    "operator.managed": () => false,
    "operator.principal": () => undefined,
    size: (volume) => volume.size,
    "snapshot-id": (volume) => volume.snapshotId,
    status: (volume) => volume.state,
    "volume-id": (volume) => volume.id,
    "volume-type": (volume) => volume.type,
  };
}

export function describeVolume(db: Reader, scope: Scope, volume: Volume): Ec2Types.Volume {
  return {
    VolumeId: volume.id,
    Size: volume.size,
    VolumeType: volume.type,
    Iops: volume.iops,
    Throughput: volume.throughput,
    SnapshotId: volume.snapshotId ?? "",
    AvailabilityZone: volume.availabilityZone,
    AvailabilityZoneId: zoneIdOf(scope, volume.availabilityZone),
    State: volume.state,
    CreateTime: timestamp(volume.created),
    Encrypted: volume.encrypted,
    KmsKeyId: volume.encrypted ? keyArn(scope, volume.kmsKeyId) : undefined,
    MultiAttachEnabled: false,
    FastRestored: false,
    Operator: { Managed: false },
    Tags: tagsOf(db, volume.id),
    Attachments: volume.attachment ? [describeAttachment(volume)] : [],
  };
}

/** @throws TypeError for a volume that is not attached */
export function describeAttachment(volume: Volume): Ec2Types.VolumeAttachment {
  const { attachment } = volume;
  if (!attachment) throw new TypeError(`${volume.id} is not attached`);
  return {
    VolumeId: volume.id,
    InstanceId: attachment.instanceId,
    Device: attachment.device,
    State: attachment.status,
    AttachTime: timestamp(attachment.attached),
    DeleteOnTermination: attachment.deleteOnTermination,
  };
}

/** Keys are shown as ARNs, however they were named. */
export function keyArn(scope: Scope, key: string | undefined): string | undefined {
  if (key === undefined || key.startsWith("arn:")) return key;
  return `arn:aws:kms:${scope.region}:${scope.account}:${key}`;
}

function zoneIdOf(scope: Scope, zone: string): string | undefined {
  return zonesOf(scope.region).find((each) => each.name === zone)?.id;
}
