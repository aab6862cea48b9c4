import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ec2Types } from "@hakoniwa/wire";
import { createTestCloud, type TestCloud } from "../testing.js";
import { publicImageParameters } from "./image-catalogue.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const IMAGE = publicImageParameters("ap-northeast-1").get("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")!;
const one = (input: Partial<Ec2Types.RunInstancesRequest> = {}): Ec2Types.RunInstancesRequest => ({ ImageId: IMAGE, InstanceType: "t2.micro", MinCount: 1, MaxCount: 1, ...input });

async function network(): Promise<{ readonly vpcId: string; readonly subnetId: string; readonly groupId: string }> {
  const { Vpc } = await cloud.aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" });
  const vpcId = Vpc!.VpcId!;
  const { Subnet } = await cloud.aws.ec2.CreateSubnet({ VpcId: vpcId, CidrBlock: "10.0.1.0/24", AvailabilityZone: "ap-northeast-1a" });
  const { GroupId } = await cloud.aws.ec2.CreateSecurityGroup({ VpcId: vpcId, GroupName: "web", Description: "web" });
  return { vpcId, subnetId: Subnet!.SubnetId!, groupId: GroupId! };
}

describe("RunInstances", () => {
  test("puts an instance into the private subnet with its group (S4-21)", async () => {
    const { vpcId, subnetId, groupId } = await network();
    const { Instances, OwnerId } = await cloud.aws.ec2.RunInstances(one({ SubnetId: subnetId, SecurityGroupIds: [groupId] }));
    expect(OwnerId).toBe("123456789012");
    expect(Instances).toMatchObject([
      { VpcId: vpcId, SubnetId: subnetId, PrivateIpAddress: "10.0.1.4", SecurityGroups: [{ GroupId: groupId, GroupName: "web" }], SourceDestCheck: true, PublicDnsName: "", Placement: { Tenancy: "default" } },
    ]);
    expect(Instances![0]!.PublicIpAddress).toBeUndefined();
  });

  test("gives a public address where the interface asks for one", async () => {
    const { subnetId, groupId } = await network();
    const { Instances } = await cloud.aws.ec2.RunInstances(one({ NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: subnetId, Groups: [groupId], AssociatePublicIpAddress: true }] }));
    expect(Instances![0]!.NetworkInterfaces).toMatchObject([{ Association: { IpOwnerId: "amazon", PublicIp: expect.stringMatching(/^198\./) }, Groups: [{ GroupId: groupId }] }]);
  });

  test("launches a NAT instance from the newest amzn nat image, whose source check can be turned off (S4-13, S4-18)", async () => {
    const { Images } = await cloud.aws.ec2.DescribeImages({ Owners: ["amazon"], Filters: [{ Name: "name", Values: ["amzn-ami-vpc-nat-*"] }] });
    expect(Images).toMatchObject([{ Name: expect.stringMatching(/^amzn-ami-vpc-nat-2018\.03.*-x86_64-ebs$/), ImageOwnerAlias: "amazon", Public: true }]);
    const { Instances } = await cloud.aws.ec2.RunInstances(one({ ImageId: Images![0]!.ImageId!, InstanceType: "t1.micro" }));
    const id = Instances![0]!.InstanceId!;
    await cloud.aws.ec2.ModifyInstanceAttribute({ InstanceId: id, SourceDestCheck: { Value: false } });
    expect(await cloud.aws.ec2.DescribeInstanceAttribute({ InstanceId: id, Attribute: "sourceDestCheck" })).toEqual({ InstanceId: id, SourceDestCheck: { Value: false } });
  });

  test("launches with dedicated tenancy (S2-11)", async () => {
    const { Instances } = await cloud.aws.ec2.RunInstances(one({ Placement: { Tenancy: "dedicated" } }));
    expect(Instances![0]!.Placement!.Tenancy).toBe("dedicated");
  });

  test("launches several at once in one reservation, each with its own address", async () => {
    const { Instances } = await cloud.aws.ec2.RunInstances(one({ MaxCount: 3 }));
    expect(Instances!.map((each) => each.AmiLaunchIndex)).toEqual([0, 1, 2]);
    expect(new Set(Instances!.map((each) => each.PrivateIpAddress)).size).toBe(3);
  });

  test("launches once for one client token, and refuses it for another request", async () => {
    const first = await cloud.aws.ec2.RunInstances(one({ ClientToken: "once" }));
    const again = await cloud.aws.ec2.RunInstances(one({ ClientToken: "once" }));
    expect(again.Instances![0]!.InstanceId).toBe(first.Instances![0]!.InstanceId);
    await expect(cloud.aws.ec2.RunInstances(one({ ClientToken: "once", InstanceType: "t3.nano" }))).rejects.toMatchObject({ code: "IdempotentParameterMismatch" });
    expect((await cloud.aws.ec2.DescribeInstances({})).Reservations).toHaveLength(1);
  });

  test("tags the instance, its volume and its interface", async () => {
    const tagged = (ResourceType: Ec2Types.ResourceType) => ({ ResourceType, Tags: [{ Key: "Name", Value: ResourceType }] });
    await cloud.aws.ec2.RunInstances(one({ TagSpecifications: [tagged("instance"), tagged("volume"), tagged("network-interface")] }));
    const { Tags } = await cloud.aws.ec2.DescribeTags({ Filters: [{ Name: "key", Values: ["Name"] }] });
    expect(new Set(Tags!.map((tag) => `${tag.ResourceType}=${tag.Value}`))).toEqual(new Set(["instance=instance", "network-interface=network-interface", "volume=volume"]));
  });

  test.each<[string, Partial<Ec2Types.RunInstancesRequest>, string]>([
    ["an unknown image", { ImageId: "ami-00000000000000000" }, "InvalidAMIID.NotFound"],
    ["what is no image id", { ImageId: "nonsense" }, "InvalidAMIID.Malformed"],
    ["no image", { ImageId: undefined }, "MissingParameter"],
    ["an unknown type", { InstanceType: "z9.huge" as "t2.micro" }, "InvalidParameterValue"],
    ["an unknown key", { KeyName: "nobody" }, "InvalidKeyPair.NotFound"],
    ["an unknown subnet", { SubnetId: "subnet-00000000000000000" }, "InvalidSubnetID.NotFound"],
    ["an unknown group", { SecurityGroupIds: ["sg-00000000000000000"] }, "InvalidGroup.NotFound"],
    ["user data that is no base64", { UserData: "#!/bin/sh" }, "InvalidUserData.Malformed"],
    ["user data of more than 16 kB", { UserData: Buffer.alloc(16_385).toString("base64") }, "InvalidParameterValue"],
    ["no instances", { MinCount: 0, MaxCount: 0 }, "InvalidParameterValue"],
    ["fewer at most than at least", { MinCount: 2, MaxCount: 1 }, "InvalidParameterValue"],
    ["an unknown profile", { IamInstanceProfile: { Name: "nobody" } }, "InvalidParameterValue"],
    ["tags for what it does not make", { TagSpecifications: [{ ResourceType: "vpc", Tags: [] }] }, "InvalidParameterValue"],
    ["AWS's own tags from a user", { TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "aws:x", Value: "" }] }] }, "InvalidParameterValue"],
    ["groups beside interfaces", { SecurityGroupIds: ["sg-1"], NetworkInterfaces: [{ DeviceIndex: 0 }] }, "InvalidParameterCombination"],
    ["a root volume smaller than the image", { BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: 1 } }] }, "InvalidBlockDeviceMapping"],
    ["an instance store, which we lack", { BlockDeviceMappings: [{ DeviceName: "/dev/sdf", VirtualName: "ephemeral0" }] }, "NotImplemented"],
    ["spot instances, which we lack", { InstanceMarketOptions: { MarketType: "spot" } }, "NotImplemented"],
  ])("refuses %s and leaves nothing behind", async (_name, input, code) => {
    await expect(cloud.aws.ec2.RunInstances(one(input))).rejects.toMatchObject({ code });
    expect((await cloud.aws.ec2.DescribeInstances({})).Reservations).toEqual([]);
    expect((await cloud.aws.ec2.DescribeNetworkInterfaces({})).NetworkInterfaces).toEqual([]);
    expect((await cloud.aws.ec2.DescribeVolumes({})).Volumes).toEqual([]);
    expect((await cloud.aws.ec2.DescribeTags({})).Tags).toEqual([]);
  });

  test("answers a dry run without launching", async () => {
    await expect(cloud.aws.ec2.RunInstances(one({ DryRun: true }))).rejects.toMatchObject({ code: "DryRunOperation" });
  });
});

