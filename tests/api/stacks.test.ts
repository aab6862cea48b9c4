/** CloudFormation as templates of one's own meet it: rollback, tags in templates, protection, change sets, exports. */
import * as cfn from "@aws-sdk/client-cloudformation";
import { DescribeInternetGatewaysCommand, DescribeLaunchTemplatesCommand, DescribeVpcsCommand } from "@aws-sdk/client-ec2";
import { expect, it } from "vitest";
import { patience, useCloud } from "./cloud.js";

const cloud = useCloud();

const waiting = () => ({ client: cloud.cloudformation, ...patience });
const body = (Resources: object, more: object = {}): string => JSON.stringify({ Resources, ...more });
const create = (StackName: string, TemplateBody: string) => cloud.cloudformation.send(new cfn.CreateStackCommand({ StackName, TemplateBody }));
const statusOf = async (StackName: string) => (await cloud.cloudformation.send(new cfn.DescribeStacksCommand({ StackName }))).Stacks![0]!.StackStatus;
const vpc = (CidrBlock: string): object => ({ Type: "AWS::EC2::VPC", Properties: { CidrBlock, Tags: [{ Key: "Name", Value: `vpc-${CidrBlock}` }] } });

it("rolls back what failed, says why, and takes with it what was made", async () => {
  const subnet = { Type: "AWS::EC2::Subnet", Properties: { VpcId: { Ref: "Vpc" }, CidrBlock: "192.168.0.0/24" } };
  await create("broken", body({ Vpc: vpc("10.9.0.0/16"), Subnet: subnet }));
  await expect.poll(() => statusOf("broken")).toBe("ROLLBACK_COMPLETE");
  await expect(cfn.waitUntilStackCreateComplete(waiting(), { StackName: "broken" })).rejects.toThrow("ROLLBACK");
  const { StackEvents } = await cloud.cloudformation.send(new cfn.DescribeStackEventsCommand({ StackName: "broken" }));
  expect(StackEvents!.find((event) => event.ResourceStatus === "CREATE_FAILED")).toMatchObject({ LogicalResourceId: "Subnet", ResourceStatusReason: expect.stringContaining("192.168.0.0/24") });
  const { Vpcs } = await cloud.ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: "tag:Name", Values: ["vpc-10.9.0.0/16"] }] }));
  expect(Vpcs).toEqual([]);
  await expect(cloud.cloudformation.send(new cfn.UpdateStackCommand({ StackName: "broken", UsePreviousTemplate: true }))).rejects.toMatchObject({ name: "ValidationError" });
});

it("goes back to what it was when an update fails", async () => {
  await create("steady", body({ Vpc: vpc("10.6.0.0/16") }));
  await cfn.waitUntilStackCreateComplete(waiting(), { StackName: "steady" });
  const subnet = { Type: "AWS::EC2::Subnet", Properties: { VpcId: { Ref: "Vpc" }, CidrBlock: "192.168.0.0/24" } };
  await cloud.cloudformation.send(new cfn.UpdateStackCommand({ StackName: "steady", TemplateBody: body({ Vpc: vpc("10.6.0.0/16"), Gateway: { Type: "AWS::EC2::InternetGateway" }, Subnet: subnet }) }));
  await cfn.waitUntilStackRollbackComplete(waiting(), { StackName: "steady" });
  const { StackResources } = await cloud.cloudformation.send(new cfn.DescribeStackResourcesCommand({ StackName: "steady" }));
  expect(StackResources!.filter((each) => each.ResourceStatus !== "DELETE_COMPLETE").map((each) => each.LogicalResourceId)).toEqual(["Vpc"]);
  expect((await cloud.ec2.send(new DescribeInternetGatewaysCommand({ Filters: [{ Name: "tag:aws:cloudformation:stack-name", Values: ["steady"] }] }))).InternetGateways).toEqual([]);
});

it("makes a new version of a launch template for its data, and none for its tags", async () => {
  const template = (InstanceType: string, Value: string): string =>
    body({
      Template: {
        Type: "AWS::EC2::LaunchTemplate",
        Properties: { LaunchTemplateName: "lt-web", LaunchTemplateData: { InstanceType }, TagSpecifications: [{ ResourceType: "launch-template", Tags: [{ Key: "team", Value }] }] },
      },
    });
  const seen = async () => (await cloud.ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: ["lt-web"] }))).LaunchTemplates![0]!;
  const update = async (TemplateBody: string) => {
    await cloud.cloudformation.send(new cfn.UpdateStackCommand({ StackName: "launch", TemplateBody }));
    await cfn.waitUntilStackUpdateComplete(waiting(), { StackName: "launch" });
  };
  await create("launch", template("t3.micro", "four"));
  await cfn.waitUntilStackCreateComplete(waiting(), { StackName: "launch" });
  await update(template("t3.micro", "five"));
  expect(await seen()).toMatchObject({ LatestVersionNumber: 1, Tags: expect.arrayContaining([{ Key: "team", Value: "five" }]) });
  await update(template("t3.small", "five"));
  expect(await seen()).toMatchObject({ LatestVersionNumber: 2, DefaultVersionNumber: 1 });
});

