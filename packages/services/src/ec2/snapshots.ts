/** EBS snapshots: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshots.html */
import { AwsError, type Database, type Reader } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { checkId, invalidCombination, invalidValue, notFound, refuse } from "./errors.js";
import { paginate, select } from "./filters.js";
import { needInstance } from "./instance-lookup.js";
import { describeSnapshot, snapshotFilters, snapshotInfo } from "./snapshot-view.js";
import { images, type Instance } from "./state-compute.js";
import { snapshots, volumes, type Snapshot, type Volume } from "./state-disks.js";
import { computeArn } from "./taggable.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";
import { isRoot } from "./volume-attachments.js";
import { encryptionOf, needVolume } from "./volumes.js";
import { REGIONS } from "./zones.js";

/** What a copied snapshot shows as its volume: it was taken of none in its region. */
const NO_VOLUME = "vol-ffffffff";
const LONGEST_DESCRIPTION = 255;

export const snapshotOperations = operations(Ec2, {
  CreateSnapshot: {
    authorize: (input, asked) => ({ action: "ec2:CreateSnapshot", resources: [computeArn(asked, "volume", input.VolumeId), computeArn(asked, "snapshot", "*")] }),
    handle(ctx, input) {
      refuse("CreateSnapshot", input, ["OutpostArn"]);
      checkTagSpecifications(input.TagSpecifications, ["snapshot"]);
      checkDescription(input.Description);
      const volume = needVolume(ctx.db, input.VolumeId);
      if (volume.state === "deleting" || volume.state === "creating") throw new AwsError("IncorrectState", `Volume '${volume.id}' is in the '${volume.state}' state.`);
      const snapshot = takeSnapshot(ctx, volume, { description: input.Description ?? "" });
      putTags(ctx, "snapshot", snapshot.id, input.TagSpecifications);
      return describeSnapshot(ctx.db, ctx, snapshot);
    },
  },

  CreateSnapshots: {
    authorize: (input, asked) => ({
      action: "ec2:CreateSnapshots",
      resources: [computeArn(asked, "instance", input.InstanceSpecification?.InstanceId ?? "*"), computeArn(asked, "snapshot", "*"), computeArn(asked, "volume", "*")],
    }),
    handle(ctx, input) {
      refuse("CreateSnapshots", input, ["OutpostArn"]);
      checkTagSpecifications(input.TagSpecifications, ["snapshot"]);
      checkDescription(input.Description);
      const instance = needInstance(ctx.db, input.InstanceSpecification.InstanceId ?? "");
      const taken = chosenVolumes(ctx, instance, input.InstanceSpecification).map((volume) => {
        const snapshot = takeSnapshot(ctx, volume, { description: input.Description ?? "" });
        const Tags = input.CopyTagsFromSource === "volume" ? tagsOf(ctx.db, volume.id).filter((tag) => !tag.Key.startsWith("aws:")) : [];
        if (Tags.length > 0) putTags(ctx, "snapshot", snapshot.id, [{ ResourceType: "snapshot", Tags }]);
        putTags(ctx, "snapshot", snapshot.id, input.TagSpecifications);
        return snapshot;
      });
      return { Snapshots: taken.map((snapshot) => snapshotInfo(ctx.db, ctx, snapshot)) };
    },
  },

  CopySnapshot: {
    authorize: (input, asked) => ({ action: "ec2:CopySnapshot", resources: [computeArn(asked, "snapshot", input.SourceSnapshotId), computeArn(asked, "snapshot", "*")] }),
    handle(ctx, input) {
      refuse("CopySnapshot", input, ["DestinationOutpostArn", "CompletionDurationMinutes", "DestinationAvailabilityZone"]);
      checkTagSpecifications(input.TagSpecifications, ["snapshot"]);
      checkDescription(input.Description);
      const source = sourceSnapshot(ctx, input.SourceRegion, input.SourceSnapshotId);
      const description = input.Description ?? `[Copied ${source.id} from ${input.SourceRegion}]`;
      const copy = copySnapshot(ctx, { ...source, content: { kind: "snapshot", id: source.id } }, { ...encryptionOf(ctx.db, "CopySnapshot", input, source), description });
      putTags(ctx, "snapshot", copy.id, input.TagSpecifications);
      return { SnapshotId: copy.id, Tags: tagsOf(ctx.db, copy.id) };
    },
  },

  DescribeSnapshots: {
    authorize: onEverything("ec2:DescribeSnapshots"),
    handle(ctx, input) {
      if (input.SnapshotIds?.length && input.MaxResults !== undefined) throw invalidCombination("The parameter snapshotSet cannot be used with the parameter maxResults");
      const named = input.SnapshotIds?.length ? needSnapshots(ctx.db, input.SnapshotIds) : ctx.db(snapshots).list().filter((snapshot) => snapshot.state !== "deleting");
      const mine = (ids: readonly string[] | undefined, also: string): boolean => !ids?.length || ids.some((id) => id === "self" || id === also || id === ctx.account);
      const owned = mine(input.OwnerIds, ctx.account) ? named : [];
      const restorable = input.RestorableByUserIds?.length ? owned.filter((snapshot) => input.RestorableByUserIds!.some((user) => restores(ctx, snapshot, user))) : owned;
      const page = paginate(select(ctx.db, restorable, input.Filters, snapshotFilters(ctx), (snapshot) => snapshot.id), input);
      return { Snapshots: page.items.map((snapshot) => describeSnapshot(ctx.db, ctx, snapshot)), NextToken: page.nextToken };
    },
  },

  DeleteSnapshot: {
    authorize: (input, asked) => ({ action: "ec2:DeleteSnapshot", resources: [computeArn(asked, "snapshot", input.SnapshotId)] }),
    handle(ctx, input) {
      const snapshot = needSnapshot(ctx.db, input.SnapshotId);
      const user = ctx.db(images).where("snapshot", snapshot.id)[0];
      if (user) throw new AwsError("InvalidSnapshot.InUse", `The snapshot ${snapshot.id} is currently in use by ${user.id}`);
      deleteSnapshot(ctx.db, snapshot);
      return {};
    },
  },
});

