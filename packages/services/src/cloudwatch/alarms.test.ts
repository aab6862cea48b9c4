import { memorySegments, type Backend } from "@hakoniwa/kernel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDisk, createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(async () => {
  expect(cloud.logs.filter((line) => line.includes("tried again"))).toEqual([]);
  await cloud.close();
});

const basic = { AlarmName: "hot", Namespace: "App", MetricName: "heat", Statistic: "Average", Period: 60, EvaluationPeriods: 1, Threshold: 80, ComparisonOperator: "GreaterThanThreshold" } as const;
const URL = "http://127.0.0.1:9999/hook";

const put = (value: number): Promise<unknown> => cloud.aws.cloudwatch.PutMetricData({ Namespace: "App", MetricData: [{ MetricName: "heat", Value: value }] });

async function stateOf(AlarmName = "hot"): Promise<string | undefined> {
  const { MetricAlarms, CompositeAlarms } = await cloud.aws.cloudwatch.DescribeAlarms({ AlarmNames: [AlarmName] });
  return (MetricAlarms![0] ?? CompositeAlarms![0])?.StateValue;
}

/** A topic with an endpoint that confirmed; what it was told since. */
async function webhook(Name: string, url = URL): Promise<{ readonly arn: string; told(): readonly { readonly Subject: string; readonly Message: string }[] }> {
  const { TopicArn } = await cloud.aws.sns.CreateTopic({ Name });
  await cloud.aws.sns.Subscribe({ TopicArn: TopicArn!, Protocol: "http", Endpoint: url });
  await cloud.settle();
  const asked = cloud.paper.posted.filter((request) => request.url === url).at(-1)!;
  await cloud.aws.sns.ConfirmSubscription({ TopicArn: TopicArn!, Token: (JSON.parse(asked.body) as { Token: string }).Token });
  const from = cloud.paper.posted.length;
  return { arn: TopicArn!, told: () => cloud.paper.posted.slice(from).filter((request) => request.url === url).map(({ body }) => JSON.parse(body) as { Subject: string; Message: string }) };
}

