/** SNS with the SDK, and a real endpoint on this machine that confirms and listens. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { DescribeAlarmHistoryCommand, PutMetricAlarmCommand, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import { ConfirmSubscriptionCommand, CreateTopicCommand, ListSubscriptionsByTopicCommand, PublishCommand, SubscribeCommand } from "@aws-sdk/client-sns";
import { postOnThisMachine } from "@hakoniwa/dataplane";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { useCloud } from "./cloud.js";

const cloud = useCloud({ post: postOnThisMachine });

interface Heard {
  readonly type: string | undefined;
  readonly message: Readonly<Record<string, string>>;
}

let server: Server;
let url: string;
const heard: Heard[] = [];

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** As a webhook in front of a chat does: it confirms what it is asked to, and notes what it is told. */
beforeAll(async () => {
  server = createServer((request, response) => {
    void bodyOf(request).then(async (text) => {
      const message = JSON.parse(text) as Readonly<Record<string, string>>;
      heard.push({ type: request.headers["x-amz-sns-message-type"] as string | undefined, message });
      response.end();
      if (message["Type"] === "SubscriptionConfirmation") await cloud.sns.send(new ConfirmSubscriptionCommand({ TopicArn: message["TopicArn"]!, Token: message["Token"]! }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/hook`;
});
afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

it("a webhook confirms, and receives messages and the alarm (S0-43)", async () => {
  const { TopicArn } = await cloud.sns.send(new CreateTopicCommand({ Name: "chat" }));
  await cloud.sns.send(new SubscribeCommand({ TopicArn: TopicArn!, Protocol: "http", Endpoint: url }));
  await vi.waitFor(async () => {
    const { Subscriptions } = await cloud.sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: TopicArn! }));
    expect(Subscriptions![0]!.SubscriptionArn).toContain(`${TopicArn}:`);
  }, 10_000);
  const { MessageId } = await cloud.sns.send(new PublishCommand({ TopicArn: TopicArn!, Message: "hello", Subject: "Hi" }));
  await vi.waitFor(() => expect(heard.at(-1)).toMatchObject({ type: "Notification", message: { MessageId, Message: "hello", Subject: "Hi" } }), 10_000);

  const alarm = { AlarmName: "down", Namespace: "App", MetricName: "up", Statistic: "Sum", Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: "LessThanThreshold" } as const;
  await cloud.cloudwatch.send(new PutMetricAlarmCommand({ ...alarm, AlarmActions: [TopicArn!] }));
  await cloud.cloudwatch.send(new SetAlarmStateCommand({ AlarmName: "down", StateValue: "ALARM", StateReason: "a server is down" }));
  await vi.waitFor(() => expect(heard.at(-1)!.message["Subject"]).toBe('ALARM: "down" in Asia Pacific (Tokyo)'), 10_000);
  expect(JSON.parse(heard.at(-1)!.message["Message"]!)).toMatchObject({ AlarmName: "down", NewStateReason: "a server is down" });
  const { AlarmHistoryItems } = await cloud.cloudwatch.send(new DescribeAlarmHistoryCommand({ AlarmName: "down", HistoryItemType: "Action" }));
  expect(AlarmHistoryItems).toMatchObject([{ HistorySummary: `Successfully executed action ${TopicArn}` }]);
});

it("words mistakes as AWS does", async () => {
  await expect(cloud.sns.send(new PublishCommand({ TopicArn: "arn:aws:sns:ap-northeast-1:123456789012:nowhere", Message: "x" }))).rejects.toMatchObject({ name: "NotFoundException", message: "Topic does not exist" });
  await expect(cloud.sns.send(new CreateTopicCommand({ Name: "no spaces" }))).rejects.toMatchObject({ name: "InvalidParameterException", message: "Invalid parameter: Topic Name" });
});
