import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const IN = { logGroupName: "app", logStreamName: "web" };
const DAY = 24 * 3_600_000;

async function prepare(): Promise<void> {
  await cloud.aws.logs.CreateLogGroup({ logGroupName: "app" });
  await cloud.aws.logs.CreateLogStream(IN);
}

const put = (messages: readonly string[], options: { readonly stream?: string; readonly at?: number } = {}) =>
  cloud.aws.logs.PutLogEvents({
    ...IN,
    logStreamName: options.stream ?? "web",
    logEvents: messages.map((message, index) => ({ timestamp: (options.at ?? cloud.now()) + index, message })),
  });

const read = async (input: Partial<Parameters<typeof cloud.aws.logs.GetLogEvents>[0]> = {}) => {
  const page = await cloud.aws.logs.GetLogEvents({ ...IN, ...input });
  return { messages: page.events!.map((event) => event.message), forward: page.nextForwardToken!, backward: page.nextBackwardToken! };
};

it("answers for what it lacks by name", async () => {
  await expect(cloud.aws.logs.AssociateKmsKey({} as never)).rejects.toThrow("Hakoniwa does not implement logs:AssociateKmsKey yet");
  await expect(cloud.aws.logs.StartQuery({} as never)).rejects.toMatchObject({ code: "NotImplemented" });
});

describe("groups and streams", () => {
  it("are made once, described by prefix and pattern in pages, and go with what is in them", async () => {
    for (const logGroupName of ["a/one", "a/two", "b/one"]) await cloud.aws.logs.CreateLogGroup({ logGroupName, tags: { team: "x" } });
    const names = async (input: object) => (await cloud.aws.logs.DescribeLogGroups(input)).logGroups!.map((group) => group.logGroupName);
    expect(await names({ logGroupNamePrefix: "a/" })).toEqual(["a/one", "a/two"]);
    expect(await names({ logGroupNamePattern: "one" })).toEqual(["a/one", "b/one"]);
    const first = await cloud.aws.logs.DescribeLogGroups({ limit: 2 });
    expect(await names({ nextToken: first.nextToken })).toEqual(["b/one"]);
    expect(first.logGroups![0]).toMatchObject({ arn: "arn:aws:logs:ap-northeast-1:123456789012:log-group:a/one:*", storedBytes: 0, metricFilterCount: 0 });
    await expect(names({ nextToken: "nonsense" })).rejects.toMatchObject({ code: "InvalidParameterException", message: "The specified nextToken is invalid." });
    await expect(names({ logGroupNamePrefix: "a", logGroupNamePattern: "b" })).rejects.toMatchObject({ code: "InvalidParameterException" });
    await expect(cloud.aws.logs.CreateLogGroup({ logGroupName: "a/one" })).rejects.toMatchObject({ code: "ResourceAlreadyExistsException", message: "The specified log group already exists" });
    await cloud.aws.logs.DeleteLogGroup({ logGroupName: "a/one" });
    await expect(cloud.aws.logs.DeleteLogGroup({ logGroupName: "a/one" })).rejects.toMatchObject({ code: "ResourceNotFoundException", message: "The specified log group does not exist." });
    await expect(cloud.aws.logs.CreateLogStream({ logGroupName: "a/one", logStreamName: "s" })).rejects.toMatchObject({ code: "ResourceNotFoundException" });
  });

  it("lists streams by their latest event, and by name", async () => {
    await prepare();
    for (const logStreamName of ["db", "empty"]) await cloud.aws.logs.CreateLogStream({ logGroupName: "app", logStreamName });
    await put(["1"], { stream: "db", at: cloud.now() - 10 });
    await put(["2"]);
    const names = async (input: object) => (await cloud.aws.logs.DescribeLogStreams({ logGroupName: "app", ...input })).logStreams!.map((stream) => stream.logStreamName);
    expect(await names({})).toEqual(["db", "empty", "web"]);
    expect(await names({ orderBy: "LastEventTime", descending: true })).toEqual(["web", "db", "empty"]);
    expect(await names({ logStreamNamePrefix: "e" })).toEqual(["empty"]);
    await expect(names({ orderBy: "LastEventTime", logStreamNamePrefix: "e" })).rejects.toMatchObject({ message: "Cannot order by LastEventTime with a logStreamNamePrefix." });
    await expect(cloud.aws.logs.CreateLogStream({ logGroupName: "app", logStreamName: "a:b" })).rejects.toMatchObject({ code: "InvalidParameterException" });
  });

  it("a stream that is made again begins without its namesake's events", async () => {
    await prepare();
    await put(["old"]);
    await cloud.aws.logs.DeleteLogStream(IN);
    await expect(read()).rejects.toMatchObject({ message: "The specified log stream does not exist." });
    await cloud.aws.logs.CreateLogStream(IN);
    expect((await read()).messages).toEqual([]);
  });

  it("have tags, by name and by ARN", async () => {
    await prepare();
    const resourceArn = "arn:aws:logs:ap-northeast-1:123456789012:log-group:app";
    await cloud.aws.logs.TagResource({ resourceArn, tags: { a: "1", b: "2" } });
    await cloud.aws.logs.UntagLogGroup({ logGroupName: "app", tags: ["a"] });
    expect((await cloud.aws.logs.ListTagsForResource({ resourceArn })).tags).toEqual({ b: "2" });
    await expect(cloud.aws.logs.TagResource({ resourceArn: `${resourceArn}x`, tags: {} })).rejects.toMatchObject({ code: "ResourceNotFoundException" });
  });
});