it("changes by a change set what was reviewed, and nothing before", async () => {
  await create("reviewed", body({ Vpc: vpc("10.8.0.0/16") }));
  await cfn.waitUntilStackCreateComplete(waiting(), { StackName: "reviewed" });
  const name = { StackName: "reviewed", ChangeSetName: "grow" };
  await cloud.cloudformation.send(new cfn.CreateChangeSetCommand({ ...name, TemplateBody: body({ Vpc: vpc("10.8.0.0/16"), Gateway: { Type: "AWS::EC2::InternetGateway" } }) }));
  await cfn.waitUntilChangeSetCreateComplete(waiting(), name);
  const { Changes, ExecutionStatus } = await cloud.cloudformation.send(new cfn.DescribeChangeSetCommand(name));
  expect(ExecutionStatus).toBe("AVAILABLE");
  expect(Changes).toMatchObject([{ Type: "Resource", ResourceChange: { Action: "Add", LogicalResourceId: "Gateway", ResourceType: "AWS::EC2::InternetGateway" } }]);
  expect((await cloud.cloudformation.send(new cfn.DescribeStackResourcesCommand({ StackName: "reviewed" }))).StackResources).toHaveLength(1);
  await cloud.cloudformation.send(new cfn.ExecuteChangeSetCommand(name));
  await cfn.waitUntilStackUpdateComplete(waiting(), { StackName: "reviewed" });
  expect((await cloud.cloudformation.send(new cfn.DescribeStackResourcesCommand({ StackName: "reviewed" }))).StackResources).toHaveLength(2);
});

it("keeps a protected stack, and one whose export another imports", async () => {
  await create("network", body({ Vpc: vpc("10.7.0.0/16") }, { Outputs: { Id: { Value: { Ref: "Vpc" }, Export: { Name: "network-vpc" } } } }));
  await cfn.waitUntilStackCreateComplete(waiting(), { StackName: "network" });
  await create("web", body({ Subnet: { Type: "AWS::EC2::Subnet", Properties: { VpcId: { "Fn::ImportValue": "network-vpc" }, CidrBlock: "10.7.1.0/24" } } }));
  await cfn.waitUntilStackCreateComplete(waiting(), { StackName: "web" });
  expect((await cloud.cloudformation.send(new cfn.ListImportsCommand({ ExportName: "network-vpc" }))).Imports).toEqual(["web"]);
  const remove = (StackName: string) => cloud.cloudformation.send(new cfn.DeleteStackCommand({ StackName }));
  const protect = (EnableTerminationProtection: boolean) => cloud.cloudformation.send(new cfn.UpdateTerminationProtectionCommand({ StackName: "web", EnableTerminationProtection }));
  await expect(remove("network")).rejects.toMatchObject({ name: "ValidationError", message: expect.stringContaining("network-vpc") });
  await protect(true);
  await expect(remove("web")).rejects.toMatchObject({ name: "ValidationError", message: expect.stringContaining("TerminationProtection") });
  await protect(false);
  for (const StackName of ["web", "network"]) {
    const { StackId } = (await cloud.cloudformation.send(new cfn.DescribeStacksCommand({ StackName }))).Stacks![0]!;
    await remove(StackName);
    await cfn.waitUntilStackDeleteComplete(waiting(), { StackName: StackId! });
  }
});

it.each([
  ["no YAML at all", "{", /format|syntax|well-formed|JSON|YAML/i],
  ["no resources", "{}", /at least one Resources member/i],
  ["an unknown type", body({ X: { Type: "AWS::EC2::Vqc" } }), /AWS::EC2::Vqc/],
  ["a reference to nothing", body({ X: { Type: "AWS::EC2::Subnet", Properties: { VpcId: { Ref: "Vpc" }, CidrBlock: "10.0.0.0/24" } } }), /Unresolved resource dependencies \[Vpc\]/],
  ["a circle", body({ A: { Type: "AWS::EC2::InternetGateway", DependsOn: "B" }, B: { Type: "AWS::EC2::InternetGateway", DependsOn: "A" } }), /Circular dependency/],
])("refuses a template with %s at once, and leaves no stack", async (_, TemplateBody, message) => {
  await expect(create("hopeless", TemplateBody)).rejects.toMatchObject({ name: "ValidationError", $metadata: { httpStatusCode: 400 }, message: expect.stringMatching(message) });
  await expect(cloud.cloudformation.send(new cfn.DescribeStacksCommand({ StackName: "hopeless" }))).rejects.toThrow("does not exist");
});

it("refuses roles without the capability, and templates by URL", async () => {
  const trust = { Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }] };
  const role = body({ Role: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: trust } } });
  await expect(create("roles", role)).rejects.toMatchObject({ name: "InsufficientCapabilitiesException", message: "Requires capabilities : [CAPABILITY_IAM]" });
  await expect(cloud.cloudformation.send(new cfn.CreateStackCommand({ StackName: "x", TemplateURL: "https://b.s3.amazonaws.com/t.yaml" }))).rejects.toMatchObject({ name: "ValidationError" });
});