describe("a metric alarm", () => {
  it("begins unchecked, fires when the threshold is crossed, and says so as AWS does (S0-43)", async () => {
    const hook = await webhook("alarms");
    await cloud.aws.cloudwatch.PutMetricAlarm({ ...basic, AlarmActions: [hook.arn], OKActions: [hook.arn] });
    const [fresh] = (await cloud.aws.cloudwatch.DescribeAlarms({})).MetricAlarms!;
    expect(fresh).toMatchObject({ StateValue: "INSUFFICIENT_DATA", StateReason: "Unchecked: Initial alarm creation" });
    await put(95);
    await cloud.advance("75s");
    const [alarm] = (await cloud.aws.cloudwatch.DescribeAlarms({ StateValue: "ALARM" })).MetricAlarms!;
    expect(alarm!.StateReason).toBe("Threshold Crossed: 1 out of the last 1 datapoints [95.0 (01/01/26 00:00:00)] was greater than the threshold (80.0) (minimum 1 datapoint for OK -> ALARM transition).");
    expect(JSON.parse(alarm!.StateReasonData!)).toMatchObject({ version: "1.0", statistic: "Average", period: 60, recentDatapoints: [95], threshold: 80 });
    expect(hook.told()).toHaveLength(1);
    expect(hook.told()[0]!.Subject).toBe('ALARM: "hot" in Asia Pacific (Tokyo)');
    expect(JSON.parse(hook.told()[0]!.Message)).toMatchObject({
      AlarmName: "hot",
      AWSAccountId: "123456789012",
      NewStateValue: "ALARM",
      OldStateValue: "INSUFFICIENT_DATA",
      Region: "Asia Pacific (Tokyo)",
      Trigger: { MetricName: "heat", Namespace: "App", StatisticType: "Statistic", Statistic: "AVERAGE", Unit: null, Dimensions: [], Period: 60, Threshold: 80, TreatMissingData: "" },
    });
    await put(20);
    await cloud.advance("60s");
    expect(await stateOf()).toBe("OK");
    expect(hook.told().map(({ Subject }) => Subject)).toEqual(['ALARM: "hot" in Asia Pacific (Tokyo)', 'OK: "hot" in Asia Pacific (Tokyo)']);
    const { AlarmHistoryItems } = await cloud.aws.cloudwatch.DescribeAlarmHistory({ AlarmName: "hot" });
    expect(AlarmHistoryItems!.map(({ HistoryItemType, HistorySummary }) => [HistoryItemType, HistorySummary])).toEqual([
      ["Action", `Successfully executed action ${hook.arn}`],
      ["StateUpdate", "Alarm updated from ALARM to OK"],
      ["Action", `Successfully executed action ${hook.arn}`],
      ["StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM"],
      ["ConfigurationUpdate", 'Alarm "hot" created'],
    ]);
  });

  it("without data goes to INSUFFICIENT_DATA, and only who asked for that hears of it", async () => {
    const both = await webhook("both");
    await cloud.aws.cloudwatch.PutMetricAlarm({ ...basic, AlarmActions: [both.arn], InsufficientDataActions: [both.arn] });
    await put(20);
    await cloud.advance("75s");
    expect(await stateOf()).toBe("OK");
    await cloud.advance("4m");
    expect((await cloud.aws.cloudwatch.DescribeAlarms({})).MetricAlarms![0]).toMatchObject({ StateValue: "INSUFFICIENT_DATA", StateReason: "Insufficient Data: 1 datapoint was unknown." });
    expect(both.told().map(({ Subject }) => Subject)).toEqual(['INSUFFICIENT_DATA: "hot" in Asia Pacific (Tokyo)']);
  });

  it("set by hand acts at once and is looked at again at the next evaluation", async () => {
    const hook = await webhook("alarms");
    await cloud.aws.cloudwatch.PutMetricAlarm({ ...basic, AlarmActions: [hook.arn], TreatMissingData: "notBreaching" });
    await cloud.aws.cloudwatch.SetAlarmState({ AlarmName: "hot", StateValue: "ALARM", StateReason: "a drill" });
    await cloud.settle();
    expect(await stateOf()).toBe("ALARM");
    expect(hook.told()).toHaveLength(1);
    await cloud.advance("75s");
    expect(await stateOf()).toBe("OK");
  });

  it("does nothing while its actions are disabled", async () => {
    const hook = await webhook("alarms");
    await cloud.aws.cloudwatch.PutMetricAlarm({ ...basic, AlarmActions: [hook.arn] });
    await cloud.aws.cloudwatch.DisableAlarmActions({ AlarmNames: ["hot"] });
    await cloud.aws.cloudwatch.SetAlarmState({ AlarmName: "hot", StateValue: "ALARM", StateReason: "a drill" });
    await cloud.settle();
    expect(hook.told()).toEqual([]);
  });

  it("is told when a topic's policy shuts CloudWatch out, and goes on", async () => {
    const hook = await webhook("closed");
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: "123456789012" }, Action: "SNS:Publish", Resource: hook.arn }] });
    await cloud.aws.sns.SetTopicAttributes({ TopicArn: hook.arn, AttributeName: "Policy", AttributeValue: Policy });
    await cloud.aws.cloudwatch.PutMetricAlarm({ ...basic, AlarmActions: [hook.arn] });
    await cloud.aws.cloudwatch.SetAlarmState({ AlarmName: "hot", StateValue: "ALARM", StateReason: "a drill" });
    await cloud.settle();
    expect(hook.told()).toEqual([]);
    const { AlarmHistoryItems } = await cloud.aws.cloudwatch.DescribeAlarmHistory({ HistoryItemType: "Action" });
    expect(AlarmHistoryItems![0]!.HistorySummary).toBe(`Failed to execute action ${hook.arn}`);
  });

  it("on a calculation looks at what comes out", async () => {
    const Metrics = [
      { Id: "m1", MetricStat: { Metric: { Namespace: "App", MetricName: "heat" }, Period: 60, Stat: "Sum" }, ReturnData: false },
      { Id: "e1", Expression: "FILL(m1, 0) * 2" },
    ];
    await cloud.aws.cloudwatch.PutMetricAlarm({ AlarmName: "math", Metrics, EvaluationPeriods: 1, Threshold: 100, ComparisonOperator: "GreaterThanOrEqualToThreshold" });
    await put(50);
    await cloud.advance("75s");
    expect(await stateOf("math")).toBe("ALARM");
    await cloud.advance("3m");
    expect(await stateOf("math")).toBe("OK");
  });

  it("with a period of ten seconds is evaluated every ten", async () => {
    await cloud.aws.cloudwatch.PutMetricAlarm({ ...basic, Period: 10 });
    await cloud.aws.cloudwatch.PutMetricData({ Namespace: "App", MetricData: [{ MetricName: "heat", Value: 95, StorageResolution: 1 }] });
    await cloud.advance("13s");
    expect(await stateOf()).toBe("ALARM");
  });

  it.each([
    [{ Period: 45 }, "Period"],
    [{ EvaluationPeriods: 0 }, "EvaluationPeriods"],
    [{ DatapointsToAlarm: 2 }, "DatapointsToAlarm"],
    [{ AlarmActions: ["arn:aws:sns:us-east-1:123456789012:elsewhere"] }, "Invalid arn syntax: arn:aws:sns:us-east-1"],
    [{ AlarmActions: ["nonsense"] }, "Invalid arn syntax: nonsense"],
    [{ Statistic: undefined }, "Statistic"],
    [{ ExtendedStatistic: "p99" }, "Statistic"],
    [{ Period: 60, EvaluationPeriods: 1_441 }, "86400"],
    [{ TreatMissingData: "perhaps" }, "perhaps"],
    [{ AlarmActions: ["arn:aws:automate:ap-northeast-1:ec2:stop"] }, "InstanceId"],
    [{ Metrics: [] }, "must not be specified"],
    [{ MetricName: undefined }, "MetricName"],
  ])("is refused with %j", async (change, words) => {
    await expect(cloud.aws.cloudwatch.PutMetricAlarm({ ...basic, ...change } as never)).rejects.toThrow(words);
    expect((await cloud.aws.cloudwatch.DescribeAlarms({})).MetricAlarms).toEqual([]);
  });

  it("is found by its filters, and its metric finds it", async () => {
    for (const AlarmName of ["a-1", "a-2", "b-1"]) await cloud.aws.cloudwatch.PutMetricAlarm({ ...basic, AlarmName });
    const names = async (input: object): Promise<unknown> => (await cloud.aws.cloudwatch.DescribeAlarms(input)).MetricAlarms!.map(({ AlarmName }) => AlarmName);
    expect(await names({ AlarmNamePrefix: "a-" })).toEqual(["a-1", "a-2"]);
    expect(await names({ AlarmNames: ["b-1", "c"] })).toEqual(["b-1"]);
    expect(await names({ StateValue: "OK" })).toEqual([]);
    const first = await cloud.aws.cloudwatch.DescribeAlarms({ MaxRecords: 2 });
    expect(await names({ MaxRecords: 2, NextToken: first.NextToken })).toEqual(["b-1"]);
    expect((await cloud.aws.cloudwatch.DescribeAlarmsForMetric({ Namespace: "App", MetricName: "heat" })).MetricAlarms).toHaveLength(3);
    await expect(cloud.aws.cloudwatch.DeleteAlarms({ AlarmNames: ["a-1", "c"] })).rejects.toMatchObject({ code: "ResourceNotFound" });
    await cloud.aws.cloudwatch.DeleteAlarms({ AlarmNames: ["a-1", "a-2"] });
    expect(await names({})).toEqual(["b-1"]);
  });

  it("acts on its instance: S1-39", async () => {
    const image = (await cloud.aws.ec2.DescribeImages({ Owners: ["amazon"] })).Images![0]!.ImageId!;
    const { Instances } = await cloud.aws.ec2.RunInstances({ ImageId: image, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 });
    const id = Instances![0]!.InstanceId!;
    await cloud.advance("1m");
    const Dimensions = [{ Name: "InstanceId", Value: id }];
    const recover = { ...basic, AlarmName: "recover", Namespace: "AWS/EC2", MetricName: "StatusCheckFailed_System", Dimensions, Threshold: 0, AlarmActions: ["arn:aws:automate:ap-northeast-1:ec2:recover"] };
    await cloud.aws.cloudwatch.PutMetricAlarm(recover);
    await cloud.advance("3m");
    expect(await stateOf("recover")).toBe("OK");
    await cloud.aws.cloudwatch.PutMetricAlarm({ ...recover, AlarmName: "idle", MetricName: "CPUUtilization", AlarmActions: ["arn:aws:automate:ap-northeast-1:ec2:stop"] });
    await cloud.aws.cloudwatch.SetAlarmState({ AlarmName: "idle", StateValue: "ALARM", StateReason: "a drill" });
    await cloud.advance("1m");
    expect((await cloud.aws.ec2.DescribeInstances({ InstanceIds: [id] })).Reservations![0]!.Instances![0]!.State!.Name).toBe("stopped");
  });
});

