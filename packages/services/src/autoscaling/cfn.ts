/**
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-autoscaling-launchconfiguration.html,
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-autoscaling-scalingpolicy.html,
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-autoscaling-scheduledaction.html and
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-autoscaling-lifecyclehook.html
 */
import { resource } from "@hakoniwa/cloudformation";
import type { Aws, AutoscalingTypes } from "@hakoniwa/wire";
import type { Given } from "./cfn-group-settings.js";

export interface LaunchConfigurationProperties
  extends Given<Omit<AutoscalingTypes.CreateLaunchConfigurationType, "LaunchConfigurationName" | "InstanceMonitoring" | "RamdiskId">> {
  readonly LaunchConfigurationName?: string;
  readonly InstanceMonitoring?: boolean;
  readonly RamDiskId?: string;
}

export const launchConfiguration = resource<LaunchConfigurationProperties>("AWS::AutoScaling::LaunchConfiguration", {
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
  delete(aws, name) {
    const { LaunchConfigurations: found } = aws.autoscaling.DescribeLaunchConfigurations({ LaunchConfigurationNames: [name] });
    if (found?.length) aws.autoscaling.DeleteLaunchConfiguration({ LaunchConfigurationName: name });
  },
});

/** The policy's ARN is its physical id, which an alarm's actions take by `Ref`. */
export interface ScalingPolicyProperties extends Given<Omit<AutoscalingTypes.PutScalingPolicyType, "PolicyName" | "Cooldown" | "Enabled" | "MinAdjustmentStep">> {
  /** Text in the resource type. */
  readonly Cooldown?: string;
}

export const scalingPolicy = resource<ScalingPolicyProperties>("AWS::AutoScaling::ScalingPolicy", {
  create: (aws, properties, request) => put(aws, request.physicalName(255), properties),
  update: (aws, arn, next) => void put(aws, policyName(arn), next),
  delete(aws, arn, { AutoScalingGroupName }) {
    if (describePolicy(aws, arn)) aws.autoscaling.DeletePolicy({ AutoScalingGroupName, PolicyName: arn });
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

export const scheduledAction = resource<ScheduledActionProperties>("AWS::AutoScaling::ScheduledAction", {
  create(aws, properties, request) {
    const name = request.physicalName(255);
    schedule(aws, name, properties);
    return name;
  },
  update: (aws, name, next) => schedule(aws, name, next),
  // One that ran its last time is gone by itself, and so are those of a group that is gone.
  delete(aws, name, { AutoScalingGroupName: group }) {
    if (!describeGroup(aws, group)) return;
    const { ScheduledUpdateGroupActions: found } = aws.autoscaling.DescribeScheduledActions({ AutoScalingGroupName: group, ScheduledActionNames: [name] });
    if (found?.length) aws.autoscaling.DeleteScheduledAction({ AutoScalingGroupName: group, ScheduledActionName: name });
  },
  attributes: (_aws, name) => ({ ScheduledActionName: name }),
});

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

export const lifecycleHook = resource<LifecycleHookProperties>("AWS::AutoScaling::LifecycleHook", {
  create(aws, properties, request) {
    const name = properties.LifecycleHookName ?? request.physicalName(255);
    aws.autoscaling.PutLifecycleHook({ ...properties, LifecycleHookName: name });
    return name;
  },
  update: (aws, name, next) => void aws.autoscaling.PutLifecycleHook({ ...next, LifecycleHookName: name }),
  delete(aws, name, { AutoScalingGroupName: group }) {
    if (!describeGroup(aws, group)) return;
    const { LifecycleHooks: found } = aws.autoscaling.DescribeLifecycleHooks({ AutoScalingGroupName: group, LifecycleHookNames: [name] });
    if (found?.length) aws.autoscaling.DeleteLifecycleHook({ AutoScalingGroupName: group, LifecycleHookName: name });
  },
});

function describeGroup(aws: Aws, name: string): AutoscalingTypes.AutoScalingGroup | undefined {
  return aws.autoscaling.DescribeAutoScalingGroups({ AutoScalingGroupNames: [name], IncludeInstances: false }).AutoScalingGroups[0];
}
