/** What an alarm says to a topic, as AWS words it: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html Pure. */
import type { Scope } from "@hakoniwa/kernel";
import type { CloudwatchTypes } from "@hakoniwa/wire";
import { longTime } from "./alarm-reasons.js";
import { regionName } from "./region-names.js";
import type { Alarm, AlarmState, Dimension, MetricAlarm } from "./state.js";

/** Topics take subjects of fewer than a hundred characters. */
const LONGEST_SUBJECT = 100;

export function subjectOf(alarm: Alarm, state: AlarmState, scope: Scope): string {
  const [before, after] = [`${state.value}: "`, `" in ${regionName(scope.region)}`];
  const room = LONGEST_SUBJECT - before.length - after.length;
  const name = alarm.name.length > room ? `${alarm.name.slice(0, room - 3)}...` : alarm.name;
  return `${before}${name}${after}`;
}

/** JSON. */
export function messageOf(alarm: Alarm, from: AlarmState, to: AlarmState, scope: Scope): string {
  const common = {
    AlarmName: alarm.name,
    AlarmDescription: alarm.description ?? null,
    AWSAccountId: scope.account,
    AlarmConfigurationUpdatedTimestamp: longTime(alarm.configured),
    NewStateValue: to.value,
    NewStateReason: to.reason,
    StateChangeTime: longTime(to.updated),
    Region: regionName(scope.region),
    AlarmArn: alarm.arn,
    OldStateValue: from.value,
    OKActions: alarm.okActions,
    AlarmActions: alarm.alarmActions,
    InsufficientDataActions: alarm.insufficientDataActions,
  };
  if (alarm.kind === "metric") return JSON.stringify({ ...common, Trigger: trigger(alarm) });
  const { triggeringAlarms } = JSON.parse(to.reasonData ?? '{"triggeringAlarms":[]}') as { readonly triggeringAlarms: readonly { readonly arn: string; readonly state: { readonly value: string; readonly timestamp: string } }[] };
  return JSON.stringify({
    ...common,
    NewStateReasonData: to.reasonData ?? null,
    AlarmRule: alarm.rule,
    TriggeringChildren: triggeringAlarms.map(({ arn, state }) => ({ Arn: arn, State: { Value: state.value, Timestamp: state.timestamp } })),
  });
}

/** As notifications write the plain statistics. */
const LOUD: Readonly<Record<string, string>> = { SampleCount: "SAMPLE_COUNT", Average: "AVERAGE", Sum: "SUM", Minimum: "MINIMUM", Maximum: "MAXIMUM" };

function trigger(alarm: MetricAlarm): object {
  const { source } = alarm;
  const criteria = {
    EvaluationPeriods: alarm.evaluationPeriods,
    ...(alarm.datapointsToAlarm === undefined ? {} : { DatapointsToAlarm: alarm.datapointsToAlarm }),
    ComparisonOperator: alarm.comparison,
    Threshold: alarm.threshold,
    TreatMissingData: alarm.missing ?? "",
    EvaluateLowSampleCountPercentile: alarm.lowSamples ?? "",
  };
  if (source.kind === "math") return { Period: source.period, ...criteria, Metrics: source.queries.map(queryShown) };
  const plain = LOUD[source.statistic];
  return {
    MetricName: source.metricName,
    Namespace: source.namespace,
    ...(plain === undefined ? { StatisticType: "ExtendedStatistic", ExtendedStatistic: source.statistic } : { StatisticType: "Statistic", Statistic: plain }),
    Unit: source.unit ?? null,
    Dimensions: dimensionsShown(source.dimensions),
    Period: source.period,
    ...criteria,
  };
}

function queryShown({ Id, Expression, Label, ReturnData = true, MetricStat }: CloudwatchTypes.MetricDataQuery): object {
  const metric = MetricStat && {
    MetricStat: {
      Metric: {
        Dimensions: dimensionsShown((MetricStat.Metric.Dimensions ?? []).map(({ Name, Value }) => ({ name: Name, value: Value }))),
        MetricName: MetricStat.Metric.MetricName,
        Namespace: MetricStat.Metric.Namespace,
      },
      Period: MetricStat.Period,
      Stat: MetricStat.Stat,
    },
  };
  return { ...(Expression === undefined ? {} : { Expression }), Id, ...(Label === undefined ? {} : { Label }), ...metric, ReturnData };
}

/** In notifications they are written small. */
function dimensionsShown(dimensions: readonly Dimension[]): object[] {
  return dimensions.map(({ name, value }) => ({ value, name }));
}
