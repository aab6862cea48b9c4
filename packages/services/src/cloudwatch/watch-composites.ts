/** Keeps composite alarms in the state that their rule says. */
import { reconciler, watch } from "../define.js";
import { longTime } from "./alarm-reasons.js";
import { holds, parseRule } from "./composite-rule.js";
import { alarms, pendingActions, type Alarm, type CompositeAlarm } from "./state.js";
import { transition } from "./transitions.js";

export const watchComposites = reconciler({
  name: "cloudwatch.watch-composites",
  watches: [watch(alarms, (alarm, scope, read) => [...(alarm.kind === "composite" ? [alarm.name] : []), ...read(scope)(alarms).where("child", alarm.name).map(({ name }) => name)])],
  judges: true,
  async reconcile(key, jobs) {
    const alarm = jobs.db(alarms).get(key.id);
    if (alarm?.kind !== "composite") return;
    const value = holds(parseRule(alarm.rule), (name) => jobs.db(alarms).get(name)?.state.value) ? "ALARM" : "OK";
    if (value === alarm.state.value) return;
    const children = alarm.children.flatMap((name) => jobs.db(alarms).get(name) ?? []);
    const scope = { account: key.account, region: key.region };
    const { alarm: after, actions, history } = transition(alarm, { value, reason: reasonOf(alarm, children, value), reasonData: dataOf(children) }, scope, jobs.now);
    const written = await jobs.write((db) => {
      if (db(alarms).get(alarm.name) !== alarm) return false;
      db(alarms).put(after);
      for (const action of actions) db(pendingActions).put(action);
      return true;
    });
    if (written) await jobs.append(...history);
  },
});

function latestOf(children: readonly Alarm[]): Alarm | undefined {
  return children.toSorted((a, b) => b.state.transitioned - a.state.transitioned)[0];
}

function reasonOf(alarm: CompositeAlarm, children: readonly Alarm[], value: string): string {
  const latest = latestOf(children);
  if (!latest || latest.state.transitioned < alarm.configured) return `${alarm.arn} was created and its alarm rule evaluates to ${value}`;
  return `${latest.arn} transitioned to ${latest.state.value} at ${wordedTime(latest.state.transitioned)}`;
}

/** `Friday 01 October, 2021 15:29:09 UTC` */
function wordedTime(time: number): string {
  const part = (options: Intl.DateTimeFormatOptions): string => new Intl.DateTimeFormat("en-US", { timeZone: "UTC", ...options }).format(time);
  return `${part({ weekday: "long" })} ${part({ day: "2-digit" })} ${part({ month: "long" })}, ${part({ year: "numeric" })} ${new Date(time).toISOString().slice(11, 19)} UTC`;
}

function dataOf(children: readonly Alarm[]): string {
  const latest = latestOf(children);
  return JSON.stringify({ triggeringAlarms: latest ? [{ arn: latest.arn, state: { value: latest.state.value, timestamp: longTime(latest.state.updated) } }] : [] });
}
