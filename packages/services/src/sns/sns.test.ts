import { createVerify, X509Certificate } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

const URL = "http://127.0.0.1:9999/hook";
const SCOPE = { account: "123456789012", region: "ap-northeast-1" };

let cloud: TestCloud;
let topic: string;
beforeEach(async () => {
  cloud = await createTestCloud();
  topic = (await cloud.aws.sns.CreateTopic({ Name: "news" })).TopicArn!;
});
afterEach(() => cloud.close());

type Told = Readonly<Record<string, string>>;
const told = (url = URL): readonly Told[] => cloud.paper.posted.filter((request) => request.url === url).map(({ body }) => JSON.parse(body) as Told);
const mails = () => cloud.core.calls.facts(SCOPE).sns.mails();

async function subscribe(Attributes: Record<string, string> = {}, Endpoint = URL): Promise<string> {
  await cloud.aws.sns.Subscribe({ TopicArn: topic, Protocol: "http", Endpoint, Attributes });
  await cloud.settle();
  const { SubscriptionArn } = await cloud.aws.sns.ConfirmSubscription({ TopicArn: topic, Token: told(Endpoint).at(-1)!["Token"]! });
  return SubscriptionArn!;
}

async function publish(input: object): Promise<string> {
  const { MessageId } = await cloud.aws.sns.Publish({ TopicArn: topic, Message: "hello", ...input });
  await cloud.settle();
  return MessageId!;
}

describe("a subscription over HTTP", () => {
  it("gets nothing before its endpoint confirmed, then what is published, with AWS's headers and members", async () => {
    const pending = await cloud.aws.sns.Subscribe({ TopicArn: topic, Protocol: "http", Endpoint: URL });
    expect(pending.SubscriptionArn).toBe("pending confirmation");
    await publish({});
    expect(told().map(({ Type }) => Type)).toEqual(["SubscriptionConfirmation"]);
    const [asked] = told();
    expect(asked!["SubscribeURL"]).toBe(`https://sns.ap-northeast-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topic}&Token=${asked!["Token"]}`);
    const arn = (await cloud.aws.sns.ConfirmSubscription({ TopicArn: topic, Token: asked!["Token"]! })).SubscriptionArn!;
    const id = await publish({ Subject: "Hi", MessageAttributes: { colour: { DataType: "String", StringValue: "red" } } });
    const request = cloud.paper.posted.at(-1)!;
    expect(request.headers).toMatchObject({
      "x-amz-sns-message-type": "Notification",
      "x-amz-sns-message-id": id,
      "x-amz-sns-topic-arn": topic,
      "x-amz-sns-subscription-arn": arn,
      "content-type": "text/plain; charset=UTF-8",
      "user-agent": "Amazon Simple Notification Service Agent",
    });
    expect(told().at(-1)).toMatchObject({ Type: "Notification", MessageId: id, TopicArn: topic, Subject: "Hi", Message: "hello", SignatureVersion: "1", MessageAttributes: { colour: { Type: "String", Value: "red" } } });
  });

  it.each([["1", "RSA-SHA1"], ["2", "RSA-SHA256"]])("is signed by the certificate that it names, version %s", async (version, algorithm) => {
    await cloud.aws.sns.SetTopicAttributes({ TopicArn: topic, AttributeName: "SignatureVersion", AttributeValue: version });
    await subscribe();
    await publish({ Subject: "Hi" });
    const message = told().at(-1)!;
    const name = message["SigningCertURL"]!.split("/").at(-1)!;
    const certificate = new X509Certificate(cloud.core.calls.facts(SCOPE).sns.certificate(name)!);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.subject).toContain("Hakoniwa");
    const text = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"].map((member) => `${member}\n${message[member]}\n`).join("");
    const verifies = (signed: string): boolean => createVerify(algorithm).update(signed).verify(certificate.publicKey, message["Signature"]!, "base64");
    expect([verifies(text), verifies(text.replace("hello", "hullo"))]).toEqual([true, false]);
  });

  it("is raw when asked for", async () => {
    await subscribe({ RawMessageDelivery: "true" });
    await publish({});
    expect(cloud.paper.posted.at(-1)).toMatchObject({ body: "hello", headers: { "x-amz-sns-rawdelivery": "true" } });
  });

  it("is tried again three times, twenty seconds apart, when the endpoint fails, and not when it refuses", async () => {
    await subscribe();
    const before = cloud.paper.posted.length;
    const attempts = (): number => cloud.paper.posted.length - before;
    cloud.paper.answer(URL, 503);
    await publish({});
    expect(attempts()).toBe(1);
    await cloud.advance("19s");
    expect(attempts()).toBe(1);
    await cloud.advance("2s");
    expect(attempts()).toBe(2);
    cloud.paper.answer(URL, undefined);
    await cloud.advance("5m");
    expect(attempts()).toBe(4);
    cloud.paper.answer(URL, 404);
    await publish({});
    await cloud.advance("5m");
    expect(attempts()).toBe(5);
    expect(cloud.core.store.all(SCOPE, "sns.deliveries")).toEqual([]);
  });

  it("arrives when the endpoint is back, under the subscription's own retry policy", async () => {
    const policy = { healthyRetryPolicy: { minDelayTarget: 1, maxDelayTarget: 9, numRetries: 5, numNoDelayRetries: 1, backoffFunction: "linear" } };
    await subscribe({ DeliveryPolicy: JSON.stringify(policy) });
    const before = cloud.paper.posted.length;
    cloud.paper.answer(URL, 500);
    await publish({});
    expect(cloud.paper.posted.length - before).toBe(2);
    cloud.paper.answer(URL, 200);
    await cloud.advance("1s");
    expect(cloud.paper.posted.length - before).toBe(3);
    await cloud.advance("1m");
    expect(cloud.paper.posted.length - before).toBe(3);
  });

  it("gets only what its filter policy lets pass", async () => {
    await subscribe({ FilterPolicy: JSON.stringify({ kind: ["alarm"] }) });
    await subscribe({ FilterPolicy: JSON.stringify({ a: [1] }), FilterPolicyScope: "MessageBody" }, `${URL}/body`);
    const kind = (StringValue: string) => ({ MessageAttributes: { kind: { DataType: "String", StringValue } } });
    await publish(kind("news"));
    await publish({ ...kind("alarm"), Message: '{"a":1}' });
    const heard = (url: string): readonly string[] => told(url).filter(({ Type }) => Type === "Notification").map(({ Message }) => Message!);
    expect([heard(URL), heard(`${URL}/body`)]).toEqual([['{"a":1}'], ['{"a":1}']]);
  });

  it("ends when it is unsubscribed, which its endpoint is told", async () => {
    const SubscriptionArn = await subscribe();
    await cloud.aws.sns.Unsubscribe({ SubscriptionArn });
    await publish({});
    expect(told().at(-1)!["Type"]).toBe("UnsubscribeConfirmation");
    await cloud.aws.sns.Unsubscribe({ SubscriptionArn });
  });

  it("is forgotten when nobody confirms it in three days, and a wrong token confirms nothing", async () => {
    await cloud.aws.sns.Subscribe({ TopicArn: topic, Protocol: "http", Endpoint: URL });
    await expect(cloud.aws.sns.ConfirmSubscription({ TopicArn: topic, Token: "0".repeat(256) })).rejects.toMatchObject({ code: "InvalidParameter", message: "Invalid parameter: Token" });
    expect((await cloud.aws.sns.ListSubscriptions({})).Subscriptions).toMatchObject([{ SubscriptionArn: "PendingConfirmation", Endpoint: URL }]);
    await cloud.advance("4d");
    expect((await cloud.aws.sns.ListSubscriptions({})).Subscriptions).toEqual([]);
  });
});

