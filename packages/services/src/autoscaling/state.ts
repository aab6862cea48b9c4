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

export type LaunchSource =
  | { readonly kind: "configuration"; readonly name: string }
  /** `version` is what was asked for: a number, `$Latest` or `$Default`. */
  | { readonly kind: "template"; readonly id: string; readonly name: string; readonly version: string };

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
  readonly loadBalancers: readonly string[];
  readonly healthCheckType: "EC2" | "ELB";
  /** Seconds. */
  readonly gracePeriod: number;
  /** Seconds. */
  readonly cooldown: number;
  readonly terminationPolicies: readonly TerminationPolicy[];
  readonly protectNew: boolean;
  readonly suspended: readonly ScalingProcess[];
  readonly tags: readonly Tag[];
  readonly serviceLinkedRoleArn: string;
  /** It disappears when its last instance is gone. */
  readonly deleting: boolean;
  /** How the user last changed the capacity, in AWS's words, until activities have told it. */
  readonly request: string | undefined;
  /** How many instances were taken out as unhealthy and are still to be replaced. */
  readonly replacements: number;
  /** Launches that failed since the last success, and when to try again. */
  readonly launchFailures: number;
  readonly retryAt: number | undefined;
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

/** An instance of a group. */
export interface Member {
  readonly instanceId: string;
  readonly group: string;
  readonly lifecycle: "Pending" | "InService" | "Terminating";
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
  /** The balancers that it was registered with. */
  readonly loadBalancers: readonly string[];
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
  readonly status: "InProgress" | "Successful" | "Failed" | "Cancelled";
  readonly statusMessage: string | undefined;
  readonly progress: number;
  readonly subnetId: string | undefined;
  readonly availabilityZone: string;
}

export const launchConfigurations = table<LaunchConfiguration>()({ name: "autoscaling.launch-configurations", key: (c) => c.name });

export const groups = table<Group>()({
  name: "autoscaling.groups",
  key: (g) => g.name,
  indexes: { launchConfiguration: (g) => (g.launch.kind === "configuration" ? g.launch.name : undefined) },
});

export const members = table<Member>()({ name: "autoscaling.members", key: (m) => m.instanceId, indexes: { group: (m) => m.group } });

export const activities = table<Activity>()({ name: "autoscaling.activities", key: (a) => a.id, indexes: { group: (a) => a.group } });
