/** Who may do what: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html */
import type { Access } from "@hakoniwa/kernel";
import { passProfile } from "../access.js";
import type { Asked } from "../define.js";

/** The access that an operation on a group asks for. */
export function onGroup(operation: string) {
  return (input: { readonly AutoScalingGroupName?: string | undefined }, asked: Asked): Access => ({
    action: `autoscaling:${operation}`,
    resources: [`arn:aws:autoscaling:${asked.region}:${asked.account}:autoScalingGroup:*:autoScalingGroupName/${input.AutoScalingGroupName ?? "*"}`],
  });
}

export function onGroupOf(operation: string) {
  return (input: { readonly InstanceId?: string | undefined }, asked: Asked): Access =>
    onGroup(operation)({ AutoScalingGroupName: input.InstanceId && asked.facts.autoscaling.groupOf(input.InstanceId) }, asked);
}

type Template = { readonly LaunchTemplateId?: string | undefined; readonly LaunchTemplateName?: string | undefined; readonly Version?: string | undefined };

/** A group that launches from a template hands over the role that the template gives: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html */
export function onLaunchingGroup(operation: string) {
  return (input: { readonly AutoScalingGroupName: string; readonly LaunchTemplate?: Template | undefined }, asked: Asked): readonly Access[] => {
    const { LaunchTemplateId, LaunchTemplateName, Version = "$Default" } = input.LaunchTemplate ?? {};
    const named = LaunchTemplateId ?? LaunchTemplateName;
    const profile = named === undefined ? undefined : asked.facts.ec2.launchTemplate(named, Version)?.data.IamInstanceProfile;
    return [onGroup(operation)(input, asked), ...passProfile(asked, profile?.Arn ?? profile?.Name)];
  };
}

/** A launch configuration hands over the role of its profile. */
export function onNewLaunchConfiguration(input: { readonly LaunchConfigurationName: string; readonly IamInstanceProfile?: string | undefined }, asked: Asked): readonly Access[] {
  return [onLaunchConfiguration("CreateLaunchConfiguration")(input, asked), ...passProfile(asked, input.IamInstanceProfile)];
}

export function onLaunchConfiguration(operation: string) {
  return (input: { readonly LaunchConfigurationName: string }, asked: Asked): Access => ({
    action: `autoscaling:${operation}`,
    resources: [`arn:aws:autoscaling:${asked.region}:${asked.account}:launchConfiguration:*:launchConfigurationName/${input.LaunchConfigurationName}`],
  });
}

/** A policy may be named by its ARN alone, which names its group too. */
export function onPolicy(operation: string) {
  return (input: { readonly AutoScalingGroupName?: string | undefined; readonly PolicyName: string }, asked: Asked): Access => {
    const [, named] = /:autoScalingGroupName\/([^:]+):policyName\//.exec(String(input.PolicyName)) ?? [];
    return onGroup(operation)({ AutoScalingGroupName: input.AutoScalingGroupName ?? named }, asked);
  };
}
