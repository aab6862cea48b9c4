/** Runs scheduled actions when their time has come. What fell due while the cloud was down is done once, at the start. */
import type { Database } from "@hakoniwa/kernel";
import { reconciler, watch } from "../define.js";
import { scheduledUpdate } from "./causes.js";
import { nextTime, parseCron } from "./cron.js";
import { groups, type Group } from "./state.js";
import { inGroup, scheduledActions, type ScheduledAction } from "./state-scaling.js";

export const followSchedules = reconciler({
  name: "autoscaling.follow-schedules",
  judges: true,
  watches: [watch(scheduledActions, (action) => [action.group])],
  async reconcile(key, jobs) {
    const all = jobs.db(scheduledActions).where("group", key.id);
    const due = all.filter(({ next }) => next <= jobs.now);
    if (due.length > 0) {
      await jobs.write((db) => {
        for (const action of [...due].sort((a, b) => a.next - b.next)) run(db, action, jobs.now);
      });
      return;
    }
    if (all.length > 0) return { at: Math.min(...all.map(({ next }) => next)) };
  },
});

function run(db: Database, action: ScheduledAction, now: number): void {
  const group = db(groups).get(action.group);
  const suspended = group?.suspended.some(({ process }) => process === "ScheduledActions") ?? true;
  if (group && !group.deleting && !suspended) db(groups).put(applied(group, action, now));
  const next = following(action, now);
  if (next === undefined) db(scheduledActions).delete(inGroup(action.group, action.name));
  else db(scheduledActions).put({ ...action, next });
}

/** What is not given stays, and follows bounds that pass it. */
function applied(group: Group, action: ScheduledAction, now: number): Group {
  const max = action.max ?? Math.max(group.max, action.min ?? 0);
  const min = Math.min(action.min ?? group.min, max);
  const desired = Math.min(max, Math.max(min, action.desired ?? group.desired));
  const changes = desired === group.desired ? {} : { request: scheduledUpdate(now, { min, max, desired }, group.desired), replacements: 0, policyCooldown: undefined };
  return { ...group, min, max, desired, ...changes, launchFailures: 0, retryAt: undefined };
}

/** Undefined when it was the last time. */
function following({ recurrence, timeZone, end }: ScheduledAction, now: number): number | undefined {
  const cron = recurrence === undefined ? undefined : parseCron(recurrence);
  const next = cron && nextTime(cron, now, timeZone);
  return next === undefined || (end !== undefined && next > end) ? undefined : next;
}
