/**
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-autoscaling-launchconfiguration.html,
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-autoscaling-scalingpolicy.html,
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-autoscaling-scheduledaction.html and
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-autoscaling-lifecyclehook.html
 */
import type { Aws, AutoscalingTypes } from "@hakoniwa/wire";
import { alreadyExists, resourceType } from "../resource-type.js";
import type { Given } from "./cfn-group-settings.js";

export interface LaunchConfigurationProperties
  extends Given<Omit<AutoscalingTypes.CreateLaunchConfigurationType, "LaunchConfigurationName" | "InstanceMonitoring" | "RamdiskId">> {
  readonly LaunchConfigurationName?: string;
  readonly InstanceMonitoring?: boolean;
  readonly RamDiskId?: string;
}

const below = (property: string, members: readonly string[]): readonly string[] => members.map((member) => `${property}.${member}`);
const LAUNCH = [
  "LaunchConfigurationName", "ImageId", "InstanceType", "KeyName", "SecurityGroups", "UserData", "IamInstanceProfile", "InstanceMonitoring", "EbsOptimized", "AssociatePublicIpAddress",
  "PlacementTenancy", "BlockDeviceMappings.DeviceName", "BlockDeviceMappings.NoDevice", "BlockDeviceMappings.Ebs", "MetadataOptions",
];

export const launchConfiguration = resourceType<LaunchConfigurationProperties>("AWS::AutoScaling::LaunchConfiguration", LAUNCH, {
  customName: "LaunchConfigurationName",
  create(aws, properties, request) {
    const { InstanceMonitoring: monitored, RamDiskId, ...rest } = properties;
    const name = properties.LaunchConfigurationName ?? request.physicalName(255);
    aws.autoscaling.CreateLaunchConfiguration({
      ...rest,
      LaunchConfigurationName: name,
      ...(monitored === undefined ? {} : { InstanceMonitoring: { Enabled: monitored } }),
      ...(RamDiskId === undefined ? {} : { RamdiskId: RamDiskId }),
    });
    return name;
  },
  // Every property is create-only: a change replaces.
  read(aws, name) {
    const found = describeConfiguration(aws, name);
    if (!found) return undefined;
    const { InstanceMonitoring: monitoring, RamdiskId: _ram, CreatedTime: _time, LaunchConfigurationARN: _arn, ...rest } = found;
    const told = { ...rest, InstanceMonitoring: monitoring?.Enabled };
    return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined && value !== "")) as Partial<LaunchConfigurationProperties>;
  },
  delete(aws, name) {
    if (describeConfiguration(aws, name)) aws.autoscaling.DeleteLaunchConfiguration({ LaunchConfigurationName: name });
  },
});

function describeConfiguration(aws: Aws, name: string): AutoscalingTypes.LaunchConfiguration | undefined {
  return aws.autoscaling.DescribeLaunchConfigurations({ LaunchConfigurationNames: [name] }).LaunchConfigurations?.[0];
}

/** The policy's ARN is its physical id, which an alarm's actions take by `Ref`. */
export interface ScalingPolicyProperties extends Given<Omit<AutoscalingTypes.PutScalingPolicyType, "PolicyName" | "Cooldown" | "Enabled" | "MinAdjustmentStep">> {
  /** Text in the resource type. */
  readonly Cooldown?: string;
}

const POLICY = [
  "AutoScalingGroupName", "PolicyType", "AdjustmentType", "ScalingAdjustment", "StepAdjustments", "MinAdjustmentMagnitude", "MetricAggregationType", "Cooldown", "EstimatedInstanceWarmup",
  ...below("TargetTrackingConfiguration", ["TargetValue", "DisableScaleIn", "PredefinedMetricSpecification"]),
  ...below("TargetTrackingConfiguration.CustomizedMetricSpecification", ["MetricName", "Namespace", "Statistic", "Unit", "Dimensions", "Period", "Metrics"]),
];

export const scalingPolicy = resourceType<ScalingPolicyProperties>("AWS::AutoScaling::ScalingPolicy", POLICY, {
  create: (aws, properties, request) => put(aws, request.physicalName(255), properties),
  update: (aws, arn, next) => void put(aws, policyName(arn), next),
  delete(aws, arn, { AutoScalingGroupName }) {
    if (describePolicy(aws, arn)) aws.autoscaling.DeletePolicy({ AutoScalingGroupName, PolicyName: arn });
  },
  read(aws, arn) {
    const found = describePolicy(aws, arn);
    if (!found) return undefined;
    const { Cooldown, PolicyARN: _arn, PolicyName: _name, Alarms: _alarms, Enabled: _enabled, ...rest } = found;
    const told = { ...rest, Cooldown: Cooldown === undefined ? undefined : String(Cooldown) };
    return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) as Partial<ScalingPolicyProperties>;
  },
  attributes: (_aws, arn) => ({ Arn: arn, PolicyName: policyName(arn) }),
});

function put(aws: Aws, name: string, { Cooldown, ...rest }: ScalingPolicyProperties): string {
  const input = { ...rest, PolicyName: name, ...(Cooldown === undefined ? {} : { Cooldown: Number(Cooldown) }) };
  return aws.autoscaling.PutScalingPolicy(input).PolicyARN ?? "";
}

function policyName(arn: string): string {
  return arn.slice(arn.indexOf(":policyName/") + ":policyName/".length);
}

function describePolicy(aws: Aws, arn: string): AutoscalingTypes.ScalingPolicy | undefined {
  return aws.autoscaling.DescribePolicies({ PolicyNames: [arn] }).ScalingPolicies?.[0];
}

