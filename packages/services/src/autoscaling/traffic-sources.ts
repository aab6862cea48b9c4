/** What brings traffic to a group's instances: Classic Load Balancers, by name, and target groups, by ARN. */
import type { Aws } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import type { InstanceHealth } from "../elb/state.js";
import type { Facts } from "../facts.js";
import { loadBalancersNotValid, targetGroupsNotFound } from "./errors.js";
import type { SourceHealth } from "./judge.js";

export function isTargetGroup(source: string): boolean {
  return source.startsWith("arn:");
}

export function exists(facts: Facts, source: string): boolean {
  return isTargetGroup(source) ? facts.elbv2.targetGroup(source) !== undefined : facts.elb.exists(source);
}

/** Undefined when the instance is not registered there. */
export function healthIn(facts: Facts, source: string, instanceId: string, now: number): SourceHealth | undefined {
  if (!isTargetGroup(source)) {
    const until = facts.elb.drainingUntil(source, instanceId);
    if (until !== undefined) return until > now ? { source, state: "draining", since: now, again: until } : undefined;
    const health = facts.elb.healthOf(source, instanceId);
    return health && { source, state: stateOf(health), since: health.checkedSince };
  }
  const health = facts.elbv2.healthOf(source, instanceId);
  return health && { source, state: health.state, since: health.checkedSince };
}

/** An instance that its balancer has not judged yet (reason code `ELB`) has failed nothing. */
function stateOf({ state, reasonCode }: InstanceHealth): SourceHealth["state"] {
  if (state === "InService") return "healthy";
  return state === "OutOfService" && reasonCode === "Instance" ? "unhealthy" : "initial";
}

export function register(aws: Aws, source: string, instanceIds: readonly string[]): void {
  if (isTargetGroup(source)) aws.elbv2.RegisterTargets({ TargetGroupArn: source, Targets: instanceIds.map((Id) => ({ Id })) });
  else aws.elb.RegisterInstancesWithLoadBalancer({ LoadBalancerName: source, Instances: instanceIds.map((InstanceId) => ({ InstanceId })) });
}

export function deregister(aws: Aws, source: string, instanceIds: readonly string[]): void {
  if (isTargetGroup(source)) aws.elbv2.DeregisterTargets({ TargetGroupArn: source, Targets: instanceIds.map((Id) => ({ Id })) });
  else aws.elb.DeregisterInstancesFromLoadBalancer({ LoadBalancerName: source, Instances: instanceIds.map((InstanceId) => ({ InstanceId })) });
}

/** @throws ValidationError when one does not exist */
export function checkLoadBalancers(ctx: Context, names: readonly string[]): readonly string[] {
  const missing = names.filter((name) => !ctx.facts.elb.exists(name));
  if (missing.length > 0) throw loadBalancersNotValid(missing);
  return [...new Set(names)];
}

/** @throws ValidationError when one does not exist, or takes no instances */
export function checkTargetGroups(ctx: Context, arns: readonly string[]): readonly string[] {
  const wanted = [...new Set(arns)];
  const stray = wanted.filter((arn) => ctx.facts.elbv2.targetGroup(arn)?.targetType !== "instance");
  if (stray.length > 0) throw targetGroupsNotFound(stray);
  return wanted;
}
