import { Autoscaling } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { onGroup, onLaunchingGroup } from "./access.js";
import { createdGroup, deletedGroup, updatedGroup } from "./causes.js";
import { groupBeingDeleted, groupExists, groupHasInstances, limitExceeded, notYet, refuse, validationError } from "./errors.js";
import { findGroup, findLivingGroup, membersOf } from "./find.js";
import { page } from "./paging.js";
import { parseBounds, parseHealthCheck, parseLaunch, parsePolicies, parseSeconds, parseSubnets } from "./parse.js";
import { showGroup } from "./show.js";
import { groups, type Group } from "./state.js";
import { checkLoadBalancers } from "./load-balancers.js";
import { mergeTags } from "./tags.js";
import type { AutoscalingTypes } from "@hakoniwa/wire";

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html */
export const GROUPS_PER_REGION = 500;

/** What we would otherwise ignore. */
const NOT_YET = [
  "MixedInstancesPolicy",
  "AvailabilityZoneIds",
  "PlacementGroup",
  "CapacityRebalance",
  "MaxInstanceLifetime",
  "DefaultInstanceWarmup",
  "InstanceMaintenancePolicy",
  "AvailabilityZoneDistribution",
  "AvailabilityZoneImpairmentPolicy",
  "CapacityReservationSpecification",
  "InstanceLifecyclePolicy",
  "DeletionProtection",
  "Context",
] as const;

