import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const Namespace = "App";
const ago = (milliseconds: number): Date => new Date(cloud.now() - milliseconds);
const put = (MetricName: string, datum: object): Promise<unknown> => cloud.aws.cloudwatch.PutMetricData({ Namespace, MetricData: [{ MetricName, ...datum }] });

async function statistics(MetricName: string, from: Date, Period: number, more: object = {}) {
  const answer = await cloud.aws.cloudwatch.GetMetricStatistics({ Namespace, MetricName, StartTime: from, EndTime: new Date(cloud.now() + 1), Period, Statistics: ["SampleCount", "Average", "Sum", "Minimum", "Maximum"], ...more } as never);
  return answer.Datapoints!.toSorted((a, b) => a.Timestamp!.getTime() - b.Timestamp!.getTime());
}

describe("points", () => {
  it("values, counted values and statistic sets of a minute come together", async () => {
    await put("latency", { Value: 1 });
    await put("latency", { Values: [2, 3], Counts: [2, 1] });
    await put("latency", { StatisticValues: { SampleCount: 2, Sum: 30, Minimum: 10, Maximum: 20 } });
    expect(await statistics("latency", ago(MINUTE), 60)).toMatchObject([{ SampleCount: 6, Sum: 38, Minimum: 1, Maximum: 20, Average: 38 / 6, Unit: "None" }]);
  });

  it("metrics differ by their dimensions, whatever their order, and points by their units", async () => {
    const a = { Name: "a", Value: "1" };
    const b = { Name: "b", Value: "2" };
    await put("n", { Value: 1, Dimensions: [a, b], Unit: "Count" });
    await put("n", { Value: 2, Dimensions: [b, a], Unit: "Seconds" });
    await put("n", { Value: 4, Dimensions: [a] });
    const both = await statistics("n", ago(MINUTE), 60, { Dimensions: [b, a] });
    expect(both.map(({ Sum, Unit }) => [Sum, Unit])).toEqual([[1, "Count"], [2, "Seconds"]]);
    expect(await statistics("n", ago(MINUTE), 60, { Dimensions: [b, a], Unit: "Seconds" })).toMatchObject([{ Sum: 2 }]);
    expect(await statistics("n", ago(MINUTE), 60)).toEqual([]);
    const { Metrics } = await cloud.aws.cloudwatch.ListMetrics({ Dimensions: [{ Name: "b" }] });
    expect(Metrics).toEqual([{ Namespace, MetricName: "n", Dimensions: [a, b] }]);
  });

  it("percentiles and trimmed statistics are of the values told, and none where only a set was told", async () => {
    await put("p", { Values: Array.from({ length: 100 }, (_, index) => index + 1) });
    const ExtendedStatistics = ["p0", "p50", "p99", "p100", "tm90", "TM(10%:90%)", "PR(:50)", "tc50", "ts10", "IQM", "wm90"];
    const [point] = await statistics("p", ago(MINUTE), 60, { Statistics: undefined, ExtendedStatistics });
    expect(point!.ExtendedStatistics).toMatchObject({ p0: 1, p50: 50, p99: 99, p100: 100, tm90: 45.5, "TM(10%:90%)": 50.5, "PR(:50)": 50, tc50: 50, ts10: 55, IQM: 50.5, wm90: (45.5 * 90 + 900) / 100 });
    await put("set", { StatisticValues: { SampleCount: 2, Sum: 3, Minimum: 1, Maximum: 2 } });
    expect((await statistics("set", ago(MINUTE), 60, { Statistics: undefined, ExtendedStatistics: ["p50"] }))[0]!.ExtendedStatistics).toBeUndefined();
  });

  it("seconds are kept for 3 hours, minutes for 15 days, 5 minutes for 63, hours for 455, and sums stay true", async () => {
    const start = new Date(cloud.now());
    for (let second = 0; second < 120; second += 10) await put("fine", { Value: second, StorageResolution: 1, Timestamp: new Date(start.getTime() + second * 1_000) });
    await cloud.advance("5m");
    expect(await statistics("fine", start, 10)).toHaveLength(12);
    const look = async (period: number): Promise<number[]> => (await statistics("fine", start, period)).map(({ Sum }) => Sum!);
    await cloud.advance("4h");
    expect(await look(60)).toEqual([150, 510]);
    expect(await statistics("fine", start, 10, { EndTime: new Date(start.getTime() + 120_000) })).toHaveLength(2);
    await cloud.advance("15d");
    expect(await statistics("fine", start, 60, { EndTime: new Date(start.getTime() + HOUR) })).toMatchObject([{ Sum: 660, SampleCount: 12, Minimum: 0, Maximum: 110 }]);
    await cloud.advance("50d");
    expect((await statistics("fine", start, 3_600, { EndTime: new Date(start.getTime() + 2 * HOUR), Statistics: undefined, ExtendedStatistics: ["p50"] }))[0]!.ExtendedStatistics).toEqual({ p50: 50 });
    expect(await statistics("fine", start, 3_600, { EndTime: new Date(start.getTime() + 2 * HOUR) })).toMatchObject([{ Sum: 660, SampleCount: 12 }]);
    await cloud.advance("400d");
    expect(await statistics("fine", start, 3_600, { EndTime: new Date(start.getTime() + 2 * HOUR) })).toEqual([]);
    expect(cloud.core.store.scopes().flatMap((scope) => cloud.store.all(scope, "cloudwatch.metrics"))).toEqual([]);
    expect(cloud.logs).toEqual([]);
  });

  it("late points find their place, and points out of time are refused as a whole", async () => {
    await put("late", { Value: 1, Timestamp: ago(13 * DAY) });
    expect(await statistics("late", ago(14 * DAY), 3_600)).toMatchObject([{ Sum: 1 }]);
    const MetricData = [{ MetricName: "good", Value: 1 }, { MetricName: "old", Value: 1, Timestamp: ago(15 * DAY) }];
    await expect(cloud.aws.cloudwatch.PutMetricData({ Namespace, MetricData })).rejects.toMatchObject({ code: "InvalidParameterValue", message: expect.stringContaining("MetricData.member.2.Timestamp") as string });
    expect((await cloud.aws.cloudwatch.ListMetrics({ MetricName: "good" })).Metrics).toEqual([]);
  });

  it.each([
    [{ Value: 1, Values: [1] }, "InvalidParameterCombination", "mutually exclusive"],
    [{}, "MissingParameter", "MetricData.member.1.Value"],
    [{ Value: Infinity }, "InvalidParameterValue", "Infinity"],
    [{ Value: 1, StorageResolution: 5 }, "InvalidParameterValue", "StorageResolution"],
    [{ Values: [1, 2], Counts: [1] }, "InvalidParameterValue", "Counts"],
    [{ Value: 1, Dimensions: Array.from({ length: 31 }, (_, index) => ({ Name: `d${index}`, Value: "x" })) }, "InvalidParameterValue", "Dimensions"],
    [{ StatisticValues: { SampleCount: 1, Sum: 1, Minimum: 2, Maximum: 1 } }, "InvalidParameterCombination", "Maximum"],
  ])("refuses %j", async (datum, code, words) => {
    await expect(put("bad", datum)).rejects.toMatchObject({ code, message: expect.stringContaining(words) as string });
  });

  it("AWS's own namespaces are nobody else's", async () => {
    await expect(cloud.aws.cloudwatch.PutMetricData({ Namespace: "AWS/EC2", MetricData: [{ MetricName: "CPUUtilization", Value: 1 }] })).rejects.toThrow("AWS/");
  });

  it("metrics are listed for two weeks, and as recently active for three hours", async () => {
    await put("m", { Value: 1 });
    await cloud.advance("4h");
    expect((await cloud.aws.cloudwatch.ListMetrics({ RecentlyActive: "PT3H" })).Metrics).toEqual([]);
    expect((await cloud.aws.cloudwatch.ListMetrics({})).Metrics).toHaveLength(1);
    await cloud.advance("14d");
    expect((await cloud.aws.cloudwatch.ListMetrics({})).Metrics).toEqual([]);
  });
});

