/** What a launch asks to be allowed: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances */
import type { Access } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import { passProfile } from "../access.js";
import type { Asked } from "../define.js";
import { nameOrArn } from "./profile-associations.js";
import { computeArn } from "./taggable.js";

/** What a launch touches, from the request and from its launch template alike, and the role that it hands over. */
export function launchAccess(input: Ec2Types.RunInstancesRequest, asked: Asked): readonly Access[] {
  const { LaunchTemplateId, LaunchTemplateName, Version = "$Default" } = input.LaunchTemplate ?? {};
  const named = LaunchTemplateId ?? LaunchTemplateName;
  const template = named === undefined ? undefined : asked.facts.ec2.launchTemplate(named, Version);
  const data = template?.data;
  const interfaces = input.NetworkInterfaces ?? data?.NetworkInterfaces ?? [];
  const type = input.InstanceType ?? data?.InstanceType;
  const key = input.KeyName ?? data?.KeyName;
  const image = imageOf(asked, input.ImageId ?? data?.ImageId);
  const placement = placementGroup(asked, input.Placement ?? data?.Placement);
  const devices = input.BlockDeviceMappings ?? data?.BlockDeviceMappings ?? [];
  const existing = interfaces.flatMap((each) => each.NetworkInterfaceId ?? []);
  const arn = (kind: Ec2Types.ResourceType, id: string): string => computeArn(asked, kind, id);
  const touched = [
    ...(image === undefined ? [] : [`arn:aws:ec2:${asked.region}::image/${image}`]),
    arn("volume", "*"),
    ...devices.flatMap((device) => (device.Ebs?.SnapshotId === undefined ? [] : [arn("snapshot", device.Ebs.SnapshotId)])),
    ...orAny(existing).map((id) => arn("network-interface", id)),
    ...networkOf(asked, input, data, interfaces),
    ...(key === undefined ? [] : [arn("key-pair", key)]),
    ...(placement === undefined ? [] : [arn("placement-group", placement)]),
  ];
  // The instance's own keys are not the image's or the subnet's.
  const instance = type === undefined ? {} : { conditions: { "ec2:InstanceType": type } };
  const run = (resources: readonly string[]): Access => ({ action: "ec2:RunInstances", resources });
  return [
    { ...run([arn("instance", "*")]), ...instance },
    run(touched),
    ...(template ? [run([arn("launch-template", template.id)])] : []),
    ...passProfile(asked, nameOrArn(input.IamInstanceProfile ?? data?.IamInstanceProfile)),
  ];
}

type Launch = Pick<Ec2Types.RequestLaunchTemplateData, "SecurityGroupIds" | "SecurityGroups" | "Placement">;

/** The subnets and groups that are named, by id or by name; else those that a launch takes without being told. */
function networkOf(
  asked: Asked,
  input: Ec2Types.RunInstancesRequest,
  data: Launch | undefined,
  interfaces: readonly Ec2Types.InstanceNetworkInterfaceSpecification[],
): readonly string[] {
  const { ec2 } = asked.facts;
  const made = interfaces.filter((each) => each.NetworkInterfaceId === undefined);
  const subnetOf = (each: Ec2Types.InstanceNetworkInterfaceSpecification) => each.SubnetId ?? (each.NetworkInterfaceId && ec2.networkInterface(each.NetworkInterfaceId)?.subnetId);
  const named = [input.SubnetId, ...interfaces.map(subnetOf)].flatMap((id) => id || []);
  const zone = input.Placement?.AvailabilityZone ?? data?.Placement?.AvailabilityZone;
  const subnets = named.length > 0 ? named : orAny(ec2.defaultSubnet(zone)?.id);
  const names = input.SecurityGroups ?? data?.SecurityGroups ?? [];
  const ids = [...(input.SecurityGroupIds ?? data?.SecurityGroupIds ?? []), ...made.flatMap((each) => each.Groups ?? []), ...names.map((name) => ec2.named("security-group", name) ?? "*")];
  const vpc = ec2.subnet(subnets[0] ?? "")?.vpcId;
  const silent = interfaces.length === 0 ? ids.length === 0 : made.some((each) => !each.Groups?.length);
  const groups = silent ? [...ids, ...orAny(vpc && ec2.defaultSecurityGroup(vpc))] : ids;
  return [...subnets.map((id) => computeArn(asked, "subnet", id)), ...groups.map((id) => computeArn(asked, "security-group", id))];
}

/** What stands for a resource that is made, or that isn't there. */
function orAny(ids: string | readonly string[] | undefined): readonly string[] {
  const given = typeof ids === "string" ? [ids] : (ids ?? []);
  return given.length === 0 ? ["*"] : given;
}

/** `resolve:ssm:NAME` stands for the image that a parameter names. */
function imageOf(asked: Asked, given: string | undefined): string | undefined {
  const name = given === undefined ? undefined : /^resolve:ssm:(.+)$/.exec(given)?.[1];
  return name === undefined ? given : (asked.facts.ssm.parameter(name)?.value ?? "*");
}

function placementGroup(asked: Asked, placement: Ec2Types.Placement | undefined): string | undefined {
  if (!placement?.GroupId) return placement?.GroupName || undefined;
  return asked.facts.ec2.named("placement-group", placement.GroupId) ?? "*";
}