describe("putting events", () => {
  beforeEach(prepare);

  it("keeps them in the order of their time, late ones too", async () => {
    await put(["b", "c"], { at: cloud.now() });
    await put(["a"], { at: cloud.now() - 1000 });
    expect((await read({ startFromHead: true })).messages).toEqual(["a", "b", "c"]);
    const { logStreams } = await cloud.aws.logs.DescribeLogStreams({ logGroupName: "app" });
    expect(logStreams).toMatchObject([{ firstEventTimestamp: cloud.now() - 1000, lastEventTimestamp: cloud.now() + 1, uploadSequenceToken: expect.stringMatching(/^\d{56}$/) }]);
  });

  it("says which were too old, too new, or behind the retention, and takes the rest", async () => {
    await cloud.aws.logs.PutRetentionPolicy({ logGroupName: "app", retentionInDays: 3 });
    const at = [-15 * DAY, -4 * DAY, -1000, 0, 3 * 3_600_000];
    const { rejectedLogEventsInfo } = await cloud.aws.logs.PutLogEvents({ ...IN, logEvents: at.map((offset) => ({ timestamp: cloud.now() + offset, message: String(offset) })) });
    expect(rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 2, tooNewLogEventStartIndex: 4 });
    expect((await read()).messages).toEqual(["-1000", "0"]);
  });

  it.each([
    ["out of order", [1000, 0], "Log events in a single PutLogEvents request must be in chronological order."],
    ["over more than a day", [-DAY - 1, 0], "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."],
  ])("refuses a batch %s, as a whole", async (_name, offsets, message) => {
    const logEvents = offsets.map((offset) => ({ timestamp: cloud.now() + offset, message: "x" }));
    await expect(cloud.aws.logs.PutLogEvents({ ...IN, logEvents })).rejects.toMatchObject({ code: "InvalidParameterException", message });
    expect((await read()).messages).toEqual([]);
  });

  it("refuses more than a megabyte, counting 26 bytes for every event", async () => {
    const half = "é".repeat(262_144 - 13);
    await put([half, half]);
    await expect(put([half, `${half}!`])).rejects.toMatchObject({ message: "Upload too large: 1048577 bytes exceeds limit of 1048576" });
  });
});

