/** What a launch asks to be allowed: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances */
import type { Access } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import type { Asked } from "../define.js";
import { passRole } from "./profile-associations.js";
import { computeArn } from "./taggable.js";

/** What a launch touches, from the request and from its launch template alike, and the role that it hands over. */
export function launchAccess(input: Ec2Types.RunInstancesRequest, asked: Asked): readonly Access[] {
  const { LaunchTemplateId, LaunchTemplateName, Version = "$Default" } = input.LaunchTemplate ?? {};
  const named = LaunchTemplateId ?? LaunchTemplateName;
  const template = named === undefined ? undefined : asked.facts.ec2.launchTemplate(named, Version);
  const data = template?.data;
  const interfaces = input.NetworkInterfaces ?? data?.NetworkInterfaces ?? [];
  const groups = [...(input.SecurityGroupIds ?? data?.SecurityGroupIds ?? []), ...interfaces.flatMap((each) => each.Groups ?? [])];
  const subnets = [input.SubnetId, ...interfaces.map((each) => each.SubnetId)].filter((id) => id !== undefined);
  const image = input.ImageId ?? data?.ImageId;
  const type = input.InstanceType ?? data?.InstanceType;
  const key = input.KeyName ?? data?.KeyName;
  const arn = (kind: Ec2Types.ResourceType, id: string): string => computeArn(asked, kind, id);
  const touched = [
    ...(image === undefined ? [] : [`arn:aws:ec2:${asked.region}::image/${image}`]),
    arn("volume", "*"),
    arn("network-interface", "*"),
    ...(subnets.length === 0 ? [arn("subnet", "*")] : subnets.map((id) => arn("subnet", id))),
    ...(groups.length === 0 ? [arn("security-group", "*")] : groups.map((id) => arn("security-group", id))),
    ...(key === undefined ? [] : [arn("key-pair", key)]),
  ];
  // The instance's own keys are not the image's or the subnet's.
  const instance = type === undefined ? {} : { conditions: { "ec2:InstanceType": type } };
  const run = (resources: readonly string[]): Access => ({ action: "ec2:RunInstances", resources });
  const profile = input.IamInstanceProfile ?? data?.IamInstanceProfile;
  return [
    { ...run([arn("instance", "*")]), ...instance },
    run(touched),
    ...(template ? [run([arn("launch-template", template.id)])] : []),
    ...passRole(profile, asked),
  ];
}
