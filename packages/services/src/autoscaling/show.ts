/** Groups and instances as the API shows them. */
import type { AutoscalingTypes } from "@hakoniwa/wire";
import type { Group, LaunchSource, Member } from "./state.js";

export function showGroup(group: Group, members: readonly Member[]): AutoscalingTypes.AutoScalingGroup {
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    ...showLaunch(group.launch),
    MinSize: group.min,
    MaxSize: group.max,
    DesiredCapacity: group.desired,
    DefaultCooldown: group.cooldown,
    AvailabilityZones: [...new Set(group.subnets.map((s) => s.availabilityZone))],
    LoadBalancerNames: group.loadBalancers,
    TargetGroupARNs: [],
    HealthCheckType: group.healthCheckType,
    HealthCheckGracePeriod: group.gracePeriod,
    Instances: members.map(showInstance),
    CreatedTime: new Date(group.created),
    SuspendedProcesses: group.suspended.map((name) => ({ ProcessName: name, SuspensionReason: "User suspended" })),
    VPCZoneIdentifier: group.bySubnet ? group.subnets.map((s) => s.id).join(",") : "",
    EnabledMetrics: [],
    Status: group.deleting ? "Delete in progress" : undefined,
    Tags: showTags(group),
    TerminationPolicies: group.terminationPolicies,
    NewInstancesProtectedFromScaleIn: group.protectNew,
    ServiceLinkedRoleARN: group.serviceLinkedRoleArn,
    CapacityRebalance: false,
    TrafficSources: group.loadBalancers.map((name) => ({ Identifier: name, Type: "elb" })),
  };
}

export function showTags(group: Group): readonly AutoscalingTypes.TagDescription[] {
  return group.tags.map((tag) => ({
    ResourceId: group.name,
    ResourceType: "auto-scaling-group",
    Key: tag.key,
    Value: tag.value,
    PropagateAtLaunch: tag.propagate,
  }));
}

function showLaunch(launch: LaunchSource): Pick<AutoscalingTypes.AutoScalingGroup, "LaunchConfigurationName" | "LaunchTemplate"> {
  if (launch.kind === "configuration") return { LaunchConfigurationName: launch.name };
  return { LaunchTemplate: { LaunchTemplateId: launch.id, LaunchTemplateName: launch.name, Version: launch.version } };
}

export function showInstance(member: Member): AutoscalingTypes.Instance {
  const { configuration, template } = member.launchedFrom;
  return {
    InstanceId: member.instanceId,
    InstanceType: member.instanceType,
    AvailabilityZone: member.availabilityZone,
    LifecycleState: member.lifecycle,
    HealthStatus: member.health,
    LaunchConfigurationName: configuration,
    LaunchTemplate: template && { LaunchTemplateId: template.id, LaunchTemplateName: template.name, Version: template.version },
    ImageId: member.imageId,
    ProtectedFromScaleIn: member.protectedFromScaleIn,
  };
}

/** DescribeAutoScalingInstances alone writes the health in capitals. */
export function showInstanceDetails(member: Member): AutoscalingTypes.AutoScalingInstanceDetails {
  return { ...showInstance(member), AutoScalingGroupName: member.group, HealthStatus: member.health.toUpperCase() };
}
