/** What goes wrong for everybody sooner or later: what else still uses a resource, names that are taken, what a stack may not take away. */
import { bytes } from "@hakoniwa/kernel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const StackName = "mine";
const Capabilities = ["CAPABILITY_NAMED_IAM"] as const;
const AMI = "{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}";
const inVpc = (more: object = {}) => ({ VpcId: { Ref: "Vpc" }, ...more });
const group = (GroupDescription: string) => ({ Type: "AWS::EC2::SecurityGroup", Properties: inVpc({ GroupDescription }) });
const Network = {
  Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } },
  Subnet: { Type: "AWS::EC2::Subnet", Properties: inVpc({ CidrBlock: "10.0.0.0/24" }) },
};

async function run(verb: "CreateStack" | "UpdateStack", Resources: object): Promise<string> {
  await cloud.aws.cloudformation[verb]({ StackName, Capabilities, TemplateBody: JSON.stringify({ Resources }) });
  await cloud.advance("5m");
  return statusOf();
}

async function remove(): Promise<void> {
  await cloud.aws.cloudformation.DeleteStack({ StackName });
  await cloud.advance("10m");
}

async function statusOf(): Promise<string> {
  const { StackSummaries } = await cloud.aws.cloudformation.ListStacks({});
  return StackSummaries!.find((each) => each.StackName === StackName)!.StackStatus!;
}

async function failures(): Promise<string> {
  const { StackSummaries } = await cloud.aws.cloudformation.ListStacks({});
  const { StackEvents } = await cloud.aws.cloudformation.DescribeStackEvents({ StackName: StackSummaries!.find((each) => each.StackName === StackName)!.StackId! });
  return StackEvents!.filter(({ ResourceStatus }) => ResourceStatus!.endsWith("_FAILED")).map((event) => `${event.LogicalResourceId}: ${event.ResourceStatusReason}`).join("\n");
}

async function physical(LogicalResourceId: string): Promise<string> {
  return (await cloud.aws.cloudformation.DescribeStackResource({ StackName, LogicalResourceId })).StackResourceDetail!.PhysicalResourceId!;
}

