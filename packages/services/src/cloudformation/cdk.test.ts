/** What the CDK CLI asks of CloudFormation beyond what others do; tests/api/cdk.test.ts runs the CLI itself. */
import type { Caller } from "@hakoniwa/kernel";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

const ACCOUNT = "123456789012";
const REGION = "ap-northeast-1";
const StackName = "app";
let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const template = (resources: object, more: object = {}): string => JSON.stringify({ Resources: resources, ...more });
const parameter = (Value: string) => ({ Type: "AWS::SSM::Parameter", Properties: { Type: "String", Value } });
const bucket = (DeletionPolicy: string | undefined, BucketName = "kept") => ({ Type: "AWS::S3::Bucket", ...(DeletionPolicy ? { DeletionPolicy } : {}), Properties: { BucketName } });

async function deploy(TemplateBody: string, more: object = {}, ChangeSetType: "CREATE" | "UPDATE" = "CREATE") {
  const { Id } = await cloud.aws.cloudformation.CreateChangeSet({ StackName, ChangeSetName: "cdk-deploy-change-set", ChangeSetType, TemplateBody, ...more });
  const changeSet = await cloud.aws.cloudformation.DescribeChangeSet({ ChangeSetName: Id! });
  await cloud.aws.cloudformation.ExecuteChangeSet({ ChangeSetName: Id! });
  await cloud.settle();
  const [stack] = (await cloud.aws.cloudformation.DescribeStacks({ StackName })).Stacks!;
  return { changeSet, status: stack!.StackStatus };
}

test("a change set that is not there is deleted without complaint, but not one of a stack that is not there", async () => {
  await deploy(template({ P: parameter("x") }));
  await cloud.aws.cloudformation.DeleteChangeSet({ StackName, ChangeSetName: "never-was" });
  await expect(cloud.aws.cloudformation.DeleteChangeSet({ StackName: "none", ChangeSetName: "never-was" })).rejects.toThrow("Stack [none] does not exist");
});

test("a stack under review has no template yet, and says so by none", async () => {
  await cloud.aws.cloudformation.CreateChangeSet({ StackName, ChangeSetName: "first", ChangeSetType: "CREATE", TemplateBody: template({ P: parameter("x") }), IncludeNestedStacks: true });
  expect((await cloud.aws.cloudformation.GetTemplate({ StackName })).TemplateBody).toBeUndefined();
  expect((await cloud.aws.cloudformation.GetTemplate({ StackName, ChangeSetName: "first" })).TemplateBody).toContain("AWS::SSM::Parameter");
});

test("no two events of a stack have the same time, so that sorting keeps their order", async () => {
  await deploy(template({ A: parameter("a"), B: parameter("b"), C: parameter("c") }));
  const events = (await cloud.aws.cloudformation.DescribeStackEvents({ StackName })).StackEvents!;
  const byTime = events.toSorted((one, other) => other.Timestamp!.getTime() - one.Timestamp!.getTime());
  expect(events.length).toBeGreaterThan(8);
  expect(byTime).toEqual(events);
  expect(new Set(events.map(({ Timestamp }) => Timestamp!.getTime())).size).toBe(events.length);
});

test("the CDK's metadata is a resource as on AWS, whose analytics change in place", async () => {
  const metadata = (Analytics: string) => template({ CDKMetadata: { Type: "AWS::CDK::Metadata", Properties: { Analytics } } });
  expect((await deploy(metadata("v2:deflate64:H4sI"))).status).toBe("CREATE_COMPLETE");
  const physical = async () => (await cloud.aws.cloudformation.DescribeStackResources({ StackName })).StackResources![0]!.PhysicalResourceId;
  const before = await physical();
  await cloud.aws.cloudformation.UpdateStack({ StackName, TemplateBody: metadata("v2:deflate64:other") });
  await cloud.settle();
  expect((await cloud.aws.cloudformation.DescribeStacks({ StackName })).Stacks![0]!.StackStatus).toBe("UPDATE_COMPLETE");
  expect(await physical()).toBe(before);
});

test("a deployment mode that would have no effect is refused by name", async () => {
  await deploy(template({ P: parameter("x") }));
  const asked = cloud.aws.cloudformation.CreateChangeSet({ StackName, ChangeSetName: "back", UsePreviousTemplate: true, DeploymentMode: "REVERT_DRIFT" });
  await expect(asked).rejects.toThrow("Hakoniwa does not implement DeploymentMode REVERT_DRIFT of CloudFormation yet");
  const express = cloud.aws.cloudformation.UpdateStack({ StackName, UsePreviousTemplate: true, DeploymentConfig: { Mode: "EXPRESS" } });
  await expect(express).rejects.toThrow("Hakoniwa does not implement the DeploymentConfig mode EXPRESS of CloudFormation yet");
});

