/** Keeps volumes as disks, takes the snapshots that were asked for, and lets modifications come to their end. */
import type { Database } from "@hakoniwa/kernel";
import { reconciler, watch, type Jobs } from "../define.js";
import { images, instances } from "./state-compute.js";
import { snapshots, volumeModifications, volumes, type Snapshot, type Volume, type VolumeModification } from "./state-disks.js";
import { MODIFYING, OPTIMIZING } from "./volume-modifications.js";
import { forgetVolume } from "./volumes.js";

export const keepVolumes = reconciler({
  name: "ec2.keep-volumes",
  watches: [watch(volumes, (volume) => [volume.id]), watch(snapshots, (snapshot) => (snapshot.copyOf ? [] : [snapshot.volumeId]))],
  signals: [
    {
      port: "disks",
      keys(id, find) {
        const found = find(volumes, id);
        return found ? [{ ...found.scope, id }] : [];
      },
    },
    {
      // A snapshot may wait until its instance no longer runs; what is attached or detached, until the instance says so.
      port: "workloads",
      keys(id, find, read) {
        const found = find(instances, id);
        if (!found) return [];
        return read(found.scope)(volumes).where("instance", id).map((volume) => ({ ...found.scope, id: volume.id }));
      },
    },
  ],

  async reconcile({ id }, jobs) {
    const volume = jobs.db(volumes).get(id);
    if (!volume) return;
    const due = dueSnapshots(jobs, volume);
    if (volume.state === "deleting" && due.length === 0) return remove(jobs, volume);
    const ready = jobs.ports.disks.observe(id)?.ready === true;
    if (!ready || due.length > 0) await jobs.ports.disks.ensure(id, { source: volume.source, snapshots: due.map((snapshot) => snapshot.id) });
    const next = settled(jobs, volume);
    if (due.length === 0 && next === volume) return;
    await jobs.write((db) => {
      for (const snapshot of due) complete(db, snapshot.id, jobs.now);
      const current = db(volumes).get(id);
      if (current && current === volume && next !== volume) db(volumes).put(next);
    });
  },
});

export const keepSnapshots = reconciler({
  name: "ec2.keep-snapshots",
  watches: [watch(snapshots, (snapshot) => (snapshot.state === "deleting" || snapshot.copyOf ? [snapshot.id] : []))],
  async reconcile({ id }, jobs) {
    const snapshot = jobs.db(snapshots).get(id);
    if (snapshot?.state === "pending" && snapshot.copyOf) return copy(jobs, snapshot, snapshot.copyOf);
    if (snapshot?.state !== "deleting") return;
    await jobs.ports.disks.remove(id);
    await jobs.write((db) => {
      db(snapshots).delete(id);
      resume(db, id);
    });
  },
});

export const keepModifications = reconciler({
  name: "ec2.keep-modifications",
  watches: [watch(volumeModifications, (found) => [found.volumeId])],
  async reconcile({ id }, jobs) {
    const found = jobs.db(volumeModifications).get(id);
    if (!found || found.state === "completed") return;
    const due = found.started + (found.state === "modifying" ? MODIFYING : MODIFYING + OPTIMIZING);
    if (jobs.now < due) return { at: due };
    await jobs.write((db) => proceed(db, found, jobs.now));
  },
});

/** The volume as it is once the data plane has done what was asked; itself while that is still to come. */
function settled(jobs: Jobs, volume: Volume): Volume {
  const { attachment } = volume;
  const there: Volume = volume.state === "creating" ? { ...volume, state: attachment ? "in-use" : "available" } : volume;
  if (!attachment || attachment.status === "attached") return there;
  const instance = jobs.db(instances).get(attachment.instanceId);
  const workload = jobs.ports.workloads.observe(attachment.instanceId);
  const runs = workload !== undefined && workload.state !== "exited";
  const root = instance?.rootDeviceName === attachment.device;
  const held = workload?.state === "running" && (root || workload.volumes?.includes(volume.id) === true);
  if (attachment.status === "detaching") return held ? there : { ...there, state: "available", attachment: undefined };
  // What is down takes a volume at once; what is about to run tells when it has it.
  const down = !runs && instance?.state === "stopped";
  return held || down || root ? { ...there, attachment: { ...attachment, status: "attached" } } : there;
}

/** A disk that starts as the copied content, of which the snapshot is taken; it is not kept. */
async function copy(jobs: Jobs, snapshot: Snapshot, source: NonNullable<Snapshot["copyOf"]>): Promise<void> {
  const between = `copy-${snapshot.id}`;
  await jobs.ports.disks.ensure(between, { source, snapshots: [snapshot.id] });
  await jobs.ports.disks.remove(between);
  await jobs.write((db) => complete(db, snapshot.id, jobs.now));
}

/** A changed volume has its new size and speed while it is still being optimized. */
function proceed(db: Database, seen: VolumeModification, now: number): void {
  const current = db(volumeModifications).get(seen.volumeId);
  const volume = db(volumes).get(seen.volumeId);
  if (current !== seen || !volume) return;
  if (seen.state === "modifying") db(volumes).put({ ...volume, ...seen.target });
  const done = seen.state === "optimizing";
  db(volumeModifications).put({ ...seen, state: done ? "completed" : "optimizing", ended: done ? now : undefined });
}

/** The pending snapshots of a volume that can be taken now. */
function dueSnapshots(jobs: Jobs, volume: Volume): readonly Snapshot[] {
  return jobs
    .db(snapshots)
    .where("volume", volume.id)
    .filter((snapshot) => snapshot.state === "pending" && !snapshot.copyOf)
    .filter((snapshot) => snapshot.afterHaltOf === undefined || !runs(jobs, snapshot.afterHaltOf));
}

function runs(jobs: Jobs, instanceId: string): boolean {
  const workload = jobs.ports.workloads.observe(instanceId);
  return workload !== undefined && workload.state !== "exited";
}

/** The disk goes when nothing runs on it any longer: the data plane ends the workload first. */
async function remove(jobs: Jobs, volume: Volume): Promise<void> {
  await jobs.ports.disks.remove(volume.id);
  await jobs.write((db) => forgetVolume(db, volume.id));
}

function complete(db: Database, id: string, now: number): void {
  const snapshot = db(snapshots).get(id);
  if (snapshot?.state === "pending") db(snapshots).put({ ...snapshot, state: "completed", completed: now });
  for (const image of db(images).where("snapshot", id)) {
    const whole = image.devices.every((device) => device.snapshotId === undefined || db(snapshots).get(device.snapshotId)?.state === "completed");
    if (whole && image.state === "pending") db(images).put({ ...image, state: "available" });
  }
  resume(db, id);
}

/** Instances that were down for this snapshot boot again, unless another snapshot still needs them down. */
function resume(db: Database, snapshotId: string): void {
  for (const instance of db(instances).where("pausedFor", snapshotId)) {
    const other = db(volumes)
      .where("instance", instance.id)
      .flatMap((volume) => db(snapshots).where("volume", volume.id))
      .find((snapshot) => snapshot.state === "pending" && snapshot.afterHaltOf === instance.id);
    db(instances).put(other ? { ...instance, pausedFor: other.id } : { ...instance, pausedFor: undefined, boot: instance.boot + 1 });
  }
}
