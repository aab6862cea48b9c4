import { Autoscaling } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { onGroup } from "./access.js";
import { loadBalancersNotValid, validationError } from "./errors.js";
import { findGroup, findLivingGroup, membersOf } from "./find.js";
import { page } from "./paging.js";
import { groups, type Group, type Member } from "./state.js";

export const loadBalancerOperations = operations(Autoscaling, {
  AttachLoadBalancers: {
    authorize: onGroup("AttachLoadBalancers"),
    handle(ctx, input) {
      const group = findLivingGroup(ctx.db, input.AutoScalingGroupName);
      const added = checkLoadBalancers(ctx, input.LoadBalancerNames);
      ctx.db(groups).put({ ...group, loadBalancers: [...new Set([...group.loadBalancers, ...added])] });
      return {};
    },
  },

  DetachLoadBalancers: {
    authorize: onGroup("DetachLoadBalancers"),
    handle(ctx, input) {
      const group = findLivingGroup(ctx.db, input.AutoScalingGroupName);
      const stranger = input.LoadBalancerNames.find((name) => !group.loadBalancers.includes(name));
      if (stranger !== undefined) throw validationError(`The load balancer '${stranger}' is not attached to the Auto Scaling group '${group.name}'.`);
      ctx.db(groups).put({ ...group, loadBalancers: group.loadBalancers.filter((name) => !input.LoadBalancerNames.includes(name)) });
      return {};
    },
  },

  DescribeLoadBalancers: {
    authorize: onGroup("DescribeLoadBalancers"),
    handle(ctx, input) {
      const group = findGroup(ctx.db, input.AutoScalingGroupName);
      const serving = membersOf(ctx.db, group.name).filter((member) => member.lifecycle === "InService");
      const { records, NextToken } = page(group.loadBalancers, input);
      return { LoadBalancers: records.map((name) => ({ LoadBalancerName: name, State: stateOf(ctx, group, serving, name) })), NextToken };
    },
  },
});

/** https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LoadBalancerState.html */
function stateOf(ctx: Context, group: Group, serving: readonly Member[], name: string): "Adding" | "Added" | "InService" {
  if (serving.some((member) => !member.loadBalancers.includes(name))) return "Adding";
  const inService = serving.some((member) => ctx.facts.elb.healthOf(name, member.instanceId)?.state === "InService");
  return inService || group.healthCheckType === "EC2" ? "InService" : "Added";
}

/** @throws ValidationError when one does not exist */
export function checkLoadBalancers(ctx: Context, names: readonly string[]): readonly string[] {
  const missing = names.filter((name) => !ctx.facts.elb.exists(name));
  if (missing.length > 0) throw loadBalancersNotValid(missing);
  return [...new Set(names)];
}
