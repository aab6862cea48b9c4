/** Auto Scaling's records and tables. */
import { table } from "@hakoniwa/kernel";
import type { AutoscalingTypes } from "@hakoniwa/wire";

/** As it was given, with what AWS adds. */
export interface LaunchConfiguration {
  readonly name: string;
  readonly arn: string;
  readonly created: number;
  readonly imageId: string;
  readonly instanceType: string;
  readonly keyName: string | undefined;
  readonly securityGroups: readonly string[];
  /** Base64, as it was given. */
  readonly userData: string | undefined;
  readonly iamInstanceProfile: string | undefined;
  readonly blockDeviceMappings: readonly AutoscalingTypes.BlockDeviceMapping[];
  readonly monitoring: boolean;
  readonly ebsOptimized: boolean;
  readonly associatePublicIpAddress: boolean | undefined;
  readonly placementTenancy: string | undefined;
  readonly metadataOptions: AutoscalingTypes.InstanceMetadataOptions | undefined;
}

/** `version` is what was asked for: a number, `$Latest` or `$Default`. */
export interface TemplateSource {
  readonly id: string;
  readonly name: string;
  readonly version: string;
}

export type LaunchSource =
  | { readonly kind: "configuration"; readonly name: string }
  | ({ readonly kind: "template" } & TemplateSource)
  | ({ readonly kind: "mixed"; readonly overrides: readonly Override[]; readonly distribution: AutoscalingTypes.InstancesDistribution } & TemplateSource);

/** One of the instance types that a mixed group may launch, in the order of preference. */
export interface Override {
  readonly instanceType: string;
  /** Its own template, where it has one. */
  readonly template: TemplateSource | undefined;
}

export interface Group {
  readonly name: string;
  readonly arn: string;
  readonly created: number;
  readonly launch: LaunchSource;
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  /** Where it launches, in the order given. */
  readonly subnets: readonly GroupSubnet[];
  /** VPCZoneIdentifier was given; else the zones were, and the subnets are the default ones. */
  readonly bySubnet: boolean;
  /** Classic Load Balancers by name, target groups by ARN. */
  readonly trafficSources: readonly string[];
  readonly healthCheckType: "EC2" | "ELB";
  /** Seconds. */
  readonly gracePeriod: number;
  /** Seconds. */
  readonly cooldown: number;
  readonly terminationPolicies: readonly TerminationPolicy[];
  readonly protectNew: boolean;
  readonly suspended: readonly Suspension[];
  readonly tags: readonly Tag[];
  readonly serviceLinkedRoleArn: string;
  /** It disappears when its last instance is gone. */
  readonly deleting: boolean;
  /** How the user last changed the capacity, in AWS's words, until activities have told it. */
  readonly request: string | undefined;
  /** How many instances were taken out as unhealthy and are still to be replaced. */
  readonly replacements: number;
  /** Launches that failed since the last that served; instances in a row that died as soon as they did; and when to try again. */
  readonly launchFailures: number;
  readonly earlyDeaths: number;
  readonly retryAt: number | undefined;
  /** Where launches failed for the place's own reasons. */
  readonly closedSubnets: readonly ClosedSubnet[];
  /** Seconds; the cooldown of the simple policy that changed the capacity last, where it has its own. */
  readonly policyCooldown: number | undefined;
  /** Seconds. */
  readonly maxInstanceLifetime: number | undefined;
  /** Seconds. */
  readonly defaultInstanceWarmup: number | undefined;
  readonly capacityRebalance: boolean;
  readonly placementGroup: string | undefined;
  /** Percent of the desired capacity. */
  readonly maintenance: { readonly min: number; readonly max: number } | undefined;
  readonly distribution: "balanced-best-effort" | "balanced-only";
  readonly deletionProtection: "none" | "prevent-force-deletion" | "prevent-all-deletion";
  /** Group metrics that are collected, by name. */
  readonly metrics: readonly GroupMetric[];
}

export interface Suspension {
  readonly process: ScalingProcess;
  readonly at: number;
}

export interface ClosedSubnet {
  readonly id: string;
  readonly until: number;
  readonly failures: number;
}

export interface GroupSubnet {
  readonly id: string;
  readonly availabilityZone: string;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
  readonly propagate: boolean;
}

export const TERMINATION_POLICIES = [
  "AllocationStrategy",
  "ClosestToNextInstanceHour",
  "Default",
  "NewestInstance",
  "OldestInstance",
  "OldestLaunchConfiguration",
  "OldestLaunchTemplate",
] as const;
export type TerminationPolicy = (typeof TERMINATION_POLICIES)[number];

