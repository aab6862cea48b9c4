/** Auto Scaling as the AWS SDK meets it (S1-37): every kind of resource of a group, over HTTP. */
import * as asg from "@aws-sdk/client-auto-scaling";
import * as ec2 from "@aws-sdk/client-ec2";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { useCloud } from "./cloud.js";

const cloud = useCloud();
const AutoScalingGroupName = "web";

const group = async (): Promise<asg.AutoScalingGroup> => (await cloud.autoscaling.send(new asg.DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [AutoScalingGroupName] }))).AutoScalingGroups![0]!;
const states = async (): Promise<readonly string[]> => (await group()).Instances!.map((instance) => instance.LifecycleState!).sort();

beforeAll(async () => {
  const { Images } = await cloud.ec2.send(new ec2.DescribeImagesCommand({ Owners: ["amazon"] }));
  await cloud.ec2.send(new ec2.CreateLaunchTemplateCommand({ LaunchTemplateName: "web", LaunchTemplateData: { ImageId: Images![0]!.ImageId!, InstanceType: "t3.micro" } }));
  await cloud.autoscaling.send(
    new asg.CreateAutoScalingGroupCommand({
      AutoScalingGroupName,
      LaunchTemplate: { LaunchTemplateName: "web", Version: "$Latest" },
      MinSize: 0,
      MaxSize: 4,
      DesiredCapacity: 1,
      AvailabilityZones: ["ap-northeast-1a", "ap-northeast-1c"],
      Tags: [{ Key: "Name", Value: "web", PropagateAtLaunch: true }],
    }),
  );
  await vi.waitFor(async () => expect(await states()).toEqual(["InService"]));
});