describe("deletion waits for what still uses a resource, and then fails by its name", () => {
  it("a security group, a subnet and a VPC that hold somebody else's interface", async () => {
    await run("CreateStack", { ...Network, Group: group("web") });
    const eni = await cloud.aws.ec2.CreateNetworkInterface({ SubnetId: await physical("Subnet"), Groups: [await physical("Group")] });
    await remove();
    expect(await statusOf()).toBe("DELETE_FAILED");
    expect(await failures()).toMatch(/^Group: Resource handler returned message: "resource sg-\w+ has a dependent object" \(RequestToken: \S+, HandlerErrorCode: InvalidRequest\)$/m);
    expect(await failures()).toMatch(/^Subnet: .*has dependencies and cannot be deleted/m);
    await cloud.aws.ec2.DeleteNetworkInterface({ NetworkInterfaceId: eni.NetworkInterface!.NetworkInterfaceId! });
    await remove();
    expect(await statusOf()).toBe("DELETE_COMPLETE");
  });

  it("what is freed in time is deleted without a failure", async () => {
    await run("CreateStack", { ...Network, Group: group("web") });
    const eni = await cloud.aws.ec2.CreateNetworkInterface({ SubnetId: await physical("Subnet"), Groups: [await physical("Group")] });
    await cloud.aws.cloudformation.DeleteStack({ StackName });
    await cloud.advance("1m");
    expect(await statusOf()).toBe("DELETE_IN_PROGRESS");
    await cloud.aws.ec2.DeleteNetworkInterface({ NetworkInterfaceId: eni.NetworkInterface!.NetworkInterfaceId! });
    await cloud.advance("2m");
    expect(await statusOf()).toBe("DELETE_COMPLETE");
    expect(await failures()).toBe("");
  });

  it("an interface that is attached to somebody else's instance", async () => {
    await run("CreateStack", { ...Network, Eni: { Type: "AWS::EC2::NetworkInterface", Properties: { SubnetId: { Ref: "Subnet" } } } });
    const made = await cloud.aws.ec2.RunInstances({ ImageId: (await cloud.aws.ec2.DescribeImages({ Owners: ["amazon"] })).Images![0]!.ImageId!, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, SubnetId: await physical("Subnet") });
    await cloud.advance("1m");
    await cloud.aws.ec2.AttachNetworkInterface({ NetworkInterfaceId: await physical("Eni"), InstanceId: made.Instances![0]!.InstanceId!, DeviceIndex: 1 });
    await remove();
    expect(await statusOf()).toBe("DELETE_FAILED");
    expect(await failures()).toContain("is currently in use");
  });

  it("an internet gateway whose VPC has mapped public addresses", async () => {
    await run("CreateStack", { ...Network, Igw: { Type: "AWS::EC2::InternetGateway" }, Attached: { Type: "AWS::EC2::VPCGatewayAttachment", Properties: inVpc({ InternetGatewayId: { Ref: "Igw" } }) } });
    const eni = await cloud.aws.ec2.CreateNetworkInterface({ SubnetId: await physical("Subnet") });
    const { AllocationId } = await cloud.aws.ec2.AllocateAddress({});
    await cloud.aws.ec2.AssociateAddress({ AllocationId, NetworkInterfaceId: eni.NetworkInterface!.NetworkInterfaceId! });
    await remove();
    expect(await failures()).toContain("has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.");
  });

  it("a role to which somebody attached another policy", async () => {
    const Role = { Type: "AWS::IAM::Role", Properties: { RoleName: "web", AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }] } } };
    await run("CreateStack", { Role });
    await cloud.aws.iam.AttachRolePolicy({ RoleName: "web", PolicyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess" });
    await remove();
    expect(await statusOf()).toBe("DELETE_FAILED");
    expect(await failures()).toContain("Cannot delete entity, must detach all policies first.");
    await cloud.aws.iam.DetachRolePolicy({ RoleName: "web", PolicyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess" });
    await remove();
    expect(await statusOf()).toBe("DELETE_COMPLETE");
  });

  it("a bucket that holds something", async () => {
    await run("CreateStack", { Bucket: { Type: "AWS::S3::Bucket", Properties: { BucketName: "kept" } } });
    await cloud.aws.s3.PutObject({ Bucket: "kept", Key: "a", Body: bytes("a") });
    await remove();
    expect(await statusOf()).toBe("DELETE_FAILED");
    expect(await failures()).toContain("The bucket you tried to delete is not empty");
  });
});

it("security groups that know each other by rules of their own come and go", async () => {
  const rule = (to: string, from: string) => ({
    Type: "AWS::EC2::SecurityGroupIngress",
    Properties: { GroupId: { "Fn::GetAtt": [to, "GroupId"] }, SourceSecurityGroupId: { "Fn::GetAtt": [from, "GroupId"] }, IpProtocol: "tcp", FromPort: 80, ToPort: 80 },
  });
  expect(await run("CreateStack", { ...Network, Web: group("web"), App: group("app"), WebFromApp: rule("Web", "App"), AppFromWeb: rule("App", "Web") })).toBe("CREATE_COMPLETE");
  await remove();
  expect(await statusOf()).toBe("DELETE_COMPLETE");
  expect(await failures()).toBe("");
});

it("groups that know each other by their own rules are a circle, and nothing is made", async () => {
  const knows = (name: string, other: string) => ({ Type: "AWS::EC2::SecurityGroup", Properties: inVpc({ GroupDescription: name, SecurityGroupIngress: [{ IpProtocol: "-1", SourceSecurityGroupId: { "Fn::GetAtt": [other, "GroupId"] } }] }) });
  await expect(run("CreateStack", { ...Network, Web: knows("web", "App"), App: knows("app", "Web") })).rejects.toMatchObject({ message: expect.stringContaining("Circular dependency between resources: [") as string });
  expect((await cloud.aws.cloudformation.ListStacks({})).StackSummaries).toEqual([]);
});

it("a retained log group outlives its stack with what was logged", async () => {
  await run("CreateStack", { Group: { Type: "AWS::Logs::LogGroup", DeletionPolicy: "Retain", Properties: { LogGroupName: "app" } }, Stream: { Type: "AWS::Logs::LogStream", Properties: { LogGroupName: { Ref: "Group" }, LogStreamName: "web" }, DeletionPolicy: "Retain" } });
  await cloud.aws.logs.PutLogEvents({ logGroupName: "app", logStreamName: "web", logEvents: [{ timestamp: cloud.now(), message: "kept" }] });
  await remove();
  expect(await statusOf()).toBe("DELETE_COMPLETE");
  expect((await cloud.aws.logs.GetLogEvents({ logGroupName: "app", logStreamName: "web" })).events).toMatchObject([{ message: "kept" }]);
});

describe("a stack does not take over what is there already", () => {
  const takers: Readonly<Record<string, { readonly made: () => Promise<unknown>; readonly Type: string; readonly Properties: object; readonly says: string }>> = {
    "an alarm": {
      made: () => cloud.aws.cloudwatch.PutMetricAlarm({ AlarmName: "hot", Namespace: "App", MetricName: "heat", Statistic: "Sum", Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: "GreaterThanThreshold" }),
      Type: "AWS::CloudWatch::Alarm",
      Properties: { AlarmName: "hot", Namespace: "App", MetricName: "heat", Statistic: "Sum", Period: 60, EvaluationPeriods: 1, Threshold: 2, ComparisonOperator: "GreaterThanThreshold" },
      says: "Resource of type 'AWS::CloudWatch::Alarm' with identifier 'hot' already exists.",
    },
    "a topic": { made: () => cloud.aws.sns.CreateTopic({ Name: "ops" }), Type: "AWS::SNS::Topic", Properties: { TopicName: "ops" }, says: "with identifier 'arn:aws:sns:ap-northeast-1:123456789012:ops' already exists." },
    "a parameter": { made: () => cloud.aws.ssm.PutParameter({ Name: "/port", Type: "String", Value: "80" }), Type: "AWS::SSM::Parameter", Properties: { Name: "/port", Type: "String", Value: "81" }, says: "already exists" },
    "a bucket": {
      made: () => cloud.aws.s3.CreateBucket({ Bucket: "taken", CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } }),
      Type: "AWS::S3::Bucket",
      Properties: { BucketName: "taken" },
      says: "Resource of type 'AWS::S3::Bucket' with identifier 'taken' already exists.",
    },
    "a log group": { made: () => cloud.aws.logs.CreateLogGroup({ logGroupName: "app" }), Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: "app" }, says: "The specified log group already exists" },
    "a group of users": { made: () => cloud.aws.iam.CreateGroup({ GroupName: "ops" }), Type: "AWS::IAM::Group", Properties: { GroupName: "ops" }, says: "already exists" },
    "a dashboard": { made: () => cloud.aws.cloudwatch.PutDashboard({ DashboardName: "board", DashboardBody: '{"widgets":[]}' }), Type: "AWS::CloudWatch::Dashboard", Properties: { DashboardName: "board", DashboardBody: '{"widgets":[]}' }, says: "already exists" },
  };
  it.each(Object.entries(takers))("%s", async (_what, { made, Type, Properties, says }) => {
    await made();
    expect(await run("CreateStack", { It: { Type, Properties } })).toBe("ROLLBACK_COMPLETE");
    expect(await failures()).toContain(says);
    expect(await failures()).toContain("HandlerErrorCode: AlreadyExists");
    // And the rollback does not take it away.
    await remove();
    expect(await run("CreateStack", { It: { Type, Properties } })).toBe("ROLLBACK_COMPLETE");
  });
});

