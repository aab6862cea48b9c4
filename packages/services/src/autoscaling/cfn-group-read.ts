/** An Auto Scaling group as the service tells it, in the words of templates, where numbers are text. */
import type { Aws, AutoscalingTypes } from "@hakoniwa/wire";
import type { AutoScalingGroupProperties } from "./cfn-group-settings.js";

/** @param given tells which hooks, topics and sources of traffic are the template's: others may be resources of their own */
export function readGroup(aws: Aws, group: AutoscalingTypes.AutoScalingGroup, given: AutoScalingGroupProperties): Partial<AutoScalingGroupProperties> {
  const AutoScalingGroupName = group.AutoScalingGroupName;
  const { NotificationConfigurations: notified } = aws.autoscaling.DescribeNotificationConfigurations({ AutoScalingGroupNames: [AutoScalingGroupName] });
  const typesOf = (topic: string): readonly string[] => notified.filter(({ TopicARN }) => TopicARN === topic).flatMap(({ NotificationType }) => NotificationType ?? []);
  const topics = [...new Set(notified.flatMap(({ TopicARN }) => TopicARN ?? []))];
  const { LifecycleHooks: hooks = [] } = aws.autoscaling.DescribeLifecycleHooks({ AutoScalingGroupName });
  const own = new Set((given.LifecycleHookSpecificationList ?? []).map(({ LifecycleHookName }) => LifecycleHookName));
  const collections = given.MetricsCollection ?? [];
  const enabled = (group.EnabledMetrics ?? []).flatMap(({ Metric }) => Metric ?? []);
  const told = {
    AutoScalingGroupName,
    LaunchConfigurationName: group.LaunchConfigurationName,
    LaunchTemplate: group.LaunchTemplate,
    MixedInstancesPolicy: group.MixedInstancesPolicy && weighted(group.MixedInstancesPolicy),
    MinSize: String(group.MinSize),
    MaxSize: String(group.MaxSize),
    DesiredCapacity: String(group.DesiredCapacity),
    DesiredCapacityType: group.DesiredCapacityType ?? "units",
    Cooldown: String(group.DefaultCooldown),
    AvailabilityZones: group.AvailabilityZones,
    VPCZoneIdentifier: (group.VPCZoneIdentifier ?? "").split(",").filter((id) => id !== ""),
    HealthCheckType: group.HealthCheckType,
    HealthCheckGracePeriod: group.HealthCheckGracePeriod,
    TerminationPolicies: group.TerminationPolicies,
    NewInstancesProtectedFromScaleIn: group.NewInstancesProtectedFromScaleIn,
    ServiceLinkedRoleARN: group.ServiceLinkedRoleARN,
    MaxInstanceLifetime: group.MaxInstanceLifetime,
    DefaultInstanceWarmup: group.DefaultInstanceWarmup,
    CapacityRebalance: group.CapacityRebalance,
    PlacementGroup: group.PlacementGroup,
    InstanceMaintenancePolicy: group.InstanceMaintenancePolicy,
    AvailabilityZoneDistribution: group.AvailabilityZoneDistribution,
    DeletionProtection: group.DeletionProtection,
    LoadBalancerNames: named(given.LoadBalancerNames, group.LoadBalancerNames),
    TargetGroupARNs: named(given.TargetGroupARNs, group.TargetGroupARNs),
    TrafficSources: group.TrafficSources?.filter(({ Identifier }) => given.TrafficSources?.some((source) => source.Identifier === Identifier)),
    LifecycleHookSpecificationList: hooks.filter(({ LifecycleHookName }) => own.has(LifecycleHookName ?? "")).map(({ AutoScalingGroupName: _group, GlobalTimeout: _timeout, ...hook }) => hook),
    // All of them are collected where a template names none.
    MetricsCollection: enabled.length === 0 ? [] : collections.map(({ Granularity, Metrics }) => ({ Granularity, ...(Metrics ? { Metrics: Metrics.filter((metric) => enabled.includes(metric)) } : {}) })),
    NotificationConfigurations: topics.map((TopicARN) => ({ TopicARN: [TopicARN], NotificationTypes: typesOf(TopicARN) })),
    NotificationConfiguration: topics[0] === undefined ? undefined : { TopicARN: [topics[0]], NotificationTypes: typesOf(topics[0]) },
    Tags: (group.Tags ?? []).map(({ Key = "", Value = "", PropagateAtLaunch = false }) => ({ Key, Value, PropagateAtLaunch })),
  };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) as Partial<AutoScalingGroupProperties>;
}

const named = (given: readonly string[] | undefined, live: readonly string[] | undefined): readonly string[] | undefined => live?.filter((name) => given?.includes(name));

/** Each instance weighs one here. */
function weighted({ LaunchTemplate: template, ...rest }: AutoscalingTypes.MixedInstancesPolicy): AutoscalingTypes.MixedInstancesPolicy {
  return { ...rest, LaunchTemplate: { ...template, Overrides: template?.Overrides?.map((override) => ({ ...override, WeightedCapacity: "1" })) } };
}
