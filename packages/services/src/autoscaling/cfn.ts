/**
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-autoscaling-autoscalinggroup.html and
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-autoscaling-launchconfiguration.html
 */
import { resource } from "@hakoniwa/cloudformation";
import type { Aws, AutoscalingTypes } from "@hakoniwa/wire";
import { refuseProperties } from "../not-implemented.js";

type Given<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> };

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

/** Numbers are text here, as in the resource type's schema. */
export interface AutoScalingGroupProperties {
  readonly AutoScalingGroupName?: string;
  readonly MinSize: string;
  readonly MaxSize: string;
  readonly DesiredCapacity?: string;
  readonly Cooldown?: string;
  readonly LaunchConfigurationName?: string;
  readonly LaunchTemplate?: AutoscalingTypes.LaunchTemplateSpecification;
  readonly AvailabilityZones?: readonly string[];
  readonly VPCZoneIdentifier?: readonly string[];
  readonly LoadBalancerNames?: readonly string[];
  readonly HealthCheckType?: string;
  readonly HealthCheckGracePeriod?: number;
  readonly TerminationPolicies?: readonly string[];
  readonly NewInstancesProtectedFromScaleIn?: boolean;
  readonly ServiceLinkedRoleARN?: string;
  readonly Tags?: readonly { readonly Key: string; readonly Value: string; readonly PropagateAtLaunch: boolean }[];
}

/** What the operations refuse, or the resource type alone has, is refused by name instead of being left out. */
const KNOWN: readonly string[] = [
  "AutoScalingGroupName",
  "MinSize",
  "MaxSize",
  "DesiredCapacity",
  "Cooldown",
  "LaunchConfigurationName",
  "LaunchTemplate",
  "AvailabilityZones",
  "VPCZoneIdentifier",
  "LoadBalancerNames",
  "HealthCheckType",
  "HealthCheckGracePeriod",
  "TerminationPolicies",
  "NewInstancesProtectedFromScaleIn",
  "ServiceLinkedRoleARN",
  "Tags",
];

export const autoScalingGroup = resource<AutoScalingGroupProperties>("AWS::AutoScaling::AutoScalingGroup", {
  create(aws, properties, request) {
    refuseProperties("AWS::AutoScaling::AutoScalingGroup", properties, KNOWN);
    const name = properties.AutoScalingGroupName ?? request.physicalName(255);
    aws.autoscaling.CreateAutoScalingGroup({
      ...settings(properties, name),
      MinSize: Number(properties.MinSize),
      MaxSize: Number(properties.MaxSize),
      LoadBalancerNames: properties.LoadBalancerNames,
      Tags: allTags(name, properties, request.tags),
    });
    return name;
  },

  update(aws, name, next, previous, request) {
    refuseProperties("AWS::AutoScaling::AutoScalingGroup", next, KNOWN);
    aws.autoscaling.UpdateAutoScalingGroup(settings(next, name));
    const before = previous.LoadBalancerNames ?? [];
    const after = next.LoadBalancerNames ?? [];
    const leaving = before.filter((balancer) => !after.includes(balancer));
    const fresh = after.filter((balancer) => !before.includes(balancer));
    if (leaving.length > 0) aws.autoscaling.DetachLoadBalancers({ AutoScalingGroupName: name, LoadBalancerNames: leaving });
    if (fresh.length > 0) aws.autoscaling.AttachLoadBalancers({ AutoScalingGroupName: name, LoadBalancerNames: fresh });
    const tags = allTags(name, next, request.tags);
    const gone = (describe(aws, name)?.Tags ?? []).filter((tag) => !tags.some((t) => t.Key === tag.Key));
    const named = gone.map((tag) => ({ ResourceId: name, ResourceType: "auto-scaling-group", Key: tag.Key ?? "" }));
    if (named.length > 0) aws.autoscaling.DeleteTags({ Tags: named });
    if (tags.length > 0) aws.autoscaling.CreateOrUpdateTags({ Tags: tags });
  },

  // CloudFormation ends a group's instances with it.
  delete(aws, name) {
    if (describe(aws, name)) aws.autoscaling.DeleteAutoScalingGroup({ AutoScalingGroupName: name, ForceDelete: true });
  },

  settled(aws, name) {
    const group = describe(aws, name);
    if (!group) return { failed: `The Auto Scaling group ${name} does not exist` };
    const serving = (group.Instances ?? []).filter((instance) => instance.LifecycleState === "InService").length;
    if (serving >= group.DesiredCapacity) return true;
    const [newest] = aws.autoscaling.DescribeScalingActivities({ AutoScalingGroupName: name, MaxRecords: 1 }).Activities ?? [];
    if (newest?.StatusCode !== "Failed") return false;
    const sizes = `{current/minimum/target group size} = {${serving}/${group.MinSize}/${group.DesiredCapacity}}`;
    return { failed: `Group did not stabilize. ${sizes}. Failed Scaling Activity: ${newest.StatusMessage ?? ""}` };
  },

  gone: (aws, name) => describe(aws, name) === undefined,

  attributes: (aws, name) => ({ AutoScalingGroupARN: describe(aws, name)?.AutoScalingGroupARN }),
});

function describe(aws: Aws, name: string): AutoscalingTypes.AutoScalingGroup | undefined {
  return aws.autoscaling.DescribeAutoScalingGroups({ AutoScalingGroupNames: [name] }).AutoScalingGroups[0];
}

function settings(properties: AutoScalingGroupProperties, name: string): AutoscalingTypes.UpdateAutoScalingGroupType {
  return {
    AutoScalingGroupName: name,
    LaunchConfigurationName: properties.LaunchConfigurationName,
    LaunchTemplate: properties.LaunchTemplate,
    MinSize: Number(properties.MinSize),
    MaxSize: Number(properties.MaxSize),
    DesiredCapacity: properties.DesiredCapacity === undefined ? undefined : Number(properties.DesiredCapacity),
    DefaultCooldown: properties.Cooldown === undefined ? undefined : Number(properties.Cooldown),
    AvailabilityZones: properties.AvailabilityZones,
    VPCZoneIdentifier: properties.VPCZoneIdentifier?.join(","),
    HealthCheckType: properties.HealthCheckType,
    HealthCheckGracePeriod: properties.HealthCheckGracePeriod,
    TerminationPolicies: properties.TerminationPolicies,
    NewInstancesProtectedFromScaleIn: properties.NewInstancesProtectedFromScaleIn,
    ServiceLinkedRoleARN: properties.ServiceLinkedRoleARN,
  };
}

/** CloudFormation propagates the stack's tags to the instances. */
function allTags(
  name: string,
  properties: AutoScalingGroupProperties,
  ofStack: readonly { readonly Key: string; readonly Value: string }[],
): readonly AutoscalingTypes.Tag[] {
  const tags = [...(properties.Tags ?? []), ...ofStack.map((tag) => ({ ...tag, PropagateAtLaunch: true }))];
  return tags.map((tag) => ({ ...tag, ResourceId: name, ResourceType: "auto-scaling-group" }));
}
