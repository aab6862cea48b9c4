/** Keeps every instance as its record says: booted, halted, or gone. */
import type { Database, ReconcileKey } from "@hakoniwa/kernel";
import { reconciler, watch, type Jobs } from "../define.js";
import { plan, type Seen, type Step } from "./instance-plan.js";
import { rootVolumeOf, workloadOf } from "./instance-workload.js";
import { deleteInterface, detachInterface, interfacesOf } from "./network-interfaces.js";
import { releaseInterfaceAddresses } from "./public-addresses.js";
import { keepCredentials, roleCredentials } from "./role-credentials.js";
import { clientTokens, instances, tags, type Instance } from "./state-compute.js";
import { volumes } from "./state-disks.js";
import { addresses, networkInterfaces, vpcs } from "./state.js";
import { dropTags } from "./tags.js";
import { deleteVolume } from "./volumes.js";

export const keepInstances = reconciler({
  name: "ec2.keep-instances",
  watches: [
    watch(instances, (instance) => [instance.id]),
    watch(volumes, (volume) => listed(volume.attachment?.instanceId)),
    watch(networkInterfaces, (found) => listed(found.attachment?.instanceId)),
    watch(addresses, (address, scope, read) => {
      const holder = address.association && read(scope)(networkInterfaces).get(address.association.networkInterfaceId);
      return listed(holder?.attachment?.instanceId);
    }),
    watch(tags, (set) => (set.resourceType === "instance" ? [set.resourceId] : [])),
  ],
  signals: [
    {
      port: "workloads",
      keys(id, find) {
        const found = find(instances, id);
        return found ? [{ ...found.scope, id }] : [];
      },
    },
    {
      port: "disks",
      keys(id, find) {
        const found = find(volumes, id);
        const holder = found?.record.attachment?.instanceId;
        return found && holder ? [{ ...found.scope, id: holder }] : [];
      },
    },
    {
      port: "networks",
      // Only those that wait for it: a network changes often, and holds many.
      keys(id, find, read) {
        const found = find(vpcs, id);
        if (!found) return [];
        const waiting = read(found.scope)(instances).where("vpc", id).filter((instance) => instance.status === "initializing");
        return waiting.map((instance) => ({ ...found.scope, id: instance.id }));
      },
    },
  ],

  async reconcile(key, jobs) {
    const instance = jobs.db(instances).get(key.id);
    // A workload without a record is what a lost "remove" left: there is none to keep it for.
    if (!instance) return;
    const step = plan(instance, look(jobs, instance), jobs.now);
    if (step.do === "wait") return { at: step.until };
    // Before it boots: user data may ask for them at once.
    const due = step.do === "ensure" || step.do === "up" ? await keepCredentials(jobs, instance) : undefined;
    await act(key, jobs, instance, step);
    return due === undefined ? undefined : { at: due };
  },
});

function look(jobs: Jobs, instance: Instance): Seen {
  const root = rootVolumeOf(jobs.db, instance);
  const disks = jobs.db(volumes).where("instance", instance.id);
  return {
    workload: jobs.ports.workloads.observe(instance.id),
    disk: root !== undefined && disks.every((volume) => jobs.ports.disks.observe(volume.id)?.ready === true),
    network: jobs.ports.networks.observe(instance.vpcId) !== undefined,
  };
}

async function act(key: ReconcileKey, jobs: Jobs, instance: Instance, step: Step): Promise<void> {
  switch (step.do) {
    case "nothing":
    case "wait":
      return;
    case "ensure":
      return ensure(key, jobs, instance);
    case "up":
      ensure(key, jobs, instance);
      if (instance.state === "running" && instance.status === "ok") return;
      return update(jobs, instance, { state: "running", status: "ok", impairedSince: undefined });
    case "initializing":
      return update(jobs, instance, { status: "initializing" });
    case "impaired":
      return update(jobs, instance, { state: "running", status: "impaired", impairedSince: jobs.now });
    case "leave":
      return update(jobs, instance, { state: step.to, status: "not-applicable", stateReason: { code: step.code, message: step.message }, stateTransitionReason: step.message });
    case "halt":
      await jobs.ports.workloads.remove(instance.id);
      if (instance.state === step.to) return;
      return jobs.write((db) => (step.to === "terminated" ? terminate(db, instance.id, jobs.now) : stop(db, instance.id)));
    case "forget":
      return jobs.write((db) => forget(db, instance.id));
  }
}

