/** Attaching and detaching of what brings traffic. */
import { Autoscaling, type AutoscalingTypes } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { onGroup } from "./access.js";
import { limitExceeded, notYet, validationError } from "./errors.js";
import { findGroup, findLivingGroup, membersOf } from "./find.js";
import { page } from "./paging.js";
import { groups, type Group, type Member } from "./state.js";
import { checkLoadBalancers, checkTargetGroups, healthIn, isTargetGroup } from "./traffic-sources.js";

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html: of each kind. */
const MOST_SOURCES = 50;

export const trafficOperations = operations(Autoscaling, {
  AttachLoadBalancers: {
    authorize: onGroup("AttachLoadBalancers"),
    handle(ctx, input) {
      attach(ctx, input.AutoScalingGroupName, checkLoadBalancers(ctx, input.LoadBalancerNames));
      return {};
    },
  },

  AttachLoadBalancerTargetGroups: {
    authorize: onGroup("AttachLoadBalancerTargetGroups"),
    handle(ctx, input) {
      attach(ctx, input.AutoScalingGroupName, checkTargetGroups(ctx, input.TargetGroupARNs));
      return {};
    },
  },

  AttachTrafficSources: {
    authorize: onGroup("AttachTrafficSources"),
    handle(ctx, input) {
      attach(ctx, input.AutoScalingGroupName, checkTrafficSources(ctx, input.TrafficSources));
      return {};
    },
  },

  DetachLoadBalancers: {
    authorize: onGroup("DetachLoadBalancers"),
    handle(ctx, input) {
      detach(ctx, input.AutoScalingGroupName, input.LoadBalancerNames, "load balancer");
      return {};
    },
  },

  DetachLoadBalancerTargetGroups: {
    authorize: onGroup("DetachLoadBalancerTargetGroups"),
    handle(ctx, input) {
      detach(ctx, input.AutoScalingGroupName, input.TargetGroupARNs, "target group");
      return {};
    },
  },

  DetachTrafficSources: {
    authorize: onGroup("DetachTrafficSources"),
    handle(ctx, input) {
      detach(ctx, input.AutoScalingGroupName, input.TrafficSources.map(({ Identifier }) => Identifier), "traffic source");
      return {};
    },
  },

  DescribeLoadBalancers: {
    authorize: onGroup("DescribeLoadBalancers"),
    handle(ctx, input) {
      const { records, NextToken } = page(statesOf(ctx, input.AutoScalingGroupName).filter(({ source }) => !isTargetGroup(source)), input, { key: ({ source }) => source });
      return { LoadBalancers: records.map(({ source, state }) => ({ LoadBalancerName: source, State: state })), NextToken };
    },
  },

  DescribeLoadBalancerTargetGroups: {
    authorize: onGroup("DescribeLoadBalancerTargetGroups"),
    handle(ctx, input) {
      const { records, NextToken } = page(statesOf(ctx, input.AutoScalingGroupName).filter(({ source }) => isTargetGroup(source)), input, { key: ({ source }) => source });
      return { LoadBalancerTargetGroups: records.map(({ source, state }) => ({ LoadBalancerTargetGroupARN: source, State: state })), NextToken };
    },
  },

  DescribeTrafficSources: {
    authorize: onGroup("DescribeTrafficSources"),
    handle(ctx, input) {
      const type = input.TrafficSourceType;
      if (type !== undefined && !["elb", "elbv2", "vpc-lattice"].includes(type)) throw validationError(`TrafficSourceType '${type}' is not valid: it must be elb, elbv2 or vpc-lattice.`);
      const all = statesOf(ctx, input.AutoScalingGroupName).map(({ source, state }) => ({ TrafficSource: source, Identifier: source, Type: isTargetGroup(source) ? "elbv2" : "elb", State: state }));
      const { records, NextToken } = page(all.filter(({ Type }) => type === undefined || Type === type), input, { key: ({ Identifier }) => Identifier });
      return { TrafficSources: records, NextToken };
    },
  },
});

function attach(ctx: Context, name: string, added: readonly string[]): void {
  const group = findLivingGroup(ctx.db, name);
  const trafficSources = [...new Set([...group.trafficSources, ...added])];
  const ofKind = (targetGroups: boolean): number => trafficSources.filter((source) => isTargetGroup(source) === targetGroups).length;
  if (Math.max(ofKind(true), ofKind(false)) > MOST_SOURCES) throw limitExceeded("traffic sources of a kind in an Auto Scaling group", MOST_SOURCES);
  ctx.db(groups).put({ ...group, trafficSources });
}

function detach(ctx: Context, name: string, removed: readonly string[], what: string): void {
  const group = findLivingGroup(ctx.db, name);
  const stranger = removed.find((source) => !group.trafficSources.includes(source));
  if (stranger !== undefined) throw validationError(`The ${what} '${stranger}' is not attached to the Auto Scaling group '${group.name}'.`);
  ctx.db(groups).put({ ...group, trafficSources: group.trafficSources.filter((source) => !removed.includes(source)) });
}

/** @throws ValidationError when one does not exist, or its type is another's */
export function checkTrafficSources(ctx: Context, given: readonly AutoscalingTypes.TrafficSourceIdentifier[]): readonly string[] {
  return given.flatMap(({ Identifier: source, Type: type = isTargetGroup(source) ? "elbv2" : "elb" }) => {
    if (type === "vpc-lattice") throw notYet("the traffic source type vpc-lattice");
    if (type === "elbv2") return checkTargetGroups(ctx, [source]);
    if (type === "elb") return checkLoadBalancers(ctx, [source]);
    throw validationError(`The Type '${type}' of the traffic source '${source}' is not valid: it must be elb, elbv2 or vpc-lattice.`);
  });
}

interface SourceState {
  readonly source: string;
  readonly state: "Adding" | "Added" | "InService" | "Removing";
}

function statesOf(ctx: Context, name: string): readonly SourceState[] {
  const group = findGroup(ctx.db, name);
  const all = membersOf(ctx.db, group.name);
  const serving = all.filter(({ lifecycle }) => lifecycle === "InService");
  const removing = new Set(all.flatMap(({ registered }) => registered).filter((source) => !group.trafficSources.includes(source)));
  return [...group.trafficSources.map((source) => ({ source, state: stateOf(ctx, group, serving, source) })), ...[...removing].map((source) => ({ source, state: "Removing" as const }))];
}

/** https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_TrafficSourceState.html */
function stateOf(ctx: Context, group: Group, serving: readonly Member[], source: string): SourceState["state"] {
  if (serving.some((member) => !member.registered.includes(source))) return "Adding";
  const inService = serving.some((member) => healthIn(ctx.facts, source, member.instanceId, ctx.now)?.state === "healthy");
  return inService || group.healthCheckType === "EC2" ? "InService" : "Added";
}
