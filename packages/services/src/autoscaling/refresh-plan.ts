/** How an instance refresh goes on: https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html. Pure. */
import { isPending } from "./transitions.js";
import type { Group, LaunchedFrom, Member } from "./state.js";
import type { Refresh } from "./state-scaling.js";

/** How long it waits for instances that may not be replaced. */
const PATIENCE = 3_600_000;

/** What an instance must be launched from to be up to date: a configuration, or a template in one exact version. */
export interface Target {
  readonly configuration: string | undefined;
  readonly template: { readonly id: string; readonly version: string } | undefined;
  readonly instanceTypes: readonly string[] | undefined;
}

export interface RefreshStep {
  /** To be replaced now. */
  readonly retire: readonly Member[];
  /** How many to launch before others leave. */
  readonly ahead: number;
  /** All that are still to be replaced. */
  readonly old: ReadonlySet<Member>;
  /** Launched before what they replace, and not counted yet. */
  readonly uncounted: ReadonlySet<Member>;
  /** The refresh as it is now. */
  readonly refresh: Refresh;
  readonly again: number | undefined;
}

/** What a refresh looks at. `serving` are InService and healthy; `others` stay in the group, but serve not or not yet. */
export interface RefreshView {
  readonly group: Group;
  readonly refresh: Refresh;
  readonly target: Target;
  readonly serving: readonly Member[];
  /** Those serving that a balancer has yet to find healthy. */
  readonly unproven: ReadonlySet<Member>;
  readonly others: readonly Member[];
  /** Something is being launched or terminated. */
  readonly inTransition: boolean;
  /** The process InstanceRefresh is suspended. */
  readonly suspended: boolean;
  readonly now: number;
}

export function planRefresh(view: RefreshView): RefreshStep {
  const { refresh, serving, now } = view;
  const all = [...serving, ...view.others];
  const old = new Set(all.filter((member) => isOld(view, member)));
  const fresh = serving.filter((member) => !old.has(member));
  const warm = fresh.filter((member) => isWarm(view, member));
  const uncounted = new Set(all.filter((member) => member.ahead && member.refresh === refresh.id && !warm.includes(member)));
  const rest = { retire: [], ahead: 0, old, uncounted };
  if (view.suspended) return { ...rest, refresh, again: undefined };
  if (refresh.status === "Cancelling") {
    const done = !view.inTransition;
    return { ...rest, refresh: done ? { ...refresh, status: "Cancelled", ended: now } : refresh, again: undefined };
  }
  const counted = count(view, old, fresh.length - warm.length);
  const warming = fresh.filter((member) => !warm.includes(member)).map((member) => warmAt(refresh, member));
  const step = advance(view, counted, old, warm.length);
  return { ...rest, ...step, again: earliest([step.again, ...warming]) };
}

function isOld({ refresh, target }: RefreshView, member: Member): boolean {
  const { preferences } = refresh;
  if (isPending(member) && member.refresh === refresh.id) return false;
  if (member.protectedFromScaleIn && preferences.protectedInstances === "Ignore") return false;
  if (member.lifecycle === "Standby" && preferences.standbyInstances === "Ignore") return false;
  if (refresh.rollback) return !matches(member, target);
  return member.refresh !== refresh.id && !(preferences.skipMatching && matches(member, target));
}

/** Whether it was launched from what the target names. */
export function matches({ launchedFrom, instanceType }: Pick<Member, "instanceType"> & { readonly launchedFrom: LaunchedFrom }, target: Target): boolean {
  if (target.instanceTypes && !target.instanceTypes.includes(instanceType)) return false;
  if (target.configuration !== undefined) return launchedFrom.configuration === target.configuration;
  return launchedFrom.template?.id === target.template?.id && launchedFrom.template?.version === target.template?.version;
}

function warmAt(refresh: Refresh, member: Member): number {
  return (member.inService ?? Infinity) + refresh.preferences.warmup * 1000;
}

/** Whether others may leave for it: its warm-up is over, and its balancers send it requests. */
function isWarm({ refresh, unproven, now }: RefreshView, member: Member): boolean {
  return member.refresh !== refresh.id || (now >= warmAt(refresh, member) && !unproven.has(member));
}

/** Its progress, in AWS's numbers. */
function count({ refresh, others }: RefreshView, old: ReadonlySet<Member>, warming: number): Refresh {
  const arriving = others.filter((member) => isPending(member) && !old.has(member)).length;
  const total = Math.max(refresh.total ?? old.size, old.size);
  const remaining = Math.min(total, old.size + warming + arriving);
  const status = refresh.status === "Pending" ? "InProgress" : refresh.status;
  const done = total === 0 ? 1 : (total - remaining) / total;
  // A rollback takes back what was done.
  const percent = Math.floor(refresh.rollback ? refresh.rollback.percent * (1 - done) : done * 100);
  return { ...refresh, status, total, remaining, percent };
}

type Step = Pick<RefreshStep, "retire" | "ahead" | "refresh" | "again">;

