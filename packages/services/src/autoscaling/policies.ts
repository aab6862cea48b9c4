/** Scaling policies: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scale-based-on-demand.html */
import { Autoscaling, type AutoscalingTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { onGroup, onPolicy } from "./access.js";
import { limitExceeded, policyNotFound, validationError } from "./errors.js";
import { executePolicy } from "./execute-policy.js";
import { findGroup, findLivingGroup } from "./find.js";
import { page } from "./paging.js";
import { parsePolicy } from "./parse-policy.js";
import { inGroup, policies, type Policy } from "./state-scaling.js";
import { createAlarms } from "./target-tracking.js";

const MOST_POLICIES = 50;

export const policyOperations = operations(Autoscaling, {
  PutScalingPolicy: {
    authorize: onGroup("PutScalingPolicy"),
    handle(ctx, input) {
      const group = findLivingGroup(ctx.db, input.AutoScalingGroupName);
      const table = ctx.db(policies);
      const before = table.get(inGroup(group.name, input.PolicyName));
      if (!before && table.where("group", group.name).length >= MOST_POLICIES) throw limitExceeded("scaling policies per Auto Scaling group", MOST_POLICIES);
      const arn = before?.arn ?? `arn:aws:autoscaling:${ctx.region}:${ctx.account}:scalingPolicy:${ctx.ids.uuid()}:autoScalingGroupName/${group.name}:policyName/${input.PolicyName}`;
      const parsed = parsePolicy(input, { name: input.PolicyName, group: group.name, arn, enabled: input.Enabled ?? true });
      if (before) dropAlarms(ctx, before);
      const policy = table.put(parsed.type === "TargetTrackingScaling" ? { ...parsed, alarms: createAlarms(ctx, group, parsed) } : parsed);
      return { PolicyARN: arn, Alarms: showAlarms(policy) };
    },
  },

  DeletePolicy: {
    authorize: onPolicy("DeletePolicy"),
    handle(ctx, input) {
      const policy = findPolicy(ctx, input.PolicyName, input.AutoScalingGroupName);
      dropAlarms(ctx, policy);
      ctx.db(policies).delete(inGroup(policy.group, policy.name));
      return {};
    },
  },

  DescribePolicies: {
    authorize: onEverything("autoscaling:DescribePolicies"),
    handle(ctx, input) {
      const { AutoScalingGroupName: group, PolicyNames: names, PolicyTypes: types } = input;
      if (group !== undefined) findGroup(ctx.db, group);
      const all = (group === undefined ? ctx.db(policies).list() : ctx.db(policies).where("group", group))
        .filter((policy) => !names?.length || names.includes(policy.name) || names.includes(policy.arn))
        .filter((policy) => !types?.length || types.includes(policy.type));
      const { records, NextToken } = page(all, input, { key: ({ group: of, name }) => [of, name] });
      return { ScalingPolicies: records.map(show), NextToken };
    },
  },

  /**
   * What CloudWatch calls for an alarm's action that is a policy's ARN: `{ PolicyName: arn, HonorCooldown: true, MetricValue, BreachThreshold }`, as a
   * service, with the alarm's ARN as `sourceArn` of the caller, again after every evaluation for as long as the alarm stays in that state. What may not be
   * done just now (AlarmNotification is suspended, a cooldown lasts, the policy is disabled) is then no error.
   */
  ExecutePolicy: {
    authorize: onPolicy("ExecutePolicy"),
    handle(ctx, input) {
      executePolicy(ctx, findPolicy(ctx, input.PolicyName, input.AutoScalingGroupName), input);
      return {};
    },
  },

  DescribeAdjustmentTypes: {
    authorize: onEverything("autoscaling:DescribeAdjustmentTypes"),
    handle: () => ({ AdjustmentTypes: ["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"].map((AdjustmentType) => ({ AdjustmentType })) }),
  },
});

/** By its ARN, or by its name within a group. */
function findPolicy(ctx: Context, nameOrArn: string, group: string | undefined): Policy {
  const byArn = nameOrArn.startsWith("arn:") ? ctx.db(policies).where("arn", nameOrArn)[0] : undefined;
  if (!nameOrArn.startsWith("arn:") && group === undefined) throw validationError("AutoScalingGroupName is required when PolicyName is not an ARN.");
  const found = byArn ?? (group === undefined ? undefined : ctx.db(policies).get(inGroup(findGroup(ctx.db, group).name, nameOrArn)));
  if (!found || (group !== undefined && found.group !== group)) throw policyNotFound(nameOrArn);
  return found;
}

function dropAlarms(ctx: Context, policy: Policy): void {
  if (policy.type !== "TargetTrackingScaling" || policy.alarms.length === 0) return;
  ctx.aws.cloudwatch.DeleteAlarms({ AlarmNames: policy.alarms.map(({ name }) => name) });
}

function showAlarms(policy: Policy): readonly AutoscalingTypes.Alarm[] {
  return policy.type === "TargetTrackingScaling" ? policy.alarms.map(({ name, arn }) => ({ AlarmName: name, AlarmARN: arn })) : [];
}

function show(policy: Policy): AutoscalingTypes.ScalingPolicy {
  const common = { AutoScalingGroupName: policy.group, PolicyName: policy.name, PolicyARN: policy.arn, PolicyType: policy.type, Enabled: policy.enabled, Alarms: showAlarms(policy) };
  if (policy.type === "TargetTrackingScaling") {
    const { DisableScaleIn = false, ...rest } = policy.configuration;
    return { ...common, StepAdjustments: [], EstimatedInstanceWarmup: policy.warmup, TargetTrackingConfiguration: { ...rest, DisableScaleIn } };
  }
  const adjusting = { ...common, AdjustmentType: policy.adjustmentType, MinAdjustmentMagnitude: policy.minMagnitude };
  if (policy.type === "SimpleScaling") return { ...adjusting, StepAdjustments: [], ScalingAdjustment: policy.adjustment, Cooldown: policy.cooldown };
  return {
    ...adjusting,
    MetricAggregationType: policy.aggregation,
    EstimatedInstanceWarmup: policy.warmup,
    StepAdjustments: policy.steps.map(({ lower, upper, adjustment }) => ({ MetricIntervalLowerBound: lower, MetricIntervalUpperBound: upper, ScalingAdjustment: adjustment })),
  };
}