describe("a composite alarm", () => {
  const set = async (AlarmName: string, StateValue: "OK" | "ALARM"): Promise<void> => {
    await cloud.aws.cloudwatch.SetAlarmState({ AlarmName, StateValue, StateReason: "a drill" });
    await cloud.settle();
  };

  beforeEach(async () => {
    for (const AlarmName of ["one", "two"]) await cloud.aws.cloudwatch.PutMetricAlarm({ ...basic, AlarmName, TreatMissingData: "ignore" });
  });

  it("follows its rule, notifies, and names who set it off", async () => {
    const hook = await webhook("together");
    await cloud.aws.cloudwatch.PutCompositeAlarm({ AlarmName: "both", AlarmRule: 'ALARM("one") AND NOT OK(two)', AlarmActions: [hook.arn] });
    await cloud.settle();
    expect(await stateOf("both")).toBe("OK");
    await cloud.advance("1s");
    await set("one", "ALARM");
    expect(await stateOf("both")).toBe("ALARM");
    expect(JSON.parse(hook.told()[0]!.Message)).toMatchObject({ AlarmRule: 'ALARM("one") AND NOT OK(two)', TriggeringChildren: [{ Arn: expect.stringContaining(":alarm:one") as string }] });
    await set("two", "OK");
    expect(await stateOf("both")).toBe("OK");
    await expect(cloud.aws.cloudwatch.DeleteAlarms({ AlarmNames: ["one"] })).rejects.toThrow("depending on it");
    await cloud.aws.cloudwatch.DeleteAlarms({ AlarmNames: ["both"] });
  });

  it.each([["ALARM(", "Unexpected"], ["ALARM(three)", "three does not exist"], ["ALARM(one) AND", "too early"], ["ALARM(self)", "cycle"], ["ALARM(one) OK(two)", "follows the end"], [`${"NOT ".repeat(100)}TRUE`, "nested too deeply"]])("refuses %s", async (AlarmRule, words) => {
    await expect(cloud.aws.cloudwatch.PutCompositeAlarm({ AlarmName: "self", AlarmRule })).rejects.toThrow(words);
  });
});