describe("reading a stream", () => {
  beforeEach(prepare);

  it("goes forward and back by tokens, and the same token tells the end", async () => {
    await put(["1", "2", "3", "4", "5"]);
    const tail = await read({ limit: 2 });
    expect(tail.messages).toEqual(["4", "5"]);
    const before = await read({ limit: 2, nextToken: tail.backward });
    expect(before.messages).toEqual(["2", "3"]);
    expect((await read({ nextToken: before.forward })).messages).toEqual(["4", "5"]);
    const end = await read({ nextToken: tail.forward });
    expect(end).toMatchObject({ messages: [], forward: tail.forward });
    expect((await read({ nextToken: end.backward })).messages).toEqual(["1", "2", "3", "4", "5"]);
    await put(["6"], { at: cloud.now() + 100 });
    expect((await read({ nextToken: end.forward })).messages).toEqual(["6"]);
    await expect(read({ nextToken: "f/1/s" })).rejects.toMatchObject({ code: "InvalidParameterException" });
  });

  it("finds what comes to a stream that was empty", async () => {
    const empty = await read({ startFromHead: true });
    await put(["first"]);
    expect((await read({ nextToken: empty.forward })).messages).toEqual(["first"]);
  });

  it("counts the start in and the end out", async () => {
    await put(["1", "2", "3"]);
    expect((await read({ startTime: cloud.now() + 1, endTime: cloud.now() + 2 })).messages).toEqual(["2"]);
  });
});

describe("retention", () => {
  it("hides what is too old at once, and forgets it within a day", async () => {
    await prepare();
    await put(["old"]);
    await cloud.aws.logs.PutRetentionPolicy({ logGroupName: "app", retentionInDays: 1 });
    await cloud.advance("25h");
    expect((await read()).messages).toEqual([]);
    await cloud.advance("24h");
    expect((await cloud.aws.logs.DescribeLogGroups({})).logGroups![0]!.storedBytes).toBe(0);
    await expect(cloud.aws.logs.PutRetentionPolicy({ logGroupName: "app", retentionInDays: 2 })).rejects.toMatchObject({ message: expect.stringContaining("Value '2' at 'retentionInDays'") });
    await cloud.aws.logs.DeleteRetentionPolicy({ logGroupName: "app" });
    expect((await cloud.aws.logs.DescribeLogGroups({})).logGroups![0]!.retentionInDays).toBeUndefined();
  });
});

describe("searching a group", () => {
  beforeEach(prepare);

  it("interleaves its streams by time, in pages", async () => {
    await cloud.aws.logs.CreateLogStream({ logGroupName: "app", logStreamName: "db" });
    const at = cloud.now();
    for (let index = 0; index < 150; index++) await put([`${index}`], { stream: index % 2 === 0 ? "web" : "db", at: at + Math.floor(index / 3) });
    const all: (string | undefined)[] = [];
    const ids = new Set<string | undefined>();
    for (let nextToken: string | undefined, pages = 0; pages === 0 || nextToken !== undefined; pages++) {
      const page = await cloud.aws.logs.FilterLogEvents({ logGroupName: "app", limit: 7, nextToken });
      all.push(...page.events!.map((event) => event.message));
      for (const event of page.events!) ids.add(event.eventId);
      expect(page.events!.every((event, index, events) => index === 0 || event.timestamp! >= events[index - 1]!.timestamp!)).toBe(true);
      nextToken = page.nextToken;
    }
    expect(all.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 150 }, (_, index) => index));
    expect(ids.size).toBe(150);
  });

  it("by streams, prefix, time and pattern, the end counted in", async () => {
    await put(["INFO one", "ERROR two", "ERROR three"]);
    const find = async (input: object) => (await cloud.aws.logs.FilterLogEvents({ logGroupName: "app", ...input })).events!.map((event) => event.message);
    expect(await find({ filterPattern: "ERROR" })).toEqual(["ERROR two", "ERROR three"]);
    expect(await find({ filterPattern: "ERROR", endTime: cloud.now() + 1 })).toEqual(["ERROR two"]);
    expect(await find({ logStreamNamePrefix: "d" })).toEqual([]);
    await expect(find({ logStreamNames: ["db"] })).rejects.toMatchObject({ code: "ResourceNotFoundException" });
    await expect(find({ logStreamNames: ["web"], logStreamNamePrefix: "w" })).rejects.toMatchObject({ code: "InvalidParameterException" });
    await expect(find({ filterPattern: "{ $.a = }" })).rejects.toMatchObject({ message: "Invalid filter pattern" });
    await expect(find({ nextToken: "x" })).rejects.toMatchObject({ message: "The specified nextToken is invalid." });
  });
});

