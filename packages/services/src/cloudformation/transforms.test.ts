import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";
import { createStackCloud } from "./testing.js";

const LOOP = JSON.stringify({
  Transform: "AWS::LanguageExtensions",
  Parameters: { Names: { Type: "CommaDelimitedList" } },
  Resources: { "Fn::ForEach::Things": ["Name", { Ref: "Names" }, { "Thing${Name}": { Type: "Test::Thing", Properties: { Kind: { Ref: "Name" } } } }] },
  Outputs: { Count: { Value: { "Fn::Length": { Ref: "Names" } } } },
});
const names = (ParameterValue: string): object => ({ Parameters: [{ ParameterKey: "Names", ParameterValue }] });

test("loops over a parameter make resources, and take them away when it changes", async () => {
  const cloud = createStackCloud();
  const { cloudformation } = cloud.aws;
  await expect(cloudformation.CreateStack({ StackName: "s", TemplateBody: LOOP, ...names("A,B") })).rejects.toMatchObject({ code: "InsufficientCapabilitiesException", message: "Requires capabilities : [CAPABILITY_AUTO_EXPAND]" });
  const Capabilities = ["CAPABILITY_AUTO_EXPAND"] as const;
  await cloudformation.CreateStack({ StackName: "s", TemplateBody: LOOP, Capabilities, ...names("A,B") });
  await cloud.settle();
  expect(cloud.things().map((one) => one.kind)).toEqual(["A", "B"]);
  await cloudformation.UpdateStack({ StackName: "s", UsePreviousTemplate: true, Capabilities, ...names("B,C,D") });
  await cloud.settle();
  expect(cloud.things().map((one) => one.kind).toSorted()).toEqual(["B", "C", "D"]);
  expect((await cloudformation.DescribeStacks({ StackName: "s" })).Stacks![0]!.Outputs![0]!.OutputValue).toBe("3");
  expect((await cloudformation.GetTemplate({ StackName: "s", TemplateStage: "Original" })).TemplateBody).toBe(LOOP);
  const processed = JSON.parse((await cloudformation.GetTemplate({ StackName: "s" })).TemplateBody!) as Record<string, object>;
  expect(Object.keys(processed["Resources"]!)).toEqual(["ThingB", "ThingC", "ThingD"]);
  expect(processed["Transform"]).toBeUndefined();
  // A change set shows what it would do: nothing has to be acknowledged.
  const { Id } = await cloudformation.CreateChangeSet({ StackName: "s", ChangeSetName: "c", UsePreviousTemplate: true, ...names("B") });
  const { Changes } = await cloudformation.DescribeChangeSet({ ChangeSetName: Id! });
  expect(Changes!.map(({ ResourceChange: change }) => `${change!.Action} ${change!.LogicalResourceId}`)).toEqual(["Remove ThingC", "Remove ThingD"]);
});

test("a template whose loops have no values yet can be asked what it needs", async () => {
  const cloud = createStackCloud();
  const valid = await cloud.aws.cloudformation.ValidateTemplate({ TemplateBody: LOOP });
  expect(valid).toMatchObject({ DeclaredTransforms: ["AWS::LanguageExtensions"], Capabilities: ["CAPABILITY_AUTO_EXPAND"], Parameters: [{ ParameterKey: "Names" }] });
});

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

test("a volume with DeletionPolicy Snapshot leaves one behind", async () => {
  const TemplateBody = JSON.stringify({ Resources: { V: { Type: "AWS::EC2::Volume", DeletionPolicy: "Snapshot", Properties: { AvailabilityZone: "ap-northeast-1a", Size: 1 } } } });
  await cloud.aws.cloudformation.CreateStack({ StackName: "v", TemplateBody });
  await cloud.advance("1m");
  await cloud.aws.cloudformation.DeleteStack({ StackName: "v" });
  await cloud.advance("5m");
  expect((await cloud.aws.ec2.DescribeVolumes({})).Volumes).toEqual([]);
  const { Snapshots } = await cloud.aws.ec2.DescribeSnapshots({ OwnerIds: ["self"] });
  expect(Snapshots!.map((snapshot) => snapshot.State)).toEqual(["completed"]);
  await expect(cloud.aws.cloudformation.ValidateTemplate({ TemplateBody: TemplateBody.replace("EC2::Volume", "EC2::VPC") })).rejects.toThrow("resource type AWS::EC2::VPC does not support deletion policy Snapshot");
});

test("who may touch one stack only gets at no other by the ARN of a change set", async () => {
  const parameter = (value: string): string => JSON.stringify({ Resources: { P: { Type: "AWS::SSM::Parameter", Properties: { Type: "String", Value: value } } } });
  for (const StackName of ["mine", "yours"]) await cloud.aws.cloudformation.CreateStack({ StackName, TemplateBody: parameter("a") });
  await cloud.settle();
  const { Id } = await cloud.aws.cloudformation.CreateChangeSet({ StackName: "yours", ChangeSetName: "c", TemplateBody: parameter("b") });
  const { User } = await cloud.aws.iam.CreateUser({ UserName: "limited" });
  const Statement = [
    { Effect: "Allow", Action: "*", Resource: "*" },
    { Effect: "Deny", Action: "cloudformation:*", Resource: "arn:aws:cloudformation:*:*:stack/yours/*" },
  ];
  await cloud.aws.iam.PutUserPolicy({ UserName: "limited", PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) });
  const principal = { type: "user", account: "123456789012", arn: User!.Arn, id: User!.UserId, name: "limited" } as const;
  const { cloudformation } = cloud.core.calls.asyncCalls({ principal, accessKeyId: "AKIA", via: { kind: "user" } }, "ap-northeast-1");
  for (const StackName of [undefined, "mine"]) {
    await expect(cloudformation.ExecuteChangeSet({ ChangeSetName: Id!, StackName })).rejects.toMatchObject({ code: "AccessDenied" });
  }
  await expect(cloud.aws.cloudformation.ExecuteChangeSet({ ChangeSetName: Id!, StackName: "mine" })).rejects.toMatchObject({ code: "ChangeSetNotFoundException" });
});
