/** EBS snapshots: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshots.html */
import { AwsError, type Database, type Reader } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { checkId, notFound, refuse } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { images, snapshots, type Snapshot, type Volume } from "./state-compute.js";
import { computeArn } from "./taggable.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";
import { timestamp } from "./times.js";
import { needVolume } from "./volumes.js";

const FILTERS: FilterTable<Snapshot> = {
  description: (snapshot) => snapshot.description,
  encrypted: () => false,
  progress: (snapshot) => progressOf(snapshot),
  "snapshot-id": (snapshot) => snapshot.id,
  "start-time": (snapshot) => timestamp(snapshot.started).toISOString(),
  status: (snapshot) => snapshot.state,
  "volume-id": (snapshot) => snapshot.volumeId,
  "volume-size": (snapshot) => snapshot.volumeSize,
};

export const snapshotOperations = operations(Ec2, {
  CreateSnapshot: {
    authorize: (input, asked) => ({ action: "ec2:CreateSnapshot", resources: [computeArn(asked, "volume", input.VolumeId), computeArn(asked, "snapshot", "*")] }),
    handle(ctx, input) {
      refuse("CreateSnapshot", input, ["OutpostArn"]);
      checkTagSpecifications(input.TagSpecifications, ["snapshot"]);
      const volume = needVolume(ctx.db, input.VolumeId);
      if (volume.state === "deleting") throw new AwsError("IncorrectState", `Volume ${volume.id} is in the state deleting`);
      const snapshot = takeSnapshot(ctx, volume, { description: input.Description ?? "" });
      putTags(ctx, "snapshot", snapshot.id, input.TagSpecifications);
      return describeSnapshot(ctx, snapshot);
    },
  },

  DescribeSnapshots: {
    authorize: onEverything("ec2:DescribeSnapshots"),
    handle(ctx, input) {
      for (const id of input.SnapshotIds ?? []) needSnapshot(ctx.db, id);
      const owned = !input.OwnerIds?.length || input.OwnerIds.some((owner) => owner === "self" || owner === ctx.account);
      const all = owned ? ctx.db(snapshots).list().filter((snapshot) => snapshot.state !== "deleting") : [];
      const asked = input.SnapshotIds?.length ? all.filter((snapshot) => input.SnapshotIds?.includes(snapshot.id)) : all;
      const known = { ...FILTERS, "owner-id": () => ctx.account };
      const page = paginate(select(ctx.db, asked, input.Filters, known, (snapshot) => snapshot.id), input);
      return { Snapshots: page.items.map((snapshot) => describeSnapshot(ctx, snapshot)), NextToken: page.nextToken };
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
  return ctx.db(snapshots).put({
    id: ctx.ids.aws("snap"),
    volumeId: volume.id,
    volumeSize: volume.size,
    description: options.description,
    started: ctx.now,
    completed: undefined,
    state: "pending",
    afterHaltOf: options.afterHaltOf,
  });
}

export function deleteSnapshot(db: Database, snapshot: Snapshot): void {
  db(snapshots).put({ ...snapshot, state: "deleting" });
  dropTags(db, snapshot.id);
}

function needSnapshot(db: Reader, id: string): Snapshot {
  checkId("snapshot", id);
  const snapshot = db(snapshots).get(id);
  if (!snapshot || snapshot.state === "deleting") throw notFound("snapshot", id);
  return snapshot;
}

function progressOf(snapshot: Snapshot): string {
  return snapshot.state === "completed" ? "100%" : "0%";
}

function describeSnapshot(ctx: Context, snapshot: Snapshot): Ec2Types.Snapshot {
  return {
    SnapshotId: snapshot.id,
    VolumeId: snapshot.volumeId,
    VolumeSize: snapshot.volumeSize,
    Description: snapshot.description,
    State: snapshot.state === "completed" ? "completed" : "pending",
    Progress: progressOf(snapshot),
    StartTime: timestamp(snapshot.started),
    CompletionTime: snapshot.completed === undefined ? undefined : timestamp(snapshot.completed),
    OwnerId: ctx.account,
    Encrypted: false,
    StorageTier: "standard",
    Tags: tagsOf(ctx.db, snapshot.id),
  };
}
