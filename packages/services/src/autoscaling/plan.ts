/** What a group needs next. Pure: the same situation, the same actions; members that already leave are left alone. */
import type { Action, Plan, Situation, TerminationCause } from "./actions.js";
import { isUnproven, type ObservedMember } from "./judge.js";
import { lifetimeOver } from "./lifetime.js";
import { chooseLaunches } from "./plan-launches.js";
import { deregistrations, leave, setAside } from "./plan-leaving.js";
import { planRefresh, type RefreshStep } from "./refresh-plan.js";
import { earliest, may, sort, type Sorted } from "./sort-members.js";
import type { Group, Member } from "./state.js";
import type { Refresh } from "./state-scaling.js";
import { chooseForTermination } from "./termination.js";
import { outcomeOf } from "./transitions.js";

export function plan(situation: Situation): Plan {
  const { group, now } = situation;
  const sorted = sort(situation);
  const { sick } = sorted;
  const replaced = mayTerminate(group) && (may(group, "ReplaceUnhealthy") || group.deleting) ? sick : [];
  const step = refreshStep(situation, sorted);
  const voluntary = chooseVoluntary(group, sorted, step, now);
  const surplus = chooseSurplus(group, sorted, voluntary, step, now);
  const chosen = new Set([...replaced, ...voluntary.keys(), ...surplus]);
  const leaving = [...sorted.leaving, ...chosen].map((view) => leave(situation, view, chosen.has(view)));
  const launches = chooseLaunches(situation, sorted, {
    replaced: replaced.length,
    retired: [...voluntary.keys()].filter(({ member }) => member.lifecycle === "InService").length,
    chosen,
    out: leaving.filter(({ gone, held }) => gone || held).length,
    step,
  });
  const remaining = situation.observed.length - sorted.stillborn.length - leaving.filter(({ gone }) => gone).length;
  const left = sorted.base.length - surplus.length;
  const serving = sorted.staying.filter((view) => !chosen.has(view));
  const actions: readonly Action[] = [
    ...sorted.stillborn.map(({ member }): Action => ({ kind: "launch-failed", member })),
    ...sorted.abandoned.map(({ view, outcome }): Action => ({ kind: "abandon", member: view.member, outcome })),
    ...serving.flatMap((view) => serve(situation, view)),
    ...sick.filter((view) => !chosen.has(view) && view.member.health === "Healthy").map(({ member, illness }): Action => ({ kind: "mark-unhealthy", member, illness })),
    ...replaced.map(({ member, illness }): Action => ({ kind: "terminate", member, why: { kind: "unhealthy", illness } })),
    ...[...voluntary].map(([{ member }, why]): Action => ({ kind: "terminate", member, why })),
    ...surplus.map(({ member }): Action => ({ kind: "terminate", member, why: { kind: "excess", from: sorted.base.length, to: left } })),
    ...leaving.flatMap(({ actions: own }) => own),
    ...sorted.aside.filter((view) => !chosen.has(view)).flatMap(setAside),
    ...launches.actions,
    ...(step && step.refresh !== situation.refresh?.refresh && changed(step.refresh, situation.refresh?.refresh) ? [{ kind: "refresh", refresh: step.refresh } as const] : []),
    ...(group.deleting && remaining === 0 ? [{ kind: "delete-group" } as const] : []),
  ];
  const lifetime = step ? undefined : lifetimeOver(group, sorted.well.map(({ member }) => member), now).again;
  return { actions, wake: earliest([...sorted.again, launches.again, step?.again, lifetime], now) };
}

/** Deletion by force heeds no suspension. */
function mayTerminate(group: Group): boolean {
  return group.deleting || may(group, "Terminate");
}

function refreshStep({ group, refresh: active, now }: Situation, { well, coming, aside, leaving }: Sorted): RefreshStep | undefined {
  if (!active || group.deleting) return undefined;
  const standby = aside.filter(({ member }) => member.lifecycle === "Standby");
  return planRefresh({
    ...active,
    group,
    serving: well.map(({ member }) => member),
    unproven: new Set(well.filter((view) => isUnproven(group, view)).map(({ member }) => member)),
    others: [...coming, ...standby].map(({ member }) => member),
    inTransition: coming.length > 0 || leaving.length > 0,
    suspended: !may(group, "InstanceRefresh") || !may(group, "Launch") || !may(group, "Terminate"),
    now,
  });
}

/** Healthy ones that are replaced all the same. */
function chooseVoluntary(group: Group, { well, aside, sick, leaving, coming }: Sorted, step: RefreshStep | undefined, now: number): ReadonlyMap<ObservedMember, TerminationCause> {
  const of = (members: readonly Member[], why: TerminationCause): ReadonlyMap<ObservedMember, TerminationCause> => {
    const wanted = new Set(members);
    return new Map([...well, ...aside].filter(({ member }) => wanted.has(member)).map((view) => [view, why]));
  };
  if (group.deleting || !may(group, "Terminate")) return new Map();
  // An unhealthy one first: it takes its place among those that may be missing.
  if (step) return sick.length > 0 ? new Map() : of(step.retire, { kind: "refresh" });
  const atRest = sick.length + leaving.length + coming.length === 0 && well.length >= group.desired && may(group, "Launch") && !well.some((view) => isUnproven(group, view));
  return atRest ? of(lifetimeOver(group, well.map(({ member }) => member), now).retire, { kind: "lifetime" }) : new Map();
}

function chooseSurplus(group: Group, { staying, base, aside }: Sorted, voluntary: ReadonlyMap<ObservedMember, unknown>, step: RefreshStep | undefined, now: number): readonly ObservedMember[] {
  if (group.deleting) return [...staying, ...aside.filter(({ member }) => member.lifecycle !== "Detaching")];
  if (!mayTerminate(group)) return [];
  const open = base.filter((view) => !voluntary.has(view) && !step?.uncounted.has(view.member));
  const excess = Math.max(0, open.length - group.desired);
  if (excess === 0) return [];
  // A refresh lets its old ones go first.
  const old = step ? open.filter(({ member }) => step.old.has(member)) : [];
  const first = chooseForTermination(group, old.map(({ member }) => member), excess, now);
  const rest = open.filter(({ member }) => !first.has(member)).map(({ member }) => member);
  const then = chooseForTermination(group, rest, excess - first.size, now);
  return open.filter(({ member }) => first.has(member) || then.has(member));
}

const NOTHING: readonly Action[] = [];

function serve(situation: Situation, { member, instance }: ObservedMember): readonly Action[] {
  const runs = instance?.state === "running";
  if (member.lifecycle === "InService") return registrations(situation, member);
  if (outcomeOf(member, situation.now).result !== "CONTINUE") return [];
  if (runs) return [{ kind: "enter-service", member }, ...registrations(situation, member)];
  return member.lifecycle === "Pending:Wait" ? [{ kind: "proceed", member }] : [];
}

/** Each source once only: an instance that the user deregistered by hand stays out. */
function registrations({ group, existing }: Situation, member: Member): readonly Action[] {
  if (group.trafficSources.length + member.registered.length === 0) return NOTHING;
  const allowed = may(group, "AddToLoadBalancer") ? group.trafficSources : [];
  const fresh = allowed.filter((source) => existing.has(source) && !member.registered.includes(source));
  return [...fresh.map((source): Action => ({ kind: "register", member, source })), ...deregistrations(member, group.trafficSources)];
}

function changed(next: Refresh, before: Refresh | undefined): boolean {
  return before === undefined || Object.entries(next).some(([name, value]) => (before as unknown as Record<string, unknown>)[name] !== value);
}