it("what has a name of its own can't be replaced under that name", async () => {
  const Blue = (Port: number, Name: string) => ({ Type: "AWS::ElasticLoadBalancingV2::TargetGroup", Properties: inVpc({ Name, Protocol: "HTTP", Port }) });
  await run("CreateStack", { ...Network, Blue: Blue(80, "blue") });
  const before = await physical("Blue");
  expect(await run("UpdateStack", { ...Network, Blue: Blue(8080, "blue") })).toBe("UPDATE_ROLLBACK_COMPLETE");
  expect(await failures()).toBe("Blue: CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename blue and update the stack again.");
  expect(await physical("Blue")).toBe(before);
  expect(await run("UpdateStack", { ...Network, Blue: Blue(8080, "green") })).toBe("UPDATE_COMPLETE");
  expect((await cloud.aws.elbv2.DescribeTargetGroups({})).TargetGroups).toMatchObject([{ TargetGroupName: "green", Port: 8080 }]);
});

it("a rollback after a failing instance takes back what depended on it, and what it depended on", async () => {
  const Web = { Type: "AWS::EC2::Instance", Properties: { ImageId: AMI, InstanceType: "no.such", SubnetId: { Ref: "Subnet" } } };
  expect(await run("CreateStack", { ...Network, Web, Role: { Type: "AWS::SNS::Topic" } })).toBe("ROLLBACK_COMPLETE");
  expect(await failures()).toContain("Invalid value 'no.such' for InstanceType.");
  expect((await cloud.aws.ec2.DescribeVpcs({})).Vpcs).toMatchObject([{ IsDefault: true }]);
  expect((await cloud.aws.sns.ListTopics({})).Topics).toEqual([]);
});

it("a stack says of a system tag in its template that it can't be given", async () => {
  expect(await run("CreateStack", { Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16", Tags: [{ Key: "aws:mine", Value: "x" }] } } })).toBe("ROLLBACK_COMPLETE");
  expect(await failures()).toContain("Tag keys starting with 'aws:' are reserved for internal use");
});

it("each type of the registry has its cases", async () => {
  const { readdirSync, readFileSync } = await import("node:fs");
  const { registrySchemas } = await import("@hakoniwa/cloudformation");
  const root = new URL("..", import.meta.url);
  const texts = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => /cfn[\w-]*types\.test\.ts$/.test(file)).map((file) => readFileSync(new URL(file, root), "utf8"));
  const shown = new Set(texts.flatMap((text) => [...text.matchAll(/^ {2}"(AWS::\w+::\w+)": \{$/gm)].map((match) => match[1]!)));
  // Three that differ only in whose policy they are share one.
  for (const kind of ["User", "Group", "Role"]) shown.add(`AWS::IAM::${kind}Policy`);
  const elsewhere = /^AWS::(CloudFormation|ECR|KMS|CDK|Lambda)::/;
  expect([...registrySchemas().keys()].filter((type) => !shown.has(type) && !elsewhere.test(type))).toEqual([]);
});
