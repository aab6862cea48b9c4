/** The links of SNS's notifications and letters: a plain GET, signed by nobody, with what only their reader can know. */
import { createServer, get, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfirmSubscriptionCommand, CreateTopicCommand, ListSubscriptionsByTopicCommand, PublishCommand, SubscribeCommand, UnsubscribeCommand } from "@aws-sdk/client-sns";
import { postOnThisMachine } from "@hakoniwa/dataplane";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { REGION, useCloud } from "./cloud.js";

const cloud = useCloud({ post: postOnThisMachine });

let server: Server;
let hook: string;
const heard: Readonly<Record<string, string>>[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      heard.push(JSON.parse(text) as Record<string, string>);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  hook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

/** Follows a link as `curl` does on this machine, where AWS's names lead nowhere. */
async function follow(link: string, host = new URL(link).host): Promise<{ readonly status: number; readonly body: string }> {
  const { pathname, search } = new URL(link);
  return new Promise((resolve, reject) => {
    get(`${cloud.url}${pathname}${search}`, { headers: { host } }, (answer) => {
      let body = "";
      answer.on("data", (chunk: Buffer) => (body += chunk.toString()));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body }));
    }).on("error", reject);
  });
}

const last = (type: string) => vi.waitFor(() => {
  const found = heard.findLast(({ Type }) => Type === type);
  if (!found) throw new Error(`no ${type} yet`);
  return found;
}, 10_000);

async function subscribed(name: string, clients = cloud.as({ accessKeyId: "test", secretAccessKey: "test" })): Promise<{ readonly TopicArn: string; readonly SubscribeURL: string }> {
  heard.length = 0;
  const { TopicArn } = await clients.sns.send(new CreateTopicCommand({ Name: name }));
  await clients.sns.send(new SubscribeCommand({ TopicArn: TopicArn!, Protocol: "http", Endpoint: `${hook}${name}` }));
  return { TopicArn: TopicArn!, SubscribeURL: (await last("SubscriptionConfirmation"))["SubscribeURL"]! };
}

const arnsOf = async (TopicArn: string, { sns } = cloud as Pick<typeof cloud, "sns">) => (await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }))).Subscriptions!.map(({ SubscriptionArn }) => SubscriptionArn!);

describe("a link of SNS's", () => {
  it("confirms a subscription, and ends it", async () => {
    const { TopicArn, SubscribeURL } = await subscribed("links");
    expect(await arnsOf(TopicArn)).toEqual(["PendingConfirmation"]);
    expect(await follow(SubscribeURL)).toMatchObject({ status: 200, body: expect.stringContaining("<ConfirmSubscriptionResult>") as string });
    const [arn] = await arnsOf(TopicArn);
    expect(arn).toMatch(new RegExp(`^${TopicArn}:`));

    await cloud.sns.send(new PublishCommand({ TopicArn, Message: "hello" }));
    const { UnsubscribeURL } = await last("Notification");
    expect(await follow(UnsubscribeURL!)).toMatchObject({ status: 200 });
    expect(await arnsOf(TopicArn)).toEqual([]);

    const { SubscribeURL: back } = await last("UnsubscribeConfirmation");
    expect(await follow(back!)).toMatchObject({ status: 200 });
    expect(await arnsOf(TopicArn)).toEqual([arn]);
    expect(await follow(back!)).toMatchObject({ status: 400 });
  });

  it("is good at the address of this machine too, in whichever region its topic is", async () => {
    const elsewhere = cloud.as({ accessKeyId: "test", secretAccessKey: "test" }, "us-east-1");
    const { TopicArn, SubscribeURL } = await subscribed("far", elsewhere);
    expect(TopicArn).toContain(":us-east-1:");
    expect(await follow(SubscribeURL, new URL(cloud.url).host)).toMatchObject({ status: 200 });
    expect(await arnsOf(TopicArn, elsewhere)).not.toEqual(["PendingConfirmation"]);
  });

  it("is nothing without the right token, and nothing else goes unsigned", async () => {
    const { TopicArn, SubscribeURL } = await subscribed("guarded");
    expect(await follow(SubscribeURL.replace(/Token=../, "Token=zz"))).toMatchObject({ status: 400, body: expect.stringContaining("Invalid parameter: Token") as string });
    expect(await arnsOf(TopicArn)).toEqual(["PendingConfirmation"]);
    const link = new URL(SubscribeURL);
    for (const query of [`Action=ListTopics`, `Action=DeleteTopic&TopicArn=${TopicArn}`, `Action=Publish&TopicArn=${TopicArn}&Message=x`, `Action=Subscribe&TopicArn=${TopicArn}&Protocol=sms&Endpoint=%2B8190`]) {
      expect(await follow(`${link.origin}/?${query}`)).toMatchObject({ status: 403, body: expect.stringContaining("MissingAuthenticationToken") as string });
    }
    expect(await follow(`${link.origin}/?Action=Unsubscribe&SubscriptionArn=${TopicArn}:00000000-0000-4000-8000-000000000000`)).toMatchObject({ status: 403, body: expect.stringContaining("AuthorizationError") as string });
  });

  it("ends no subscription that was confirmed by a caller who wants to be the only one to end it", async () => {
    const { TopicArn, SubscribeURL } = await subscribed("own");
    await cloud.sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token: new URL(SubscribeURL).searchParams.get("Token")!, AuthenticateOnUnsubscribe: "true" }));
    const [SubscriptionArn] = await arnsOf(TopicArn);
    expect((await follow(`https://sns.${REGION}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${SubscriptionArn!}`)).status).toBe(403);
    await cloud.sns.send(new UnsubscribeCommand({ SubscriptionArn: SubscriptionArn! }));
    expect(await arnsOf(TopicArn)).toEqual([]);
    await last("UnsubscribeConfirmation");
  });

  it("does not make an anonymous confirmation one that only the owner may end", async () => {
    const { TopicArn, SubscribeURL } = await subscribed("plain");
    expect((await follow(`${SubscribeURL}&AuthenticateOnUnsubscribe=true`)).status).toBe(200);
    const [SubscriptionArn] = await arnsOf(TopicArn);
    expect((await follow(`https://sns.${REGION}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${SubscriptionArn!}`)).status).toBe(200);
    await last("UnsubscribeConfirmation");
  });
});
