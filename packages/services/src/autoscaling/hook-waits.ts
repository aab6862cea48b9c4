/** Lifecycle hooks take hold of an instance. */
import { tellActivity } from "./activities.js";
import { hookMessage } from "./messages.js";
import { send } from "./outbox.js";
import { members, type Group, type Lifecycle, type Member } from "./state.js";
import { hooks, type Transition } from "./state-scaling.js";
import type { Work } from "./work.js";

/** However many heartbeats come, a hook holds an instance no longer than 48 hours, or 100 times its timeout: seconds. */
export function globalTimeout(heartbeat: number): number {
  return Math.min(172_800, heartbeat * 100);
}

/** Puts a member into its wait state when the group has hooks for the transition. @returns whether it waits */
export function beginWaits(work: Pick<Work, "db" | "ids" | "now">, group: Group, member: Member, transition: Transition, lifecycle: Lifecycle): boolean {
  const { db, now } = work;
  const own = db(hooks).where("group", group.name).filter((hook) => hook.transition === transition);
  if (own.length === 0) return false;
  const waits = own.map((hook) => ({
    hook: hook.name,
    token: work.ids.uuid(),
    heartbeat: hook.heartbeat,
    until: now + hook.heartbeat * 1000,
    atMostUntil: now + globalTimeout(hook.heartbeat) * 1000,
    otherwise: hook.otherwise,
    result: undefined,
  }));
  db(members).put({ ...member, lifecycle, waits });
  tellActivity(db, member.activityId, { status: "MidLifecycleAction", progress: 60 });
  own.forEach((hook, index) => {
    const { token } = waits[index]!;
    if (hook.target !== undefined) send(db, hook.target, token, hookMessage(group, hook, member.instanceId, token, now));
  });
  return true;
}
