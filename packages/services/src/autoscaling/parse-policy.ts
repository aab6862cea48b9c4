/** What a scaling policy may be. */
import type { AutoscalingTypes } from "@hakoniwa/wire";
import { notYet, validationError } from "./errors.js";
import { parseSeconds } from "./parse.js";
import type { AdjustmentType, Policy, Step } from "./state-scaling.js";

const ADJUSTMENT_TYPES: readonly AdjustmentType[] = ["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"];
const AGGREGATIONS = ["Minimum", "Maximum", "Average"];
const MOST_STEPS = 20;

type Base = Pick<Policy, "name" | "group" | "arn" | "enabled">;
type Input = AutoscalingTypes.PutScalingPolicyType;

/** What each type needs and may have, beyond what all have. */
const MEMBERS: Readonly<Record<Policy["type"], readonly (keyof Input)[]>> = {
  SimpleScaling: ["AdjustmentType", "ScalingAdjustment", "Cooldown", "MinAdjustmentMagnitude", "MinAdjustmentStep"],
  StepScaling: ["AdjustmentType", "StepAdjustments", "MetricAggregationType", "EstimatedInstanceWarmup", "MinAdjustmentMagnitude"],
  TargetTrackingScaling: ["TargetTrackingConfiguration", "EstimatedInstanceWarmup"],
};
const ALL_MEMBERS = [...new Set(Object.values(MEMBERS).flat())];

/** @throws ValidationError */
export function parsePolicy(input: Input, base: Base): Policy {
  const given = input.PolicyType ?? "SimpleScaling";
  if (given === "PredictiveScaling" || input.PredictiveScalingConfiguration) throw notYet("predictive scaling policies");
  if (base.name.length < 1 || base.name.length > 255 || base.name.includes(":")) throw validationError(`PolicyName '${base.name}' must be 1 to 255 characters long, without a colon.`);
  const type = (Object.keys(MEMBERS) as Policy["type"][]).find((each) => each === given);
  if (!type) throw validationError(`PolicyType '${given}' is not valid: it must be one of ${Object.keys(MEMBERS).join(", ")}, PredictiveScaling.`);
  const stray = ALL_MEMBERS.find((name) => !MEMBERS[type].includes(name) && input[name] !== undefined && !(Array.isArray(input[name]) && input[name].length === 0));
  if (stray) throw validationError(`${stray} is not supported for the policy type ${type}.`);
  if (type === "TargetTrackingScaling") return { ...base, type, configuration: parseTracking(input.TargetTrackingConfiguration), warmup: parseWarmupOf(input), alarms: [] };
  const adjustmentType = parseAdjustmentType(input.AdjustmentType);
  const minMagnitude = parseMagnitude(adjustmentType, input.MinAdjustmentMagnitude ?? input.MinAdjustmentStep);
  if (type === "SimpleScaling") {
    const cooldown = input.Cooldown === undefined ? undefined : parseSeconds("Cooldown", input.Cooldown, 0);
    return { ...base, type, adjustmentType, minMagnitude, adjustment: parseAdjustment(adjustmentType, input.ScalingAdjustment), cooldown };
  }
  const aggregation = input.MetricAggregationType ?? "Average";
  if (!AGGREGATIONS.includes(aggregation)) throw validationError(`MetricAggregationType '${aggregation}' is not valid: it must be one of ${AGGREGATIONS.join(", ")}.`);
  return { ...base, type, adjustmentType, minMagnitude, aggregation, steps: parseSteps(adjustmentType, input.StepAdjustments ?? []), warmup: parseWarmupOf(input) };
}

function parseWarmupOf(input: Input): number | undefined {
  return input.EstimatedInstanceWarmup === undefined ? undefined : parseSeconds("EstimatedInstanceWarmup", input.EstimatedInstanceWarmup, 0);
}

function parseAdjustmentType(given: string | undefined): AdjustmentType {
  const type = ADJUSTMENT_TYPES.find((each) => each === given);
  if (!type) throw validationError(`AdjustmentType '${given ?? ""}' is not valid: it must be one of ${ADJUSTMENT_TYPES.join(", ")}.`);
  return type;
}

function parseAdjustment(type: AdjustmentType, value: number | undefined): number {
  if (value === undefined || !Number.isInteger(value)) throw validationError("ScalingAdjustment is required for the policy type SimpleScaling, as a whole number.");
  if (type === "ExactCapacity" && value < 0) throw validationError(`ScalingAdjustment '${value}' must not be negative with the adjustment type ExactCapacity.`);
  return value;
}

