/** What lifecycle hooks make of a transition: https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html. Pure. */
import type { HookWait, Member } from "./state.js";

export interface Outcome {
  readonly result: "waiting" | "CONTINUE" | "ABANDON";
  /** The one that abandoned it. */
  readonly abandonedBy: { readonly token: string; readonly timedOut: boolean } | undefined;
  readonly again: number | undefined;
}

const FREE: Outcome = { result: "CONTINUE", abandonedBy: undefined, again: undefined };

/** What has come of all the hooks that a member waits for; without any it goes on. The first that abandons ends the others. */
export function outcomeOf(member: Member, now: number): Outcome {
  if (member.waits.length === 0) return FREE;
  const known = member.waits.map((wait) => ({ wait, timedOut: wait.result === undefined && now >= endOf(wait), result: resultOf(wait, now) }));
  const abandoned = known.find(({ result }) => result === "ABANDON");
  if (abandoned) return { result: "ABANDON", abandonedBy: { token: abandoned.wait.token, timedOut: abandoned.timedOut }, again: undefined };
  const open = known.filter(({ result }) => result === undefined);
  if (open.length === 0) return { result: "CONTINUE", abandonedBy: undefined, again: undefined };
  return { result: "waiting", abandonedBy: undefined, again: Math.min(...open.map(({ wait }) => endOf(wait))) };
}

function endOf(wait: HookWait): number {
  return Math.min(wait.until, wait.atMostUntil);
}

function resultOf(wait: HookWait, now: number): HookWait["result"] {
  return wait.result ?? (now >= endOf(wait) ? wait.otherwise : undefined);
}

export function isPending({ lifecycle }: Member): boolean {
  return lifecycle === "Pending" || lifecycle === "Pending:Wait" || lifecycle === "Pending:Proceed";
}

export function isTerminating({ lifecycle }: Member): boolean {
  return lifecycle === "Terminating" || lifecycle === "Terminating:Wait" || lifecycle === "Terminating:Proceed";
}
