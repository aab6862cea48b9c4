/** Alarms and what happened to them. */
import type { Cursor, Found } from "@hakoniwa/kernel";
import { Cloudwatch, type CloudwatchTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Asked, type Context } from "../define.js";
import { pageOf } from "../paging.js";
import { showComposite, showMetricAlarm } from "./alarm-show.js";
import { alarmArn } from "./arns.js";
import { dimensionsOf } from "./dimensions.js";
import { invalidToken, notYet, validation } from "./errors.js";
import { historyStream, HISTORY_KEPT, type HistoryItem } from "./history.js";
import { metricId } from "./series.js";
import { alarms, type Alarm, type CompositeAlarm, type MetricAlarm } from "./state.js";

const PAGE = 50;
const MOST = 100;

export const describeAlarmOperations = operations(Cloudwatch, {
  DescribeAlarms: {
    authorize: (input, asked) => ({ action: "cloudwatch:DescribeAlarms", resources: [alarmArn(asked, input.AlarmNames?.length === 1 ? input.AlarmNames[0]! : "*")] }),
    handle(ctx, input) {
      const size = checkedSize(input.MaxRecords, PAGE);
      const { records, next } = pageOf(select(ctx, input), { input, size, token: input.NextToken, key: ({ name }) => name, invalid: invalidToken });
      return {
        MetricAlarms: records.filter((alarm): alarm is MetricAlarm => alarm.kind === "metric").map(showMetricAlarm),
        CompositeAlarms: records.filter((alarm): alarm is CompositeAlarm => alarm.kind === "composite").map(showComposite),
        NextToken: next,
      };
    },
  },

  DescribeAlarmsForMetric: {
    authorize: onEverything("cloudwatch:DescribeAlarmsForMetric"),
    handle(ctx, input) {
      const id = metricId(input.Namespace, input.MetricName, dimensionsOf(input.Dimensions, "Dimensions"));
      const statistic = input.Statistic ?? input.ExtendedStatistic;
      const found = ctx.db(alarms).list().filter((alarm): alarm is MetricAlarm => {
        if (alarm.kind !== "metric" || alarm.source.kind !== "metric") return false;
        const { namespace, metricName, dimensions, period, unit, statistic: own } = alarm.source;
        return (
          metricId(namespace, metricName, dimensions) === id &&
          (statistic === undefined || own === statistic) &&
          (input.Period === undefined || period === input.Period) &&
          (input.Unit === undefined || unit === input.Unit)
        );
      });
      return { MetricAlarms: found.map(showMetricAlarm) };
    },
  },

  DescribeAlarmHistory: {
    authorize: (input, asked: Asked) => ({ action: "cloudwatch:DescribeAlarmHistory", resources: [alarmArn(asked, input.AlarmName ?? "*")] }),
    handle(ctx, input) {
      if (input.AlarmContributorId !== undefined) throw notYet("alarm contributors");
      const types = input.AlarmTypes ?? ["MetricAlarm"];
      const backward = input.ScanBy !== "TimestampAscending";
      const size = checkedSize(input.MaxRecords, MOST);
      const from = Math.max(input.StartDate?.getTime() ?? 0, ctx.now - HISTORY_KEPT);
      const to = Math.min(input.EndDate?.getTime() ?? Infinity, Number.MAX_SAFE_INTEGER);
      const wanted = ({ alarmName, alarmType, type }: HistoryItem): boolean =>
        (input.AlarmName === undefined || alarmName === input.AlarmName) && types.includes(alarmType) && (input.HistoryItemType === undefined || type === input.HistoryItemType);
      const { items, more } = readHistory(ctx, { from, to, backward, after: cursorOf(input.NextToken), size, wanted });
      const last = items.at(-1);
      return { AlarmHistoryItems: items.map(shown), NextToken: more && last ? tokenOf(last) : undefined };
    },
  },
});

function checkedSize(given: number | undefined, standard: number): number {
  if (given !== undefined && (given < 1 || given > MOST)) throw validation(`The parameter MaxRecords must be between 1 and ${MOST}: ${given}.`);
  return given ?? standard;
}

function select(ctx: Context, input: CloudwatchTypes.DescribeAlarmsInput): readonly Alarm[] {
  const { AlarmNames, AlarmNamePrefix, ChildrenOfAlarmName, ParentsOfAlarmName, StateValue, ActionPrefix } = input;
  if (AlarmNames !== undefined && AlarmNamePrefix !== undefined) throw validation("AlarmNamePrefix and AlarmNames cannot be specified together.");
  const table = ctx.db(alarms);
  if (ChildrenOfAlarmName !== undefined) {
    const parent = table.get(ChildrenOfAlarmName);
    return parent?.kind === "composite" ? parent.children.flatMap((name) => table.get(name) ?? []) : [];
  }
  if (ParentsOfAlarmName !== undefined) return table.where("child", ParentsOfAlarmName);
  // Asked by name, alarms of every type are found; else metric alarms, as it was before there were others.
  const types = input.AlarmTypes ?? (AlarmNames === undefined ? ["MetricAlarm"] : ["MetricAlarm", "CompositeAlarm"]);
  return table
    .list()
    .filter(
      (alarm) =>
        types.includes(alarm.kind === "metric" ? "MetricAlarm" : "CompositeAlarm") &&
        (AlarmNames === undefined || AlarmNames.includes(alarm.name)) &&
        alarm.name.startsWith(AlarmNamePrefix ?? "") &&
        (StateValue === undefined || alarm.state.value === StateValue) &&
        (ActionPrefix === undefined || [...alarm.okActions, ...alarm.alarmActions, ...alarm.insufficientDataActions].some((arn) => arn.startsWith(ActionPrefix))),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface Reading {
  readonly from: number;
  readonly to: number;
  readonly backward: boolean;
  readonly after: Cursor | undefined;
  readonly size: number;
  wanted(item: HistoryItem): boolean;
}

function readHistory(ctx: Context, { from, to, backward, after, size, wanted }: Reading): { readonly items: readonly Found<HistoryItem>[]; readonly more: boolean } {
  const items: Found<HistoryItem>[] = [];
  for (let cursor = after; ; ) {
    const found = ctx.segments.read<HistoryItem>(historyStream(ctx), { from, to, backward, ...(cursor ? { after: cursor } : {}) });
    for (const entry of found) {
      if (!wanted(entry.record)) continue;
      if (items.length === size) return { items, more: true };
      items.push(entry);
    }
    const last = found.at(-1);
    if (!last || found.length < 1_000) return { items, more: false };
    cursor = { time: last.time, number: last.number };
  }
}

function tokenOf({ time, number }: Cursor): string {
  return Buffer.from(`${time}:${number}`).toString("base64url");
}

function cursorOf(token: string | undefined): Cursor | undefined {
  if (token === undefined) return undefined;
  const found = /^(\d{1,15}):(\d{1,15})$/.exec(Buffer.from(token, "base64url").toString("latin1"));
  if (!found) throw invalidToken(token);
  return { time: Number(found[1]), number: Number(found[2]) };
}

function shown({ time, record }: Found<HistoryItem>): CloudwatchTypes.AlarmHistoryItem {
  return { AlarmName: record.alarmName, AlarmType: record.alarmType, Timestamp: new Date(time), HistoryItemType: record.type, HistorySummary: record.summary, HistoryData: record.data };
}
