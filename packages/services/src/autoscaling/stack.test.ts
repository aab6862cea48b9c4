/** The web tier of the fourth article as a CloudFormation stack: made, changed, and taken down without leaving anything. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;

beforeEach(async () => {
  cloud = await createTestCloud();
});

afterEach(() => cloud.close());

interface Change {
  readonly size?: string;
  readonly instanceType?: string;
  readonly crossZone?: boolean;
}

async function template({ size = "1", instanceType = "t3.micro", crossZone = true }: Change = {}): Promise<string> {
  const image = (await cloud.aws.ec2.DescribeImages({ Owners: ["amazon"] })).Images![0]!.ImageId!;
  const vpc = { Ref: "Vpc" };
  const subnet = (number: number): object => ({
    Type: "AWS::EC2::Subnet",
    Properties: { VpcId: vpc, CidrBlock: `10.0.${number}.0/24`, AvailabilityZone: { "Fn::Select": [number, { "Fn::GetAZs": "" }] } },
  });
  const group = (rules: readonly object[]): object => ({
    Type: "AWS::EC2::SecurityGroup",
    Properties: { GroupDescription: "HTTP", VpcId: vpc, SecurityGroupIngress: rules },
  });
  const http = { IpProtocol: "tcp", FromPort: "80", ToPort: 80 };
  return JSON.stringify({
    Resources: {
      Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } },
      Gateway: { Type: "AWS::EC2::InternetGateway" },
      Attachment: { Type: "AWS::EC2::VPCGatewayAttachment", Properties: { VpcId: vpc, InternetGatewayId: { Ref: "Gateway" } } },
      SubnetA: subnet(0),
      SubnetB: subnet(1),
      FrontGroup: group([{ ...http, CidrIp: "0.0.0.0/0" }]),
      WebGroup: group([{ ...http, SourceSecurityGroupId: { "Fn::GetAtt": ["FrontGroup", "GroupId"] } }]),
      Launch: {
        Type: "AWS::AutoScaling::LaunchConfiguration",
        Properties: {
          ImageId: image,
          InstanceType: instanceType,
          AssociatePublicIpAddress: "false",
          SecurityGroups: [{ Ref: "WebGroup" }],
          UserData: { "Fn::Base64": "#!/bin/sh\nyum install -y httpd\n" },
        },
      },
      Balancer: {
        Type: "AWS::ElasticLoadBalancing::LoadBalancer",
        DependsOn: "Attachment",
        Properties: {
          Subnets: [{ Ref: "SubnetA" }, { Ref: "SubnetB" }],
          SecurityGroups: [{ Ref: "FrontGroup" }],
          Listeners: [{ LoadBalancerPort: 80, InstancePort: "80", Protocol: "HTTP" }],
          HealthCheck: { Target: "HTTP:80/index.html", HealthyThreshold: "2", UnhealthyThreshold: 2, Interval: "5", Timeout: "2" },
          CrossZone: crossZone,
        },
      },
      Group: {
        Type: "AWS::AutoScaling::AutoScalingGroup",
        Properties: {
          LaunchConfigurationName: { Ref: "Launch" },
          MinSize: "1",
          MaxSize: 2,
          DesiredCapacity: size,
          VPCZoneIdentifier: [{ Ref: "SubnetA" }, { Ref: "SubnetB" }],
          LoadBalancerNames: [{ Ref: "Balancer" }],
          HealthCheckType: "ELB",
          HealthCheckGracePeriod: 60,
          Tags: [{ Key: "Name", Value: "web", PropagateAtLaunch: "true" }],
        },
      },
    },
    Outputs: {
      Site: { Value: { "Fn::GetAtt": ["Balancer", "DNSName"] } },
      Source: { Value: { "Fn::GetAtt": ["Balancer", "SourceSecurityGroup.GroupName"] } },
      Group: { Value: { Ref: "Group" } },
    },
  });
}

async function stack(): Promise<{ readonly status: string; readonly outputs: Readonly<Record<string, string>>; readonly reasons: readonly string[] }> {
  const found = (await cloud.aws.cloudformation.DescribeStacks({ StackName: "web" })).Stacks![0]!;
  const { StackEvents } = await cloud.aws.cloudformation.DescribeStackEvents({ StackName: "web" });
  return {
    status: found.StackStatus!,
    outputs: Object.fromEntries((found.Outputs ?? []).map((o) => [o.OutputKey!, o.OutputValue!])),
    reasons: StackEvents!.filter((e) => e.ResourceStatus!.endsWith("FAILED")).map((e) => `${e.LogicalResourceId}: ${e.ResourceStatusReason}`),
  };
}

async function deploy(change?: Change): Promise<void> {
  const TemplateBody = await template(change);
  if (change) await cloud.aws.cloudformation.UpdateStack({ StackName: "web", TemplateBody });
  else await cloud.aws.cloudformation.CreateStack({ StackName: "web", TemplateBody });
  await cloud.advance("1m");
}

it("a stack's group is complete once its instances are in service, and its balancer's name is an output (S4-27 … S4-32)", async () => {
  await deploy();
  const { status, outputs, reasons } = await stack();
  expect({ status, reasons }).toEqual({ status: "CREATE_COMPLETE", reasons: [] });
  expect(outputs["Site"]).toMatch(/^web-Balancer-[A-Z0-9]+-\d+\.ap-northeast-1\.elb\.amazonaws\.com$/);
  const [made] = (await cloud.aws.autoscaling.DescribeAutoScalingGroups({ AutoScalingGroupNames: [outputs["Group"]!] })).AutoScalingGroups;
  expect(made!.Instances!.map((i) => i.LifecycleState)).toEqual(["InService"]);
  const { InstanceStates } = await cloud.aws.elb.DescribeInstanceHealth({ LoadBalancerName: made!.LoadBalancerNames![0]! });
  expect(InstanceStates!.map((s) => s.State)).toEqual(["InService"]);
});

it("changes in place keep the group and the balancer; a new launch configuration replaces the old one", async () => {
  await deploy();
  const before = await stack();
  await deploy({ size: "2", instanceType: "t3.small", crossZone: false });
  const { status, outputs, reasons } = await stack();
  expect({ status, reasons }).toEqual({ status: "UPDATE_COMPLETE", reasons: [] });
  expect(outputs).toEqual(before.outputs);
  const [made] = (await cloud.aws.autoscaling.DescribeAutoScalingGroups({})).AutoScalingGroups;
  expect(new Set(made!.Instances!.map((i) => i.InstanceType))).toEqual(new Set(["t3.micro", "t3.small"]));
  expect((await cloud.aws.autoscaling.DescribeLaunchConfigurations({})).LaunchConfigurations!.map((c) => c.InstanceType)).toEqual(["t3.small"]);
  const { LoadBalancerAttributes } = await cloud.aws.elb.DescribeLoadBalancerAttributes({ LoadBalancerName: made!.LoadBalancerNames![0]! });
  expect(LoadBalancerAttributes!.CrossZoneLoadBalancing).toEqual({ Enabled: false });
});

it("deleting the stack ends the instances first and leaves no interface, subnet or VPC", async () => {
  const vpcs = async (): Promise<number> => (await cloud.aws.ec2.DescribeVpcs({ Filters: [{ Name: "is-default", Values: ["false"] }] })).Vpcs!.length;
  await deploy();
  expect(await vpcs()).toBe(1);
  const { StackId } = (await cloud.aws.cloudformation.DescribeStacks({ StackName: "web" })).Stacks![0]!;
  await cloud.aws.cloudformation.DeleteStack({ StackName: "web" });
  await cloud.advance("2m");
  const [gone] = (await cloud.aws.cloudformation.DescribeStacks({ StackName: StackId! })).Stacks!;
  expect(gone!.StackStatus).toBe("DELETE_COMPLETE");
  expect(await vpcs()).toBe(0);
  expect((await cloud.aws.ec2.DescribeNetworkInterfaces({})).NetworkInterfaces).toEqual([]);
  expect(cloud.paper.names.keys()).toEqual([]);
});

it("a group with all that may hang on it: policies by alarm and by target, a schedule, hooks, metrics and topics (S1-37)", async () => {
  const image = (await cloud.aws.ec2.DescribeImages({ Owners: ["amazon"] })).Images![0]!.ImageId!;
  const group = { Ref: "Group" };
  const build = (desired: string, hook: number): string =>
    JSON.stringify({
      Resources: {
        Topic: { Type: "AWS::SNS::Topic" },
        Template: { Type: "AWS::EC2::LaunchTemplate", Properties: { LaunchTemplateData: { ImageId: image, InstanceType: "t3.micro" } } },
        Group: {
          Type: "AWS::AutoScaling::AutoScalingGroup",
          Properties: {
            MixedInstancesPolicy: {
              LaunchTemplate: {
                LaunchTemplateSpecification: { LaunchTemplateId: { Ref: "Template" }, Version: { "Fn::GetAtt": ["Template", "LatestVersionNumber"] } },
                Overrides: [{ InstanceType: "t3.small" }],
              },
            },
            MinSize: "1",
            MaxSize: "4",
            DesiredCapacity: desired,
            AvailabilityZones: ["ap-northeast-1a"],
            MetricsCollection: [{ Granularity: "1Minute", Metrics: ["GroupInServiceInstances"] }],
            NotificationConfigurations: [{ TopicARN: { Ref: "Topic" }, NotificationTypes: ["autoscaling:EC2_INSTANCE_LAUNCH"] }],
            LifecycleHookSpecificationList: [{ LifecycleHookName: "end", LifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING", HeartbeatTimeout: hook, DefaultResult: "CONTINUE" }],
            InstanceMaintenancePolicy: { MinHealthyPercentage: 100, MaxHealthyPercentage: 200 },
          },
        },
        Hook: { Type: "AWS::AutoScaling::LifecycleHook", Properties: { AutoScalingGroupName: group, LifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING", DefaultResult: "CONTINUE", HeartbeatTimeout: 30 } },
        Out: { Type: "AWS::AutoScaling::ScalingPolicy", Properties: { AutoScalingGroupName: group, AdjustmentType: "ChangeInCapacity", ScalingAdjustment: 1, Cooldown: "60" } },
        Cpu: {
          Type: "AWS::AutoScaling::ScalingPolicy",
          Properties: { AutoScalingGroupName: group, PolicyType: "TargetTrackingScaling", TargetTrackingConfiguration: { TargetValue: 50, PredefinedMetricSpecification: { PredefinedMetricType: "ASGAverageCPUUtilization" } } },
        },
        Night: { Type: "AWS::AutoScaling::ScheduledAction", Properties: { AutoScalingGroupName: group, Recurrence: "0 22 * * *", TimeZone: "Asia/Tokyo", MinSize: 1 } },
      },
      Outputs: { Policy: { Value: { Ref: "Out" } }, Group: { Value: group } },
    });
  await cloud.aws.cloudformation.CreateStack({ StackName: "web", TemplateBody: build("1", 60) });
  await cloud.advance("1m");
  const { status, reasons, outputs } = await stack();
  expect({ status, reasons }).toEqual({ status: "CREATE_COMPLETE", reasons: [] });
  expect(outputs["Policy"]).toMatch(/:policyName\/web-Out-/);
  const AutoScalingGroupName = outputs["Group"]!;
  const made = async () => (await cloud.aws.autoscaling.DescribeAutoScalingGroups({ AutoScalingGroupNames: [AutoScalingGroupName] })).AutoScalingGroups[0]!;
  expect(await made()).toMatchObject({ EnabledMetrics: [{ Metric: "GroupInServiceInstances" }], InstanceMaintenancePolicy: { MaxHealthyPercentage: 200 }, Instances: [{ InstanceType: "t3.small" }] });
  expect((await cloud.aws.autoscaling.DescribePolicies({ AutoScalingGroupName })).ScalingPolicies!.map(({ PolicyType, Cooldown }) => [PolicyType, Cooldown])).toEqual([["SimpleScaling", 60], ["TargetTrackingScaling", undefined]]);
  await cloud.aws.cloudformation.UpdateStack({ StackName: "web", TemplateBody: build("2", 90) });
  await cloud.advance("1m");
  expect((await stack()).status).toBe("UPDATE_COMPLETE");
  expect((await made()).Instances).toHaveLength(2);
  const { LifecycleHooks } = await cloud.aws.autoscaling.DescribeLifecycleHooks({ AutoScalingGroupName });
  expect(LifecycleHooks!.map(({ HeartbeatTimeout }) => HeartbeatTimeout)).toEqual([90, 30]);
  await cloud.aws.cloudformation.DeleteStack({ StackName: "web" });
  await cloud.advance("1m");
  expect((await cloud.aws.autoscaling.DescribeAutoScalingGroups({})).AutoScalingGroups).toEqual([]);
  expect((await cloud.aws.cloudwatch.DescribeAlarms({})).MetricAlarms).toEqual([]);
  expect((await cloud.aws.autoscaling.DescribeScheduledActions({})).ScheduledUpdateGroupActions).toEqual([]);
});
