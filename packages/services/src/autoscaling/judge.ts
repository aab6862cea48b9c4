/** Whether an instance of a group is healthy: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html. Pure. */
import type { InstanceFact } from "../ec2/facts.js";
import type { Group, Illness, Member } from "./state.js";

/** What one of the group's traffic sources says of an instance that is registered with it. */
export interface SourceHealth {
  readonly source: string;
  /** `initial`: it has not judged yet. `unused`: it never will, for nobody asks it. */
  readonly state: "initial" | "healthy" | "unhealthy" | "draining" | "unused";
  /** When it began to check, from nothing. */
  readonly since: number;
  /** When it says something else although nothing changes. */
  readonly again?: number;
}

/** A member with what is known of its instance just now. */
export interface ObservedMember {
  readonly member: Member;
  /** Undefined when EC2 has forgotten it. */
  readonly instance: Pick<InstanceFact, "state" | "status"> | undefined;
  /** One that it is not registered with says nothing. */
  readonly sources: readonly SourceHealth[];
}

export interface Judgement {
  readonly illness: Illness | undefined;
  /** When to judge again although nothing changes. */
  readonly again: number | undefined;
}

const HEALTHY: Judgement = { illness: undefined, again: undefined };

/** Judges a member that is in service. That it runs counts at once, checks after the grace period. */
export function judge(group: Group, view: ObservedMember, now: number): Judgement {
  const { member } = view;
  if (member.health === "Unhealthy") return { illness: member.illness ?? "user", again: undefined };
  const said = member.unhealthyFrom;
  if (said !== undefined && now >= said) return { illness: "user", again: undefined };
  const found = group.suspended.some(({ process }) => process === "HealthCheck") ? HEALTHY : check(group, view, now);
  return said === undefined || found.illness !== undefined ? found : { illness: undefined, again: Math.min(said, found.again ?? said) };
}

function check(group: Group, { member, instance, sources }: ObservedMember, now: number): Judgement {
  if (!isUp(instance)) return { illness: "ec2-state", again: undefined };
  if (instance?.status === "impaired") return after(graceEndOf(group, member, 0), "ec2-status", now);
  if (group.healthCheckType !== "ELB") return HEALTHY;
  const failing = sources.filter(({ state }) => state === "unhealthy");
  if (failing.length === 0) return HEALTHY;
  // The grace period also begins anew when a balancer begins to check from nothing: newly attached, or after an outage of its own.
  return after(Math.min(...failing.map(({ since }) => graceEndOf(group, member, since))), "elb", now);
}

/** Whether a balancer that the group heeds has yet to find it healthy: so long nobody may count on its serving. */
export function isUnproven(group: Group, { sources }: ObservedMember): boolean {
  return group.healthCheckType === "ELB" && sources.some(({ state }) => state === "initial" || state === "unhealthy");
}

function after(graceEnd: number, illness: Illness, now: number): Judgement {
  return now >= graceEnd ? { illness, again: undefined } : { illness: undefined, again: graceEnd };
}

/** Pending counts as up: a reboot is no illness. */
export function isUp(instance: ObservedMember["instance"]): boolean {
  return instance?.state === "running" || instance?.state === "pending";
}

export function isGone(instance: ObservedMember["instance"]): boolean {
  return instance === undefined || instance.state === "terminated";
}

function graceEndOf(group: Group, member: Member, since: number): number {
  return Math.max(member.inService ?? member.launched, since) + group.gracePeriod * 1000;
}
