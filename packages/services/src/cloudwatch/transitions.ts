/** What a change of an alarm's state leaves behind. Pure. */
import type { LogEntry, Scope } from "@hakoniwa/kernel";
import { changed } from "./history.js";
import { messageOf, subjectOf } from "./notification.js";
import type { Alarm, AlarmState, PendingAction, StateValue } from "./state.js";

export interface Transition {
  readonly alarm: Alarm;
  readonly actions: readonly PendingAction[];
  readonly history: readonly LogEntry[];
}

export function actionsFor(alarm: Alarm, state: StateValue): readonly string[] {
  if (!alarm.actionsEnabled) return [];
  return { OK: alarm.okActions, ALARM: alarm.alarmActions, INSUFFICIENT_DATA: alarm.insufficientDataActions }[state];
}

/** The alarm in its new state. Actions follow when the value changes, never otherwise. */
export function transition(alarm: Alarm, next: Pick<AlarmState, "value" | "reason" | "reasonData">, scope: Scope, now: number): Transition {
  const isChange = next.value !== alarm.state.value;
  const state: AlarmState = { ...next, updated: now, transitioned: isChange ? now : alarm.state.transitioned };
  const after = { ...alarm, state };
  return {
    alarm: after,
    actions: isChange ? actionsFor(alarm, next.value).map((action) => pending(after, alarm.state, action, scope, now)) : [],
    history: isChange ? [changed(scope, alarm, alarm.state, state)] : [],
  };
}

export function pending(alarm: Alarm, from: AlarmState, action: string, scope: Scope, now: number): PendingAction {
  return {
    id: `${alarm.name}/${now}/${action}`,
    alarmName: alarm.name,
    action,
    at: now,
    subject: subjectOf(alarm, alarm.state, scope),
    message: messageOf(alarm, from, alarm.state, scope),
  };
}
