/** EBS volumes: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volumes.html */
import { AwsError, type Database, type Reader } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { checkId, invalidCombination, invalidValue, missingParameter, notFound, refuse } from "./errors.js";
import { paginate, select } from "./filters.js";
import { forgetToken, once } from "./idempotency.js";
import { checkedKmsKey, EBS_KEY, settingsOf } from "./settings.js";
import { volumeModifications, snapshots, volumes, type Snapshot, type Volume } from "./state-disks.js";
import { computeArn } from "./taggable.js";
import { checkTagSpecifications, dropTags, putTags } from "./tags.js";
import { volumeOptions } from "./volume-options.js";
import { describeVolume, volumeFilters } from "./volume-view.js";
import { zonesOf } from "./zones.js";

export const volumeOperations = operations(Ec2, {
  CreateVolume: {
    authorize: (input, asked) => ({
      action: "ec2:CreateVolume",
      resources: [computeArn(asked, "volume", "*"), ...(input.SnapshotId === undefined ? [] : [`arn:aws:ec2:${asked.region}::snapshot/${input.SnapshotId}`])],
    }),
    handle(ctx, input) {
      refuse("CreateVolume", input, ["OutpostArn", "MultiAttachEnabled", "VolumeInitializationRate", "Operator"]);
      checkTagSpecifications(input.TagSpecifications, ["volume"]);
      const [id = ""] = once(ctx, "CreateVolume", input, () => [create(ctx, input).id]);
      return describeVolume(ctx.db, ctx, needVolume(ctx.db, id));
    },
  },

  DeleteVolume: {
    authorize: (input, asked) => ({ action: "ec2:DeleteVolume", resources: [computeArn(asked, "volume", input.VolumeId)] }),
    handle(ctx, input) {
      const volume = needVolume(ctx.db, input.VolumeId);
      if (volume.attachment) throw new AwsError("VolumeInUse", `Volume ${volume.id} is currently attached to ${volume.attachment.instanceId}`);
      if (volume.state === "creating") throw new AwsError("IncorrectState", `The volume '${volume.id}' is in the state 'creating'.`);
      deleteVolume(ctx.db, volume);
      return {};
    },
  },

  DescribeVolumes: {
    authorize: onEverything("ec2:DescribeVolumes"),
    handle(ctx, input) {
      if (input.VolumeIds?.length && input.MaxResults !== undefined) {
        throw invalidCombination("The parameter volumesSet cannot be used with the parameter maxResults");
      }
      const asked = input.VolumeIds?.length ? needVolumes(ctx.db, input.VolumeIds) : ctx.db(volumes).list();
      const page = paginate(select(ctx.db, asked, input.Filters, volumeFilters(ctx), (volume) => volume.id), input);
      return { Volumes: page.items.map((volume) => describeVolume(ctx.db, ctx, volume)), NextToken: page.nextToken };
    },
  },
});

/** Records that a volume shall go; the disk goes with the next reconciliation. */
export function deleteVolume(db: Database, volume: Volume): void {
  if (volume.state !== "deleting") db(volumes).put({ ...volume, state: "deleting", attachment: undefined });
}

/** Forgets a volume whose disk is gone. */
export function forgetVolume(db: Database, id: string): void {
  db(volumes).delete(id);
  db(volumeModifications).delete(id);
  forgetToken(db, id);
  dropTags(db, id);
}

export function needVolume(db: Reader, id: string): Volume {
  return needVolumes(db, [id])[0]!;
}

/** @throws AwsError naming every id that is not there */
export function needVolumes(db: Reader, ids: readonly string[]): readonly Volume[] {
  const distinct = [...new Set(ids)];
  for (const id of distinct) checkId("volume", id);
  const missing = distinct.filter((id) => !db(volumes).get(id));
  if (missing.length > 0) throw notFound("volume", ...missing);
  return distinct.map((id) => db(volumes).get(id)!);
}

/**
 * Whether a new volume is encrypted, and by which key: as asked, as its snapshot is, or as the region's default says.
 * @throws AwsError for a key without encryption, or one that only KMS could have
 */
export function encryptionOf(
  db: Reader,
  operation: string,
  asked: { readonly Encrypted?: boolean | undefined; readonly KmsKeyId?: string | undefined },
  source: Pick<Snapshot, "encrypted"> | undefined,
): Pick<Volume, "encrypted" | "kmsKeyId"> {
  const { ebsEncryption, ebsKmsKeyId } = settingsOf(db);
  checkedKmsKey(operation, asked.KmsKeyId);
  if (asked.KmsKeyId !== undefined && asked.Encrypted !== true) throw new AwsError("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set.");
  const encrypted = asked.Encrypted === true || source?.encrypted === true || ebsEncryption;
  return { encrypted, kmsKeyId: encrypted ? (asked.KmsKeyId ?? ebsKmsKeyId ?? EBS_KEY) : undefined };
}

export function usableSnapshot(db: Reader, id: string): Snapshot {
  checkId("snapshot", id);
  const snapshot = db(snapshots).get(id);
  if (!snapshot || snapshot.state === "deleting") throw notFound("snapshot", id);
  if (snapshot.state !== "completed") throw new AwsError("IncorrectState", `Snapshot '${id}' is in the state '${snapshot.state}'.`);
  return snapshot;
}

function create(ctx: Context, input: Ec2Types.CreateVolumeRequest): Volume {
  const zone = zonesOf(ctx.region).find((each) => each.name === input.AvailabilityZone || each.id === input.AvailabilityZoneId);
  if (input.AvailabilityZone === undefined && input.AvailabilityZoneId === undefined) throw missingParameter("AvailabilityZone");
  if (!zone) throw new AwsError("InvalidZone.NotFound", `The zone '${input.AvailabilityZone ?? input.AvailabilityZoneId}' does not exist.`);
  const snapshot = input.SnapshotId === undefined ? undefined : usableSnapshot(ctx.db, input.SnapshotId);
  const size = input.Size ?? snapshot?.volumeSize;
  if (size === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter size/snapshot");
  if (snapshot && size < snapshot.volumeSize) throw invalidValue(`Volume of ${size}GiB is smaller than snapshot '${snapshot.id}', expect size >= ${snapshot.volumeSize}GiB`);
  const volume = ctx.db(volumes).put({
    ...volumeOptions({ size, type: input.VolumeType ?? "gp2", iops: input.Iops, throughput: input.Throughput }),
    ...encryptionOf(ctx.db, "CreateVolume", input, snapshot),
    id: ctx.ids.aws("vol"),
    source: snapshot ? { kind: "snapshot", id: snapshot.id } : { kind: "empty" },
    snapshotId: snapshot?.id,
    autoEnableIo: false,
    availabilityZone: zone.name,
    created: ctx.now,
    state: "creating",
    attachment: undefined,
  });
  putTags(ctx, "volume", volume.id, input.TagSpecifications);
  return volume;
}
