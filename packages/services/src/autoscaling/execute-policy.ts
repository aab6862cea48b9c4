/** A policy changes the group's capacity. */
import type { AutoscalingTypes } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import { changedCapacity } from "./causes.js";
import { coolsDown } from "./cooldown.js";
import { cooldownInProgress, validationError } from "./errors.js";
import { findLivingGroup, membersOf } from "./find.js";
import { scaledCapacity, type Breach } from "./scaling.js";
import { groups, type Group, type Member } from "./state.js";
import type { Policy } from "./state-scaling.js";
import { isPending } from "./transitions.js";

/** @throws ValidationError, ScalingActivityInProgress when a user asks for what can't be; an alarm's call then does nothing */
export function executePolicy(ctx: Context, policy: Policy, input: AutoscalingTypes.ExecutePolicyType): void {
  const byAlarm = ctx.caller.principal.type === "service";
  const group = findLivingGroup(ctx.db, policy.group);
  if (byAlarm && (!policy.enabled || group.suspended.some(({ process }) => process === "AlarmNotification"))) return;
  if (!byAlarm) checkByUser(policy, input);
  // Simple scaling waits for what is under way, and for its cooldown.
  if (policy.type === "SimpleScaling" && (input.HonorCooldown ?? false) && coolsDown(ctx.db, group, ctx.now)) {
    if (byAlarm) return;
    throw cooldownInProgress(group.name);
  }
  const breach = breachOf(input);
  const warming = membersOf(ctx.db, group.name).filter((member) => isWarming(group, policy, member, ctx.now)).length;
  const desired = scaledCapacity(policy, { desired: group.desired, min: group.min, max: group.max, warming }, breach);
  if (desired === undefined && !byAlarm) throw validationError(`No StepAdjustment of the policy ${policy.name} is for the metric value ${input.MetricValue} and the breach threshold ${input.BreachThreshold}.`);
  if (desired === undefined || desired === group.desired) return;
  const request = changedCapacity(ctx.now, `${whoAsks(ctx, byAlarm)} policy ${policy.name}`, group.desired, desired);
  const policyCooldown = policy.type === "SimpleScaling" ? policy.cooldown : undefined;
  ctx.db(groups).put({ ...group, desired, request, replacements: 0, policyCooldown });
}

function breachOf({ MetricValue: metric, BreachThreshold: threshold }: AutoscalingTypes.ExecutePolicyType): Breach | undefined {
  return metric === undefined || threshold === undefined ? undefined : { metric, threshold };
}

function checkByUser(policy: Policy, { MetricValue: metric, BreachThreshold: threshold, HonorCooldown: cooldown }: AutoscalingTypes.ExecutePolicyType): void {
  if (policy.type === "TargetTrackingScaling") throw validationError(`Policy ${policy.name} of the type TargetTrackingScaling can't be executed by a request: its alarms execute it.`);
  const given = metric !== undefined || threshold !== undefined;
  if (policy.type === "SimpleScaling" && given) throw validationError("MetricValue and BreachThreshold are not supported for the policy type SimpleScaling.");
  if (policy.type === "StepScaling" && (metric === undefined || threshold === undefined)) throw validationError("MetricValue and BreachThreshold are required for the policy type StepScaling.");
  if (policy.type === "StepScaling" && cooldown) throw validationError("HonorCooldown is not supported for the policy type StepScaling.");
}

/** e.g. `a monitor alarm high in state ALARM triggered`. */
function whoAsks(ctx: Context, byAlarm: boolean): string {
  if (!byAlarm) return "a user request executed";
  const [, name] = /:alarm:(.+)$/.exec(ctx.caller.sourceArn ?? "") ?? [];
  return name === undefined ? "a monitor alarm triggered" : `a monitor alarm ${name} in state ALARM triggered`;
}

/** Launched, but not contributing to the metrics yet: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-default-instance-warmup.html */
function isWarming(group: Group, policy: Policy, member: Member, now: number): boolean {
  if (isPending(member)) return true;
  if (member.lifecycle !== "InService" || member.inService === undefined) return false;
  const own = policy.type === "SimpleScaling" ? undefined : policy.warmup;
  return now < member.inService + (own ?? group.defaultInstanceWarmup ?? group.cooldown) * 1000;
}