describe("letters and text messages", () => {
  it("lie in the mailbox to be read, and a letter's token confirms", async () => {
    await cloud.aws.sns.Subscribe({ TopicArn: topic, Protocol: "email", Endpoint: "ops@example.com" });
    await cloud.settle();
    const [letter] = mails();
    expect(letter).toMatchObject({ protocol: "email", to: "ops@example.com", subject: "AWS Notification - Subscription Confirmation" });
    const [, Token] = /--token (\w+)/.exec(letter!.body)!;
    await cloud.aws.sns.ConfirmSubscription({ TopicArn: topic, Token: Token! });
    await cloud.aws.sns.Subscribe({ TopicArn: topic, Protocol: "sms", Endpoint: "+81 3-1234-5678" });
    await publish({ Subject: "Fire", MessageStructure: "json", Message: JSON.stringify({ default: "all", sms: "short" }) });
    expect(mails().slice(1).map(({ to, subject, body }) => [to, subject, body.split("\n")[0]])).toEqual([["ops@example.com", "Fire", "all"], ["+81312345678", "Fire", "news> short"]]);
  });

  it("are sent to a telephone directly, too", async () => {
    await cloud.aws.sns.Publish({ PhoneNumber: "+81312345678", Message: "hello" });
    expect(mails()).toMatchObject([{ protocol: "sms", to: "+81312345678", body: "hello" }]);
  });
});

