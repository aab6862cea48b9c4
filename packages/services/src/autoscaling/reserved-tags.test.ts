/** An instance proves by its tags which stack's metadata it may read, so nobody but CloudFormation may set them: not by a detour either. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

const Key = "aws:cloudformation:stack-id";
const Tags = [{ Key, Value: "arn:of:another:stack", PropagateAtLaunch: true }];
let cloud: TestCloud;
let ImageId: string;
beforeEach(async () => {
  cloud = await createTestCloud();
  ImageId = (await cloud.aws.ec2.DescribeImages({ Owners: ["amazon"] })).Images![0]!.ImageId!;
});
afterEach(() => cloud.close());

const group = { AutoScalingGroupName: "g", MinSize: 0, MaxSize: 1, AvailabilityZones: ["ap-northeast-1a"], LaunchTemplate: { LaunchTemplateName: "web" } };

test("a group takes none of AWS's own tags for its instances", async () => {
  await cloud.aws.ec2.CreateLaunchTemplate({ LaunchTemplateName: "web", LaunchTemplateData: { ImageId, InstanceType: "t3.micro" } });
  await expect(cloud.aws.autoscaling.CreateAutoScalingGroup({ ...group, Tags })).rejects.toThrow("aws: prefixed tag key names are not allowed for external use.");
  await cloud.aws.autoscaling.CreateAutoScalingGroup(group);
  await expect(cloud.aws.autoscaling.CreateOrUpdateTags({ Tags: [{ ...Tags[0]!, ResourceId: "g", ResourceType: "auto-scaling-group" }] })).rejects.toThrow("aws: prefixed");
});

test("a launch template takes none", async () => {
  const LaunchTemplateData = { ImageId, TagSpecifications: [{ ResourceType: "instance" as const, Tags: [{ Key, Value: "x" }] }] };
  await expect(cloud.aws.ec2.CreateLaunchTemplate({ LaunchTemplateName: "web", LaunchTemplateData })).rejects.toThrow("Tag keys starting with 'aws:' are reserved");
});

test.each([
  ["AWS::AutoScaling::AutoScalingGroup", { MinSize: "0", MaxSize: "1", AvailabilityZones: ["ap-northeast-1a"], LaunchTemplate: { LaunchTemplateName: "web", Version: "1" }, Tags }],
  ["AWS::EC2::LaunchTemplate", { LaunchTemplateData: { TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key, Value: "x" }] }] } }],
  ["AWS::SNS::Topic", { Tags: [{ Key, Value: "x" }] }],
])("a template's %s takes none", async (Type, Properties) => {
  await cloud.aws.ec2.CreateLaunchTemplate({ LaunchTemplateName: "web", LaunchTemplateData: { ImageId, InstanceType: "t3.micro" } });
  await cloud.aws.cloudformation.CreateStack({ StackName: "s", TemplateBody: JSON.stringify({ Resources: { R: { Type, Properties } } }) });
  await cloud.settle();
  expect((await cloud.aws.cloudformation.DescribeStacks({ StackName: "s" })).Stacks![0]!.StackStatus).toBe("ROLLBACK_COMPLETE");
});
