import { Autoscaling, type AutoscalingTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { forgetGroup } from "./act.js";
import { onGroup, onLaunchingGroup } from "./access.js";
import { createdGroup, deletedGroup, updatedGroup } from "./causes.js";
import { deletionProtected, groupBeingDeleted, groupExists, groupHasInstances, limitExceeded, notYet, refuse, refreshConfigures, validationError } from "./errors.js";
import { findGroup, findLivingGroup, membersOf } from "./find.js";
import { putHook } from "./hooks.js";
import { page } from "./paging.js";
import { namesLaunch, parseLaunch } from "./parse-launch.js";
import { parseBounds, parseDistribution, parseHealthCheck, parseLifetime, parseMaintenance, parsePolicies, parseSeconds, parseSubnets, parseWarmup } from "./parse.js";
import { refreshOf } from "./refresh-target.js";
import { showGroup } from "./show.js";
import { groups, type Group } from "./state.js";
import { mergeTags } from "./tags.js";
import { checkLoadBalancers, checkTargetGroups } from "./traffic-sources.js";
import { checkTrafficSources } from "./traffic.js";

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html */
export const GROUPS_PER_REGION = 500;

/** What we would otherwise ignore. */
const NOT_YET = ["AvailabilityZoneIds", "AvailabilityZoneImpairmentPolicy", "CapacityReservationSpecification", "InstanceLifecyclePolicy", "Context"] as const;

export const groupOperations = operations(Autoscaling, {
  CreateAutoScalingGroup: {
    authorize: onLaunchingGroup("CreateAutoScalingGroup"),
    handle(ctx, input) {
      refuse(input, [...NOT_YET, "InstanceId", "Operator"]);
      const name = input.AutoScalingGroupName;
      if (name.length < 1 || name.length > 255 || name.includes(":")) {
        throw validationError(`AutoScalingGroupName '${name}' must be 1 to 255 characters long, without a colon.`);
      }
      const there = ctx.db(groups).get(name);
      if (there) throw there.deleting ? groupBeingDeleted(name) : groupExists(name);
      if (ctx.db(groups).list().length >= GROUPS_PER_REGION) throw limitExceeded("Auto Scaling groups", GROUPS_PER_REGION);
      const { min, max, desired } = parseBounds(input.MinSize, input.MaxSize, input.DesiredCapacity ?? input.MinSize);
      const group = ctx.db(groups).put({
        ...DEFAULTS,
        name,
        arn: `arn:aws:autoscaling:${ctx.region}:${ctx.account}:autoScalingGroup:${ctx.ids.uuid()}:autoScalingGroupName/${name}`,
        created: ctx.now,
        launch: parseLaunch(ctx, input),
        min,
        max,
        desired,
        ...parseSubnets(ctx, input),
        trafficSources: [
          ...new Set([...checkLoadBalancers(ctx, input.LoadBalancerNames ?? []), ...checkTargetGroups(ctx, input.TargetGroupARNs ?? []), ...checkTrafficSources(ctx, input.TrafficSources ?? [])]),
        ],
        ...settings(DEFAULTS, input),
        tags: mergeTags(ctx, name, [], input.Tags ?? []),
        serviceLinkedRoleArn: input.ServiceLinkedRoleARN ?? serviceLinkedRole(ctx.account),
        request: desired > 0 ? createdGroup(ctx.now, desired) : undefined,
      });
      for (const hook of input.LifecycleHookSpecificationList ?? []) putHook(ctx, group, hook);
      return {};
    },
  },

  UpdateAutoScalingGroup: {
    authorize: onLaunchingGroup("UpdateAutoScalingGroup"),
    handle(ctx, input) {
      refuse(input, NOT_YET);
      const group = findLivingGroup(ctx.db, input.AutoScalingGroupName);
      const bounds = changedBounds(group, input);
      const moves = input.VPCZoneIdentifier !== undefined || input.AvailabilityZones !== undefined;
      const refresh = refreshOf(ctx.db, group.name);
      if (namesLaunch(input) && refresh?.desired) throw refreshConfigures();
      ctx.db(groups).put({
        ...group,
        ...bounds,
        ...(moves ? parseSubnets(ctx, input) : {}),
        launch: namesLaunch(input) ? parseLaunch(ctx, input, group.launch) : group.launch,
        ...settings(group, input),
        serviceLinkedRoleArn: input.ServiceLinkedRoleARN ?? group.serviceLinkedRoleArn,
        ...(bounds.desired === group.desired ? {} : { request: updatedGroup(ctx.now, bounds, group.desired), replacements: 0, policyCooldown: undefined }),
        // What made launches fail may be what has changed.
        launchFailures: 0,
        earlyDeaths: 0,
        retryAt: undefined,
        closedSubnets: [],
      });
      return {};
    },
  },

  DeleteAutoScalingGroup: {
    authorize: onGroup("DeleteAutoScalingGroup"),
    handle(ctx, input) {
      const group = findGroup(ctx.db, input.AutoScalingGroupName);
      checkDeletion(ctx, group, input.ForceDelete ?? false);
      const { length: count } = membersOf(ctx.db, group.name);
      if (count === 0) {
        forgetGroup(ctx, group.name);
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
      const { records, NextToken } = page(all, input, { key: ({ name }) => name });
      const show = input.IncludeInstances ?? true;
      return { AutoScalingGroups: records.map((group) => showGroup(group, show ? membersOf(ctx.db, group.name) : [])), NextToken };
    },
  },
});

type Settings = Pick<
  Group,
  "healthCheckType" | "gracePeriod" | "cooldown" | "terminationPolicies" | "protectNew" | "maxInstanceLifetime" | "defaultInstanceWarmup" | "capacityRebalance" | "placementGroup" | "maintenance" | "distribution" | "deletionProtection"
>;

/** What a new group has until it is told otherwise. */
const DEFAULTS: Settings & Pick<Group, "suspended" | "deleting" | "replacements" | "launchFailures" | "earlyDeaths" | "retryAt" | "closedSubnets" | "policyCooldown" | "metrics"> = {
  healthCheckType: "EC2",
  gracePeriod: 0,
  cooldown: 300,
  terminationPolicies: ["Default"],
  protectNew: false,
  maxInstanceLifetime: undefined,
  defaultInstanceWarmup: undefined,
  capacityRebalance: false,
  placementGroup: undefined,
  maintenance: undefined,
  distribution: "balanced-best-effort",
  deletionProtection: "none",
  suspended: [],
  deleting: false,
  replacements: 0,
  launchFailures: 0,
  earlyDeaths: 0,
  retryAt: undefined,
  closedSubnets: [],
  policyCooldown: undefined,
  metrics: [],
};

/** Those that creation and update have in common; what is not given stays as it was. */
function settings(before: Settings, input: AutoscalingTypes.CreateAutoScalingGroupType | AutoscalingTypes.UpdateAutoScalingGroupType): Settings {
  if (input.DesiredCapacityType !== undefined && input.DesiredCapacityType !== "units") throw notYet(`DesiredCapacityType ${input.DesiredCapacityType}`);
  return {
    healthCheckType: input.HealthCheckType === undefined ? before.healthCheckType : parseHealthCheck(input.HealthCheckType),
    gracePeriod: parseSeconds("HealthCheckGracePeriod", input.HealthCheckGracePeriod, before.gracePeriod),
    cooldown: parseSeconds("DefaultCooldown", input.DefaultCooldown, before.cooldown),
    terminationPolicies: input.TerminationPolicies === undefined ? before.terminationPolicies : parsePolicies(input.TerminationPolicies),
    protectNew: input.NewInstancesProtectedFromScaleIn ?? before.protectNew,
    maxInstanceLifetime: input.MaxInstanceLifetime === undefined ? before.maxInstanceLifetime : parseLifetime(input.MaxInstanceLifetime),
    defaultInstanceWarmup: input.DefaultInstanceWarmup === undefined ? before.defaultInstanceWarmup : parseWarmup("DefaultInstanceWarmup", input.DefaultInstanceWarmup),
    // It is about Spot Instances, which no group of ours has.
    capacityRebalance: input.CapacityRebalance ?? before.capacityRebalance,
    placementGroup: input.PlacementGroup === undefined ? before.placementGroup : input.PlacementGroup || undefined,
    maintenance: input.InstanceMaintenancePolicy === undefined ? before.maintenance : parseMaintenance(input.InstanceMaintenancePolicy),
    distribution: input.AvailabilityZoneDistribution === undefined ? before.distribution : parseDistribution(input.AvailabilityZoneDistribution),
    deletionProtection: input.DeletionProtection ?? before.deletionProtection,
  };
}

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/resource-deletion-protection.html */
function checkDeletion(ctx: Context, group: Group, force: boolean): void {
  const { deletionProtection: protection } = group;
  if (protection === "prevent-all-deletion" || (protection === "prevent-force-deletion" && force)) throw deletionProtected(group.name, protection);
  if (!force && membersOf(ctx.db, group.name).length === 0 && group.deleting) throw groupBeingDeleted(group.name);
}

function serviceLinkedRole(account: string): string {
  return `arn:aws:iam::${account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
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