describe("a launch template", () => {
  test("launches by its default version, and the request's own members win", async () => {
    const { LaunchTemplate } = await cloud.aws.ec2.CreateLaunchTemplate({
      LaunchTemplateName: "web",
      LaunchTemplateData: { ImageId: IMAGE, InstanceType: "t3.small", TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Name", Value: "web" }, { Key: "env", Value: "test" }] }] },
    });
    const id = LaunchTemplate!.LaunchTemplateId!;
    const byTemplate = await cloud.aws.ec2.RunInstances({ MinCount: 1, MaxCount: 1, LaunchTemplate: { LaunchTemplateName: "web" } });
    expect(byTemplate.Instances).toMatchObject([{ InstanceType: "t3.small" }]);
    const own = await cloud.aws.ec2.RunInstances({ MinCount: 1, MaxCount: 1, LaunchTemplate: { LaunchTemplateId: id, Version: "$Latest" }, InstanceType: "t3.nano", TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Name", Value: "mine" }] }] });
    expect(own.Instances).toMatchObject([{ InstanceType: "t3.nano", Tags: [{ Key: "env", Value: "test" }, { Key: "Name", Value: "mine" }] }]);
  });

  test("has versions: a new one takes over what it does not give, and the default is moved by hand", async () => {
    await cloud.aws.ec2.CreateLaunchTemplate({ LaunchTemplateName: "web", LaunchTemplateData: { ImageId: IMAGE, InstanceType: "t3.small" } });
    const { LaunchTemplateVersion } = await cloud.aws.ec2.CreateLaunchTemplateVersion({ LaunchTemplateName: "web", SourceVersion: "1", LaunchTemplateData: { InstanceType: "t3.large" } });
    expect(LaunchTemplateVersion).toMatchObject({ VersionNumber: 2, DefaultVersion: false, LaunchTemplateData: { ImageId: IMAGE, InstanceType: "t3.large" } });
    await cloud.aws.ec2.ModifyLaunchTemplate({ LaunchTemplateName: "web", DefaultVersion: "2" });
    expect((await cloud.aws.ec2.DescribeLaunchTemplates({ LaunchTemplateNames: ["web"] })).LaunchTemplates).toMatchObject([{ DefaultVersionNumber: 2, LatestVersionNumber: 2 }]);
    const versions = await cloud.aws.ec2.DescribeLaunchTemplateVersions({ LaunchTemplateName: "web" });
    expect(versions.LaunchTemplateVersions!.map((each) => each.VersionNumber)).toEqual([2, 1]);
    await cloud.aws.ec2.DeleteLaunchTemplate({ LaunchTemplateName: "web" });
    await expect(cloud.aws.ec2.DescribeLaunchTemplates({ LaunchTemplateNames: ["web"] })).rejects.toMatchObject({ code: "InvalidLaunchTemplateName.NotFoundException" });
  });
});
