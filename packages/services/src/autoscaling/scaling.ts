/** By how much a policy changes a group's capacity: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html. Pure. */
import type { AdjustmentType, Policy, Step, StepPolicy, TargetTrackingPolicy } from "./state-scaling.js";

/** What a policy finds. */
export interface Capacity {
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  /** Instances that don't contribute to metrics yet: launched, but not warmed up. */
  readonly warming: number;
}

/** The alarm's view of the metric. */
export interface Breach {
  readonly metric: number;
  readonly threshold: number;
}

/**
 * The desired capacity that the policy leads to, within the group's bounds.
 * @returns undefined when no step of the policy is about this breach
 */
export function scaledCapacity(policy: Policy, capacity: Capacity, breach: Breach | undefined): number | undefined {
  if (policy.type === "SimpleScaling") return bounded(capacity, capacity.desired + adjust(policy.adjustmentType, policy.adjustment, policy.minMagnitude, capacity.desired));
  if (!breach) return undefined;
  const wanted = policy.type === "StepScaling" ? stepped(policy, capacity, breach) : tracked(policy, capacity, breach);
  if (wanted === undefined) return undefined;
  const target = bounded(capacity, wanted);
  // While instances warm up nothing scales in: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html#as-step-scaling-warmup
  return capacity.warming > 0 ? Math.max(target, capacity.desired) : target;
}

function bounded({ min, max }: Capacity, wanted: number): number {
  return Math.min(max, Math.max(min, wanted));
}

/** Those that warm up already count as a part of what a scale-out would add. */
function stepped(policy: StepPolicy, { desired, warming }: Capacity, { metric, threshold }: Breach): number | undefined {
  const step = stepFor(policy.steps, metric - threshold);
  if (!step) return undefined;
  const current = Math.max(0, desired - warming);
  const change = adjust(policy.adjustmentType, step.adjustment, policy.minMagnitude, policy.adjustmentType === "ExactCapacity" ? desired : current);
  if (policy.adjustmentType === "ExactCapacity") return desired + change;
  return change > 0 ? Math.max(desired, current + change) : desired + change;
}

/** A lower bound belongs to its step where the metric lies above the threshold, an upper bound where it lies below. */
export function stepFor(steps: readonly Step[], difference: number): Step | undefined {
  return steps.find(({ lower = -Infinity, upper = Infinity }) => (difference >= 0 ? difference >= lower && difference < upper : difference > lower && difference <= upper));
}

/** https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScalingPolicy.html: how fractions are rounded is in the user guide's "Scaling adjustment types". */
function adjust(type: AdjustmentType, adjustment: number, minMagnitude: number | undefined, current: number): number {
  if (type === "ChangeInCapacity") return adjustment;
  if (type === "ExactCapacity") return adjustment - current;
  const change = roundPercent((current * adjustment) / 100);
  const least = minMagnitude ?? 0;
  return Math.sign(adjustment) * Math.max(Math.abs(change), least);
}

/** Beyond 1 towards zero, else away from it. */
function roundPercent(value: number): number {
  if (value === 0) return 0;
  return Math.abs(value) >= 1 ? Math.trunc(value) : Math.sign(value);
}

/** As many instances as would bring the metric to its target. It scales in only as far as the target still holds. */
function tracked({ configuration }: TargetTrackingPolicy, { desired, warming }: Capacity, { metric, threshold }: Breach): number | undefined {
  const { TargetValue: target, DisableScaleIn: noScaleIn = false } = configuration;
  const current = Math.max(1, desired - warming);
  const wanted = Math.ceil((current * metric) / target - 1e-9);
  if (metric > target && threshold >= target) return Math.max(desired, wanted);
  if (metric < threshold && !noScaleIn) return Math.min(desired, Math.max(wanted, 1));
  return desired;
}