export const groupOperations = operations(Autoscaling, {
  CreateAutoScalingGroup: {
    authorize: onLaunchingGroup("CreateAutoScalingGroup"),
    handle(ctx, input) {
      refuse(input, [...NOT_YET, "InstanceId", "TargetGroupARNs", "TrafficSources", "LifecycleHookSpecificationList", "Operator"]);
      checkCapacityType(input.DesiredCapacityType);
      const name = input.AutoScalingGroupName;
      if (name.length < 1 || name.length > 255 || name.includes(":")) {
        throw validationError(`AutoScalingGroupName '${name}' must be 1 to 255 characters long, without a colon.`);
      }
      const there = ctx.db(groups).get(name);
      if (there) throw there.deleting ? groupBeingDeleted(name) : groupExists(name);
      if (ctx.db(groups).list().length >= GROUPS_PER_REGION) throw limitExceeded("Auto Scaling groups", GROUPS_PER_REGION);
      const { min, max, desired } = parseBounds(input.MinSize, input.MaxSize, input.DesiredCapacity ?? input.MinSize);
      ctx.db(groups).put({
        name,
        arn: `arn:aws:autoscaling:${ctx.region}:${ctx.account}:autoScalingGroup:${ctx.ids.uuid()}:autoScalingGroupName/${name}`,
        created: ctx.now,
        launch: parseLaunch(ctx, input),
        min,
        max,
        desired,
        ...parseSubnets(ctx, input),
        loadBalancers: checkLoadBalancers(ctx, input.LoadBalancerNames ?? []),
        healthCheckType: parseHealthCheck(input.HealthCheckType),
        gracePeriod: parseSeconds("HealthCheckGracePeriod", input.HealthCheckGracePeriod, 0),
        cooldown: parseSeconds("DefaultCooldown", input.DefaultCooldown, 300),
        terminationPolicies: parsePolicies(input.TerminationPolicies),
        protectNew: input.NewInstancesProtectedFromScaleIn ?? false,
        suspended: [],
        tags: mergeTags(name, [], input.Tags ?? []),
        serviceLinkedRoleArn: input.ServiceLinkedRoleARN ?? serviceLinkedRole(ctx.account),
        deleting: false,
        request: desired > 0 ? createdGroup(ctx.now, desired) : undefined,
        replacements: 0,
        launchFailures: 0,
        retryAt: undefined,
      });
      return {};
    },
  },

  UpdateAutoScalingGroup: {
    authorize: onLaunchingGroup("UpdateAutoScalingGroup"),
    handle(ctx, input) {
      refuse(input, NOT_YET);
      checkCapacityType(input.DesiredCapacityType);
      const group = findLivingGroup(ctx.db, input.AutoScalingGroupName);
      const bounds = changedBounds(group, input);
      const moves = input.VPCZoneIdentifier !== undefined || input.AvailabilityZones !== undefined;
      ctx.db(groups).put({
        ...group,
        ...bounds,
        ...(moves ? parseSubnets(ctx, input) : {}),
        launch: input.LaunchConfigurationName !== undefined || input.LaunchTemplate ? parseLaunch(ctx, input) : group.launch,
        healthCheckType: input.HealthCheckType === undefined ? group.healthCheckType : parseHealthCheck(input.HealthCheckType),
        gracePeriod: parseSeconds("HealthCheckGracePeriod", input.HealthCheckGracePeriod, group.gracePeriod),
        cooldown: parseSeconds("DefaultCooldown", input.DefaultCooldown, group.cooldown),
        terminationPolicies: input.TerminationPolicies === undefined ? group.terminationPolicies : parsePolicies(input.TerminationPolicies),
        protectNew: input.NewInstancesProtectedFromScaleIn ?? group.protectNew,
        serviceLinkedRoleArn: input.ServiceLinkedRoleARN ?? group.serviceLinkedRoleArn,
        ...(bounds.desired === group.desired ? {} : { request: updatedGroup(ctx.now, bounds, group.desired), replacements: 0 }),
        // What made launches fail may be what has changed.
        launchFailures: 0,
        retryAt: undefined,
      });
      return {};
    },
  },

  DeleteAutoScalingGroup: {
    authorize: onGroup("DeleteAutoScalingGroup"),
    handle(ctx, input) {
      const group = findGroup(ctx.db, input.AutoScalingGroupName);
      const { length: count } = membersOf(ctx.db, group.name);
      if (count === 0) {
        ctx.db(groups).delete(group.name);
      } else if (input.ForceDelete) {
        if (group.deleting) return {};
        ctx.db(groups).put({ ...group, deleting: true, min: 0, max: 0, desired: 0, request: deletedGroup(ctx.now, group.desired) });
      } else {
        throw group.deleting ? groupBeingDeleted(group.name) : groupHasInstances();
      }
      return {};
    },
  },

  DescribeAutoScalingGroups: {
    authorize: onEverything("autoscaling:DescribeAutoScalingGroups"),
    handle(ctx, input) {
      const wanted = input.AutoScalingGroupNames;
      const all = ctx.db(groups).list()
        .filter((group) => !wanted?.length || wanted.includes(group.name))
        .filter((group) => (input.Filters ?? []).every((filter) => matches(group, filter)));
      const { records, NextToken } = page(all, input);
      const show = input.IncludeInstances ?? true;
      return { AutoScalingGroups: records.map((group) => showGroup(group, show ? membersOf(ctx.db, group.name) : [])), NextToken };
    },
  },
});

function serviceLinkedRole(account: string): string {
  return `arn:aws:iam::${account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
}

function checkCapacityType(type: string | undefined): void {
  if (type !== undefined && type !== "units") throw notYet(`DesiredCapacityType ${type}`);
}

/** A bound that passes the desired capacity takes it along, unless that is given too. */
function changedBounds(group: Group, input: AutoscalingTypes.UpdateAutoScalingGroupType): Pick<Group, "min" | "max" | "desired"> {
  const min = input.MinSize ?? group.min;
  const max = input.MaxSize ?? group.max;
  const desired = input.DesiredCapacity ?? (min <= max ? Math.min(max, Math.max(min, group.desired)) : group.desired);
  return parseBounds(min, max, desired);
}

/** https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html */
function matches(group: Group, filter: AutoscalingTypes.Filter): boolean {
  const values = filter.Values ?? [];
  const name = filter.Name ?? "";
  if (name === "tag-key") return group.tags.some((tag) => values.includes(tag.key));
  if (name === "tag-value") return group.tags.some((tag) => values.includes(tag.value));
  if (name.startsWith("tag:")) return group.tags.some((tag) => tag.key === name.slice(4) && values.includes(tag.value));
  throw validationError(`Filter type '${name}' is not correct. Allowed Filter types are: tag-key tag-value tag:<key>`);
}
