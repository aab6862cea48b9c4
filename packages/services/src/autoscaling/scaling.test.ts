import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePolicy } from "./parse-policy.js";
import { scaledCapacity, stepFor, type Capacity } from "./scaling.js";
import type { AdjustmentType, Policy } from "./state-scaling.js";

const BASE = { name: "p", group: "web", arn: "arn:aws:autoscaling:x", enabled: true };
const capacity = (desired: number, over: Partial<Capacity> = {}): Capacity => ({ desired, min: 0, max: 100, warming: 0, ...over });
const simple = (adjustmentType: AdjustmentType, adjustment: number, minMagnitude?: number): Policy => ({ ...BASE, type: "SimpleScaling", adjustmentType, adjustment, minMagnitude, cooldown: undefined });

describe("a simple policy", () => {
  it.each([
    ["ChangeInCapacity", 2, 5, 7],
    ["ChangeInCapacity", -7, 5, 0],
    ["ExactCapacity", 3, 5, 3],
    // The user guide's examples: 12.7 becomes 12, .67 becomes 1, -.58 becomes -1, -6.67 becomes -6.
    ["PercentChangeInCapacity", 127, 10, 22],
    ["PercentChangeInCapacity", 67, 1, 2],
    ["PercentChangeInCapacity", -58, 1, 0],
    ["PercentChangeInCapacity", -67, 10, 4],
  ] as const)("of %s %i leads from %i to %i", (type, adjustment, from, to) => {
    expect(scaledCapacity(simple(type, adjustment), capacity(from), undefined)).toBe(to);
  });

  it("changes by its MinAdjustmentMagnitude at least, and stays within the bounds", () => {
    expect(scaledCapacity(simple("PercentChangeInCapacity", 25, 2), capacity(4), undefined)).toBe(6);
    expect(scaledCapacity(simple("ChangeInCapacity", 10), capacity(4, { max: 6 }), undefined)).toBe(6);
    expect(scaledCapacity(simple("ChangeInCapacity", -10), capacity(4, { min: 1 }), undefined)).toBe(1);
  });
});

describe("a step policy", () => {
  // The user guide's example, for an alarm at 60.
  const policy: Policy = {
    ...BASE,
    type: "StepScaling",
    adjustmentType: "PercentChangeInCapacity",
    minMagnitude: undefined,
    aggregation: "Average",
    warmup: 300,
    steps: [
      { lower: 0, upper: 10, adjustment: 10 },
      { lower: 10, upper: undefined, adjustment: 30 },
    ],
  };

  it.each([
    [60, 11],
    [69.9, 11],
    [70, 13],
    [59, undefined],
  ])("at a metric of %d leads from 10 to %s", (metric, to) => {
    expect(scaledCapacity(policy, capacity(10), { metric, threshold: 60 })).toBe(to);
  });

  it("counts what warms up as part of what it would add", () => {
    expect(scaledCapacity(policy, capacity(11, { warming: 1 }), { metric: 65, threshold: 60 })).toBe(11);
    expect(scaledCapacity(policy, capacity(11, { warming: 1 }), { metric: 75, threshold: 60 })).toBe(13);
  });

  it("belongs to one step at its bounds: above the threshold the lower one, below it the upper one", () => {
    const steps = [
      { lower: undefined, upper: -10, adjustment: -30 },
      { lower: -10, upper: 0, adjustment: -10 },
    ];
    expect(stepFor(steps, -10)?.adjustment).toBe(-30);
    expect(stepFor(steps, -9.9)?.adjustment).toBe(-10);
  });
});