it("keeps metric filters, and counts them in their group", async () => {
  await prepare();
  const metricTransformations = [{ metricName: "Errors", metricNamespace: "App", metricValue: "1" }];
  await cloud.aws.logs.PutMetricFilter({ logGroupName: "app", filterName: "errors", filterPattern: "ERROR", metricTransformations });
  expect((await cloud.aws.logs.DescribeMetricFilters({ metricName: "Errors", metricNamespace: "App" })).metricFilters).toMatchObject([{ filterName: "errors", filterPattern: "ERROR", metricTransformations }]);
  expect((await cloud.aws.logs.DescribeLogGroups({})).logGroups![0]!.metricFilterCount).toBe(1);
  await expect(cloud.aws.logs.PutMetricFilter({ logGroupName: "app", filterName: "bad", filterPattern: "[a", metricTransformations })).rejects.toMatchObject({ message: "Invalid filter pattern" });
  await cloud.aws.logs.DeleteMetricFilter({ logGroupName: "app", filterName: "errors" });
  await expect(cloud.aws.logs.DeleteMetricFilter({ logGroupName: "app", filterName: "errors" })).rejects.toMatchObject({ code: "ResourceNotFoundException" });
});

it("publishes what metric filters count, by minute and dimension, as metrics (S3-43)", async () => {
  await prepare();
  const metricNamespace = "Flows";
  await cloud.aws.logs.PutMetricFilter({ logGroupName: "app", filterName: "rejected", filterPattern: "[..., bytes, action=REJECT]", metricTransformations: [{ metricName: "Rejected", metricNamespace, metricValue: "1", defaultValue: 0 }] });
  await cloud.aws.logs.PutMetricFilter({ logGroupName: "app", filterName: "bytes", filterPattern: "[eni, bytes, action]", metricTransformations: [{ metricName: "Bytes", metricNamespace, metricValue: "$bytes", dimensions: { Interface: "$eni" }, unit: "Bytes" }] });
  const at = Math.floor(cloud.now() / 60_000) * 60_000;
  await put(["eni-1 100 ACCEPT", "eni-1 40 REJECT", "eni-2 60 REJECT"], { at });
  await put(["eni-1 x ACCEPT"], { at: at + 60_000 });
  await cloud.advance("2m");
  const sums = async (MetricName: string, Dimensions: { Name: string; Value: string }[] = []) => {
    const { Datapoints } = await cloud.aws.cloudwatch.GetMetricStatistics({ Namespace: metricNamespace, MetricName, Dimensions, StartTime: new Date(at), EndTime: new Date(at + 120_000), Period: 60, Statistics: ["Sum", "SampleCount"] });
    return Datapoints!.toSorted((a, b) => a.Timestamp!.getTime() - b.Timestamp!.getTime()).map(({ Sum, SampleCount }) => [Sum, SampleCount]);
  };
  expect(await sums("Rejected")).toEqual([[2, 2], [0, 1]]);
  expect(await sums("Bytes", [{ Name: "Interface", Value: "eni-1" }])).toEqual([[140, 2]]);
  expect(await sums("Bytes", [{ Name: "Interface", Value: "eni-2" }])).toEqual([[60, 1]]);
  expect(cloud.logs).toEqual([]);
});
