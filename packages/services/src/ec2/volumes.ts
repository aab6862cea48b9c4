/** EBS volumes: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volumes.html. Only root volumes hold files yet: attaching others is not implemented. */
import { AwsError, type Database, type Reader } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { checkId, invalidValue, missingParameter, notFound, refuse } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { snapshots, volumes, type Volume } from "./state-compute.js";
import { computeArn } from "./taggable.js";
import { checkTagSpecifications, putTags, tagsOf } from "./tags.js";
import { timestamp } from "./times.js";
import { volumeOptions } from "./volume-options.js";
import { zonesOf } from "./zones.js";

const FILTERS: FilterTable<Volume> = {
  "attachment.attach-time": (volume) => volume.attachment && timestamp(volume.attachment.attached).toISOString(),
  "attachment.delete-on-termination": (volume) => volume.attachment?.deleteOnTermination,
  "attachment.device": (volume) => volume.attachment?.device,
  "attachment.instance-id": (volume) => volume.attachment?.instanceId,
  "attachment.status": (volume) => volume.attachment && "attached",
  "availability-zone": (volume) => volume.availabilityZone,
  "create-time": (volume) => timestamp(volume.created).toISOString(),
  encrypted: (volume) => volume.encrypted,
  size: (volume) => volume.size,
  "snapshot-id": (volume) => volume.snapshotId,
  status: (volume) => volume.state,
  "volume-id": (volume) => volume.id,
  "volume-type": (volume) => volume.type,
};

export const volumeOperations = operations(Ec2, {
  CreateVolume: {
    authorize: (_input, asked) => ({ action: "ec2:CreateVolume", resources: [computeArn(asked, "volume", "*")] }),
    handle(ctx, input) {
      refuse("CreateVolume", input, ["KmsKeyId", "OutpostArn", "MultiAttachEnabled", "ClientToken", "VolumeInitializationRate", "Encrypted"]);
      checkTagSpecifications(input.TagSpecifications, ["volume"]);
      const zone = zonesOf(ctx.region).find((each) => each.name === input.AvailabilityZone || each.id === input.AvailabilityZoneId);
      if (input.AvailabilityZone === undefined && input.AvailabilityZoneId === undefined) throw missingParameter("AvailabilityZone");
      if (!zone) throw new AwsError("InvalidZone.NotFound", `The zone '${input.AvailabilityZone ?? input.AvailabilityZoneId}' does not exist.`);
      const snapshot = input.SnapshotId === undefined ? undefined : usableSnapshot(ctx.db, input.SnapshotId);
      const size = input.Size ?? snapshot?.volumeSize;
      if (size === undefined) throw missingParameter("Size or SnapshotId");
      if (snapshot && size < snapshot.volumeSize) throw invalidValue(`Volume of ${size}GiB is smaller than snapshot '${snapshot.id}', expect size >= ${snapshot.volumeSize}GiB`);
      const options = volumeOptions({ size, type: input.VolumeType ?? "gp2", iops: input.Iops, throughput: input.Throughput });
      const volume = ctx.db(volumes).put({
        ...options,
        id: ctx.ids.aws("vol"),
        source: snapshot ? { kind: "snapshot", id: snapshot.id } : { kind: "empty" },
        snapshotId: snapshot?.id,
        encrypted: false,
        availabilityZone: zone.name,
        created: ctx.now,
        state: "creating",
        attachment: undefined,
      });
      putTags(ctx, "volume", volume.id, input.TagSpecifications);
      return describeVolume(ctx, volume);
    },
  },

  DeleteVolume: {
    authorize: (input, asked) => ({ action: "ec2:DeleteVolume", resources: [computeArn(asked, "volume", input.VolumeId)] }),
    handle(ctx, input) {
      const volume = needVolume(ctx.db, input.VolumeId);
      if (volume.attachment) throw new AwsError("VolumeInUse", `Volume ${volume.id} is currently attached to ${volume.attachment.instanceId}`);
      deleteVolume(ctx.db, volume);
      return {};
    },
  },

  DescribeVolumes: {
    authorize: onEverything("ec2:DescribeVolumes"),
    handle(ctx, input) {
      for (const id of input.VolumeIds ?? []) needVolume(ctx.db, id);
      const all = ctx.db(volumes).list();
      const asked = input.VolumeIds?.length ? all.filter((volume) => input.VolumeIds?.includes(volume.id)) : all;
      const page = paginate(select(ctx.db, asked, input.Filters, FILTERS, (volume) => volume.id), input);
      return { Volumes: page.items.map((volume) => describeVolume(ctx, volume)), NextToken: page.nextToken };
    },
  },
});

/** Records that a volume shall go; the disk goes with the next reconciliation. */
export function deleteVolume(db: Database, volume: Volume): void {
  if (volume.state !== "deleting") db(volumes).put({ ...volume, state: "deleting", attachment: undefined });
}

export function needVolume(db: Reader, id: string): Volume {
  checkId("volume", id);
  const volume = db(volumes).get(id);
  if (!volume) throw notFound("volume", id);
  return volume;
}

function usableSnapshot(db: Reader, id: string): { readonly id: string; readonly volumeSize: number } {
  checkId("snapshot", id);
  const snapshot = db(snapshots).get(id);
  if (!snapshot || snapshot.state === "deleting") throw notFound("snapshot", id);
  if (snapshot.state !== "completed") throw new AwsError("IncorrectState", `Snapshot is in invalid state - ${snapshot.state}`);
  return snapshot;
}

function describeVolume(ctx: Context, volume: Volume): Ec2Types.Volume {
  const { attachment } = volume;
  return {
    VolumeId: volume.id,
    Size: volume.size,
    VolumeType: volume.type,
    Iops: volume.iops,
    Throughput: volume.throughput,
    SnapshotId: volume.snapshotId ?? "",
    AvailabilityZone: volume.availabilityZone,
    AvailabilityZoneId: zonesOf(ctx.region).find((zone) => zone.name === volume.availabilityZone)?.id,
    State: volume.state,
    CreateTime: timestamp(volume.created),
    Encrypted: volume.encrypted,
    MultiAttachEnabled: false,
    Tags: tagsOf(ctx.db, volume.id),
    Attachments: attachment
      ? [
          {
            VolumeId: volume.id,
            InstanceId: attachment.instanceId,
            Device: attachment.device,
            State: "attached",
            AttachTime: timestamp(attachment.attached),
            DeleteOnTermination: attachment.deleteOnTermination,
          },
        ]
      : [],
  };
}
