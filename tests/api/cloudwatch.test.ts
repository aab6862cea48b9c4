/** CloudWatch as the SDK and older clients' protocols meet it. */
import {
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutAnomalyDetectorCommand,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import { expect, it } from "vitest";
import { useCloud } from "./cloud.js";

const cloud = useCloud();
const Namespace = "Api";

it("keeps a metric and gives it back, by every operation that reads", async () => {
  const now = new Date();
  await cloud.cloudwatch.send(new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName: "n", Timestamp: now, Values: [1, 2], Counts: [3, 1], Unit: "Count" }] }));
  const range = { StartTime: new Date(now.getTime() - 60_000), EndTime: new Date(now.getTime() + 60_000) };
  const { Datapoints } = await cloud.cloudwatch.send(new GetMetricStatisticsCommand({ Namespace, MetricName: "n", ...range, Period: 60, Statistics: ["Sum", "SampleCount"] }));
  expect(Datapoints).toMatchObject([{ Sum: 5, SampleCount: 4, Unit: "Count" }]);
  const MetricDataQueries = [
    { Id: "m", MetricStat: { Metric: { Namespace, MetricName: "n" }, Period: 60, Stat: "p50" } },
    { Id: "e", Expression: "m * 10", Label: "ten" },
  ];
  const { MetricDataResults } = await cloud.cloudwatch.send(new GetMetricDataCommand({ MetricDataQueries, ...range }));
  expect(MetricDataResults!.map(({ Label, Values }) => [Label, Values])).toEqual([["n", [1]], ["ten", [10]]]);
  const { Metrics } = await cloud.cloudwatch.send(new ListMetricsCommand({ Namespace }));
  expect(Metrics).toEqual([{ Namespace, MetricName: "n", Dimensions: [] }]);
});

it("keeps alarms and dashboards, and words mistakes as AWS does", async () => {
  const alarm = { AlarmName: "a", Namespace, MetricName: "n", Statistic: "Sum", Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: "GreaterThanThreshold" } as const;
  await cloud.cloudwatch.send(new PutMetricAlarmCommand(alarm));
  await cloud.cloudwatch.send(new SetAlarmStateCommand({ AlarmName: "a", StateValue: "ALARM", StateReason: "a drill" }));
  expect((await cloud.cloudwatch.send(new DescribeAlarmsCommand({}))).MetricAlarms).toMatchObject([{ AlarmName: "a", StateValue: "ALARM", StateReason: "a drill" }]);
  await expect(cloud.cloudwatch.send(new SetAlarmStateCommand({ AlarmName: "b", StateValue: "OK", StateReason: "x" }))).rejects.toMatchObject({ name: "ResourceNotFound" });
  await expect(cloud.cloudwatch.send(new PutMetricAlarmCommand({ ...alarm, Period: 61 }))).rejects.toThrow("Period");
  await expect(cloud.cloudwatch.send(new PutMetricAlarmCommand({ ...alarm, ComparisonOperator: "Roughly" as never }))).rejects.toThrow("comparisonOperator");
  await cloud.cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ["a"] }));
  const DashboardBody = JSON.stringify({ widgets: [{ type: "text", properties: { markdown: "hi" } }] });
  await cloud.cloudwatch.send(new PutDashboardCommand({ DashboardName: "d", DashboardBody }));
  expect((await cloud.cloudwatch.send(new GetDashboardCommand({ DashboardName: "d" }))).DashboardBody).toBe(DashboardBody);
  await expect(cloud.cloudwatch.send(new PutDashboardCommand({ DashboardName: "d", DashboardBody: "{" }))).rejects.toMatchObject({ dashboardValidationMessages: [{ DataPath: "/" }] });
  await expect(cloud.cloudwatch.send(new PutAnomalyDetectorCommand({ Namespace, MetricName: "n", Stat: "Sum" }))).rejects.toThrow("does not implement");
});