/** Times are text here. */
export interface ScheduledActionProperties extends Given<Pick<AutoscalingTypes.PutScheduledUpdateGroupActionType, "AutoScalingGroupName" | "MinSize" | "MaxSize" | "DesiredCapacity" | "Recurrence" | "TimeZone">> {
  readonly StartTime?: string;
  readonly EndTime?: string;
}

const SCHEDULED = ["AutoScalingGroupName", "MinSize", "MaxSize", "DesiredCapacity", "Recurrence", "TimeZone", "StartTime", "EndTime"];

export const scheduledAction = resourceType<ScheduledActionProperties>("AWS::AutoScaling::ScheduledAction", SCHEDULED, {
  create(aws, properties, request) {
    const name = request.physicalName(255);
    schedule(aws, name, properties);
    return name;
  },
  update: (aws, name, next) => schedule(aws, name, next),
  read(aws, name, given) {
    const found = describeAction(aws, name, given.AutoScalingGroupName);
    if (!found) return undefined;
    const { AutoScalingGroupName, MinSize, MaxSize, DesiredCapacity, Recurrence, TimeZone, StartTime, EndTime } = found;
    const told = { AutoScalingGroupName, MinSize, MaxSize, DesiredCapacity, Recurrence, TimeZone, StartTime: timeAs(given.StartTime, StartTime), EndTime: timeAs(given.EndTime, EndTime) };
    return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) as Partial<ScheduledActionProperties>;
  },
  // One that ran its last time is gone by itself, and so are those of a group that is gone.
  delete(aws, name, { AutoScalingGroupName: group }) {
    if (describeAction(aws, name, group)) aws.autoscaling.DeleteScheduledAction({ AutoScalingGroupName: group, ScheduledActionName: name });
  },
  attributes: (_aws, name) => ({ ScheduledActionName: name }),
});

function describeAction(aws: Aws, name: string, group: string): AutoscalingTypes.ScheduledUpdateGroupAction | undefined {
  if (!describeGroup(aws, group)) return undefined;
  return aws.autoscaling.DescribeScheduledActions({ AutoScalingGroupName: group, ScheduledActionNames: [name] }).ScheduledUpdateGroupActions?.[0];
}

/** The same time may be written in several ways. */
function timeAs(given: string | undefined, live: Date | undefined): string | undefined {
  return given !== undefined && live !== undefined && new Date(given).getTime() === live.getTime() ? given : live?.toISOString();
}

function schedule(aws: Aws, name: string, { StartTime, EndTime, ...rest }: ScheduledActionProperties): void {
  aws.autoscaling.PutScheduledUpdateGroupAction({
    ...rest,
    ScheduledActionName: name,
    ...(StartTime === undefined ? {} : { StartTime: new Date(StartTime) }),
    ...(EndTime === undefined ? {} : { EndTime: new Date(EndTime) }),
  });
}

export interface LifecycleHookProperties extends Given<Omit<AutoscalingTypes.PutLifecycleHookType, "LifecycleHookName" | "LifecycleTransition">> {
  readonly LifecycleHookName?: string;
  readonly LifecycleTransition: string;
}

const HOOK = "AWS::AutoScaling::LifecycleHook";

export const lifecycleHook = resourceType<LifecycleHookProperties>(HOOK, ["LifecycleHookName", "AutoScalingGroupName", "LifecycleTransition", "HeartbeatTimeout", "DefaultResult", "NotificationMetadata", "NotificationTargetARN", "RoleARN"], {
  create(aws, properties, request) {
    const name = properties.LifecycleHookName ?? request.physicalName(255);
    if (describeHook(aws, name, properties.AutoScalingGroupName)) throw alreadyExists(HOOK, `${properties.AutoScalingGroupName}|${name}`);
    aws.autoscaling.PutLifecycleHook({ ...properties, LifecycleHookName: name });
    return name;
  },
  // PutLifecycleHook keeps what it isn't given; of what the template no longer has, the default is given.
  update(aws, name, next, previous) {
    const emptied = previous.NotificationTargetARN !== undefined && next.NotificationTargetARN === undefined ? { NotificationTargetARN: "" } : {};
    aws.autoscaling.PutLifecycleHook({ HeartbeatTimeout: 3600, DefaultResult: "ABANDON", ...emptied, ...next, LifecycleHookName: name });
  },
  read(aws, name, { AutoScalingGroupName }) {
    const found = describeHook(aws, name, AutoScalingGroupName);
    if (!found) return undefined;
    const { GlobalTimeout: _timeout, ...told } = found;
    return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) as Partial<LifecycleHookProperties>;
  },
  delete(aws, name, { AutoScalingGroupName: group }) {
    if (describeHook(aws, name, group)) aws.autoscaling.DeleteLifecycleHook({ AutoScalingGroupName: group, LifecycleHookName: name });
  },
});

function describeHook(aws: Aws, name: string, group: string): AutoscalingTypes.LifecycleHook | undefined {
  if (!describeGroup(aws, group)) return undefined;
  return aws.autoscaling.DescribeLifecycleHooks({ AutoScalingGroupName: group, LifecycleHookNames: [name] }).LifecycleHooks?.[0];
}

function describeGroup(aws: Aws, name: string): AutoscalingTypes.AutoScalingGroup | undefined {
  return aws.autoscaling.DescribeAutoScalingGroups({ AutoScalingGroupNames: [name], IncludeInstances: false }).AutoScalingGroups[0];
}
