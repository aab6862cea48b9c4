import { createPrivateKey } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const AMI = "{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}";

const template = (change: { readonly web?: object; readonly template?: object } = {}): string =>
  JSON.stringify({
    Resources: {
      Key: { Type: "AWS::EC2::KeyPair", Properties: { KeyName: "key-hello-test" } },
      Template: {
        Type: "AWS::EC2::LaunchTemplate",
        Properties: { LaunchTemplateData: { ImageId: AMI, InstanceType: "t3.micro", KeyName: { Ref: "Key" }, ...change.template } },
      },
      Web: {
        Type: "AWS::EC2::Instance",
        Properties: {
          LaunchTemplate: { LaunchTemplateId: { Ref: "Template" }, Version: { "Fn::GetAtt": ["Template", "LatestVersionNumber"] } },
          UserData: { "Fn::Base64": "#!/bin/sh\necho hello!\n" },
          SourceDestCheck: false,
          Tags: [{ Key: "Name", Value: "web" }],
          ...change.web,
        },
      },
      Disk: { Type: "AWS::EC2::Volume", Properties: { AvailabilityZone: "ap-northeast-1a", Size: "10", VolumeType: "gp3" } },
    },
    Outputs: { Ip: { Value: { "Fn::GetAtt": ["Web", "PrivateIp"] } }, KeyId: { Value: { "Fn::GetAtt": ["Key", "KeyPairId"] } }, Web: { Value: { Ref: "Web" } } },
  });

async function stack() {
  return (await cloud.aws.cloudformation.DescribeStacks({ StackName: "hello" })).Stacks![0]!;
}

async function reasons(): Promise<string> {
  const { StackEvents } = await cloud.aws.cloudformation.DescribeStackEvents({ StackName: "hello" });
  return StackEvents!.map((event) => `${event.LogicalResourceId} ${event.ResourceStatus} ${event.ResourceStatusReason ?? ""}`).join("\n");
}

async function output(key: string): Promise<string> {
  return (await stack()).Outputs!.find((each) => each.OutputKey === key)!.OutputValue!;
}

test("a stack makes a key pair, a launch template and an instance that runs, and takes them away (S4-17, S4-21)", async () => {
  await cloud.aws.cloudformation.CreateStack({ StackName: "hello", TemplateBody: template() });
  await cloud.advance("1m");
  expect((await stack()).StackStatus, await reasons()).toBe("CREATE_COMPLETE");

  const id = await output("Web");
  const { Reservations } = await cloud.aws.ec2.DescribeInstances({ InstanceIds: [id] });
  const web = Reservations![0]!.Instances![0]!;
  expect(web).toMatchObject({ State: { Name: "running" }, KeyName: "key-hello-test", SourceDestCheck: false, PrivateIpAddress: await output("Ip") });
  expect(web.Tags).toEqual(expect.arrayContaining([{ Key: "Name", Value: "web" }, { Key: "aws:cloudformation:logical-id", Value: "Web" }]));
  expect((await cloud.aws.ec2.DescribeVolumes({ Filters: [{ Name: "status", Values: ["available"] }] })).Volumes).toMatchObject([{ Size: 10 }]);

  const name = `/ec2/keypair/${await output("KeyId")}`;
  const { Parameter } = await cloud.aws.ssm.GetParameter({ Name: name, WithDecryption: true });
  expect(createPrivateKey(Parameter!.Value!).type).toBe("private");

  await cloud.aws.cloudformation.DeleteStack({ StackName: "hello" });
  await cloud.advance("1m");
  expect((await cloud.aws.ec2.DescribeInstances({ InstanceIds: [id] })).Reservations![0]!.Instances).toMatchObject([{ State: { Name: "terminated" } }]);
  expect((await cloud.aws.ec2.DescribeKeyPairs({})).KeyPairs).toEqual([]);
  expect((await cloud.aws.ec2.DescribeLaunchTemplates({})).LaunchTemplates).toEqual([]);
  expect((await cloud.aws.ec2.DescribeVolumes({})).Volumes).toEqual([]);
  await expect(cloud.aws.ssm.GetParameter({ Name: name })).rejects.toMatchObject({ code: "ParameterNotFound" });
});

test("an update changes the source check and tags in place, and the template gets a new version", async () => {
  await cloud.aws.cloudformation.CreateStack({ StackName: "hello", TemplateBody: template() });
  await cloud.advance("1m");
  const id = await output("Web");
  const web = { SourceDestCheck: true, Tags: [{ Key: "role", Value: "web" }] };
  await cloud.aws.cloudformation.UpdateStack({ StackName: "hello", TemplateBody: template({ web }) });
  await cloud.advance("1m");
  expect((await stack()).StackStatus, await reasons()).toBe("UPDATE_COMPLETE");
  expect(await output("Web")).toBe(id);
  const found = (await cloud.aws.ec2.DescribeInstances({ InstanceIds: [id] })).Reservations![0]!.Instances![0]!;
  expect(found.SourceDestCheck).toBe(true);
  expect(found.Tags!.map((tag) => tag.Key)).toContain("role");
  expect(found.Tags!.map((tag) => tag.Key)).not.toContain("Name");

  await cloud.aws.cloudformation.UpdateStack({ StackName: "hello", TemplateBody: template({ web, template: { InstanceType: "t3.small" } }) });
  await cloud.advance("1m");
  expect((await cloud.aws.ec2.DescribeLaunchTemplates({})).LaunchTemplates, await reasons()).toMatchObject([{ LatestVersionNumber: 2, DefaultVersionNumber: 1 }]);
});

test("a stack whose instance can't start fails and rolls back", async () => {
  const remove = cloud.paper.workloads.remove.bind(cloud.paper.workloads);
  const refused = new Map<string, number>();
  const observe = cloud.paper.workloads.observe.bind(cloud.paper.workloads);
  Object.assign(cloud.paper.workloads, {
    async ensure(key: string, spec: { readonly boot: number }) {
      refused.set(key, spec.boot);
      throw new Error("no namespace");
    },
    observe: (key: string) => (refused.has(key) ? { state: "exited", boot: refused.get(key), reason: "no namespace" } : observe(key)),
    async remove(key: string) {
      refused.delete(key);
      await remove(key);
    },
  });
  await cloud.aws.cloudformation.CreateStack({ StackName: "hello", TemplateBody: template() });
  await cloud.advance("5m");
  expect((await stack()).StackStatus).toBe("ROLLBACK_COMPLETE");
  expect(await reasons()).toContain("no namespace");
});
