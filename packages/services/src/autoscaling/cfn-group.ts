/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-autoscaling-autoscalinggroup.html */
import type { ResourceRequest, Settled } from "@hakoniwa/cloudformation";
import type { Aws, AutoscalingTypes } from "@hakoniwa/wire";
import { resourceType } from "../resource-type.js";
import { withStackTags } from "../stack-tags.js";
import { readGroup } from "./cfn-group-read.js";
import { CARRIES, notificationsOf, settings, sourcesOf, unmodifiedSizes, type AutoScalingGroupProperties } from "./cfn-group-settings.js";
import { advanceRolling, INSTANCE_PROPERTIES, resumeInterrupted } from "./cfn-group-update.js";

const TYPE = "AWS::AutoScaling::AutoScalingGroup";

export const autoScalingGroup = resourceType<AutoScalingGroupProperties>(TYPE, CARRIES, {
  customName: "AutoScalingGroupName",
  create(aws, properties, request) {
    const name = properties.AutoScalingGroupName ?? request.physicalName(255);
    aws.autoscaling.CreateAutoScalingGroup({
      ...settings(properties, name),
      MinSize: Number(properties.MinSize),
      MaxSize: Number(properties.MaxSize),
      LifecycleHookSpecificationList: properties.LifecycleHookSpecificationList,
      Tags: allTags(name, properties, request),
    });
    changeSources(aws, name, [], sourcesOf(properties));
    changeMetrics(aws, name, undefined, properties.MetricsCollection);
    changeNotifications(aws, name, new Map(), notificationsOf(properties));
    return name;
  },

  update(aws, name, next, previous, request) {
    aws.autoscaling.UpdateAutoScalingGroup({ ...settings(next, name), ...(request.policies?.update?.ignoreUnmodifiedSizes ? unmodifiedSizes(next, previous) : {}) });
    changeSources(aws, name, sourcesOf(previous), sourcesOf(next));
    changeHooks(aws, name, next.LifecycleHookSpecificationList ?? [], previous.LifecycleHookSpecificationList ?? []);
    changeMetrics(aws, name, previous.MetricsCollection, next.MetricsCollection);
    changeNotifications(aws, name, notificationsOf(previous), notificationsOf(next));
    changeTags(aws, name, allTags(name, next, request));
  },

  replacedByPolicy: ({ update }, changed) => update?.willReplace === true && changed.some((property) => INSTANCE_PROPERTIES.includes(property)),

  advance(aws, name, change) {
    const group = describe(aws, name);
    if (group) resumeInterrupted(aws, group, change);
    if (group && change.policies?.update?.rolling) return advanceRolling(aws, group, change);
    return { settled: settledGroup(aws, name, group), told: [], state: null, again: undefined };
  },

  read(aws, name, given) {
    const group = describe(aws, name);
    return group && group.Status === undefined ? readGroup(aws, group, given) : undefined;
  },

  // CloudFormation ends a group's instances with it.
  delete(aws, name) {
    if (describe(aws, name)) aws.autoscaling.DeleteAutoScalingGroup({ AutoScalingGroupName: name, ForceDelete: true });
  },

  settled: (aws, name) => settledGroup(aws, name, describe(aws, name)),

  gone: (aws, name) => describe(aws, name) === undefined,

  attributes: (aws, name) => ({ AutoScalingGroupARN: describe(aws, name)?.AutoScalingGroupARN }),
});

function settledGroup(aws: Aws, name: string, group: AutoscalingTypes.AutoScalingGroup | undefined): Settled {
  if (!group) return { failed: `The Auto Scaling group ${name} does not exist` };
  const serving = (group.Instances ?? []).filter((instance) => instance.LifecycleState === "InService").length;
  if (serving >= group.DesiredCapacity) return true;
  const [newest] = aws.autoscaling.DescribeScalingActivities({ AutoScalingGroupName: name, MaxRecords: 1 }).Activities ?? [];
  if (newest?.StatusCode !== "Failed") return false;
  const sizes = `{current/minimum/target group size} = {${serving}/${group.MinSize}/${group.DesiredCapacity}}`;
  return { failed: `Group did not stabilize. ${sizes}. Failed Scaling Activity: ${newest.StatusMessage ?? ""}` };
}

function describe(aws: Aws, name: string): AutoscalingTypes.AutoScalingGroup | undefined {
  return aws.autoscaling.DescribeAutoScalingGroups({ AutoScalingGroupNames: [name] }).AutoScalingGroups[0];
}

type Sources = ReturnType<typeof sourcesOf>;

function changeSources(aws: Aws, AutoScalingGroupName: string, before: Sources, after: Sources): void {
  const without = (all: Sources, others: Sources): Sources => all.filter(({ Identifier }) => !others.some((other) => other.Identifier === Identifier));
  const [leaving, fresh] = [without(before, after), without(after, before)];
  if (leaving.length > 0) aws.autoscaling.DetachTrafficSources({ AutoScalingGroupName, TrafficSources: leaving });
  if (fresh.length > 0) aws.autoscaling.AttachTrafficSources({ AutoScalingGroupName, TrafficSources: fresh });
}

type Hooks = readonly AutoscalingTypes.LifecycleHookSpecification[];

function changeHooks(aws: Aws, AutoScalingGroupName: string, next: Hooks, previous: Hooks): void {
  for (const { LifecycleHookName } of previous) {
    if (!next.some((hook) => hook.LifecycleHookName === LifecycleHookName)) aws.autoscaling.DeleteLifecycleHook({ AutoScalingGroupName, LifecycleHookName });
  }
  for (const hook of next) aws.autoscaling.PutLifecycleHook({ ...hook, AutoScalingGroupName });
}

type Collections = AutoScalingGroupProperties["MetricsCollection"];

function changeMetrics(aws: Aws, AutoScalingGroupName: string, before: Collections = [], after: Collections = []): void {
  if (before.length > 0) aws.autoscaling.DisableMetricsCollection({ AutoScalingGroupName });
  for (const { Granularity, Metrics } of after) aws.autoscaling.EnableMetricsCollection({ AutoScalingGroupName, Granularity, Metrics });
}

type Notifications = ReadonlyMap<string, readonly string[]>;

function changeNotifications(aws: Aws, AutoScalingGroupName: string, before: Notifications, after: Notifications): void {
  for (const TopicARN of before.keys()) if (!after.has(TopicARN)) aws.autoscaling.DeleteNotificationConfiguration({ AutoScalingGroupName, TopicARN });
  for (const [TopicARN, NotificationTypes] of after) aws.autoscaling.PutNotificationConfiguration({ AutoScalingGroupName, TopicARN, NotificationTypes });
}

function changeTags(aws: Aws, name: string, tags: readonly AutoscalingTypes.Tag[]): void {
  const gone = (describe(aws, name)?.Tags ?? []).filter((tag) => !tags.some((other) => other.Key === tag.Key));
  const named = gone.map((tag) => ({ ResourceId: name, ResourceType: "auto-scaling-group", Key: tag.Key ?? "" }));
  if (named.length > 0) aws.autoscaling.DeleteTags({ Tags: named });
  if (tags.length > 0) aws.autoscaling.CreateOrUpdateTags({ Tags: tags });
}

/** CloudFormation propagates the stack's tags to the instances. */
function allTags(name: string, properties: AutoScalingGroupProperties, request: ResourceRequest): readonly AutoscalingTypes.Tag[] {
  return withStackTags(properties.Tags, request).map((tag) => ({ PropagateAtLaunch: true, ...tag, ResourceId: name, ResourceType: "auto-scaling-group" }));
}
