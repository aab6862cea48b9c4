/** EC2's records and tables of volumes and snapshots. */
import { table } from "@hakoniwa/kernel";
import type { Disk } from "@hakoniwa/network";

export type VolumeType = "standard" | "io1" | "io2" | "gp2" | "gp3" | "sc1" | "st1";

export interface Volume {
  readonly id: string;
  /** What its first content is. */
  readonly source: Disk["source"];
  /** The snapshot that the API shows as its source; a public image's has no record of ours. */
  readonly snapshotId: string | undefined;
  /** GiB. */
  readonly size: number;
  readonly type: VolumeType;
  readonly iops: number | undefined;
  /** MiB/s, gp3 only. */
  readonly throughput: number | undefined;
  readonly encrypted: boolean;
  readonly kmsKeyId: string | undefined;
  /** I/O goes on after data may have become inconsistent. */
  readonly autoEnableIo: boolean;
  readonly availabilityZone: string;
  readonly created: number;
  readonly state: "creating" | "available" | "in-use" | "deleting";
  readonly attachment: VolumeAttachment | undefined;
}

export interface VolumeAttachment {
  readonly instanceId: string;
  readonly device: string;
  readonly attached: number;
  readonly status: "attaching" | "attached" | "detaching";
  readonly deleteOnTermination: boolean;
  /** It is taken away although the instance may still use it. */
  readonly forced?: boolean;
}

export const volumes = table<Volume>()({
  name: "ec2.volumes",
  version: 2,
  upgrades: {
    1: (old: Volume) => ({ ...old, kmsKeyId: undefined, autoEnableIo: false, attachment: old.attachment && { ...old.attachment, status: "attached" } }),
  },
  key: (v) => v.id,
  indexes: { instance: (v) => v.attachment?.instanceId },
});

export interface VolumeShape {
  readonly size: number;
  readonly type: VolumeType;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
}

/** The last change of a volume; AWS shows it for as long as it remembers, and so do we. */
export interface VolumeModification {
  readonly volumeId: string;
  readonly state: "modifying" | "optimizing" | "completed";
  readonly original: VolumeShape;
  readonly target: VolumeShape;
  readonly started: number;
  readonly ended: number | undefined;
  /** When the last ones began, this one included: their number in a day is limited. */
  readonly recent: readonly number[];
}

export const volumeModifications = table<VolumeModification>()({ name: "ec2.volume-modifications", key: (m) => m.volumeId });

export interface Snapshot {
  readonly id: string;
  readonly volumeId: string;
  /** GiB, of the volume. */
  readonly volumeSize: number;
  readonly description: string;
  readonly started: number;
  readonly completed: number | undefined;
  /** `deleting` is ours: users no longer see it. */
  readonly state: "pending" | "completed" | "deleting";
  /** It is taken only once this instance no longer runs. */
  readonly afterHaltOf: string | undefined;
  readonly encrypted: boolean;
  readonly kmsKeyId: string | undefined;
  /** Accounts that may make volumes of it; `all` makes it public. */
  readonly permissions: readonly string[];
  /** What it copies instead of a volume: another snapshot, of whatever region, or a public image. */
  readonly copyOf: Disk["source"] | undefined;
}

export const snapshots = table<Snapshot>()({
  name: "ec2.snapshots",
  version: 2,
  upgrades: { 1: (old: Snapshot) => ({ ...old, encrypted: false, kmsKeyId: undefined, permissions: [], copyOf: undefined }) },
  key: (s) => s.id,
  indexes: { volume: (s) => s.volumeId },
});
