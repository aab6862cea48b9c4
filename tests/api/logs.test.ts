/** CloudWatch Logs as the AWS SDK and the AWS CLI meet it. */
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { beforeAll, describe, expect, it } from "vitest";
import { isAwsCliInstalled, useAwsCli } from "./aws-cli.js";
import { REGION, useCloud } from "./cloud.js";

const cloud = useCloud();
const IN = { logGroupName: "/app/web", logStreamName: "i-1" };

beforeAll(async () => {
  await cloud.logs.send(new logs.CreateLogGroupCommand({ logGroupName: IN.logGroupName }));
  await cloud.logs.send(new logs.CreateLogStreamCommand(IN));
});

const put = (...messages: readonly string[]) => cloud.logs.send(new logs.PutLogEventsCommand({ ...IN, logEvents: messages.map((message) => ({ timestamp: Date.now(), message })) }));

describe("CloudWatch Logs over HTTP", () => {
  it("takes events and gives them back, with tokens and an id that an SDK of old may hand in", async () => {
    const { nextSequenceToken, rejectedLogEventsInfo } = await put("héllo", "wörld");
    expect(rejectedLogEventsInfo).toBeUndefined();
    await cloud.logs.send(new logs.PutLogEventsCommand({ ...IN, sequenceToken: nextSequenceToken, logEvents: [{ timestamp: Date.now(), message: "三" }] }));
    const { events, nextForwardToken } = await cloud.logs.send(new logs.GetLogEventsCommand({ ...IN, startFromHead: true }));
    expect(events!.map((event) => event.message)).toEqual(["héllo", "wörld", "三"]);
    expect(await cloud.logs.send(new logs.GetLogEventsCommand({ ...IN, nextToken: nextForwardToken }))).toMatchObject({ events: [], nextForwardToken });
  });

  it("takes a whole batch of 1,048,576 bytes of JSON lines, however long they are on the wire", async () => {
    // Each event counts 26 bytes more than its message: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
    const line = JSON.stringify(Array.from({ length: 30 }, (_, index) => `"${index}"`));
    const message = line + " ".repeat(1024 - 26 - line.length);
    const { rejectedLogEventsInfo } = await put(...Array.from({ length: 1024 }, () => message));
    expect(rejectedLogEventsInfo).toBeUndefined();
  });

  it("is searched by the SDK's paginator", async () => {
    await put(...Array.from({ length: 25 }, (_, index) => `page ${index}`));
    const found: (string | undefined)[] = [];
    for await (const page of logs.paginateFilterLogEvents({ client: cloud.logs, pageSize: 10 }, { logGroupName: IN.logGroupName, filterPattern: "page" })) found.push(...page.events!.map((event) => event.message));
    expect(found).toEqual(Array.from({ length: 25 }, (_, index) => `page ${index}`));
  });

  it("is followed as `aws logs tail --follow` does: from the newest event's time on, by event ids", async () => {
    const seen = new Set<string>();
    let startTime = Date.now();
    const follow = async (): Promise<string[]> => {
      const { events } = await cloud.logs.send(new logs.FilterLogEventsCommand({ logGroupName: IN.logGroupName, startTime, interleaved: true }));
      const fresh = events!.filter((event) => !seen.has(event.eventId!));
      for (const event of fresh) seen.add(event.eventId!);
      startTime = Math.max(startTime, ...events!.map((event) => event.timestamp!));
      return fresh.map((event) => event.message!);
    };
    await put("first");
    expect(await follow()).toContain("first");
    expect(await follow()).toEqual([]);
    await put("second", "third");
    expect(await follow()).toEqual(["second", "third"]);
  });

  it.each([
    ["a group that isn't", new logs.GetLogEventsCommand({ ...IN, logGroupName: "none" }), "ResourceNotFoundException", "The specified log group does not exist."],
    ["a name that can't be", new logs.CreateLogGroupCommand({ logGroupName: "a b" }), "InvalidParameterException", /'a b' at 'logGroupName'/],
    ["no event at all", new logs.PutLogEventsCommand({ ...IN, logEvents: [] }), "InvalidParameterException", /logEvents/],
    ["a pattern that is none", new logs.FilterLogEventsCommand({ logGroupName: IN.logGroupName, filterPattern: "{ $.a" }), "InvalidParameterException", "Invalid filter pattern"],
    ["what is not there yet", new logs.StartQueryCommand({ startTime: 0, endTime: 1, queryString: "fields @message" }), "NotImplemented", /StartQuery/],
  ])("%s is answered by AWS's name for it", async (_name, command, name, message) => {
    await expect(cloud.logs.send(command as logs.GetLogEventsCommand)).rejects.toMatchObject({ name, message: typeof message === "string" ? message : expect.stringMatching(message) });
  });

  it("lets a user write to one group alone, as `…:log-group:NAME:*` says", async () => {
    await cloud.logs.send(new logs.CreateLogGroupCommand({ logGroupName: "/app/db" }));
    const Resource = `arn:aws:logs:${REGION}:123456789012:log-group:/app/web:*`;
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource } });
    await cloud.iam.send(new CreateUserCommand({ UserName: "writer" }));
    await cloud.iam.send(new PutUserPolicyCommand({ UserName: "writer", PolicyName: "write", PolicyDocument }));
    const { AccessKey } = await cloud.iam.send(new CreateAccessKeyCommand({ UserName: "writer" }));
    const writer = cloud.as({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }).logs;
    await writer.send(new logs.CreateLogStreamCommand({ ...IN, logStreamName: "own" }));
    await writer.send(new logs.PutLogEventsCommand({ ...IN, logStreamName: "own", logEvents: [{ timestamp: Date.now(), message: "x" }] }));
    await expect(writer.send(new logs.CreateLogStreamCommand({ logGroupName: "/app/db", logStreamName: "own" }))).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining(`is not authorized to perform: logs:CreateLogStream on resource: arn:aws:logs:${REGION}:123456789012:log-group:/app/db:log-stream:own`),
    });
    await expect(writer.send(new logs.GetLogEventsCommand(IN))).rejects.toMatchObject({ name: "AccessDeniedException" });
  });
});

describe.skipIf(!isAwsCliInstalled())("aws logs", { timeout: 30_000 }, () => {
  const cli = useAwsCli(cloud);

  it("finds events by a pattern", async () => {
    await put('{"level":"error","code":500}', '{"level":"info","code":200}');
    const found = await cli.run("logs", "filter-log-events", "--log-group-name", IN.logGroupName, "--filter-pattern", "{ $.code >= 500 }", "--query", "events[].message", "--output", "text");
    expect(found).toEqual({ code: 0, stdout: '{"level":"error","code":500}\n', stderr: "" });
  });
});
