/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-rollback-triggers.html */
import { afterEach, beforeEach, expect, it } from "vitest";
import { createSignalStage, type SignalStage } from "./signals-testing.js";

let stage: SignalStage;
let Arn: string;

beforeEach(async () => {
  stage = await createSignalStage();
  const { cloudwatch } = stage.cloud.aws;
  await cloudwatch.PutMetricAlarm({ AlarmName: "errors", Namespace: "App", MetricName: "errors", Statistic: "Sum", Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: "GreaterThanThreshold" });
  Arn = (await cloudwatch.DescribeAlarms({})).MetricAlarms![0]!.AlarmArn!;
});

afterEach(() => stage.cloud.close());

const vpc = (name: string): object => ({ Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16", Tags: [{ Key: "Name", Value: name }] } } });
const watching = (minutes?: number) => ({ RollbackConfiguration: { RollbackTriggers: [{ Arn, Type: "AWS::CloudWatch::Alarm" }], ...(minutes === undefined ? {} : { MonitoringTimeInMinutes: minutes }) } });
const alarm = (StateValue: "ALARM" | "OK") => stage.cloud.aws.cloudwatch.SetAlarmState({ AlarmName: "errors", StateValue, StateReason: "a test" });

it("a creation is complete when its alarms stayed quiet for the monitoring time", async () => {
  await stage.create(vpc("one"), watching(10));
  await stage.cloud.advance("9m");
  expect(await stage.status()).toBe("CREATE_IN_PROGRESS");
  await stage.cloud.advance("2m");
  expect(await stage.status()).toBe("CREATE_COMPLETE");
  expect((await stage.cloud.aws.cloudformation.DescribeStacks({ StackName: "web" })).Stacks![0]!.RollbackConfiguration).toEqual(watching(10).RollbackConfiguration);
});

it("an alarm within the monitoring time takes everything back", async () => {
  await stage.create(vpc("one"), watching(10));
  await stage.cloud.advance("5m");
  await alarm("ALARM");
  await stage.cloud.advance("1s");
  expect(await stage.status()).toBe("ROLLBACK_COMPLETE");
  expect(await stage.events()).toContain(`ROLLBACK_IN_PROGRESS The following rollback trigger(s) went to ALARM state: [${Arn}]. Rollback requested by user.`);
});

it("an update goes by the triggers of before, and back to what was when one goes off", async () => {
  await stage.create(vpc("one"), watching());
  expect(await stage.status()).toBe("CREATE_COMPLETE");
  await stage.update(vpc("two"), { RollbackConfiguration: { MonitoringTimeInMinutes: 30 } });
  await stage.cloud.advance("20m");
  expect(await stage.status()).toBe("UPDATE_IN_PROGRESS");
  await alarm("ALARM");
  await stage.cloud.advance("1s");
  expect(await stage.status()).toBe("UPDATE_ROLLBACK_COMPLETE");
  const { Tags } = (await stage.cloud.aws.ec2.DescribeVpcs({ VpcIds: [await stage.physicalId("Vpc")] })).Vpcs![0]!;
  expect(Tags!.find((tag) => tag.Key === "Name")!.Value).toBe("one");
});

it("an update without triggers still waits, and can be cancelled meanwhile", async () => {
  await stage.create(vpc("one"));
  await stage.update(vpc("two"), { RollbackConfiguration: { MonitoringTimeInMinutes: 30 } });
  await stage.cloud.advance("20m");
  expect(await stage.status()).toBe("UPDATE_IN_PROGRESS");
  await stage.cloud.aws.cloudformation.CancelUpdateStack({ StackName: "web" });
  await stage.cloud.settle();
  expect(await stage.status()).toBe("UPDATE_ROLLBACK_COMPLETE");
});

it("a trigger that is not there fails the operation", async () => {
  await stage.create(vpc("one"), { RollbackConfiguration: { RollbackTriggers: [{ Arn: `${Arn}-gone`, Type: "AWS::CloudWatch::Alarm" }] } });
  expect(await stage.status()).toBe("ROLLBACK_COMPLETE");
  expect((await stage.events()).join("\n")).toContain(`The following rollback trigger(s) do not exist: [${Arn}-gone].`);
});

it.each([
  [{ Arn: "arn:aws:sns:ap-northeast-1:123456789012:topic", Type: "AWS::CloudWatch::Alarm" }, "Invalid rollback trigger arn:aws:sns:ap-northeast-1:123456789012:topic: it must be the ARN of an alarm in ap-northeast-1"],
  [{ Arn: "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a", Type: "AWS::CloudWatch::Alarm" }, "it must be the ARN of an alarm in ap-northeast-1"],
  [{ Arn: "arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:a", Type: "AWS::SNS::Topic" }, "Invalid rollback trigger type AWS::SNS::Topic"],
])("%j is refused before anything is touched", async (trigger, message) => {
  await expect(stage.create(vpc("one"), { RollbackConfiguration: { RollbackTriggers: [trigger] } })).rejects.toThrow(message);
});
