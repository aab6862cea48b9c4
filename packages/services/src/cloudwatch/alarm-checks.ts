/** PutMetricAlarm's rules: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
import type { Scope } from "@hakoniwa/kernel";
import type { CloudwatchTypes } from "@hakoniwa/wire";
import { refuseMembers } from "../not-implemented.js";
import { actionOf } from "./alarm-actions.js";
import { dimensionsOf } from "./dimensions.js";
import { missingParameter, notYet, validation } from "./errors.js";
import { checkQueries } from "./queries.js";
import type { AlarmSource, Comparison, MetricAlarm, MissingData } from "./state.js";
import { percentileOf, statisticOf } from "./statistics.js";

type Input = CloudwatchTypes.PutMetricAlarmInput;
type Actions = Pick<Input, "OKActions" | "AlarmActions" | "InsufficientDataActions">;

const COMPARISONS = ["GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"];
const MISSING = ["breaching", "notBreaching", "ignore", "missing"];
const MOST_ACTIONS = 5;
/** All periods that an alarm looks at, in seconds: a day, or a week of periods of an hour and more. */
const DAY = 86_400;

/** What an alarm is, as far as the caller says. @throws AwsError for the first thing that is wrong */
export function checkedAlarm(input: Input, scope: Scope): Pick<MetricAlarm, "source" | "evaluationPeriods" | "datapointsToAlarm" | "threshold" | "comparison" | "missing" | "lowSamples"> {
  refuseMembers(input, ["ThresholdMetricId", "EvaluationWindow", "WarmUpConfiguration", "EvaluationCriteria", "EvaluationInterval", "ActionConfiguration"], (name) => notYet(`the parameter ${name} of alarms`));
  checkName(input.AlarmName);
  checkActions(input, scope);
  const { ComparisonOperator, Threshold, EvaluationPeriods, DatapointsToAlarm, TreatMissingData, EvaluateLowSampleCountPercentile: lowSamples } = input;
  if (ComparisonOperator === undefined) throw missingParameter("The parameter ComparisonOperator is required.");
  if (!COMPARISONS.includes(ComparisonOperator)) throw notYet(`the comparison operator ${ComparisonOperator}`);
  if (Threshold === undefined) throw missingParameter("The parameter Threshold is required.");
  if (!Number.isFinite(Threshold)) throw validation(`The value ${Threshold} for parameter Threshold is invalid.`);
  if (EvaluationPeriods === undefined || EvaluationPeriods < 1) throw validation(`The parameter EvaluationPeriods must be at least 1: ${EvaluationPeriods}.`);
  if (DatapointsToAlarm !== undefined && (DatapointsToAlarm < 1 || DatapointsToAlarm > EvaluationPeriods)) {
    throw validation(`The parameter DatapointsToAlarm must be between 1 and EvaluationPeriods (${EvaluationPeriods}): ${DatapointsToAlarm}.`);
  }
  if (TreatMissingData !== undefined && !MISSING.includes(TreatMissingData)) throw validation(`The value ${TreatMissingData} for parameter TreatMissingData is not one of ${MISSING.join(", ")}.`);
  const source = sourceOf(input);
  checkRange(source.period, EvaluationPeriods);
  if (lowSamples !== undefined) {
    if (!["evaluate", "ignore"].includes(lowSamples)) throw validation(`The value ${lowSamples} for parameter EvaluateLowSampleCountPercentile is not one of evaluate, ignore.`);
    if (source.kind !== "metric" || percentileOf(source.statistic) === undefined) throw validation("The parameter EvaluateLowSampleCountPercentile is only valid for alarms on percentiles.");
  }
  checkEc2Actions(input, source, scope);
  return {
    source,
    evaluationPeriods: EvaluationPeriods,
    datapointsToAlarm: DatapointsToAlarm,
    threshold: Threshold,
    comparison: ComparisonOperator as Comparison,
    missing: TreatMissingData as MissingData | undefined,
    lowSamples: lowSamples as MetricAlarm["lowSamples"],
  };
}

export function checkName(name: string): void {
  if (name === "" || name.length > 255 || /[^\x20-\x7e\u00a0-\uffff]/.test(name)) throw validation(`The value ${name.slice(0, 300)} for parameter AlarmName is invalid: it has 1 to 255 characters, none of them control characters.`);
}