export const SCALING_PROCESSES = [
  "AZRebalance",
  "AddToLoadBalancer",
  "AlarmNotification",
  "HealthCheck",
  "InstanceRefresh",
  "Launch",
  "ReplaceUnhealthy",
  "ScheduledActions",
  "Terminate",
] as const;
export type ScalingProcess = (typeof SCALING_PROCESSES)[number];

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-metrics.html */
export const GROUP_METRICS = [
  "GroupMinSize",
  "GroupMaxSize",
  "GroupDesiredCapacity",
  "GroupInServiceInstances",
  "GroupPendingInstances",
  "GroupStandbyInstances",
  "GroupTerminatingInstances",
  "GroupTotalInstances",
  "GroupInServiceCapacity",
  "GroupPendingCapacity",
  "GroupStandbyCapacity",
  "GroupTerminatingCapacity",
  "GroupTotalCapacity",
] as const;
export type GroupMetric = (typeof GROUP_METRICS)[number];

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html */
export type Lifecycle =
  | "Pending"
  | "Pending:Wait"
  | "Pending:Proceed"
  | "InService"
  | "EnteringStandby"
  | "Standby"
  | "Detaching"
  | "Terminating"
  | "Terminating:Wait"
  | "Terminating:Proceed";

/** One hook that an instance waits for. */
export interface HookWait {
  readonly hook: string;
  readonly token: string;
  /** The hook's own setting, for the next heartbeat: seconds. */
  readonly heartbeat: number;
  readonly until: number;
  /** However often a heartbeat comes. */
  readonly atMostUntil: number;
  readonly otherwise: HookResult;
  /** Undefined until somebody says. */
  readonly result: HookResult | undefined;
}

export type HookResult = "CONTINUE" | "ABANDON";

/** An instance of a group. */
export interface Member {
  readonly instanceId: string;
  readonly group: string;
  readonly lifecycle: Lifecycle;
  /** The hooks of the transition that it is in, waited for together. */
  readonly waits: readonly HookWait[];
  readonly health: "Healthy" | "Unhealthy";
  /** Why it is unhealthy. */
  readonly illness: Illness | undefined;
  /** From here on it is unhealthy by the user's word. */
  readonly unhealthyFrom: number | undefined;
  readonly availabilityZone: string;
  readonly subnetId: string;
  readonly instanceType: string;
  readonly imageId: string;
  readonly launchedFrom: LaunchedFrom;
  readonly launched: number;
  /** When it went into service: grace periods begin here. */
  readonly inService: number | undefined;
  readonly protectedFromScaleIn: boolean;
  /** The traffic sources that it was registered with. */
  readonly registered: readonly string[];
  /** The instance refresh that it was launched in. */
  readonly refresh: string | undefined;
  /** Launched before the one that it replaces leaves. */
  readonly ahead: boolean;
  /** The activity in progress, or the last one. */
  readonly activityId: string;
}

export interface LaunchedFrom {
  readonly configuration: string | undefined;
  readonly template: { readonly id: string; readonly name: string; readonly version: string } | undefined;
  /** When that configuration, or template version's launch, was made: older ones go first. */
  readonly age: number;
}

/** What made an instance unhealthy. */
export type Illness = "ec2-state" | "ec2-status" | "elb" | "user";

export interface Activity {
  readonly id: string;
  readonly group: string;
  readonly groupArn: string;
  readonly description: string;
  readonly cause: string;
  readonly started: number;
  readonly ended: number | undefined;
  readonly status: "PreInService" | "MidLifecycleAction" | "InProgress" | "Successful" | "Failed" | "Cancelled";
  /** What kind of change it is, for notifications. */
  readonly change: "launch" | "terminate" | "other";
  readonly instanceId: string | undefined;
  readonly statusMessage: string | undefined;
  readonly progress: number;
  readonly subnetId: string | undefined;
  readonly availabilityZone: string;
}

export const launchConfigurations = table<LaunchConfiguration>()({ name: "autoscaling.launch-configurations", key: (c) => c.name });

export const groups = table<Group>()({
  name: "autoscaling.groups",
  key: (g) => g.name,
  version: 2,
  indexes: { launchConfiguration: (g) => (g.launch.kind === "configuration" ? g.launch.name : undefined) },
  upgrades: { 1: groupFrom1 },
});

export const members = table<Member>()({
  name: "autoscaling.members",
  key: (m) => m.instanceId,
  version: 2,
  indexes: { group: (m) => m.group },
  upgrades: {
    1: ({ loadBalancers, ...old }: { readonly loadBalancers: readonly string[] }) => ({ ...old, registered: loadBalancers, waits: [], refresh: undefined, ahead: false }),
  },
});

export const activities = table<Activity>()({
  name: "autoscaling.activities",
  key: (a) => a.id,
  version: 2,
  indexes: { group: (a) => a.group },
  order: (a) => activityOrder(a.group, a.started) + a.id,
  upgrades: { 1: (old: object) => ({ ...old, change: "other", instanceId: undefined }) },
});

/** Where a group's activities from a time on begin in their order. */
export function activityOrder(group: string, started: number): string {
  return `${group}\0${String(started).padStart(16, "0")}\0`;
}

function groupFrom1({ loadBalancers, suspended, ...old }: { readonly loadBalancers: readonly string[]; readonly suspended: readonly ScalingProcess[]; readonly created: number }): object {
  return {
    ...old,
    trafficSources: loadBalancers,
    suspended: suspended.map((process) => ({ process, at: old.created })),
    earlyDeaths: 0,
    closedSubnets: [],
    capacityRebalance: false,
    distribution: "balanced-best-effort",
    deletionProtection: "none",
    metrics: [],
  };
}
