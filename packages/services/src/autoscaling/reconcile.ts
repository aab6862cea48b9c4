/**
 * Keeps every group at its desired capacity with healthy instances. It looks at the group, its instances and what its
 * balancers say of them; what to do is decided by `plan`, again inside the transaction that does it.
 */
import type { Database, Reader } from "@hakoniwa/kernel";
import { reconciler, watch, type Jobs } from "../define.js";
import { carryOut } from "./act.js";
import type { Plan } from "./actions.js";
import { membersOf } from "./find.js";
import type { SourceHealth } from "./judge.js";
import { plan } from "./plan.js";
import { refreshOf, targetOf } from "./refresh-target.js";
import { groups, members } from "./state.js";
import { hooks, refreshes } from "./state-scaling.js";
import { exists, healthIn } from "./traffic-sources.js";

export const keepCapacity = reconciler({
  name: "autoscaling.keep-capacity",
  judges: true,
  watches: [
    watch(groups, (group) => [group.name]),
    watch(members, (member) => [member.group]),
    watch(refreshes, (refresh) => [refresh.group]),
    watch(hooks, (hook) => [hook.group]),
    watch("ec2.instances", (instance, scope, read) => groupOf(instance.id, read(scope))),
    watch("elb.health", (health, scope, read) => groupOf(health.instanceId, read(scope))),
    watch("elbv2.health", (health, scope, read) => groupOf(health.id, read(scope))),
  ],
  async reconcile(key, jobs) {
    const seen = decide(jobs.db, jobs, key.id);
    const { wake } = seen.actions.length === 0 ? seen : await jobs.write((db, aws) => {
      const { facts, ids, now } = jobs;
      const decided = decide(db, jobs, key.id);
      carryOut({ db, aws, facts, ids, now, log: (message) => jobs.log(message) }, key.id, decided.actions);
      // What this changes leads to another run, with its own wake-up.
      return decided;
    });
    return wake === undefined ? undefined : { at: wake };
  },
});

function groupOf(instanceId: string, db: Reader): readonly string[] {
  const member = db(members).get(instanceId);
  return member ? [member.group] : [];
}

const NONE: readonly SourceHealth[] = [];

function decide(db: Reader | Database, { facts, now }: Pick<Jobs, "facts" | "now">, name: string): Plan {
  const group = db(groups).get(name);
  if (!group) return { actions: [], wake: undefined };
  const refresh = refreshOf(db, name);
  const observed = membersOf(db, name).map((member) => ({
    member,
    instance: facts.ec2.instance(member.instanceId),
    sources: group.trafficSources.length === 0 ? NONE : group.trafficSources.flatMap((source) => healthIn(facts, source, member.instanceId, now) ?? []),
  }));
  return plan({
    group,
    observed,
    existing: new Set(group.trafficSources.filter((source) => exists(facts, source))),
    endsHeld: db(hooks).where("group", name).some(({ transition }) => transition === "autoscaling:EC2_INSTANCE_TERMINATING"),
    refresh: refresh && { refresh, target: targetOf(facts, group, refresh) },
    now,
  });
}
