/** Who may do what: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html */
import type { Access } from "@hakoniwa/kernel";
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

export function onLaunchConfiguration(operation: string) {
  return (input: { readonly LaunchConfigurationName: string }, asked: Asked): Access => ({
    action: `autoscaling:${operation}`,
    resources: [`arn:aws:autoscaling:${asked.region}:${asked.account}:launchConfiguration:*:launchConfigurationName/${input.LaunchConfigurationName}`],
  });
}