it("what a restart missed is no missing data: the alarm keeps its state over the cloud's own downtime", async () => {
  const segments = memorySegments();
  const disk = createDisk();
  const backend: Backend = {
    ...disk,
    async write(commit) {
      await disk.write(commit);
      segments.write(commit.logs);
    },
    segments: { ...segments, appendLater: (entry) => segments.write([entry]) },
  };
  const start = Date.UTC(2026, 0, 1);
  const before = await createTestCloud({ backend, start });
  await before.aws.cloudwatch.PutMetricAlarm({ ...basic });
  for (let minute = 0; minute < 4; minute++) {
    await before.aws.cloudwatch.PutMetricData({ Namespace: "App", MetricData: [{ MetricName: "heat", Value: 20 }] });
    await before.advance("60s");
  }
  await before.advance("15s");
  await before.close();
  const after = await createTestCloud({ backend, start: start + 3_600_000, seed: 2 });
  await after.advance("100s");
  expect((await after.aws.cloudwatch.DescribeAlarms({})).MetricAlarms![0]!.StateValue).toBe("OK");
  // Missing data after the start is missing again.
  await after.advance("5m");
  expect((await after.aws.cloudwatch.DescribeAlarms({})).MetricAlarms![0]!.StateValue).toBe("INSUFFICIENT_DATA");
  await after.close();
});