/**
 * Not awaited: an interface may come late, and a call to stop or terminate must not wait for it. The workload's status leads back
 * here; a refusal is recorded, so that the plan can tell it from an exit, and the next try has its time.
 */
function ensure(key: ReconcileKey, jobs: Jobs, instance: Instance): void {
  const spec = workloadOf(jobs.db, key, instance);
  if (!spec) return;
  const done = jobs.ports.workloads.ensure(instance.id, spec).then(
    () => noteStart(jobs, instance.id, spec.boot, undefined),
    (error: unknown) => noteStart(jobs, instance.id, spec.boot, error instanceof Error ? error.message : String(error)),
  );
  done.catch((error: unknown) => jobs.log(`the outcome of its start could not be recorded: ${String(error)}`));
}

async function noteStart(jobs: Jobs, id: string, boot: number, failure: string | undefined): Promise<void> {
  const current = jobs.db(instances).get(id);
  if (!current || current.boot !== boot || current.pausedFor !== undefined) return;
  if (current.state !== "pending" && current.state !== "running") return;
  if (failure === undefined) {
    if (current.failedStart) await update(jobs, current, { failedStart: undefined });
    return;
  }
  jobs.log(`it could not be started: ${failure}`);
  await update(jobs, current, { failedStart: { count: (current.failedStart?.count ?? 0) + 1, at: jobs.now, reason: failure } });
}

function listed(id: string | undefined): readonly string[] {
  return id === undefined ? [] : [id];
}

/** Changes what the record is now, as long as nobody moved it on meanwhile. */
function update(jobs: Jobs, seen: Instance, change: Partial<Instance>): Promise<void> {
  return jobs.write((db) => {
    const current = db(instances).get(seen.id);
    if (current && current.state === seen.state && current.boot === seen.boot) db(instances).put({ ...current, ...change });
  });
}

function stop(db: Database, id: string): void {
  const current = db(instances).get(id);
  // A paused instance keeps its state while it is down.
  if (current?.state !== "stopping") return;
  for (const each of interfacesOf(db, id)) releaseInterfaceAddresses(db, each.id, "stopped");
  db(instances).put({ ...current, state: "stopped", status: "not-applicable" });
}

/** Whatever was made for the instance goes with it; what only was attached is free again. */
function terminate(db: Database, id: string, now: number): void {
  const current = db(instances).get(id);
  if (current?.state !== "shutting-down") return;
  for (const each of interfacesOf(db, id)) {
    if (each.attachment?.deleteOnTermination) deleteInterface(db, each.id);
    else detachInterface(db, each.id);
  }
  for (const volume of db(volumes).where("instance", id)) {
    if (volume.attachment?.deleteOnTermination) deleteVolume(db, volume);
    else db(volumes).put({ ...volume, state: volume.state === "in-use" ? "available" : volume.state, attachment: undefined });
  }
  if (db(roleCredentials).get(id)) db(roleCredentials).delete(id);
  db(instances).put({ ...current, state: "terminated", status: "not-applicable", pausedFor: undefined, terminatedAt: now });
}

function forget(db: Database, id: string): void {
  const current = db(instances).get(id);
  if (current?.state !== "terminated") return;
  db(instances).delete(id);
  dropTags(db, id);
  const token = current.clientToken && db(clientTokens).get(current.clientToken);
  if (token && token.instanceIds.every((each) => !db(instances).get(each))) db(clientTokens).delete(token.token);
}
