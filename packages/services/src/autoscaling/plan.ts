/** What a group needs next. Pure: the same group and members, the same actions; members that already leave are left alone. */
import { isUp, judge, type ObservedMember } from "./judge.js";
import type { Group, GroupSubnet, Illness, Member, ScalingProcess } from "./state.js";
import { chooseForTermination } from "./termination.js";

export type Action =
  /** Its instance runs. */
  | { readonly kind: "enter-service"; readonly member: Member }
  /** Its instance ended before it ever ran. */
  | { readonly kind: "launch-failed"; readonly member: Member }
  | { readonly kind: "register"; readonly member: Member; readonly loadBalancer: string }
  | { readonly kind: "deregister"; readonly member: Member; readonly loadBalancer: string }
  | { readonly kind: "mark-unhealthy"; readonly member: Member; readonly illness: Illness }
  | { readonly kind: "terminate"; readonly member: Member; readonly why: TerminationCause }
  /** It leaves, but its instance still exists. */
  | { readonly kind: "end-instance"; readonly member: Member }
  /** Its instance is gone. */
  | { readonly kind: "remove"; readonly member: Member }
  | { readonly kind: "launch"; readonly subnet: GroupSubnet; readonly why: LaunchCause }
  | { readonly kind: "delete-group" };

export type TerminationCause = { readonly kind: "unhealthy"; readonly illness: Illness } | { readonly kind: "excess"; readonly from: number; readonly to: number };
export type LaunchCause = { readonly kind: "replacement" } | { readonly kind: "missing"; readonly from: number; readonly to: number };

export interface Plan {
  readonly actions: readonly Action[];
  /** When to look again although nothing changes. */
  readonly wake: number | undefined;
}

const REPLACEMENT: LaunchCause = { kind: "replacement" };

/** So many instances are launched in one transaction; the others follow in the next run. */
const LAUNCHES_AT_ONCE = 10;

/**
 * @param existing which of the group's balancers exist: one that was deleted can't be registered with
 */
export function plan(group: Group, observed: readonly ObservedMember[], existing: ReadonlySet<string>, now: number): Plan {
  const views = sort(group, observed, now);
  const { stillborn, leaving, staying, sick } = views;
  const replaced = mayTerminate(group) && (may(group, "ReplaceUnhealthy") || group.deleting) ? sick : [];
  const surplus = chooseSurplus(group, staying, now);
  const chosen = [...replaced, ...surplus];
  const gone = [...leaving, ...chosen].filter(({ instance }) => isGone(instance));
  const remaining = observed.filter((view) => !stillborn.includes(view) && !gone.some(({ member }) => member === view.member));
  const missing = countMissing(group, staying.length + sick.length - replaced.length, remaining.length);
  const waiting = group.retryAt !== undefined && group.retryAt > now;
  // A launch that just failed sets the next try first.
  const launches = waiting || stillborn.length > 0 ? 0 : Math.min(missing, LAUNCHES_AT_ONCE);
  const left = staying.length - surplus.length;
  // The first launches replace what was taken out as unhealthy; the others make up the difference.
  const replacements = group.replacements + replaced.length;
  const serving = staying.filter(
    (view) => !surplus.includes(view) && (view.member.lifecycle === "InService" || view.instance?.state === "running"),
  );
  const missingCause: LaunchCause = { kind: "missing", from: staying.length, to: staying.length + launches };
  const actions: readonly Action[] = [
    ...stillborn.map(({ member }): Action => ({ kind: "launch-failed", member })),
    ...serving.flatMap(({ member }): Action[] => (member.lifecycle === "Pending" ? [{ kind: "enter-service", member }] : [])),
    ...serving.flatMap(({ member }) => registrations(group, member, existing)),
    ...sick
      .filter((view) => !replaced.includes(view) && view.member.health === "Healthy")
      .map(({ member, illness }): Action => ({ kind: "mark-unhealthy", member, illness })),
    ...replaced.map(({ member, illness }): Action => ({ kind: "terminate", member, why: { kind: "unhealthy", illness } })),
    ...surplus.map(({ member }): Action => ({ kind: "terminate", member, why: { kind: "excess", from: staying.length, to: left } })),
    ...[...leaving, ...chosen].flatMap(({ member }) => deregistrations(member, [])),
    ...[...leaving, ...chosen].filter(({ instance }) => canEnd(instance)).map(({ member }): Action => ({ kind: "end-instance", member })),
    ...gone.map(({ member }): Action => ({ kind: "remove", member })),
    ...chooseSubnets(group, staying.map(({ member }) => member), launches).map(
      (subnet, index): Action => ({ kind: "launch", subnet, why: index < replacements ? REPLACEMENT : missingCause }),
    ),
    ...(group.deleting && remaining.length === 0 ? [{ kind: "delete-group" } as const] : []),
  ];
  return { actions, wake: earliest([...views.again, waiting && missing > 0 ? group.retryAt : undefined]) };
}

