/** Scaling policies and scheduled actions on the whole cloud, in virtual time: metrics, alarms, and what they lead to. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createStage, type Stage } from "./testing.js";

let stage: Stage;

beforeEach(async () => {
  stage = await createStage();
});

afterEach(async () => {
  const failures = stage.cloud.logs.filter((line) => line.includes("will be tried again") || line.includes("failed:"));
  await stage.cloud.close();
  expect(failures).toEqual([]);
});

const desired = async (): Promise<number> => (await stage.group()).DesiredCapacity;
const AutoScalingGroupName = "web";

describe("a simple policy", () => {
  beforeEach(async () => {
    await stage.create({ DesiredCapacity: 1, DefaultCooldown: 120 });
    await stage.asg.PutScalingPolicy({ AutoScalingGroupName, PolicyName: "out", AdjustmentType: "ChangeInCapacity", ScalingAdjustment: 2, Cooldown: 60 });
  });

  it("executed by a user changes the capacity, and heeds its own cooldown when asked to", async () => {
    await stage.cloud.advance("5m");
    await stage.asg.ExecutePolicy({ AutoScalingGroupName, PolicyName: "out", HonorCooldown: true });
    expect(await desired()).toBe(3);
    await expect(stage.asg.ExecutePolicy({ AutoScalingGroupName, PolicyName: "out", HonorCooldown: true })).rejects.toMatchObject({ code: "ScalingActivityInProgress" });
    await stage.cloud.advance("59s");
    await expect(stage.asg.ExecutePolicy({ AutoScalingGroupName, PolicyName: "out", HonorCooldown: true })).rejects.toMatchObject({ code: "ScalingActivityInProgress" });
    await stage.cloud.advance("2s");
    await stage.asg.ExecutePolicy({ AutoScalingGroupName, PolicyName: "out", HonorCooldown: true });
    await stage.cloud.advance("1s");
    expect(await desired()).toBe(5);
    expect((await stage.activities())[0]!.Cause).toMatch(/^At \S+ a user request executed policy out changing the desired capacity from 3 to 5\. {2}At \S+ an instance was started in response to a difference/);
  });

  it("is executed by an alarm, by its ARN, in the alarm's name", async () => {
    const { PolicyARN } = await stage.asg.PutScalingPolicy({ AutoScalingGroupName, PolicyName: "out", AdjustmentType: "ExactCapacity", ScalingAdjustment: 4 });
    const alarm = { AlarmName: "busy", Namespace: "Own", MetricName: "Queue", Statistic: "Average", Period: 60, EvaluationPeriods: 1, Threshold: 10, ComparisonOperator: "GreaterThanThreshold" } as const;
    await stage.cloud.advance("5m");
    await stage.cloud.aws.cloudwatch.PutMetricAlarm({ ...alarm, AlarmActions: [PolicyARN!] });
    await stage.cloud.aws.cloudwatch.PutMetricData({ Namespace: "Own", MetricData: [{ MetricName: "Queue", Value: 50 }] });
    await stage.cloud.advance("3m");
    expect(await desired()).toBe(4);
    expect(await stage.lifecycles()).toEqual(Array(4).fill("InService Healthy"));
    expect((await stage.activities())[0]!.Cause).toMatch(/a monitor alarm busy in state ALARM triggered policy out changing the desired capacity from 1 to 4\./);
  });

  it("does nothing for an alarm while AlarmNotification is suspended", async () => {
    const { ScalingPolicies } = await stage.asg.DescribePolicies({ AutoScalingGroupName });
    await stage.asg.SuspendProcesses({ AutoScalingGroupName, ScalingProcesses: ["AlarmNotification"] });
    const alarm = { AlarmName: "busy", Namespace: "Own", MetricName: "Queue", Statistic: "Average", Period: 60, EvaluationPeriods: 1, Threshold: 10, ComparisonOperator: "GreaterThanThreshold" } as const;
    await stage.cloud.aws.cloudwatch.PutMetricAlarm({ ...alarm, AlarmActions: [ScalingPolicies![0]!.PolicyARN!] });
    await stage.cloud.aws.cloudwatch.SetAlarmState({ AlarmName: "busy", StateValue: "ALARM", StateReason: "test" });
    await stage.cloud.settle();
    expect(await desired()).toBe(1);
  });
});

describe("a target-tracking policy", () => {
  const put = (over: object = {}): Promise<unknown> =>
    stage.asg.PutScalingPolicy({
      AutoScalingGroupName,
      PolicyName: "load",
      PolicyType: "TargetTrackingScaling",
      EstimatedInstanceWarmup: 60,
      TargetTrackingConfiguration: { TargetValue: 100, CustomizedMetricSpecification: { Namespace: "Own", MetricName: "Load", Statistic: "Average" }, ...over },
    });
  const alarms = async (): Promise<readonly string[]> => (await stage.cloud.aws.cloudwatch.DescribeAlarms({ AlarmNamePrefix: "TargetTracking-web-" })).MetricAlarms!.map((a) => a.AlarmName!.replace(/-[0-9a-f]{8}-.*/, ""));
  /** So much load on the group, shared by its instances, minute by minute. */
  const load = async (total: number, minutes: number): Promise<void> => {
    for (let i = 0; i < minutes; i++) {
      const { length } = await stage.instances();
      await stage.cloud.aws.cloudwatch.PutMetricData({ Namespace: "Own", MetricData: [{ MetricName: "Load", Value: total / length }] });
      await stage.cloud.advance("1m");
    }
  };

  it("makes its two alarms, changes and deletes them with itself", async () => {
    await stage.create({ DesiredCapacity: 1 });
    await put();
    expect([...(await alarms())].sort()).toEqual(["TargetTracking-web-AlarmHigh", "TargetTracking-web-AlarmLow"]);
    await put({ DisableScaleIn: true });
    expect(await alarms()).toEqual(["TargetTracking-web-AlarmHigh"]);
    expect((await stage.asg.DescribePolicies({ AutoScalingGroupName })).ScalingPolicies![0]!.Alarms!.map((a) => a.AlarmName!.replace(/-[0-9a-f]{8}-.*/, ""))).toEqual(await alarms());
    await stage.asg.DeletePolicy({ AutoScalingGroupName, PolicyName: "load" });
    expect(await alarms()).toEqual([]);
  });

  it("its alarms go with its group", async () => {
    await stage.create();
    await put();
    await stage.asg.DeleteAutoScalingGroup({ AutoScalingGroupName });
    expect(await alarms()).toEqual([]);
  });

  it("scales out when the metric is above its target, in proportion, and in again when it is far below", async () => {
    await stage.create({ MinSize: 1, DesiredCapacity: 2 });
    await put();
    await load(300, 10);
    expect(await desired()).toBe(3);
    await load(90, 20);
    expect(await desired()).toBe(1);
    expect((await stage.activities())[0]!.Cause).toMatch(/a monitor alarm TargetTracking-web-AlarmLow-[0-9a-f-]+ in state ALARM triggered policy load changing the desired capacity from 3 to 1\./);
  });

  it("can't be executed by a user", async () => {
    await stage.create();
    await put();
    await expect(stage.asg.ExecutePolicy({ AutoScalingGroupName, PolicyName: "load" })).rejects.toMatchObject({ code: "ValidationError" });
  });
});

