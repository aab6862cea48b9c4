/** Alarms as CloudWatch shows them. */
import type { CloudwatchTypes } from "@hakoniwa/wire";
import { shownDimensions } from "./dimensions.js";
import { percentileOf } from "./statistics.js";
import type { Alarm, CompositeAlarm, MetricAlarm } from "./state.js";

const PLAIN = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

export function showAlarm(alarm: Alarm): CloudwatchTypes.MetricAlarm | CloudwatchTypes.CompositeAlarm {
  return alarm.kind === "metric" ? showMetricAlarm(alarm) : showComposite(alarm);
}

function common(alarm: Alarm) {
  return {
    AlarmName: alarm.name,
    AlarmArn: alarm.arn,
    AlarmDescription: alarm.description,
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configured),
    ActionsEnabled: alarm.actionsEnabled,
    OKActions: alarm.okActions,
    AlarmActions: alarm.alarmActions,
    InsufficientDataActions: alarm.insufficientDataActions,
    StateValue: alarm.state.value,
    StateReason: alarm.state.reason,
    StateReasonData: alarm.state.reasonData,
    StateUpdatedTimestamp: new Date(alarm.state.updated),
    StateTransitionedTimestamp: new Date(alarm.state.transitioned),
  };
}

export function showMetricAlarm(alarm: MetricAlarm): CloudwatchTypes.MetricAlarm {
  return {
    ...common(alarm),
    ...sourceShown(alarm),
    EvaluationPeriods: alarm.evaluationPeriods,
    DatapointsToAlarm: alarm.datapointsToAlarm,
    Threshold: alarm.threshold,
    ComparisonOperator: alarm.comparison,
    TreatMissingData: alarm.missing,
    EvaluateLowSampleCountPercentile: alarm.lowSamples,
  };
}

function sourceShown({ source }: MetricAlarm): CloudwatchTypes.MetricAlarm {
  if (source.kind === "math") return { Metrics: source.queries };
  const { namespace, metricName, dimensions, statistic, period, unit } = source;
  const isPlain = PLAIN.includes(statistic) && percentileOf(statistic) === undefined;
  return {
    Namespace: namespace,
    MetricName: metricName,
    Dimensions: shownDimensions(dimensions),
    ...(isPlain ? { Statistic: statistic as CloudwatchTypes.Statistic } : { ExtendedStatistic: statistic }),
    Period: period,
    Unit: unit,
  };
}

export function showComposite(alarm: CompositeAlarm): CloudwatchTypes.CompositeAlarm {
  return { ...common(alarm), AlarmRule: alarm.rule };
}