function advance(view: RefreshView, refresh: Refresh, old: ReadonlySet<Member>, warm: number): Step {
  const { group, now, serving } = view;
  const still = (next: Refresh, again?: number): Step => ({ retire: [], ahead: 0, refresh: next, again });
  const complete = refresh.remaining === 0 && !view.inTransition && serving.length >= group.desired;
  if (complete) return still(finish(refresh, now), refresh.bakeUntil ?? now + refresh.preferences.bakeTime * 1000);
  const { checkpoints, checkpointDelay } = refresh.preferences;
  const rests = checkpoints.length > 0 && !refresh.rollback;
  if (rests && refresh.pausedUntil !== undefined && now < refresh.pausedUntil) return still(refresh, refresh.pausedUntil);
  const checkpoint = rests ? checkpoints[refresh.passed] : undefined;
  if (rests && checkpoint === undefined) return still({ ...refresh, status: "Successful", ended: now });
  if (rests && checkpoint !== undefined && refresh.percent >= checkpoint) {
    const pausedUntil = now + checkpointDelay * 1000;
    return still({ ...refresh, passed: refresh.passed + 1, pausedUntil }, pausedUntil);
  }
  // Those go first whom nobody would miss.
  const rank = (member: Member): number => (view.unproven.has(member) ? 0 : 1);
  const replaceable = serving.filter((member) => old.has(member) && !isBlocked(refresh, member)).sort((a, b) => rank(a) - rank(b));
  const standby = view.others.filter((member) => old.has(member) && member.lifecycle === "Standby" && refresh.preferences.standbyInstances === "Terminate");
  if (replaceable.length + standby.length === 0 && refresh.remaining > 0 && !view.inTransition && old.size > 0 && warm === serving.length - serving.filter((m) => old.has(m)).length) {
    return wait(refresh, now, still);
  }
  const pace = paceOf(view, refresh, old, replaceable.length, checkpoint);
  return { retire: [...standby, ...replaceable.slice(0, pace.retire)], ahead: pace.ahead, refresh: { ...refresh, blockedSince: undefined }, again: undefined };
}

function isBlocked({ preferences }: Refresh, member: Member): boolean {
  return member.protectedFromScaleIn && preferences.protectedInstances === "Wait";
}

/** Only those that may not be replaced are left: it waits an hour for them. */
function wait(refresh: Refresh, now: number, still: (next: Refresh, again?: number) => Step): Step {
  const since = refresh.blockedSince ?? now;
  if (now < since + PATIENCE) return still({ ...refresh, blockedSince: since, reason: "Waiting for instances that are protected from scale in, or in Standby." }, since + PATIENCE);
  const reason = "Instances that are protected from scale in, or in Standby, could not be replaced within an hour.";
  return still({ ...refresh, status: "Failed", reason, ended: now });
}

function finish(refresh: Refresh, now: number): Refresh {
  if (refresh.rollback) return { ...refresh, status: "RollbackSuccessful", ended: now };
  const bakeUntil = refresh.bakeUntil ?? now + refresh.preferences.bakeTime * 1000;
  if (now < bakeUntil) return { ...refresh, status: "Baking", bakeUntil };
  return { ...refresh, status: "Successful", ended: now };
}

/** How many to retire and to launch ahead now, so that the healthy percentages hold. */
function paceOf(view: RefreshView, refresh: Refresh, old: ReadonlySet<Member>, replaceable: number, checkpoint: number | undefined): { readonly retire: number; readonly ahead: number } {
  const { group, serving, others } = view;
  const { minHealthy, maxHealthy } = refresh.preferences;
  const ready = serving.filter((member) => old.has(member) || isWarm(view, member)).length;
  const least = Math.ceil((group.desired * minHealthy) / 100);
  const allowed = checkpoint === undefined ? Infinity : Math.max(0, Math.ceil(((refresh.total ?? 0) * checkpoint) / 100) - ((refresh.total ?? 0) - old.size));
  const most = maxHealthy > 100 ? Math.max(group.desired + 1, Math.floor((group.desired * maxHealthy) / 100)) : group.desired;
  // Without room above, one at least must go first, whatever the percentage.
  const floor = maxHealthy > 100 ? least : Math.min(least, group.desired - 1);
  const arriving = others.filter(isPending).length;
  const retire = Math.max(0, Math.min(ready - floor, replaceable, allowed));
  const ahead = Math.max(0, Math.min(most - serving.length - arriving, replaceable - retire - countAhead(view), allowed));
  return { retire, ahead: maxHealthy > 100 ? ahead : 0 };
}

/** Those that were launched ahead, and for which none has left yet. */
function countAhead(view: RefreshView): number {
  const { refresh, serving, others } = view;
  const waiting = (member: Member): boolean => member.ahead && member.refresh === refresh.id && !(member.lifecycle === "InService" && isWarm(view, member));
  return [...serving, ...others].filter(waiting).length;
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined && Number.isFinite(time)) as number[];
  return known.length === 0 ? undefined : Math.min(...known);
}