describe("a scheduled action", () => {
  it("changes the group again and again at its local time, until its end (2026-01-01T00:00Z is 9 in Tokyo)", async () => {
    await stage.cloud.close();
    stage = await createStage({ start: Date.UTC(2025, 11, 31, 23, 50) });
    await stage.create({ DesiredCapacity: 1 });
    const at = (text: string): Date => new Date(text);
    await stage.asg.PutScheduledUpdateGroupAction({ AutoScalingGroupName, ScheduledActionName: "morning", Recurrence: "0,20 9 * * *", TimeZone: "Asia/Tokyo", MinSize: 2, MaxSize: 4, DesiredCapacity: 3, EndTime: at("2026-01-01T00:30:00Z") });
    expect((await stage.asg.DescribeScheduledActions({ AutoScalingGroupName })).ScheduledUpdateGroupActions).toMatchObject([{ StartTime: at("2026-01-01T00:00:00Z"), TimeZone: "Asia/Tokyo" }]);
    await stage.cloud.advance("9m");
    expect(await desired()).toBe(1);
    await stage.cloud.advance("1m");
    expect(await stage.group()).toMatchObject({ MinSize: 2, MaxSize: 4, DesiredCapacity: 3 });
    expect((await stage.activities())[0]!.Cause).toMatch(/^At 2026-01-01T00:00:00Z a scheduled action update of AutoScalingGroup constraints to min: 2, max: 4, desired: 3 changing the desired capacity from 1 to 3\./);
    await stage.asg.SetDesiredCapacity({ AutoScalingGroupName, DesiredCapacity: 2 });
    await stage.cloud.advance("20m");
    expect(await desired()).toBe(3);
    expect((await stage.asg.DescribeScheduledActions({ AutoScalingGroupName })).ScheduledUpdateGroupActions).toEqual([]);
  });

  it("that runs once is gone afterwards, and does nothing while ScheduledActions is suspended", async () => {
    await stage.create();
    await stage.asg.SuspendProcesses({ AutoScalingGroupName, ScalingProcesses: ["ScheduledActions"] });
    await stage.asg.PutScheduledUpdateGroupAction({ AutoScalingGroupName, ScheduledActionName: "once", StartTime: new Date(stage.cloud.now() + 60_000), DesiredCapacity: 1 });
    await stage.cloud.advance("2m");
    expect(await desired()).toBe(0);
    expect((await stage.asg.DescribeScheduledActions({})).ScheduledUpdateGroupActions).toEqual([]);
  });

  it.each([
    ["in the past", { StartTime: new Date(0), MinSize: 1 }, "Given start time is in the past"],
    ["that is no cron expression", { Recurrence: "every day", MinSize: 1 }, "Given recurrence string: every day is invalid"],
    ["that never comes", { Recurrence: "0 0 30 2 *", MinSize: 1 }, "0 0 30 2 *"],
    ["in no time zone", { Recurrence: "0 0 * * *", TimeZone: "Mars/Base", MinSize: 1 }, "Invalid time zone: 'Mars/Base'"],
    ["without a size", { Recurrence: "0 0 * * *" }, "At least one of MinSize, MaxSize and DesiredCapacity must be specified."],
    ["without a time", { MinSize: 1 }, "Either StartTime or Recurrence must be specified."],
  ])("%s is refused", async (_, over, message) => {
    await stage.create();
    await expect(stage.asg.PutScheduledUpdateGroupAction({ AutoScalingGroupName, ScheduledActionName: "x", ...over })).rejects.toMatchObject({ code: "ValidationError", message: expect.stringContaining(message) as string });
  });
});
