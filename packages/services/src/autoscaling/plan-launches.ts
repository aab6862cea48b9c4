/** What a group launches next: to fill its capacity, to come into balance, or ahead of a refresh. Pure. */
import type { Action, LaunchCause, Situation } from "./actions.js";
import type { ObservedMember } from "./judge.js";
import type { RefreshStep } from "./refresh-plan.js";
import { earliest, may, type Sorted } from "./sort-members.js";
import type { Group, GroupSubnet, Member } from "./state.js";
import { chooseSubnets, countRebalancing, openSubnets } from "./zones.js";

/** So many instances are launched in one transaction; the others follow in the next run. */
const LAUNCHES_AT_ONCE = 20;

export interface Leavers {
  /** How many leave as unhealthy, and how many healthy ones are replaced. */
  readonly replaced: number;
  readonly retired: number;
  readonly chosen: ReadonlySet<ObservedMember>;
  /** How many keep nobody from coming. */
  readonly out: number;
  readonly step: RefreshStep | undefined;
}

export function chooseLaunches(situation: Situation, sorted: Sorted, { replaced, retired, chosen, out, step }: Leavers): { readonly actions: readonly Action[]; readonly again: number | undefined } {
  const { group, observed, now } = situation;
  const nothing = { actions: [], again: undefined };
  if (group.deleting || !may(group, "Launch")) return nothing;
  const staying = sorted.staying.filter((view) => !chosen.has(view)).map(({ member }) => member);
  const base = sorted.base.filter((view) => !chosen.has(view) && !step?.uncounted.has(view.member)).length;
  const have = base + sorted.sick.length - replaced;
  const aside = sorted.aside.filter((view) => !chosen.has(view)).length;
  const existing = observed.length - sorted.stillborn.length - out - aside;
  const missing = Math.max(0, Math.min(group.desired - have, group.max - existing));
  const extra = missing === 0 ? countExtra(group, sorted, chosen, step, now) : 0;
  const wanted = missing + extra;
  const reopens = earliest(group.closedSubnets.map(({ until }) => until), now);
  if (wanted === 0) return { actions: [], again: openSubnets(group, now).length < group.subnets.length ? reopens : undefined };
  if (group.retryAt !== undefined && group.retryAt > now) return { actions: [], again: group.retryAt };
  // A launch that just failed sets the next try first.
  if (sorted.stillborn.length + sorted.abandoned.length > 0) return nothing;
  const subnets = chooseSubnets(group, staying, Math.min(wanted, LAUNCHES_AT_ONCE), now);
  // The first launches replace what was taken out as unhealthy; the others make up the difference.
  const replacements = group.replacements + replaced + retired;
  const from = staying.length;
  const why = (index: number): LaunchCause => {
    if (extra > 0) return step ? { kind: "refresh" } : rebalanceCause(group, staying, subnets);
    return index < replacements ? { kind: "replacement" } : { kind: "missing", from, to: from + subnets.length };
  };
  return { actions: subnets.map((subnet, index) => ({ kind: "launch", subnet, why: why(index) })), again: reopens };
}

/** Instances beyond the desired capacity, launched before others leave for them. */
function countExtra(group: Group, { staying, sick, leaving, coming }: Sorted, chosen: ReadonlySet<unknown>, step: RefreshStep | undefined, now: number): number {
  if (step) return sick.length > 0 ? 0 : step.ahead;
  const atRest = sick.length + leaving.length + coming.length + chosen.size === 0 && staying.length >= group.desired;
  return atRest && may(group, "AZRebalance") ? countRebalancing(group, staying.map(({ member }) => member), now) : 0;
}

function rebalanceCause(group: Group, staying: readonly Member[], subnets: readonly GroupSubnet[]): LaunchCause {
  const into = [...new Set(subnets.map(({ availabilityZone }) => availabilityZone))];
  const zones = [...new Set(staying.map(({ availabilityZone }) => availabilityZone))].filter((zone) => !into.includes(zone)).sort();
  return { kind: "rebalance", zones, into };
}