describe("ImportExistingResources", () => {
  const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
  const importing = { ImportExistingResources: true };

  test("takes in what has the template's own name and is to be kept, and makes the rest", async () => {
    await cloud.aws.s3.CreateBucket({ Bucket: "kept", CreateBucketConfiguration });
    const { changeSet, status } = await deploy(template({ Old: bucket("Retain"), New: bucket("Retain", "new"), P: parameter("x") }), importing);
    const actions = Object.fromEntries(changeSet.Changes!.map(({ ResourceChange: change }) => [change!.LogicalResourceId, change!.Action]));
    expect(actions).toEqual({ Old: "Import", New: "Add", P: "Add" });
    expect(changeSet.ImportExistingResources).toBe(true);
    expect(status).toBe("CREATE_COMPLETE");
    const { StackResources } = await cloud.aws.cloudformation.DescribeStackResources({ StackName });
    expect(StackResources!.find(({ LogicalResourceId }) => LogicalResourceId === "Old")).toMatchObject({ PhysicalResourceId: "kept", ResourceStatus: "IMPORT_COMPLETE" });
    // From now on it is the stack's like any other.
    await cloud.aws.cloudformation.UpdateStack({ StackName, TemplateBody: template({ Old: { ...bucket("Delete"), Properties: { BucketName: "kept", VersioningConfiguration: { Status: "Enabled" } } }, P: parameter("x") }) });
    await cloud.settle();
    expect((await cloud.aws.s3.GetBucketVersioning({ Bucket: "kept" })).Status).toBe("Enabled");
  });

  test.each([
    ["is to be deleted with the stack", undefined, importing],
    ["nobody asked to import", "Retain", {}],
  ])("leaves alone what %s: its name is taken, and nothing happens to it", async (_what, policy, more) => {
    await cloud.aws.s3.CreateBucket({ Bucket: "kept", CreateBucketConfiguration });
    const { changeSet, status } = await deploy(template({ Old: bucket(policy) }), more);
    expect(changeSet.Changes!.map(({ ResourceChange }) => ResourceChange!.Action)).toEqual(["Add"]);
    expect(status).toBe("ROLLBACK_COMPLETE");
    await cloud.aws.s3.HeadBucket({ Bucket: "kept" });
  });

  test("leaves to another stack what is that stack's", async () => {
    await cloud.aws.cloudformation.CreateStack({ StackName: "owner", TemplateBody: template({ Its: bucket("Retain") }) });
    await cloud.settle();
    const { changeSet, status } = await deploy(template({ Old: bucket("Retain") }), importing);
    expect(changeSet.Changes!.map(({ ResourceChange }) => ResourceChange!.Action)).toEqual(["Add"]);
    expect(status).toBe("ROLLBACK_COMPLETE");
  });

  test("survives the failure of the stack that took it in", async () => {
    await cloud.aws.s3.CreateBucket({ Bucket: "kept", CreateBucketConfiguration });
    const { status } = await deploy(template({ Old: bucket("Retain"), Bad: { Type: "AWS::S3::Bucket", DependsOn: "Old", Properties: { BucketName: "Not_a_bucket" } } }), importing);
    expect(status).toBe("ROLLBACK_COMPLETE");
    await cloud.aws.s3.HeadBucket({ Bucket: "kept" });
  });
});

test("an image named by a public parameter needs no right of the caller's to look at images or parameters", async () => {
  const Statement = [{ Effect: "Allow", Action: "cloudformation:*", Resource: "*" }];
  const { User } = await cloud.aws.iam.CreateUser({ UserName: "deployer" });
  await cloud.aws.iam.PutUserPolicy({ UserName: "deployer", PolicyName: "deploy", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) });
  const caller: Caller = { principal: { type: "user", account: ACCOUNT, arn: User!.Arn, id: User!.UserId, name: "deployer" }, accessKeyId: "AKIA", via: { kind: "user" } };
  const deployer = cloud.core.calls.asyncCalls(caller, REGION).cloudformation;
  const named = (Default: string) =>
    template({ CDKMetadata: { Type: "AWS::CDK::Metadata", Properties: { Analytics: { Ref: "Image" } } } }, { Parameters: { Image: { Type: "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", Default } } });
  const TemplateBody = named("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64");
  await deployer.CreateChangeSet({ StackName, ChangeSetName: "one", ChangeSetType: "CREATE", TemplateBody });
  const changeSet = await deployer.DescribeChangeSet({ StackName, ChangeSetName: "one" });
  expect(changeSet.Parameters).toMatchObject([{ ParameterKey: "Image", ResolvedValue: expect.stringMatching(/^ami-/) }]);
  // One of the account's own does.
  await cloud.aws.ssm.PutParameter({ Name: "/own/image", Type: "String", Value: changeSet.Parameters![0]!.ResolvedValue! });
  await expect(deployer.CreateChangeSet({ StackName, ChangeSetName: "two", ChangeSetType: "CREATE", TemplateBody: named("/own/image") })).rejects.toThrow("not authorized to perform: ssm:GetParameters");
});
