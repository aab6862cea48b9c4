/** Whether an instance of a group is healthy: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html. Pure. */
import type { InstanceFact } from "../ec2/facts.js";
import type { InstanceHealth } from "../elb/state.js";
import type { Group, Illness, Member } from "./state.js";

/** A member with what is known of its instance just now. */
export interface ObservedMember {
  readonly member: Member;
  /** Undefined when EC2 has forgotten it. */
  readonly instance: Pick<InstanceFact, "state" | "status"> | undefined;
  /** What each of the group's balancers says of it; one that it is not registered with says nothing. */
  readonly balancerHealth: readonly InstanceHealth[];
}

export interface Judgement {
  readonly illness: Illness | undefined;
  /** When to judge again although nothing changes. */
  readonly again: number | undefined;
}

const HEALTHY: Judgement = { illness: undefined, again: undefined };

/** Judges a member that is in service. EC2's checks count at once, the balancers' after the grace period. */
export function judge(group: Group, { member, instance, balancerHealth }: ObservedMember, now: number): Judgement {
  if (member.health === "Unhealthy") return { illness: member.illness ?? "user", again: undefined };
  const said = member.unhealthyFrom;
  if (said !== undefined && now >= said) return { illness: "user", again: undefined };
  const found = group.suspended.includes("HealthCheck") ? HEALTHY : check(group, { member, instance, balancerHealth }, now);
  return said === undefined || found.illness !== undefined ? found : { illness: undefined, again: Math.min(said, found.again ?? said) };
}

function check(group: Group, { member, instance, balancerHealth }: ObservedMember, now: number): Judgement {
  if (!isUp(instance)) return { illness: "ec2-state", again: undefined };
  if (instance?.status === "impaired") return { illness: "ec2-status", again: undefined };
  if (group.healthCheckType !== "ELB") return HEALTHY;
  const failing = balancerHealth.filter(failedChecks);
  if (failing.length === 0) return HEALTHY;
  const graceEnd = Math.min(...failing.map((health) => graceEndOf(group, member, health)));
  return now >= graceEnd ? { illness: "elb", again: undefined } : { illness: undefined, again: graceEnd };
}

/** Pending counts as up: a reboot is no illness. */
export function isUp(instance: ObservedMember["instance"]): boolean {
  return instance?.state === "running" || instance?.state === "pending";
}

/** An instance that its balancer has not judged yet (reason code `ELB`) has failed nothing. */
function failedChecks(health: InstanceHealth): boolean {
  return health.state === "OutOfService" && health.reasonCode === "Instance";
}

/** The grace period also begins anew when a balancer begins to check from nothing: newly attached, or after an outage of its own. */
function graceEndOf(group: Group, member: Member, health: InstanceHealth): number {
  return Math.max(member.inService ?? member.launched, health.checkedSince) + group.gracePeriod * 1000;
}
