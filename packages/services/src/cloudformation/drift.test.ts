import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const TEMPLATE = JSON.stringify({
  Resources: {
    Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16", EnableDnsHostnames: true, Tags: [{ Key: "Name", Value: "garden" }, { Key: "team", Value: "a" }] } },
    Bare: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.1.0.0/16" } },
  },
});

async function created(): Promise<{ readonly vpc: string; readonly bare: string }> {
  await cloud.aws.cloudformation.CreateStack({ StackName: "net", TemplateBody: TEMPLATE, Tags: [{ Key: "stack", Value: "net" }] });
  await cloud.settle();
  const { StackResources } = await cloud.aws.cloudformation.DescribeStackResources({ StackName: "net" });
  const idOf = (logicalId: string): string => StackResources!.find((one) => one.LogicalResourceId === logicalId)!.PhysicalResourceId!;
  return { vpc: idOf("Vpc"), bare: idOf("Bare") };
}

async function detect(more: object = {}) {
  const { StackDriftDetectionId } = await cloud.aws.cloudformation.DetectStackDrift({ StackName: "net", ...more });
  await cloud.settle();
  return cloud.aws.cloudformation.DescribeStackDriftDetectionStatus({ StackDriftDetectionId });
}

async function driftOf(logicalId: string) {
  const { StackResourceDrifts } = await cloud.aws.cloudformation.DescribeStackResourceDrifts({ StackName: "net" });
  return StackResourceDrifts!.find((one) => one.LogicalResourceId === logicalId);
}

describe("drift", () => {
  test("there is none right after creation, and a stack knows nothing before it looked", async () => {
    await created();
    const before = (await cloud.aws.cloudformation.DescribeStacks({ StackName: "net" })).Stacks![0]!;
    expect(before.DriftInformation).toEqual({ StackDriftStatus: "NOT_CHECKED" });
    expect(await detect()).toMatchObject({ DetectionStatus: "DETECTION_COMPLETE", StackDriftStatus: "IN_SYNC", DriftedStackResourceCount: 0 });
    expect((await driftOf("Vpc"))?.StackResourceDriftStatus).toBe("IN_SYNC");
    const after = (await cloud.aws.cloudformation.DescribeStacks({ StackName: "net" })).Stacks![0]!;
    expect(after.DriftInformation).toMatchObject({ StackDriftStatus: "IN_SYNC" });
  });

  test("tells what was changed, added and taken away, by path, and what the template does not set is no drift", async () => {
    const { vpc, bare } = await created();
    await cloud.aws.ec2.ModifyVpcAttribute({ VpcId: vpc, EnableDnsHostnames: { Value: false } });
    await cloud.aws.ec2.ModifyVpcAttribute({ VpcId: bare, EnableDnsHostnames: { Value: true } });
    await cloud.aws.ec2.CreateTags({ Resources: [vpc], Tags: [{ Key: "Name", Value: "wild" }, { Key: "new", Value: "1" }] });
    await cloud.aws.ec2.DeleteTags({ Resources: [vpc], Tags: [{ Key: "team" }] });
    expect(await detect()).toMatchObject({ StackDriftStatus: "DRIFTED", DriftedStackResourceCount: 1 });
    const { PropertyDifferences, StackResourceDriftStatus } = (await driftOf("Vpc"))!;
    expect(StackResourceDriftStatus).toBe("MODIFIED");
    expect(PropertyDifferences).toEqual([
      { PropertyPath: "/EnableDnsHostnames", ExpectedValue: "true", ActualValue: "false", DifferenceType: "NOT_EQUAL" },
      { PropertyPath: "/Tags/0/Value", ExpectedValue: "garden", ActualValue: "wild", DifferenceType: "NOT_EQUAL" },
      { PropertyPath: "/Tags/1", ExpectedValue: '{"Key":"team","Value":"a"}', ActualValue: "null", DifferenceType: "REMOVE" },
      { PropertyPath: expect.stringMatching(/^\/Tags\/\d$/), ExpectedValue: "null", ActualValue: '{"Key":"new","Value":"1"}', DifferenceType: "ADD" },
    ]);
    expect((await driftOf("Bare"))?.StackResourceDriftStatus).toBe("IN_SYNC");
  });

  test("a resource that is gone is DELETED, and one can be looked at alone", async () => {
    const { bare } = await created();
    await cloud.aws.ec2.DeleteVpc({ VpcId: bare });
    const one = await cloud.aws.cloudformation.DetectStackResourceDrift({ StackName: "net", LogicalResourceId: "Bare" });
    expect(one.StackResourceDrift).toMatchObject({ StackResourceDriftStatus: "DELETED", PhysicalResourceId: bare });
    expect(await detect({ LogicalResourceIds: ["Vpc"] })).toMatchObject({ StackDriftStatus: "IN_SYNC" });
    const { StackResourceDrifts } = await cloud.aws.cloudformation.DescribeStackResourceDrifts({ StackName: "net", StackResourceDriftStatusFilters: ["DELETED"] });
    expect(StackResourceDrifts!.map((drift) => drift.LogicalResourceId)).toEqual(["Bare"]);
  });

  test("shows no value that must not be seen", async () => {
    const TemplateBody = JSON.stringify({
      Parameters: { Secret: { Type: "String", NoEcho: true } },
      Resources: { Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16", Tags: [{ Key: "secret", Value: { Ref: "Secret" } }] } } },
    });
    await cloud.aws.cloudformation.CreateStack({ StackName: "net", TemplateBody, Parameters: [{ ParameterKey: "Secret", ParameterValue: "hush-hush" }] });
    await cloud.settle();
    const { StackResources } = await cloud.aws.cloudformation.DescribeStackResources({ StackName: "net" });
    await cloud.aws.ec2.CreateTags({ Resources: [StackResources![0]!.PhysicalResourceId!], Tags: [{ Key: "secret", Value: "other" }] });
    await detect();
    const drift = (await driftOf("Vpc"))!;
    expect(drift.PropertyDifferences).toEqual([{ PropertyPath: "/Tags/0/Value", ExpectedValue: "****", ActualValue: "other", DifferenceType: "NOT_EQUAL" }]);
    expect(JSON.stringify(drift)).not.toContain("hush-hush");
  });

  test("is refused where there is nothing to compare", async () => {
    await created();
    const { cloudformation } = cloud.aws;
    await expect(cloudformation.DetectStackDrift({ StackName: "none" })).rejects.toThrow("Stack with id none does not exist");
    await expect(cloudformation.DetectStackDrift({ StackName: "net", LogicalResourceIds: ["Nope"] })).rejects.toThrow("Resource Nope does not exist for stack net");
    await expect(cloudformation.DescribeStackDriftDetectionStatus({ StackDriftDetectionId: "x" })).rejects.toThrow("Drift detection with id x does not exist");
  });
});