it("a lifecycle hook holds the next instance until it is completed by its token or instance", async () => {
  const hook = { AutoScalingGroupName, LifecycleHookName: "prepare" };
  await cloud.autoscaling.send(new asg.PutLifecycleHookCommand({ ...hook, LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING", HeartbeatTimeout: 60 }));
  await cloud.autoscaling.send(new asg.SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity: 2 }));
  await vi.waitFor(async () => expect(await states()).toEqual(["InService", "Pending:Wait"]));
  const { InstanceId } = (await group()).Instances!.find((instance) => instance.LifecycleState === "Pending:Wait")!;
  await cloud.autoscaling.send(new asg.RecordLifecycleActionHeartbeatCommand({ ...hook, InstanceId }));
  await cloud.autoscaling.send(new asg.CompleteLifecycleActionCommand({ ...hook, InstanceId, LifecycleActionResult: "CONTINUE" }));
  await vi.waitFor(async () => expect(await states()).toEqual(["InService", "InService"]));
  await cloud.autoscaling.send(new asg.DeleteLifecycleHookCommand(hook));
});

it("step policies come back as they were put, with their infinite bounds left out", async () => {
  const StepAdjustments = [
    { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 20, ScalingAdjustment: 1 },
    { MetricIntervalLowerBound: 20, ScalingAdjustment: 2 },
  ];
  const { PolicyARN } = await cloud.autoscaling.send(
    new asg.PutScalingPolicyCommand({ AutoScalingGroupName, PolicyName: "out", PolicyType: "StepScaling", AdjustmentType: "ChangeInCapacity", StepAdjustments, EstimatedInstanceWarmup: 0 }),
  );
  expect(PolicyARN).toMatch(/^arn:aws:autoscaling:ap-northeast-1:123456789012:scalingPolicy:[0-9a-f-]{36}:autoScalingGroupName\/web:policyName\/out$/);
  const { ScalingPolicies } = await cloud.autoscaling.send(new asg.DescribePoliciesCommand({ AutoScalingGroupName }));
  expect(ScalingPolicies).toMatchObject([{ PolicyName: "out", PolicyARN, StepAdjustments, Enabled: true, MetricAggregationType: "Average" }]);
  await cloud.autoscaling.send(new asg.ExecutePolicyCommand({ PolicyName: PolicyARN!, MetricValue: 90, BreachThreshold: 60 }));
  expect((await group()).DesiredCapacity).toBe(4);
  await vi.waitFor(async () => expect(await states()).toEqual(Array(4).fill("InService")));
});

it("scheduled actions are put in batches, and those that fail are told one by one", async () => {
  const { FailedScheduledUpdateGroupActions } = await cloud.autoscaling.send(
    new asg.BatchPutScheduledUpdateGroupActionCommand({
      AutoScalingGroupName,
      ScheduledUpdateGroupActions: [
        { ScheduledActionName: "night", Recurrence: "0 22 * * MON-FRI", TimeZone: "Asia/Tokyo", MinSize: 0 },
        { ScheduledActionName: "never", Recurrence: "99 * * * *", MinSize: 0 },
      ],
    }),
  );
  expect(FailedScheduledUpdateGroupActions).toEqual([{ ScheduledActionName: "never", ErrorCode: "ValidationError", ErrorMessage: "Given recurrence string: 99 * * * * is invalid" }]);
  const { ScheduledUpdateGroupActions } = await cloud.autoscaling.send(new asg.DescribeScheduledActionsCommand({ AutoScalingGroupName }));
  expect(ScheduledUpdateGroupActions).toMatchObject([{ ScheduledActionName: "night", Recurrence: "0 22 * * MON-FRI", TimeZone: "Asia/Tokyo", MinSize: 0 }]);
  expect(ScheduledUpdateGroupActions![0]!.StartTime!.getUTCHours()).toBe(13);
});

it("an instance refresh replaces the instances and says how far it is", async () => {
  const before = (await group()).Instances!.map((instance) => instance.InstanceId);
  const { InstanceRefreshId } = await cloud.autoscaling.send(new asg.StartInstanceRefreshCommand({ AutoScalingGroupName, Preferences: { MinHealthyPercentage: 0, InstanceWarmup: 0 } }));
  const refresh = async (): Promise<asg.InstanceRefresh> => (await cloud.autoscaling.send(new asg.DescribeInstanceRefreshesCommand({ AutoScalingGroupName, InstanceRefreshIds: [InstanceRefreshId!] }))).InstanceRefreshes![0]!;
  await vi.waitFor(async () => expect(await refresh()).toMatchObject({ Status: "Successful", PercentageComplete: 100 }), { timeout: 10_000 });
  expect((await group()).Instances!.filter((instance) => before.includes(instance.InstanceId))).toEqual([]);
});

describe("errors are the SDK's own classes", () => {
  it.each([
    ["no refresh to cancel", () => new asg.CancelInstanceRefreshCommand({ AutoScalingGroupName }), asg.ActiveInstanceRefreshNotFoundFault],
    ["a group of that name", () => new asg.CreateAutoScalingGroupCommand({ AutoScalingGroupName, LaunchTemplate: { LaunchTemplateName: "web" }, MinSize: 0, MaxSize: 0, AvailabilityZones: ["ap-northeast-1a"] }), asg.AlreadyExistsFault],
    ["a group with instances", () => new asg.DeleteAutoScalingGroupCommand({ AutoScalingGroupName }), asg.ResourceInUseFault],
    ["a wrong token", () => new asg.DescribePoliciesCommand({ NextToken: "banana" }), asg.InvalidNextToken],
  ] as const)("%s", async (_what, command, kind) => {
    await expect(cloud.autoscaling.send(command() as asg.DescribePoliciesCommand)).rejects.toBeInstanceOf(kind);
  });

  it.each([
    ["warm pools", new asg.PutWarmPoolCommand({ AutoScalingGroupName })],
    ["predictive scaling", new asg.PutScalingPolicyCommand({ AutoScalingGroupName, PolicyName: "p", PolicyType: "PredictiveScaling" })],
  ])("%s are refused by name", async (_what, command) => {
    await expect(cloud.autoscaling.send(command as asg.PutWarmPoolCommand)).rejects.toMatchObject({ name: "NotImplemented" });
  });
});