describe("a topic", () => {
  it("is made once, described, tagged and deleted with its subscriptions", async () => {
    expect((await cloud.aws.sns.CreateTopic({ Name: "news" })).TopicArn).toBe(topic);
    await expect(cloud.aws.sns.CreateTopic({ Name: "news", Attributes: { DisplayName: "N" } })).rejects.toThrow("different attributes");
    await subscribe();
    await cloud.aws.sns.TagResource({ ResourceArn: topic, Tags: [{ Key: "a", Value: "1" }] });
    expect((await cloud.aws.sns.ListTagsForResource({ ResourceArn: topic })).Tags).toEqual([{ Key: "a", Value: "1" }]);
    expect((await cloud.aws.sns.GetTopicAttributes({ TopicArn: topic })).Attributes).toMatchObject({ SubscriptionsConfirmed: "1", SubscriptionsPending: "0", Owner: "123456789012" });
    await cloud.aws.sns.DeleteTopic({ TopicArn: topic });
    expect((await cloud.aws.sns.ListSubscriptions({})).Subscriptions).toEqual([]);
    await expect(cloud.aws.sns.Publish({ TopicArn: topic, Message: "x" })).rejects.toMatchObject({ code: "NotFound", message: "Topic does not exist" });
  });

  it("takes permissions, and gives them back", async () => {
    const statements = async (): Promise<number> => (JSON.parse((await cloud.aws.sns.GetTopicAttributes({ TopicArn: topic })).Attributes!["Policy"]!) as { Statement: unknown[] }).Statement.length;
    await cloud.aws.sns.AddPermission({ TopicArn: topic, Label: "x", AWSAccountId: ["210987654321"], ActionName: ["Publish"] });
    expect(await statements()).toBe(2);
    await cloud.aws.sns.RemovePermission({ TopicArn: topic, Label: "x" });
    expect(await statements()).toBe(1);
  });

  it.each([
    ["CreateTopic", { Name: "bad name" }, "Invalid parameter: Topic Name"],
    ["CreateTopic", { Name: "x.fifo" }, "does not implement FIFO topics"],
    ["Subscribe", { Protocol: "sqs", Endpoint: "arn:aws:sqs:ap-northeast-1:123456789012:q" }, "sqs is not supported here"],
    ["Subscribe", { Protocol: "http", Endpoint: "https://example.com/" }, "Endpoint must match the specified protocol"],
    ["Subscribe", { Protocol: "email", Endpoint: "nobody" }, "Email address"],
    ["Subscribe", { Protocol: "carrier-pigeon", Endpoint: "x" }, "Does not support this protocol string: carrier-pigeon"],
    ["Subscribe", { Protocol: "http", Endpoint: URL, Attributes: { FilterPolicy: "{" } }, "FilterPolicy"],
    ["Subscribe", { Protocol: "sms", Endpoint: "+81312345678", Attributes: { RawMessageDelivery: "true" } }, "does not support raw message delivery"],
    ["Publish", { Message: "" }, "Empty message"],
    ["Publish", { Message: "x".repeat(262_145) }, "Message too long"],
    ["Publish", { Message: "x", Subject: "a\nb" }, "Subject"],
    ["Publish", { Message: "x", MessageStructure: "json" }, "failed to parse"],
    ["Publish", { Message: '{"sms":"x"}', MessageStructure: "json" }, "No default entry"],
    ["Publish", { Message: "x", MessageAttributes: { a: { DataType: "Number", StringValue: "one" } } }, "Could not cast message attribute 'a'"],
    ["SetTopicAttributes", { AttributeName: "Policy", AttributeValue: "{}" }, "Statement"],
    ["SetTopicAttributes", { AttributeName: "Colour", AttributeValue: "red" }, "AttributeName"],
    ["SetTopicAttributes", { AttributeName: "DeliveryPolicy", AttributeValue: '{"http":{"defaultHealthyRetryPolicy":{"numRetries":1000}}}' }, "0 to 100"],
  ] as const)("%s refuses %j", async (operation, input, words) => {
    const calls = cloud.aws.sns as unknown as Record<string, (input: object) => Promise<unknown>>;
    await expect(calls[operation]!({ TopicArn: topic, ...input })).rejects.toThrow(words);
    expect((await cloud.aws.sns.ListSubscriptions({})).Subscriptions).toEqual([]);
  });

  it("takes ten messages at once, and a bad one holds up no other", async () => {
    await subscribe();
    const PublishBatchRequestEntries = [{ Id: "a", Message: "1" }, { Id: "b", Message: "" }, { Id: "c", Message: "3" }];
    const answer = await cloud.aws.sns.PublishBatch({ TopicArn: topic, PublishBatchRequestEntries });
    await cloud.settle();
    expect(answer.Successful!.map(({ Id }) => Id)).toEqual(["a", "c"]);
    expect(answer.Failed).toMatchObject([{ Id: "b", Code: "InvalidParameter", SenderFault: true }]);
    expect(told().filter(({ Type }) => Type === "Notification").map(({ Message }) => Message)).toEqual(["1", "3"]);
    await expect(cloud.aws.sns.PublishBatch({ TopicArn: topic, PublishBatchRequestEntries: [{ Id: "a", Message: "1" }, { Id: "a", Message: "2" }] })).rejects.toMatchObject({ code: "BatchEntryIdsNotDistinct" });
  });
});
