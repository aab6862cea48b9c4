/** Groups and instances as the API shows them. */
import type { AutoscalingTypes } from "@hakoniwa/wire";
import type { Group, LaunchSource, Member, TemplateSource } from "./state.js";
import { isTargetGroup } from "./traffic-sources.js";

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
    LoadBalancerNames: group.trafficSources.filter((source) => !isTargetGroup(source)),
    TargetGroupARNs: group.trafficSources.filter(isTargetGroup),
    HealthCheckType: group.healthCheckType,
    HealthCheckGracePeriod: group.gracePeriod,
    Instances: members.map(showInstance),
    CreatedTime: new Date(group.created),
    SuspendedProcesses: group.suspended.map(({ process, at }) => ({ ProcessName: process, SuspensionReason: `User suspended at ${new Date(at).toISOString().replace(/\.\d+Z$/, "Z")}` })),
    VPCZoneIdentifier: group.bySubnet ? group.subnets.map((s) => s.id).join(",") : "",
    PlacementGroup: group.placementGroup,
    MaxInstanceLifetime: group.maxInstanceLifetime,
    DefaultInstanceWarmup: group.defaultInstanceWarmup,
    InstanceMaintenancePolicy: group.maintenance && { MinHealthyPercentage: group.maintenance.min, MaxHealthyPercentage: group.maintenance.max },
    AvailabilityZoneDistribution: { CapacityDistributionStrategy: group.distribution },
    DeletionProtection: group.deletionProtection,
    EnabledMetrics: group.metrics.map((Metric) => ({ Metric, Granularity: "1Minute" })),
    Status: group.deleting ? "Delete in progress" : undefined,
    Tags: showTags(group),
    TerminationPolicies: group.terminationPolicies,
    NewInstancesProtectedFromScaleIn: group.protectNew,
    ServiceLinkedRoleARN: group.serviceLinkedRoleArn,
    CapacityRebalance: group.capacityRebalance,
    TrafficSources: group.trafficSources.map((source) => ({ Identifier: source, Type: isTargetGroup(source) ? "elbv2" : "elb" })),
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

function showLaunch(launch: LaunchSource): Pick<AutoscalingTypes.AutoScalingGroup, "LaunchConfigurationName" | "LaunchTemplate" | "MixedInstancesPolicy"> {
  if (launch.kind === "configuration") return { LaunchConfigurationName: launch.name };
  if (launch.kind === "template") return { LaunchTemplate: showTemplate(launch) };
  return {
    MixedInstancesPolicy: {
      LaunchTemplate: {
        LaunchTemplateSpecification: showTemplate(launch),
        Overrides: launch.overrides.map(({ instanceType, template }) => ({ InstanceType: instanceType, ...(template ? { LaunchTemplateSpecification: showTemplate(template) } : {}) })),
      },
      // https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstancesDistribution.html: the defaults are shown too.
      InstancesDistribution: {
        OnDemandAllocationStrategy: "prioritized",
        OnDemandBaseCapacity: 0,
        OnDemandPercentageAboveBaseCapacity: 100,
        SpotAllocationStrategy: "lowest-price",
        ...launch.distribution,
      },
    },
  };
}

function showTemplate({ id, name, version }: TemplateSource): AutoscalingTypes.LaunchTemplateSpecification {
  return { LaunchTemplateId: id, LaunchTemplateName: name, Version: version };
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
