/** The properties of a group in a template, and what its operations take for them. */
import type { AutoscalingTypes } from "@hakoniwa/wire";

export type Given<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> };

type AsGiven =
  | "LaunchConfigurationName"
  | "LaunchTemplate"
  | "MixedInstancesPolicy"
  | "AvailabilityZones"
  | "HealthCheckType"
  | "HealthCheckGracePeriod"
  | "TerminationPolicies"
  | "NewInstancesProtectedFromScaleIn"
  | "ServiceLinkedRoleARN"
  | "MaxInstanceLifetime"
  | "DefaultInstanceWarmup"
  | "CapacityRebalance"
  | "PlacementGroup"
  | "DesiredCapacityType"
  | "InstanceMaintenancePolicy"
  | "AvailabilityZoneDistribution"
  | "DeletionProtection";

/** Given to the operations as they are. */
const AS_GIVEN: readonly AsGiven[] = [
  "LaunchConfigurationName",
  "LaunchTemplate",
  "MixedInstancesPolicy",
  "AvailabilityZones",
  "HealthCheckType",
  "HealthCheckGracePeriod",
  "TerminationPolicies",
  "NewInstancesProtectedFromScaleIn",
  "ServiceLinkedRoleARN",
  "MaxInstanceLifetime",
  "DefaultInstanceWarmup",
  "CapacityRebalance",
  "PlacementGroup",
  "DesiredCapacityType",
  "InstanceMaintenancePolicy",
  "AvailabilityZoneDistribution",
  "DeletionProtection",
];

interface Notified {
  readonly TopicARN: string | readonly string[];
  readonly NotificationTypes?: readonly string[];
}

/** Numbers are text here, as in the resource type's schema. */
export interface AutoScalingGroupProperties extends Given<Pick<AutoscalingTypes.UpdateAutoScalingGroupType, AsGiven>> {
  readonly AutoScalingGroupName?: string;
  readonly MinSize: string;
  readonly MaxSize: string;
  readonly DesiredCapacity?: string;
  readonly Cooldown?: string;
  readonly VPCZoneIdentifier?: readonly string[];
  readonly LoadBalancerNames?: readonly string[];
  readonly TargetGroupARNs?: readonly string[];
  readonly TrafficSources?: readonly AutoscalingTypes.TrafficSourceIdentifier[];
  readonly LifecycleHookSpecificationList?: readonly AutoscalingTypes.LifecycleHookSpecification[];
  readonly MetricsCollection?: readonly { readonly Granularity: string; readonly Metrics?: readonly string[] }[];
  readonly NotificationConfigurations?: readonly Notified[];
  readonly NotificationConfiguration?: Notified;
  readonly Tags?: readonly { readonly Key: string; readonly Value: string; readonly PropagateAtLaunch: boolean }[];
}

const below = (property: string, members: readonly string[]): readonly string[] => members.map((member) => `${property}.${member}`);

/** What the operations refuse, or the resource type alone has, is refused by name instead of being left out. */
export const CARRIES: readonly string[] = [
  ...AS_GIVEN.filter((name) => name !== "MixedInstancesPolicy"),
  "MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification",
  ...below("MixedInstancesPolicy.LaunchTemplate.Overrides", ["InstanceType", "LaunchTemplateSpecification", "WeightedCapacity"]),
  ...below("MixedInstancesPolicy.InstancesDistribution", [
    "OnDemandAllocationStrategy",
    "OnDemandBaseCapacity",
    "OnDemandPercentageAboveBaseCapacity",
    "SpotAllocationStrategy",
    "SpotInstancePools",
    "SpotMaxPrice",
  ]),
  "AutoScalingGroupName",
  "MinSize",
  "MaxSize",
  "DesiredCapacity",
  "Cooldown",
  "VPCZoneIdentifier",
  "LoadBalancerNames",
  "TargetGroupARNs",
  "TrafficSources",
  "LifecycleHookSpecificationList",
  "MetricsCollection",
  "NotificationConfigurations",
  "NotificationConfiguration",
  "Tags",
];

/** What creation and update have in common. */
export function settings(properties: AutoScalingGroupProperties, name: string): AutoscalingTypes.UpdateAutoScalingGroupType {
  const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
  return {
    ...Object.fromEntries(AS_GIVEN.map((property) => [property, properties[property]])),
    AutoScalingGroupName: name,
    MinSize: number(properties.MinSize),
    MaxSize: number(properties.MaxSize),
    DesiredCapacity: number(properties.DesiredCapacity),
    DefaultCooldown: number(properties.Cooldown),
    VPCZoneIdentifier: properties.VPCZoneIdentifier?.join(","),
  };
}

/** Leaves the sizes alone that the update does not change: scheduled actions and policies may have set them since. */
export function unmodifiedSizes(next: AutoScalingGroupProperties, previous: AutoScalingGroupProperties): Readonly<Record<string, undefined>> {
  const sizes = ["MinSize", "MaxSize", "DesiredCapacity"] as const;
  return Object.fromEntries(sizes.filter((size) => next[size] === previous[size]).map((size) => [size, undefined]));
}

/** All that brings traffic to it, however it was named. */
export function sourcesOf({ LoadBalancerNames = [], TargetGroupARNs = [], TrafficSources = [] }: AutoScalingGroupProperties): readonly AutoscalingTypes.TrafficSourceIdentifier[] {
  return [
    ...LoadBalancerNames.map((Identifier) => ({ Identifier, Type: "elb" })),
    ...TargetGroupARNs.map((Identifier) => ({ Identifier, Type: "elbv2" })),
    ...TrafficSources.map(({ Identifier, Type }) => ({ Identifier, Type: Type ?? (Identifier.startsWith("arn:") ? "elbv2" : "elb") })),
  ];
}

const ALL_TYPES = ["LAUNCH", "LAUNCH_ERROR", "TERMINATE", "TERMINATE_ERROR"].map((type) => `autoscaling:EC2_INSTANCE_${type}`);

/** Which topics hear of what. */
export function notificationsOf({ NotificationConfigurations = [], NotificationConfiguration: old }: AutoScalingGroupProperties): ReadonlyMap<string, readonly string[]> {
  const all = [...NotificationConfigurations, ...(old ? [old] : [])];
  return new Map(all.flatMap(({ TopicARN, NotificationTypes = ALL_TYPES }) => [TopicARN].flat().map((topic) => [topic, NotificationTypes] as const)));
}
