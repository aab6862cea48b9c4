/** Who is where on the way through a group. Pure. */
import type { Situation } from "./actions.js";
import { isUp, judge, type ObservedMember } from "./judge.js";
import type { Group, Illness, ScalingProcess } from "./state.js";
import { isPending, isTerminating, outcomeOf, type Outcome } from "./transitions.js";

export interface Sick extends ObservedMember {
  readonly illness: Illness;
}

/** Every member is in exactly one of stillborn, abandoned, leaving, aside, well, coming and sick. */
export interface Sorted {
  readonly stillborn: readonly ObservedMember[];
  readonly abandoned: readonly { readonly view: ObservedMember; readonly outcome: Outcome }[];
  readonly leaving: readonly ObservedMember[];
  /** In Standby, or on the way there or out of the group. */
  readonly aside: readonly ObservedMember[];
  readonly well: readonly ObservedMember[];
  readonly coming: readonly ObservedMember[];
  readonly staying: readonly ObservedMember[];
  /** Those staying but for what was launched ahead: they fill the desired capacity. */
  readonly base: readonly ObservedMember[];
  readonly sick: readonly Sick[];
  readonly again: readonly (number | undefined)[];
}

/** One pass: a group of a thousand is sorted after every commit about one of its instances. */
export function sort({ group, observed, now }: Situation): Sorted {
  const stillborn: ObservedMember[] = [];
  const abandoned: { readonly view: ObservedMember; readonly outcome: Outcome }[] = [];
  const [leaving, aside, well, coming]: [ObservedMember[], ObservedMember[], ObservedMember[], ObservedMember[]] = [[], [], [], []];
  const sick: Sick[] = [];
  const again: (number | undefined)[] = [];
  for (const view of observed) {
    const { member, instance, sources } = view;
    for (const source of sources) again.push(source.again);
    if (member.lifecycle === "InService") {
      const { illness, again: later } = judge(group, view, now);
      again.push(later);
      if (illness === undefined) well.push(view);
      else sick.push({ ...view, illness });
    } else if (isPending(member)) {
      const outcome = outcomeOf(member, now);
      again.push(outcome.again);
      if (!isUp(instance)) stillborn.push(view);
      else if (outcome.result === "ABANDON") abandoned.push({ view, outcome });
      else coming.push(view);
    } else if (isTerminating(member)) {
      again.push(outcomeOf(member, now).again);
      leaving.push(view);
    } else {
      aside.push(view);
    }
  }
  const staying = [...well, ...coming];
  const base = staying.filter(({ member }) => !(member.ahead && isPending(member)));
  return { stillborn, abandoned, leaving, aside, well, coming, staying, base, sick, again: again.filter((time) => time !== undefined) };
}

export function may(group: Group, process: ScalingProcess): boolean {
  return !group.suspended.some((suspension) => suspension.process === process);
}

/** The first of them that is still to come. */
export function earliest(times: readonly (number | undefined)[], now: number): number | undefined {
  const known = times.filter((time): time is number => time !== undefined && time > now);
  return known.length === 0 ? undefined : Math.min(...known);
}
