/** As whom a stack acts: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html */
import type { Caller } from "@hakoniwa/kernel";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

const ACCOUNT = "123456789012";
let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const PARAMETER = JSON.stringify({ Resources: { P: { Type: "AWS::SSM::Parameter", Properties: { Name: "/made", Type: "String", Value: "x" } } } });

async function role(RoleName: string, Statement: object): Promise<string> {
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", ...Statement }] });
  const { Role } = await cloud.aws.iam.CreateRole({ RoleName, AssumeRolePolicyDocument });
  await cloud.aws.iam.AttachRolePolicy({ RoleName, PolicyArn: "arn:aws:iam::aws:policy/AmazonSSMFullAccess" });
  return Role.Arn;
}

async function statusOf(StackName: string): Promise<string | undefined> {
  await cloud.settle();
  return (await cloud.aws.cloudformation.DescribeStacks({ StackName })).Stacks![0]!.StackStatus;
}

test("a role that trusts CloudFormation makes the stack, one that trusts another service does not", async () => {
  const trusting = await role("stacks", { Principal: { Service: "cloudformation.amazonaws.com" } });
  const other = await role("instances", { Principal: { Service: "ec2.amazonaws.com" } });
  const condition = { Condition: { ArnLike: { "aws:SourceArn": "arn:aws:cloudformation:*:*:stack/named-*" } } };
  const narrow = await role("narrow", { Principal: { Service: "cloudformation.amazonaws.com" }, ...condition });
  const create = (StackName: string, RoleARN: string) => cloud.aws.cloudformation.CreateStack({ StackName, RoleARN, TemplateBody: PARAMETER.replace("/made", `/${StackName}`) });
  for (const [name, arn] of [["a", other], ["b", narrow], ["c", `arn:aws:iam::${ACCOUNT}:role/none`]] as const) {
    await expect(create(name, arn)).rejects.toMatchObject({ code: "ValidationError", message: `Role ${arn} is invalid or cannot be assumed` });
    await expect(cloud.aws.cloudformation.DescribeStacks({ StackName: name })).rejects.toMatchObject({ code: "ValidationError" });
  }
  await create("plain", trusting);
  await create("named-one", narrow);
  expect(await statusOf("plain")).toBe("CREATE_COMPLETE");
  expect(await statusOf("named-one")).toBe("CREATE_COMPLETE");
});

test("a stack keeps to its caller's session: what is still to be done when that has expired fails", async () => {
  const vpc = { Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } }, Subnet: { Type: "AWS::EC2::Subnet", Properties: { VpcId: { Ref: "Vpc" }, CidrBlock: "10.0.0.0/24" } } };
  await cloud.aws.cloudformation.CreateStack({ StackName: "net", TemplateBody: JSON.stringify({ Resources: vpc }) });
  expect(await statusOf("net")).toBe("CREATE_COMPLETE");
  const { Subnets } = await cloud.aws.ec2.DescribeSubnets({ Filters: [{ Name: "cidr-block", Values: ["10.0.0.0/24"] }] });
  // Nothing of the stack's: it keeps the subnet from going.
  const { NetworkInterface } = await cloud.aws.ec2.CreateNetworkInterface({ SubnetId: Subnets![0]!.SubnetId! });

  const admin = (await cloud.aws.iam.GetUser({ UserName: "admin" })).User!;
  const session = { issued: cloud.now(), expires: cloud.now() + 60_000, policies: [], tags: {}, transitive: [] };
  const caller: Caller = { principal: { type: "user", account: ACCOUNT, arn: admin.Arn, id: admin.UserId, name: "admin" }, accessKeyId: "ASIA", via: { kind: "user" }, session };
  await cloud.core.calls.asyncCalls(caller, "ap-northeast-1").cloudformation.DeleteStack({ StackName: "net" });
  expect(await statusOf("net")).toBe("DELETE_IN_PROGRESS");
  await cloud.advance("2m");
  expect(await statusOf("net")).toBe("DELETE_FAILED");
  const { StackEvents } = await cloud.aws.cloudformation.DescribeStackEvents({ StackName: "net" });
  expect(StackEvents!.map((event) => event.ResourceStatusReason)).toContainEqual(expect.stringContaining("Request has expired."));
  await cloud.aws.ec2.DeleteNetworkInterface({ NetworkInterfaceId: NetworkInterface!.NetworkInterfaceId! });
  await cloud.aws.cloudformation.DeleteStack({ StackName: "net" });
  await cloud.advance("1m");
  await expect(cloud.aws.cloudformation.DescribeStacks({ StackName: "net" })).rejects.toMatchObject({ code: "ValidationError" });
});
