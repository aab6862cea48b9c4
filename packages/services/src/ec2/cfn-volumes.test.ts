import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const template = (change: { readonly disk?: object; readonly web?: object; readonly attachment?: object; readonly group?: object } = {}): string =>
  JSON.stringify({
    Resources: {
      Group: { Type: "AWS::EC2::PlacementGroup", Properties: { Strategy: "spread", Tags: [{ Key: "env", Value: "stg" }], ...change.group } },
      Web: {
        Type: "AWS::EC2::Instance",
        Properties: {
          ImageId: "{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}",
          InstanceType: "t3.micro",
          PlacementGroupName: { Ref: "Group" },
          CreditSpecification: { CPUCredits: "standard" },
          BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: 10 } }],
          ...change.web,
        },
      },
      Disk: { Type: "AWS::EC2::Volume", Properties: { AvailabilityZone: { "Fn::GetAtt": ["Web", "AvailabilityZone"] }, Size: 5, VolumeType: "gp3", ...change.disk } },
      Attachment: { Type: "AWS::EC2::VolumeAttachment", Properties: { Device: "/dev/sdf", InstanceId: { Ref: "Web" }, VolumeId: { Ref: "Disk" }, ...change.attachment } },
    },
    Outputs: { Web: { Value: { Ref: "Web" } }, Disk: { Value: { Ref: "Disk" } }, Group: { Value: { "Fn::GetAtt": ["Group", "GroupName"] } } },
  });

async function stack() {
  return (await cloud.aws.cloudformation.DescribeStacks({ StackName: "hello" })).Stacks![0]!;
}

async function outputs(): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries((await stack()).Outputs!.map((each) => [each.OutputKey!, each.OutputValue!]));
}

async function reasons(): Promise<string> {
  const { StackEvents } = await cloud.aws.cloudformation.DescribeStackEvents({ StackName: "hello" });
  return StackEvents!.map((event) => `${event.LogicalResourceId} ${event.ResourceStatus} ${event.ResourceStatusReason ?? ""}`).join("\n");
}

async function instance(id: string) {
  return (await cloud.aws.ec2.DescribeInstances({ InstanceIds: [id] })).Reservations![0]!.Instances![0]!;
}

async function create(): Promise<void> {
  await cloud.aws.cloudformation.CreateStack({ StackName: "hello", TemplateBody: template() });
  await cloud.advance("5m");
  expect((await stack()).StackStatus, await reasons()).toBe("CREATE_COMPLETE");
}

async function update(change: Parameters<typeof template>[0]): Promise<void> {
  await cloud.aws.cloudformation.UpdateStack({ StackName: "hello", TemplateBody: template(change) });
  await cloud.advance("10m");
}

test("a stack attaches a volume to its instance, and takes everything away in order", async () => {
  await create();
  const { Web, Disk, Group } = await outputs();
  expect((await cloud.aws.ec2.DescribeVolumes({ VolumeIds: [Disk!] })).Volumes).toMatchObject([{ State: "in-use", Attachments: [{ InstanceId: Web, State: "attached", Device: "/dev/sdf" }] }]);
  expect((await cloud.aws.ec2.DescribePlacementGroups({ GroupNames: [Group!] })).PlacementGroups).toMatchObject([{ Strategy: "spread", Tags: expect.arrayContaining([{ Key: "env", Value: "stg" }]) }]);
  expect((await cloud.aws.ec2.DescribeInstanceCreditSpecifications({ InstanceIds: [Web!] })).InstanceCreditSpecifications).toMatchObject([{ CpuCredits: "standard" }]);
  await cloud.aws.cloudformation.DeleteStack({ StackName: "hello" });
  await cloud.advance("10m");
  expect((await cloud.aws.ec2.DescribeVolumes({})).Volumes).toEqual([]);
  expect((await cloud.aws.ec2.DescribePlacementGroups({})).PlacementGroups).toEqual([]);
  expect(cloud.logs).toEqual([]);
});

test("an update changes volume and instance in place", async () => {
  await create();
  const before = await outputs();
  await update({ disk: { Size: 8 }, web: { CreditSpecification: { CPUCredits: "unlimited" }, Monitoring: true, MetadataOptions: { HttpTokens: "optional" } } });
  expect((await stack()).StackStatus, await reasons()).toBe("UPDATE_COMPLETE");
  expect(await outputs()).toEqual(before);
  expect((await cloud.aws.ec2.DescribeVolumes({ VolumeIds: [before["Disk"]!] })).Volumes).toMatchObject([{ Size: 8 }]);
  const { Reservations } = await cloud.aws.ec2.DescribeInstances({ InstanceIds: [before["Web"]!] });
  expect(Reservations![0]!.Instances).toMatchObject([{ Monitoring: { State: "enabled" }, MetadataOptions: { HttpTokens: "optional" } }]);
});

test("what can't be done fails the update, and the stack is as it was", async () => {
  await create();
  const before = await outputs();
  await update({ disk: { Size: 3 } });
  expect((await stack()).StackStatus, await reasons()).toBe("UPDATE_ROLLBACK_COMPLETE");
  expect(await reasons()).toContain("New size cannot be smaller than existing size");
  await update({ web: { InstanceType: "m6g.large" } });
  expect(await reasons()).toContain("does not match the architecture 'x86_64'");
  expect(await outputs()).toEqual(before);
  expect(await instance(before["Web"]!)).toMatchObject({ InstanceType: "t3.micro", State: { Name: "running" } });
});

test("another type or user data stops the instance and starts it again, and it stays the same instance", async () => {
  await create();
  const { Web } = await outputs();
  const was = await instance(Web!);
  const UserData = Buffer.from("#!/bin/sh\n").toString("base64");
  await update({ web: { InstanceType: "t3.small", UserData } });
  expect((await stack()).StackStatus, await reasons()).toBe("UPDATE_COMPLETE");
  const now = await instance(Web!);
  expect(now).toMatchObject({ InstanceType: "t3.small", State: { Name: "running" }, PrivateIpAddress: was.PrivateIpAddress });
  expect(now.LaunchTime!.getTime()).toBeGreaterThan(was.LaunchTime!.getTime());
  expect((await cloud.aws.ec2.DescribeInstanceAttribute({ InstanceId: Web!, Attribute: "userData" })).UserData).toEqual({ Value: UserData });
});
