/** Snapshots as the API shows them. */
import type { Reader, Scope } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import type { FilterTable } from "./filters.js";
import type { Snapshot } from "./state-disks.js";
import { tagsOf } from "./tags.js";
import { timestamp } from "./times.js";
import { keyArn } from "./volume-view.js";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html */
export function snapshotFilters(scope: Scope): FilterTable<Snapshot> {
  return {
    description: (snapshot) => snapshot.description,
    encrypted: (snapshot) => snapshot.encrypted,
    "owner-alias": () => undefined,
    "owner-id": () => scope.account,
    progress: (snapshot) => progressOf(snapshot),
    "snapshot-id": (snapshot) => snapshot.id,
    "start-time": (snapshot) => timestamp(snapshot.started).toISOString(),
    status: (snapshot) => snapshot.state,
    "storage-tier": () => "standard",
    "transfer-type": (snapshot) => (snapshot.copyOf ? "standard" : undefined),
    "volume-id": (snapshot) => snapshot.volumeId,
    "volume-size": (snapshot) => snapshot.volumeSize,
  };
}

/** What CreateSnapshot answers: tags, and the rest as CreateSnapshots says it. */
export function snapshotInfo(db: Reader, scope: Scope, snapshot: Snapshot): Ec2Types.SnapshotInfo {
  return {
    SnapshotId: snapshot.id,
    VolumeId: snapshot.volumeId,
    VolumeSize: snapshot.volumeSize,
    Description: snapshot.description,
    State: snapshot.state === "completed" ? "completed" : "pending",
    Progress: progressOf(snapshot),
    StartTime: timestamp(snapshot.started),
    OwnerId: scope.account,
    Encrypted: snapshot.encrypted,
    Tags: tagsOf(db, snapshot.id),
  };
}

export function describeSnapshot(db: Reader, scope: Scope, snapshot: Snapshot): Ec2Types.Snapshot {
  return {
    ...snapshotInfo(db, scope, snapshot),
    CompletionTime: snapshot.completed === undefined ? undefined : timestamp(snapshot.completed),
    KmsKeyId: snapshot.encrypted ? keyArn(scope, snapshot.kmsKeyId) : undefined,
    StorageTier: "standard",
  };
}

function progressOf(snapshot: Snapshot): string {
  return snapshot.state === "completed" ? "100%" : "0%";
}
