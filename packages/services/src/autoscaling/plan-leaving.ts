/** What members on their way out of a group, or aside, need next. Pure. */
import type { Action, Situation } from "./actions.js";
import { isGone, isUp, type ObservedMember } from "./judge.js";
import type { Member } from "./state.js";
import { outcomeOf } from "./transitions.js";

/** What one that leaves needs next: out of its traffic sources, then past its hooks, then its end. */
export function leave({ group, endsHeld, now }: Situation, { member, instance, sources }: ObservedMember, fresh: boolean): Leaving {
  const out = deregistrations(member, []);
  const gone = isGone(instance);
  const draining = isUp(instance) && (out.length > 0 || isDraining(sources));
  if (group.deleting || (!endsHeld && member.lifecycle !== "Terminating:Wait")) {
    const free = group.deleting || !draining;
    const end: readonly Action[] = free && canEnd(instance) ? [{ kind: "end-instance", member }] : [];
    return { actions: [...out, ...end, ...(gone ? [{ kind: "remove", member } as const] : [])], gone, held: draining && out.length === 0 };
  }
  if (fresh || member.lifecycle === "Terminating") return { actions: draining ? out : [...out, { kind: "wait-to-end", member }], gone: false, held: !draining || out.length === 0 };
  const done = member.lifecycle === "Terminating:Proceed" || outcomeOf(member, now).result !== "waiting";
  if (!done) return { actions: out, gone: false, held: true };
  const end: readonly Action[] = canEnd(instance) ? [{ kind: "end-instance", member }] : [];
  return { actions: [...out, ...end, ...(gone ? [{ kind: "remove", member } as const] : [])], gone, held: false };
}

export interface Leaving {
  readonly actions: readonly Action[];
  /** Its instance is no more. */
  readonly gone: boolean;
  /** It drains, or a hook holds it: until that is over it keeps nobody from coming. */
  readonly held: boolean;
}

function canEnd(instance: ObservedMember["instance"]): boolean {
  return !isGone(instance) && instance?.state !== "shutting-down";
}

export function setAside({ member, sources }: ObservedMember): readonly Action[] {
  const out = deregistrations(member, []);
  if (member.lifecycle === "Standby" || out.length > 0 || isDraining(sources)) return out;
  return [{ kind: member.lifecycle === "Detaching" ? "release" : "enter-standby", member }];
}

/** From every source but those of `wanted`. */
export function deregistrations(member: Member, wanted: readonly string[]): readonly Action[] {
  return member.registered.filter((source) => !wanted.includes(source)).map((source) => ({ kind: "deregister", member, source }));
}

function isDraining(sources: ObservedMember["sources"]): boolean {
  return sources.some(({ state }) => state === "draining");
}