function parseMagnitude(type: AdjustmentType, value: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (type !== "PercentChangeInCapacity") throw validationError(`MinAdjustmentMagnitude is not supported with the adjustment type ${type}.`);
  if (!Number.isInteger(value) || value < 1) throw validationError(`MinAdjustmentMagnitude '${value}' must be a whole number, 1 or greater.`);
  return value;
}

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html: the rules for step adjustments. */
function parseSteps(type: AdjustmentType, given: readonly AutoscalingTypes.StepAdjustment[]): readonly Step[] {
  if (given.length === 0) throw validationError("StepAdjustments are required for the policy type StepScaling.");
  if (given.length > MOST_STEPS) throw validationError(`StepAdjustments may have at most ${MOST_STEPS} elements, but ${given.length} were given.`);
  const steps = given.map(({ MetricIntervalLowerBound: lower, MetricIntervalUpperBound: upper, ScalingAdjustment: adjustment }) => {
    if (!Number.isInteger(adjustment)) throw validationError(`ScalingAdjustment '${adjustment}' must be a whole number.`);
    if (type === "ExactCapacity" && adjustment < 0) throw validationError(`ScalingAdjustment '${adjustment}' must not be negative with the adjustment type ExactCapacity.`);
    if (lower === undefined && upper === undefined && given.length > 1) throw validationError("At least one of MetricIntervalLowerBound and MetricIntervalUpperBound must be given for every step.");
    if ((lower ?? -Infinity) >= (upper ?? Infinity)) throw validationError(`MetricIntervalLowerBound '${lower}' must be less than MetricIntervalUpperBound '${upper}'.`);
    return { lower, upper, adjustment };
  });
  const sorted = [...steps].sort((a, b) => (a.lower ?? -Infinity) - (b.lower ?? -Infinity));
  sorted.slice(1).forEach((step, index) => {
    const before = sorted[index]!;
    if ((before.upper ?? Infinity) > (step.lower ?? -Infinity)) throw validationError("StepAdjustment intervals can't overlap.");
    if (before.upper !== step.lower) throw validationError("StepAdjustment intervals can't have gaps between them.");
  });
  if (sorted[0]!.lower !== undefined && sorted[0]!.lower < 0) throw validationError("There must be a StepAdjustment with an unspecified lower bound when one StepAdjustment has a negative lower bound.");
  const last = sorted.at(-1)!;
  if (last.upper !== undefined && last.upper > 0) throw validationError("There must be a StepAdjustment with an unspecified upper bound when one StepAdjustment has a positive upper bound.");
  return steps;
}

function parseTracking(given: AutoscalingTypes.TargetTrackingConfiguration | undefined): AutoscalingTypes.TargetTrackingConfiguration {
  if (!given) throw validationError("TargetTrackingConfiguration is required for the policy type TargetTrackingScaling.");
  const { PredefinedMetricSpecification: predefined, CustomizedMetricSpecification: customized, TargetValue: target } = given;
  if ((predefined === undefined) === (customized === undefined)) throw validationError("TargetTrackingConfiguration needs either a PredefinedMetricSpecification or a CustomizedMetricSpecification.");
  if (!Number.isFinite(target) || target <= 0) throw validationError(`TargetValue '${target}' must be greater than 0.`);
  if (predefined) checkPredefined(predefined);
  if (customized && !customized.Metrics?.length && (customized.MetricName === undefined || customized.Namespace === undefined || customized.Statistic === undefined)) {
    throw validationError("CustomizedMetricSpecification needs MetricName, Namespace and Statistic, or Metrics.");
  }
  return given;
}

function checkPredefined({ PredefinedMetricType: type, ResourceLabel: label }: AutoscalingTypes.PredefinedMetricSpecification): void {
  if (type === "ASGAverageCPUUtilizationHighResolution") throw notYet(`PredefinedMetricType ${type}`);
  const needsLabel = type === "ALBRequestCountPerTarget";
  if (needsLabel !== (label !== undefined)) throw validationError(`ResourceLabel ${needsLabel ? "is required" : "can't be given"} for the predefined metric ${type}.`);
  if (label !== undefined && !/^app\/[^/]+\/[0-9a-f]+\/targetgroup\/[^/]+\/[0-9a-f]+$/.test(label)) {
    throw validationError(`ResourceLabel '${label}' must have the form app/load-balancer-name/load-balancer-id/targetgroup/target-group-name/target-group-id.`);
  }
}