interface Sick extends ObservedMember {
  readonly illness: Illness;
}

/** Every member is in exactly one of stillborn, leaving, staying and sick. */
interface Sorted {
  readonly stillborn: readonly ObservedMember[];
  readonly leaving: readonly ObservedMember[];
  readonly staying: readonly ObservedMember[];
  readonly sick: readonly Sick[];
  readonly again: readonly (number | undefined)[];
}

function sort(group: Group, observed: readonly ObservedMember[], now: number): Sorted {
  const pending = observed.filter(({ member }) => member.lifecycle === "Pending");
  const stillborn = pending.filter(({ instance }) => !isUp(instance));
  const judged = observed.filter(({ member }) => member.lifecycle === "InService").map((view) => ({ view, ...judge(group, view, now) }));
  return {
    stillborn,
    leaving: observed.filter(({ member }) => member.lifecycle === "Terminating"),
    staying: [...judged.filter((j) => j.illness === undefined).map((j) => j.view), ...pending.filter((view) => !stillborn.includes(view))],
    sick: judged.flatMap(({ view, illness }) => (illness === undefined ? [] : [{ ...view, illness }])),
    again: judged.map((j) => j.again),
  };
}

function may(group: Group, process: ScalingProcess): boolean {
  return !group.suspended.includes(process);
}

/** Deletion by force heeds no suspension. */
function mayTerminate(group: Group): boolean {
  return group.deleting || may(group, "Terminate");
}

function chooseSurplus(group: Group, staying: readonly ObservedMember[], now: number): readonly ObservedMember[] {
  if (group.deleting) return staying;
  if (!mayTerminate(group)) return [];
  const excess = Math.max(0, staying.length - group.desired);
  const chosen = chooseForTermination(group.terminationPolicies, staying.map(({ member }) => member), excess, now);
  return staying.filter(({ member }) => chosen.includes(member));
}

/** @param have what fills a place; @param existing what is not gone yet: the maximum holds for all of it */
function countMissing(group: Group, have: number, existing: number): number {
  if (group.deleting || !may(group, "Launch")) return 0;
  return Math.max(0, Math.min(group.desired - have, group.max - existing));
}

function isGone(instance: ObservedMember["instance"]): boolean {
  return instance === undefined || instance.state === "terminated";
}

function canEnd(instance: ObservedMember["instance"]): boolean {
  return !isGone(instance) && instance?.state !== "shutting-down";
}

/** Each balancer once only: an instance that the user deregistered by hand stays out. */
function registrations(group: Group, member: Member, existing: ReadonlySet<string>): readonly Action[] {
  const allowed = may(group, "AddToLoadBalancer") ? group.loadBalancers : [];
  const fresh = allowed.filter((name) => existing.has(name) && !member.loadBalancers.includes(name));
  return [...fresh.map((loadBalancer): Action => ({ kind: "register", member, loadBalancer })), ...deregistrations(member, group.loadBalancers)];
}

/** From every balancer but those of `wanted`. */
function deregistrations(member: Member, wanted: readonly string[]): readonly Action[] {
  return member.loadBalancers.filter((name) => !wanted.includes(name)).map((loadBalancer) => ({ kind: "deregister", member, loadBalancer }));
}

/** Each in the zone that has fewest, and there in the subnet that has fewest; the order given decides between equals. */
export function chooseSubnets(group: Group, staying: readonly Member[], count: number): readonly GroupSubnet[] {
  const inZone = tally(staying.map((m) => m.availabilityZone));
  const inSubnet = tally(staying.map((m) => m.subnetId));
  const chosen: GroupSubnet[] = [];
  for (let i = 0; i < count; i++) {
    let best: GroupSubnet | undefined;
    for (const subnet of group.subnets) {
      if (!best || load(subnet) < load(best)) best = subnet;
    }
    if (!best) break;
    chosen.push(best);
    inZone.set(best.availabilityZone, (inZone.get(best.availabilityZone) ?? 0) + 1);
    inSubnet.set(best.id, (inSubnet.get(best.id) ?? 0) + 1);
  }
  return chosen;

  /** The zone weighs more than any number of instances in a subnet. */
  function load(subnet: GroupSubnet): number {
    return (inZone.get(subnet.availabilityZone) ?? 0) * 1e6 + (inSubnet.get(subnet.id) ?? 0);
  }
}

function tally(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
