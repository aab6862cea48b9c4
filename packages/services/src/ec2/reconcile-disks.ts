/** Keeps volumes as disks, and takes the snapshots that were asked for. */
import type { Database } from "@hakoniwa/kernel";
import { reconciler, watch, type Jobs } from "../define.js";
import { images, instances, snapshots, volumes, type Snapshot, type Volume } from "./state-compute.js";
import { dropTags } from "./tags.js";

export const keepVolumes = reconciler({
  name: "ec2.keep-volumes",
  watches: [watch(volumes, (volume) => [volume.id]), watch(snapshots, (snapshot) => [snapshot.volumeId])],
  signals: [
    {
      port: "disks",
      keys(id, find) {
        const found = find(volumes, id);
        return found ? [{ ...found.scope, id }] : [];
      },
    },
    {
      // A snapshot may wait until its instance no longer runs.
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
    if (due.length === 0 && volume.state !== "creating") return;
    await jobs.write((db) => {
      for (const snapshot of due) complete(db, snapshot.id, jobs.now);
      const current = db(volumes).get(id);
      if (current?.state === "creating") db(volumes).put({ ...current, state: current.attachment ? "in-use" : "available" });
    });
  },
});

export const keepSnapshots = reconciler({
  name: "ec2.keep-snapshots",
  watches: [watch(snapshots, (snapshot) => (snapshot.state === "deleting" ? [snapshot.id] : []))],
  async reconcile({ id }, jobs) {
    if (jobs.db(snapshots).get(id)?.state !== "deleting") return;
    await jobs.ports.disks.remove(id);
    await jobs.write((db) => {
      db(snapshots).delete(id);
      resume(db, id);
    });
  },
});

/** The pending snapshots of a volume that can be taken now. */
function dueSnapshots(jobs: Jobs, volume: Volume): readonly Snapshot[] {
  return jobs
    .db(snapshots)
    .where("volume", volume.id)
    .filter((snapshot) => snapshot.state === "pending")
    .filter((snapshot) => snapshot.afterHaltOf === undefined || !runs(jobs, snapshot.afterHaltOf));
}

function runs(jobs: Jobs, instanceId: string): boolean {
  const workload = jobs.ports.workloads.observe(instanceId);
  return workload !== undefined && workload.state !== "exited";
}

/** The disk goes when nothing runs on it any longer: the data plane ends the workload first. */
async function remove(jobs: Jobs, volume: Volume): Promise<void> {
  await jobs.ports.disks.remove(volume.id);
  await jobs.write((db) => {
    db(volumes).delete(volume.id);
    dropTags(db, volume.id);
  });
}

function complete(db: Database, id: string, now: number): void {
  const snapshot = db(snapshots).get(id);
  if (snapshot?.state === "pending") db(snapshots).put({ ...snapshot, state: "completed", completed: now });
  for (const image of db(images).where("snapshot", id)) {
    const whole = image.devices.every((device) => db(snapshots).get(device.snapshotId)?.state === "completed");
    if (whole && image.state === "pending") db(images).put({ ...image, state: "available" });
  }
  resume(db, id);
}

/** Instances that were down for this snapshot boot again. */
function resume(db: Database, snapshotId: string): void {
  for (const instance of db(instances).where("pausedFor", snapshotId)) {
    db(instances).put({ ...instance, pausedFor: undefined, boot: instance.boot + 1 });
  }
}
