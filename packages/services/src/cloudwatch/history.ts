/** What happened to alarms: kept for 30 days, as AWS does. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html */
import type { LogEntry, Scope } from "@hakoniwa/kernel";
import type { CloudwatchTypes } from "@hakoniwa/wire";
import type { Alarm, AlarmState } from "./state.js";

export const HISTORY_KEPT = 30 * 24 * 3_600_000;

export interface HistoryItem {
  readonly alarmName: string;
  readonly alarmType: CloudwatchTypes.AlarmType;
  readonly type: CloudwatchTypes.HistoryItemType;
  readonly summary: string;
  readonly data: string;
}

export function historyStream({ account, region }: Scope): string {
  return `cloudwatch-history/${account}/${region}`;
}

function item(scope: Scope, alarm: Alarm, time: number, type: CloudwatchTypes.HistoryItemType, summary: string, data: object): LogEntry {
  const record: HistoryItem = { alarmName: alarm.name, alarmType: alarm.kind === "metric" ? "MetricAlarm" : "CompositeAlarm", type, summary, data: JSON.stringify(data) };
  return { stream: historyStream(scope), time, record };
}

export function configured(scope: Scope, alarm: Alarm, time: number, type: "Create" | "Update" | "Delete", shown: object): LogEntry {
  const done = { Create: "created", Update: "updated", Delete: "deleted" }[type];
  return item(scope, alarm, time, "ConfigurationUpdate", `Alarm "${alarm.name}" ${done}`, { version: "1.0", type, [`${done}Alarm`]: shown });
}

export function changed(scope: Scope, alarm: Alarm, from: AlarmState, to: AlarmState): LogEntry {
  return item(scope, alarm, to.updated, "StateUpdate", `Alarm updated from ${from.value} to ${to.value}`, { version: "1.0", oldState: stateShown(from), newState: stateShown(to) });
}

export function acted(scope: Scope, alarm: Alarm, time: number, action: string, failure: string | undefined): LogEntry {
  const summary = failure === undefined ? `Successfully executed action ${action}` : `Failed to execute action ${action}`;
  return item(scope, alarm, time, "Action", summary, {
    actionState: failure === undefined ? "Succeeded" : "Failed",
    stateUpdateTimestamp: alarm.state.updated,
    notificationResource: action,
    publishedMessage: null,
    error: failure ?? null,
  });
}

function stateShown({ value, reason, reasonData }: AlarmState): object {
  return { stateValue: value, stateReason: reason, ...(reasonData === undefined ? {} : { stateReasonData: JSON.parse(reasonData) as unknown }) };
}
