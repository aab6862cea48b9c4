import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";
import { publicImageParameters } from "./image-catalogue.js";

const IMAGE = publicImageParameters("ap-northeast-1").get("/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2")!;

let cloud: TestCloud;
let id: string;
beforeEach(async () => {
  cloud = await createTestCloud();
  const { Instances } = await cloud.aws.ec2.RunInstances({ ImageId: IMAGE, InstanceType: "t2.micro", MinCount: 1, MaxCount: 1 });
  id = Instances![0]!.InstanceId!;
  await cloud.advance("1s");
});
afterEach(() => cloud.close());

test("type and user data change only while the instance is stopped", async () => {
  const changes = [{ InstanceType: { Value: "t2.small" } }, { UserData: { Value: Buffer.from("#!/bin/sh\n") } }];
  for (const change of changes) await expect(cloud.aws.ec2.ModifyInstanceAttribute({ InstanceId: id, ...change })).rejects.toMatchObject({ code: "IncorrectInstanceState" });
  await cloud.aws.ec2.StopInstances({ InstanceIds: [id] });
  await cloud.advance("1s");
  for (const change of changes) await cloud.aws.ec2.ModifyInstanceAttribute({ InstanceId: id, ...change });
  expect(await cloud.aws.ec2.DescribeInstanceAttribute({ InstanceId: id, Attribute: "instanceType" })).toMatchObject({ InstanceType: { Value: "t2.small" } });
  expect(await cloud.aws.ec2.DescribeInstanceAttribute({ InstanceId: id, Attribute: "userData" })).toMatchObject({ UserData: { Value: Buffer.from("#!/bin/sh\n").toString("base64") } });
});

test("an attribute can be named the older way", async () => {
  await cloud.aws.ec2.ModifyInstanceAttribute({ InstanceId: id, Attribute: "instanceInitiatedShutdownBehavior", Value: "terminate" });
  expect(await cloud.aws.ec2.DescribeInstanceAttribute({ InstanceId: id, Attribute: "instanceInitiatedShutdownBehavior" })).toMatchObject({ InstanceInitiatedShutdownBehavior: { Value: "terminate" } });
  await expect(cloud.aws.ec2.ModifyInstanceAttribute({ InstanceId: id, Attribute: "sourceDestCheck", Value: "maybe" })).rejects.toMatchObject({ code: "InvalidParameterValue" });
});

test("the groups of an instance are its interface's", async () => {
  const { VpcId } = (await cloud.aws.ec2.DescribeInstances({})).Reservations![0]!.Instances![0]!;
  const { GroupId } = await cloud.aws.ec2.CreateSecurityGroup({ VpcId, GroupName: "web", Description: "web" });
  await cloud.aws.ec2.ModifyInstanceAttribute({ InstanceId: id, Groups: [GroupId!] });
  expect((await cloud.aws.ec2.DescribeInstances({ Filters: [{ Name: "instance.group-name", Values: ["web"] }] })).Reservations).toHaveLength(1);
});

test("the metadata options can require tokens", async () => {
  expect(await cloud.aws.ec2.ModifyInstanceMetadataOptions({ InstanceId: id, HttpTokens: "required", HttpPutResponseHopLimit: 3 })).toMatchObject({ InstanceMetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 3 } });
  await expect(cloud.aws.ec2.ModifyInstanceMetadataOptions({ InstanceId: id, HttpPutResponseHopLimit: 65 })).rejects.toMatchObject({ code: "InvalidParameterValue" });
});

test("the console of an instance is its own, and nobody's else", async () => {
  Object.assign(cloud.paper, { console: async () => Buffer.from("login:") });
  expect(await cloud.aws.ec2.GetConsoleOutput({ InstanceId: id })).toMatchObject({ InstanceId: id, Output: Buffer.from("login:").toString("base64") });
  await expect(cloud.aws.ec2.GetConsoleOutput({ InstanceId: "i-00000000000000000" })).rejects.toMatchObject({ code: "InvalidInstanceID.NotFound" });
});

test.each([
  ["i-00000000000000000", "InvalidInstanceID.NotFound"],
  ["nonsense", "InvalidInstanceID.Malformed"],
  ["i-0", "InvalidInstanceID.Malformed"],
])("%s is refused by every operation on instances", async (bad, code) => {
  const ids = { InstanceIds: [bad] };
  for (const call of [cloud.aws.ec2.DescribeInstances, cloud.aws.ec2.StartInstances, cloud.aws.ec2.StopInstances, cloud.aws.ec2.RebootInstances, cloud.aws.ec2.TerminateInstances]) {
    await expect(call(ids)).rejects.toMatchObject({ code });
  }
});
