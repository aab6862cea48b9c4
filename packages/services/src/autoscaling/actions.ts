/** What a plan is made from, and what it may say. */
import type { ObservedMember } from "./judge.js";
import type { Target } from "./refresh-plan.js";
import type { Group, GroupSubnet, Illness, Member } from "./state.js";
import type { Refresh } from "./state-scaling.js";
import type { Outcome } from "./transitions.js";

export type Action =
  /** Its hooks are done, but its instance does not run yet. */
  | { readonly kind: "proceed"; readonly member: Member }
  /** Its instance runs. */
  | { readonly kind: "enter-service"; readonly member: Member }
  /** Its instance ended before it ever ran. */
  | { readonly kind: "launch-failed"; readonly member: Member }
  /** A lifecycle hook gave it up before it served. */
  | { readonly kind: "abandon"; readonly member: Member; readonly outcome: Outcome }
  | { readonly kind: "register"; readonly member: Member; readonly source: string }
  | { readonly kind: "deregister"; readonly member: Member; readonly source: string }
  | { readonly kind: "mark-unhealthy"; readonly member: Member; readonly illness: Illness }
  | { readonly kind: "terminate"; readonly member: Member; readonly why: TerminationCause }
  /** It leaves, and its hooks have their turn. */
  | { readonly kind: "wait-to-end"; readonly member: Member }
  /** It leaves, nothing holds it any more, but its instance still exists. */
  | { readonly kind: "end-instance"; readonly member: Member }
  /** Its instance is gone. */
  | { readonly kind: "remove"; readonly member: Member }
  | { readonly kind: "enter-standby"; readonly member: Member }
  /** It leaves the group, and its instance lives on. */
  | { readonly kind: "release"; readonly member: Member }
  | { readonly kind: "launch"; readonly subnet: GroupSubnet; readonly why: LaunchCause }
  | { readonly kind: "refresh"; readonly refresh: Refresh }
  | { readonly kind: "delete-group" };

export type TerminationCause =
  | { readonly kind: "unhealthy"; readonly illness: Illness }
  | { readonly kind: "excess"; readonly from: number; readonly to: number }
  | { readonly kind: "refresh" }
  | { readonly kind: "lifetime" };
export type LaunchCause =
  | { readonly kind: "replacement" }
  | { readonly kind: "missing"; readonly from: number; readonly to: number }
  | { readonly kind: "rebalance"; readonly zones: readonly string[]; readonly into: readonly string[] }
  | { readonly kind: "refresh" };

/** All that is looked at. */
export interface Situation {
  readonly group: Group;
  readonly observed: readonly ObservedMember[];
  /** Which of the group's traffic sources exist: one that was deleted can't be registered with. */
  readonly existing: ReadonlySet<string>;
  /** Whether instances that end are held by lifecycle hooks. */
  readonly endsHeld: boolean;
  /** The refresh that is under way. */
  readonly refresh: { readonly refresh: Refresh; readonly target: Target } | undefined;
  readonly now: number;
}

export interface Plan {
  readonly actions: readonly Action[];
  /** When to look again although nothing changes. */
  readonly wake: number | undefined;
}