describe("a target-tracking policy", () => {
  const policy = (DisableScaleIn = false): Policy => ({
    ...BASE,
    type: "TargetTrackingScaling",
    configuration: { TargetValue: 50, PredefinedMetricSpecification: { PredefinedMetricType: "ASGAverageCPUUtilization" }, DisableScaleIn },
    warmup: undefined,
    alarms: [],
  });

  it("scales in proportion to the metric", () => {
    expect(scaledCapacity(policy(), capacity(4), { metric: 80, threshold: 50 })).toBe(7);
    expect(scaledCapacity(policy(), capacity(4), { metric: 100, threshold: 50 })).toBe(8);
    expect(scaledCapacity(policy(), capacity(4), { metric: 20, threshold: 45 })).toBe(2);
  });

  it("does not scale in while instances warm up, or when that is disabled", () => {
    expect(scaledCapacity(policy(), capacity(4, { warming: 1 }), { metric: 20, threshold: 45 })).toBe(4);
    expect(scaledCapacity(policy(true), capacity(4), { metric: 20, threshold: 45 })).toBe(4);
  });
});

describe("whatever the policy", () => {
  const bounds = fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20)).map((values) => values.sort((a, b) => a - b) as [number, number, number]);
  const policies = fc.oneof(
    fc.record({ type: fc.constantFrom<AdjustmentType>("ChangeInCapacity", "PercentChangeInCapacity"), by: fc.integer({ min: -200, max: 200 }) }).map(({ type, by }) => simple(type, by)),
    fc.nat(50).map((exact) => simple("ExactCapacity", exact)),
    fc.double({ min: 0.1, max: 1000, noNaN: true }).map((TargetValue): Policy => ({ ...BASE, type: "TargetTrackingScaling", configuration: { TargetValue }, warmup: undefined, alarms: [] })),
  );

  it("the capacity stays within the group's bounds, and never falls while instances warm up for a metric's sake", () => {
    fc.assert(
      fc.property(policies, bounds, fc.nat(5), fc.double({ min: 0, max: 2000, noNaN: true }), (policy, [min, desired, max], warming, metric) => {
        const threshold = policy.type === "TargetTrackingScaling" ? policy.configuration.TargetValue : 50;
        const scaled = scaledCapacity(policy, { desired, min, max, warming }, { metric, threshold })!;
        expect(scaled).toBeGreaterThanOrEqual(min);
        expect(scaled).toBeLessThanOrEqual(max);
        expect(Number.isInteger(scaled)).toBe(true);
        if (policy.type !== "SimpleScaling" && warming > 0) expect(scaled).toBeGreaterThanOrEqual(desired);
      }),
    );
  });
});

describe("a policy is refused", () => {
  it.each([
    ["without an adjustment type", { ScalingAdjustment: 1 }, "AdjustmentType"],
    ["without an adjustment", { AdjustmentType: "ChangeInCapacity" }, "ScalingAdjustment is required"],
    ["with steps and of the simple type", { AdjustmentType: "ChangeInCapacity", ScalingAdjustment: 1, StepAdjustments: [{ ScalingAdjustment: 1 }] }, "StepAdjustments is not supported"],
    ["with a gap between its steps", { PolicyType: "StepScaling", AdjustmentType: "ChangeInCapacity", StepAdjustments: [{ MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 5, ScalingAdjustment: 1 }, { MetricIntervalLowerBound: 6, ScalingAdjustment: 2 }] }, "gaps"],
    ["with steps that overlap", { PolicyType: "StepScaling", AdjustmentType: "ChangeInCapacity", StepAdjustments: [{ MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 7, ScalingAdjustment: 1 }, { MetricIntervalLowerBound: 6, ScalingAdjustment: 2 }] }, "overlap"],
    ["with a target of 0", { PolicyType: "TargetTrackingScaling", TargetTrackingConfiguration: { TargetValue: 0, PredefinedMetricSpecification: { PredefinedMetricType: "ASGAverageCPUUtilization" as const } } }, "TargetValue '0'"],
    ["that predicts", { PolicyType: "PredictiveScaling" }, "predictive scaling policies"],
    ["of an unknown type", { PolicyType: "Magic" }, "Magic"],
  ])("%s", (_, over, message) => {
    expect(() => parsePolicy({ AutoScalingGroupName: "web", PolicyName: "p", ...over }, BASE)).toThrow(message);
  });
});