function sourceOf(input: Input): AlarmSource {
  const { Metrics, MetricName, Namespace, Statistic, ExtendedStatistic, Period, Unit } = input;
  if (Metrics !== undefined) {
    const both = (["MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Unit", "Dimensions"] as const).find((name) => input[name] !== undefined);
    if (both !== undefined) throw validation(`If Metrics is specified, ${both} must not be specified.`);
    return mathOf(Metrics);
  }
  if (MetricName === undefined || Namespace === undefined) throw missingParameter("Either Metrics, or MetricName and Namespace must be specified.");
  if (Namespace.startsWith(":") || !/^[^:\p{Cc}]{1,255}$/u.test(Namespace)) throw validation(`The value ${Namespace} for parameter Namespace is invalid.`);
  if ((Statistic === undefined) === (ExtendedStatistic === undefined)) throw validation("Exactly one of Statistic and ExtendedStatistic must be specified.");
  const statistic = Statistic ?? ExtendedStatistic!;
  if (!statisticOf(statistic)) throw validation(`The value ${statistic} for parameter ${Statistic === undefined ? "ExtendedStatistic" : "Statistic"} is not supported.`);
  if (Period === undefined) throw missingParameter("The parameter Period is required.");
  checkPeriod(Period, "Period");
  return { kind: "metric", namespace: Namespace, metricName: MetricName, dimensions: dimensionsOf(input.Dimensions, "Dimensions"), statistic, period: Period, unit: Unit };
}

function mathOf(queries: readonly CloudwatchTypes.MetricDataQuery[]): AlarmSource {
  checkQueries(queries, "Metrics");
  const returned = queries.filter(({ ReturnData = true }) => ReturnData);
  if (returned.length !== 1) throw validation(`Exactly one element of the metrics list should return data: ${returned.length} do.`);
  const periods = new Set([...queries.flatMap(({ MetricStat }) => MetricStat?.Period ?? []), ...(returned[0]!.Period === undefined ? [] : [returned[0]!.Period])]);
  const [period] = periods;
  if (period === undefined) throw validation("Metrics list must contain at least one metric.");
  if (periods.size > 1) throw validation("Period must be the same for all metrics in an alarm.");
  checkPeriod(period, "Metrics.member.1.MetricStat.Period");
  return { kind: "math", queries, period };
}

function checkPeriod(period: number, name: string): void {
  if (![10, 20, 30].includes(period) && (period < 60 || period % 60 !== 0)) throw validation(`The parameter ${name} must be 10, 20, 30, or a multiple of 60: ${period}.`);
}

function checkRange(period: number, periods: number): void {
  const most = period >= 3_600 ? 7 * DAY : DAY;
  if (period * periods > most) throw validation(`Metrics cannot be checked across more than ${most === DAY ? "a day" : "7 days"} (EvaluationPeriods * Period must be <= ${most}).`);
}

/** @throws AwsError ValidationError for what is no action */
export function checkActions(input: Actions, { region }: Scope): void {
  for (const name of ["OKActions", "AlarmActions", "InsufficientDataActions"] as const) {
    const arns = input[name] ?? [];
    if (arns.length > MOST_ACTIONS) throw validation(`The collection ${name} must not have a size greater than ${MOST_ACTIONS}.`);
    for (const arn of arns) {
      if (actionOf(arn, region)) continue;
      if (/^arn:aws:(lambda|ssm|ssm-incidents|aiops):/.test(arn)) throw notYet(`the alarm action ${arn}`);
      throw validation(`Invalid arn syntax: ${arn}`);
    }
  }
}

/** An action on an instance needs to know which one. */
function checkEc2Actions(input: Actions, source: AlarmSource, { region }: Scope): void {
  const all = [...(input.OKActions ?? []), ...(input.AlarmActions ?? []), ...(input.InsufficientDataActions ?? [])];
  const verbs = all.flatMap((arn) => {
    const action = actionOf(arn, region);
    return action?.kind === "ec2" ? [action.verb] : [];
  });
  if (verbs.length === 0) return;
  if (source.kind !== "metric" || !source.dimensions.some(({ name }) => name === "InstanceId")) throw validation("EC2 actions need an alarm on a metric with the dimension InstanceId.");
  if (verbs.includes("recover") && !(source.namespace === "AWS/EC2" && source.metricName === "StatusCheckFailed_System")) {
    throw validation("The recover action is only valid for the metric StatusCheckFailed_System of AWS/EC2.");
  }
  if (new Set(verbs).size > 1 && verbs.includes("recover")) throw validation("The recover action can't be combined with other EC2 actions.");
}