/**
 * Records that a snapshot shall be taken of a volume.
 * @param options.afterHaltOf an instance that must not run meanwhile
 */
export function takeSnapshot(ctx: Context, volume: Volume, options: { readonly description: string; readonly afterHaltOf?: string }): Snapshot {
  const { encrypted, kmsKeyId, size } = volume;
  return newSnapshot(ctx, { volumeId: volume.id, volumeSize: size, encrypted, kmsKeyId, copyOf: undefined, description: options.description, afterHaltOf: options.afterHaltOf });
}

/** Records that a snapshot shall be made of other content than a volume's: another snapshot's, or a public image's. */
export function copySnapshot(
  ctx: Context,
  source: { readonly content: NonNullable<Snapshot["copyOf"]>; readonly volumeSize: number },
  options: Pick<Snapshot, "encrypted" | "kmsKeyId" | "description">,
): Snapshot {
  return newSnapshot(ctx, { ...options, volumeId: NO_VOLUME, volumeSize: source.volumeSize, copyOf: source.content, afterHaltOf: undefined });
}

export function deleteSnapshot(db: Database, snapshot: Snapshot): void {
  db(snapshots).put({ ...snapshot, state: "deleting" });
  dropTags(db, snapshot.id);
}

export function needSnapshot(db: Reader, id: string): Snapshot {
  return needSnapshots(db, [id])[0]!;
}

/** A completed snapshot of any region: ids are unique in the whole cloud. */
export function sourceSnapshot(ctx: Context, region: string, id: string): Snapshot {
  if (!REGIONS.includes(region)) throw invalidValue(`Value (${region}) for parameter sourceRegion is invalid. There is no such region.`);
  checkId("snapshot", id);
  const found = ctx.find(snapshots, id);
  const snapshot = found?.scope.region === region && found.scope.account === ctx.account ? found.record : undefined;
  if (!snapshot || snapshot.state === "deleting") throw notFound("snapshot", id);
  if (snapshot.state !== "completed") throw new AwsError("IncorrectState", `Snapshot '${id}' is in the state '${snapshot.state}'.`);
  return snapshot;
}

/** @throws AwsError naming every id that is not there */
function needSnapshots(db: Reader, ids: readonly string[]): readonly Snapshot[] {
  const distinct = [...new Set(ids)];
  for (const id of distinct) checkId("snapshot", id);
  const there = (id: string): Snapshot | undefined => {
    const found = db(snapshots).get(id);
    return found?.state === "deleting" ? undefined : found;
  };
  const missing = distinct.filter((id) => !there(id));
  if (missing.length > 0) throw notFound("snapshot", ...missing);
  return distinct.flatMap((id) => there(id) ?? []);
}

function newSnapshot(ctx: Context, given: Omit<Snapshot, "id" | "started" | "completed" | "state" | "permissions">): Snapshot {
  return ctx.db(snapshots).put({ ...given, id: ctx.ids.aws("snap"), started: ctx.now, completed: undefined, state: "pending", permissions: [] });
}

function chosenVolumes(ctx: Context, instance: Instance, asked: Ec2Types.InstanceSpecification): readonly Volume[] {
  const all = ctx.db(volumes).where("instance", instance.id).filter((volume) => volume.state === "in-use");
  const unknown = asked.ExcludeDataVolumeIds?.find((id) => !all.some((volume) => volume.id === id && !isRoot(instance, volume)));
  if (unknown !== undefined) throw invalidValue(`Value (${unknown}) for parameter ExcludeDataVolumeIds is invalid. It is no data volume of the instance '${instance.id}'.`);
  const chosen = all.filter((volume) => !(asked.ExcludeBootVolume === true && isRoot(instance, volume))).filter((volume) => !asked.ExcludeDataVolumeIds?.includes(volume.id));
  if (chosen.length === 0) throw invalidValue(`No volumes of the instance '${instance.id}' are left to take snapshots of.`);
  return chosen;
}

function restores(ctx: Context, snapshot: Snapshot, user: string): boolean {
  if (user === "all") return snapshot.permissions.includes("all");
  return user === "self" || user === ctx.account || snapshot.permissions.includes(user);
}

function checkDescription(text: string | undefined): void {
  if ((text ?? "").length > LONGEST_DESCRIPTION) throw invalidValue(`Value (${text}) for parameter description is invalid. Must be at most ${LONGEST_DESCRIPTION} characters.`);
}
