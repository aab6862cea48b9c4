/**
 * Keeps every group at its desired capacity with healthy instances. It looks at the group, its instances and what its
 * balancers say of them; what to do is decided by `plan`, again inside the transaction that does it.
 */
import type { Database, Reader } from "@hakoniwa/kernel";
import { reconciler, watch, type Jobs } from "../define.js";
import { carryOut } from "./act.js";
import { membersOf } from "./find.js";
import { plan, type Plan } from "./plan.js";
import { groups, members } from "./state.js";

export const keepCapacity = reconciler({
  name: "autoscaling.keep-capacity",
  judges: true,
  watches: [
    watch(groups, (group) => [group.name]),
    watch(members, (member) => [member.group]),
    watch("ec2.instances", (instance, scope, read) => groupOf(instance.id, read(scope))),
    watch("elb.health", (health, scope, read) => groupOf(health.instanceId, read(scope))),
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

function decide(db: Reader | Database, jobs: Jobs, name: string): Plan {
  const group = db(groups).get(name);
  if (!group) return { actions: [], wake: undefined };
  const { ec2, elb } = jobs.facts;
  const observed = membersOf(db, name).map((member) => ({
    member,
    instance: ec2.instance(member.instanceId),
    balancerHealth: group.loadBalancers.flatMap((balancer) => elb.healthOf(balancer, member.instanceId) ?? []),
  }));
  const existing = new Set(group.loadBalancers.filter((balancer) => elb.exists(balancer)));
  return plan(group, observed, existing, jobs.now);
}