describe("GetMetricData", () => {
  const metric = (Id: string, MetricName: string, Stat = "Sum", more: object = {}) => ({ Id, MetricStat: { Metric: { Namespace, MetricName }, Period: 60, Stat }, ...more });

  async function ask(queries: readonly object[], more: object = {}) {
    const answer = await cloud.aws.cloudwatch.GetMetricData({ MetricDataQueries: queries as never, StartTime: ago(10 * MINUTE), EndTime: new Date(cloud.now()), ScanBy: "TimestampAscending", ...more });
    return answer;
  }

  async function value(expression: string): Promise<readonly number[]> {
    const { MetricDataResults } = await ask([metric("m1", "a", "Sum", { ReturnData: false }), metric("m2", "b", "Sum", { ReturnData: false }), { Id: "e", Expression: expression }]);
    return MetricDataResults![0]!.Values!;
  }

  beforeEach(async () => {
    // a: 1 2 3 4 in the last four minutes; b: 10 - 30 - .
    for (const [index, v] of [1, 2, 3, 4].entries()) await put("a", { Value: v, Timestamp: ago((4 - index) * MINUTE) });
    for (const [index, v] of [[0, 10], [2, 30]] as const) await put("b", { Value: v, Timestamp: ago((4 - index) * MINUTE) });
  });

  it.each([
    ["m1 * 2 + 1", [3, 5, 7, 9]],
    ["-m1 ^ 2", [-1, -4, -9, -16]],
    ["m1 + m2", [11, 33]],
    ["m1 > 2", [0, 0, 1, 1]],
    ["m1 / (m1 - 1)", [2, 1.5, 4 / 3]],
    ["FILL(m2, 0)[", undefined],
    ["FILL(m2, REPEAT)", [10, 10, 30, 30]],
    ["FILL(m2, LINEAR)", [10, 20, 30]],
    ["SUM(METRICS())", [11, 2, 33, 4]],
    ["SUM([m1, FILL(m2, 0)]) - FILL(m2, 0)", [0, 0, 0, 0, 0, 0, 1, 2, 3, 4]],
    ["m1 / SUM(m1)", [0.1, 0.2, 0.3, 0.4]],
    ["RATE(m1) * 60", [1, 1, 1]],
    ["DIFF(m1)", [1, 1, 1]],
    ["IF(m1 > 2, m1, 0)", [0, 0, 3, 4]],
    ["IF(m1 > 2, m1)", [3, 4]],
    ["m1 * PERIOD(m1)", [60, 120, 180, 240]],
    ["ABS(m1 - 3)", [2, 1, 0, 1]],
    ["CEIL(m1 / 2)", [1, 1, 2, 2]],
    ["m1 - MIN(m1) + MAX(m1) * 0 + STDDEV(m1) * 0", [0, 1, 2, 3]],
    ["MAX([m1, m2])", [10, 2, 30, 4]],
    ["m1 >= 2 AND m1 <= 3", [0, 1, 1, 0]],
    ["RUNNING_SUM(m1)", [1, 3, 6, 10]],
  ] as const)("%s", async (expression, expected) => {
    if (expected === undefined) await expect(value(expression)).rejects.toMatchObject({ code: "ValidationError" });
    else expect(await value(expression)).toEqual(expected);
  });

  it("pages by data points, and orders them as asked", async () => {
    const queries = [metric("m1", "a"), metric("m2", "b", "Sum", { Label: "bee" })];
    const first = await ask(queries, { MaxDatapoints: 3, ScanBy: undefined });
    expect(first.MetricDataResults!.map(({ Label, Values, StatusCode }) => [Label, Values, StatusCode])).toEqual([["a", [4, 3, 2], "PartialData"], ["bee", [], "PartialData"]]);
    const second = await ask(queries, { MaxDatapoints: 3, ScanBy: undefined, NextToken: first.NextToken });
    expect(second.MetricDataResults!.map(({ Values, StatusCode }) => [Values, StatusCode])).toEqual([[[1], "Complete"], [[30, 10], "Complete"]]);
    expect(second.NextToken).toBeUndefined();
    await expect(ask(queries, { NextToken: "x" })).rejects.toMatchObject({ code: "InvalidNextToken" });
  });

  it.each([
    ["x + 1", "Undefined variable: x"],
    ["AVG(m1)", "must return a time series"],
    ["NOPE(m1)", "Unknown function: NOPE"],
    ["m1 +", "ends too early"],
    ["m1 $ 2", "Unexpected character '$'"],
    ["e + 1", "refers to itself"],
    [`${"(".repeat(200)}m1${")".repeat(200)}`, "nested too deeply"],
    ["SEARCH('{App} a', 'Sum', 60)", "does not implement the function SEARCH"],
  ])("refuses %s", async (expression, words) => {
    await expect(value(expression)).rejects.toThrow(words);
  });
});
