/** The alarms of target-tracking policies: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html */
import type { AutoscalingTypes, CloudwatchTypes } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import type { Group } from "./state.js";
import type { TargetTrackingPolicy } from "./state-scaling.js";

/** It scales out after three minutes above the target, and in after fifteen below nine tenths of it. */
const HIGH_PERIODS = 3;
const LOW_PERIODS = 15;
const LOW_SHARE = 0.9;
const PERIOD = 60;

export function createAlarms(ctx: Context, group: Group, policy: TargetTrackingPolicy): TargetTrackingPolicy["alarms"] {
  const { TargetValue: target, DisableScaleIn: noScaleIn = false } = policy.configuration;
  const metric = metricOf(group, policy.configuration);
  const common = {
    ...metric,
    ActionsEnabled: true,
    AlarmActions: [policy.arn],
    AlarmDescription: `DO NOT EDIT OR DELETE. For TargetTrackingScaling policy ${policy.arn}.`,
  };
  const make = (side: "AlarmHigh" | "AlarmLow", rest: Pick<CloudwatchTypes.PutMetricAlarmInput, "ComparisonOperator" | "EvaluationPeriods" | "Threshold">): { readonly name: string; readonly arn: string } => {
    const name = `TargetTracking-${group.name}-${side}-${ctx.ids.uuid()}`;
    ctx.aws.cloudwatch.PutMetricAlarm({ ...common, ...rest, AlarmName: name });
    return { name, arn: `arn:aws:cloudwatch:${ctx.region}:${ctx.account}:alarm:${name}` };
  };
  const high = make("AlarmHigh", { ComparisonOperator: "GreaterThanThreshold", EvaluationPeriods: HIGH_PERIODS, Threshold: target });
  if (noScaleIn) return [high];
  return [high, make("AlarmLow", { ComparisonOperator: "LessThanThreshold", EvaluationPeriods: LOW_PERIODS, Threshold: lowThreshold(target) })];
}

/** Without the noise of binary fractions. */
function lowThreshold(target: number): number {
  return Number((target * LOW_SHARE).toPrecision(12));
}

type AlarmMetric = Pick<CloudwatchTypes.PutMetricAlarmInput, "Namespace" | "MetricName" | "Dimensions" | "Statistic" | "Unit" | "Period" | "Metrics">;

function metricOf(group: Group, configuration: AutoscalingTypes.TargetTrackingConfiguration): AlarmMetric {
  const { PredefinedMetricSpecification: predefined, CustomizedMetricSpecification: own } = configuration;
  if (predefined) return { ...predefinedMetric(group, predefined), Period: PERIOD };
  if (own?.Metrics?.length) {
    const query = ({ MetricStat: stat, Period: period, ...rest }: AutoscalingTypes.TargetTrackingMetricDataQuery): CloudwatchTypes.MetricDataQuery => ({
      ...rest,
      ...(stat ? { MetricStat: { ...stat, Unit: stat.Unit as CloudwatchTypes.StandardUnit | undefined, Period: stat.Period ?? PERIOD } } : { Period: period ?? PERIOD }),
    });
    return { Metrics: own.Metrics.map(query) };
  }
  return {
    Namespace: own?.Namespace,
    MetricName: own?.MetricName,
    Dimensions: own?.Dimensions,
    Statistic: own?.Statistic,
    Unit: own?.Unit as CloudwatchTypes.StandardUnit | undefined,
    Period: own?.Period ?? PERIOD,
  };
}

function predefinedMetric(group: Group, { PredefinedMetricType: type, ResourceLabel: label = "" }: AutoscalingTypes.PredefinedMetricSpecification): AlarmMetric {
  const ofGroup = { Namespace: "AWS/EC2", Statistic: "Average" as const, Dimensions: [{ Name: "AutoScalingGroupName", Value: group.name }] };
  if (type === "ASGAverageCPUUtilization") return { ...ofGroup, MetricName: "CPUUtilization" };
  if (type === "ASGAverageNetworkIn") return { ...ofGroup, MetricName: "NetworkIn" };
  if (type === "ASGAverageNetworkOut") return { ...ofGroup, MetricName: "NetworkOut" };
  const at = label.indexOf("/targetgroup/");
  return {
    Namespace: "AWS/ApplicationELB",
    MetricName: "RequestCountPerTarget",
    Statistic: "Sum",
    Dimensions: [
      { Name: "LoadBalancer", Value: label.slice(0, at) },
      { Name: "TargetGroup", Value: label.slice(at + 1) },
    ],
  };
}
