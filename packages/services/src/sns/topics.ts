/** Topics: https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html */
import { Sns } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { pageOf } from "../paging.js";
import { onTopic, topicArn } from "./access.js";
import { standardRetries, retriesOf } from "./delivery-policy.js";
import { invalidParameter, notYet } from "./errors.js";
import { findTopic } from "./find.js";
import { departures, subscriptions, topics, type Topic } from "./state.js";
import { checkTags, tagsOf } from "./tags.js";
import { checkPolicy, standardPolicy, withoutPermission, withPermission } from "./topic-policy.js";

const PAGE = 100;

const named = (input: { readonly TopicArn: string }): string => input.TopicArn;

export const topicOperations = operations(Sns, {
  CreateTopic: {
    authorize: (input, asked) => ({ action: "sns:CreateTopic", resources: [topicArn(asked, input.Name)] }),
    handle(ctx, input) {
      const { Name: name, Attributes: attributes = {} } = input;
      if (name.endsWith(".fifo") || attributes["FifoTopic"] === "true") throw notYet("FIFO topics");
      if (!/^[\w-]{1,256}$/.test(name)) throw invalidParameter("Topic Name");
      if (input.DataProtectionPolicy !== undefined) throw notYet("data protection policies");
      checkTags(input.Tags);
      const arn = topicArn(ctx, name);
      const before = ctx.db(topics).get(arn);
      const plain: Topic = { arn, name, displayName: "", policy: standardPolicy(arn, ctx.account), deliveryPolicy: undefined, signatureVersion: "1", tags: tagsOf(input.Tags), created: ctx.now };
      const wanted = Object.entries(attributes).reduce((topic, [key, value]) => withAttribute(topic, key, value), before ?? plain);
      if (before && JSON.stringify(wanted) !== JSON.stringify(before)) throw invalidParameter("Attributes Reason: Topic already exists with different attributes");
      if (before && input.Tags !== undefined && JSON.stringify(tagsOf(input.Tags)) !== JSON.stringify(before.tags)) throw invalidParameter("Tags Reason: Topic already exists with different tags");
      if (!before) ctx.db(topics).put(wanted);
      return { TopicArn: arn };
    },
  },

  DeleteTopic: {
    authorize: onTopic("DeleteTopic", named),
    handle(ctx, input) {
      // What is not there is deleted; its subscriptions go with it.
      if (!ctx.db(topics).delete(input.TopicArn)) return {};
      for (const { arn } of ctx.db(subscriptions).where("topic", input.TopicArn)) ctx.db(subscriptions).delete(arn);
      for (const { token } of ctx.db(departures).where("topic", input.TopicArn)) ctx.db(departures).delete(token);
      return {};
    },
  },

  ListTopics: {
    authorize: onEverything("sns:ListTopics"),
    handle(ctx, input) {
      const { records, next } = pageOf(ctx.db(topics).list(), { input, size: PAGE, token: input.NextToken, key: (topic) => topic.arn, invalid: () => invalidParameter("NextToken") });
      return { Topics: records.map(({ arn }) => ({ TopicArn: arn })), NextToken: next };
    },
  },

  GetTopicAttributes: {
    authorize: onTopic("GetTopicAttributes", named),
    handle: (ctx, input) => ({ Attributes: attributesOf(ctx, findTopic(ctx, input.TopicArn)) }),
  },

  SetTopicAttributes: {
    authorize: onTopic("SetTopicAttributes", named),
    handle(ctx, input) {
      ctx.db(topics).put(withAttribute(findTopic(ctx, input.TopicArn), input.AttributeName, input.AttributeValue ?? ""));
      return {};
    },
  },

  AddPermission: {
    authorize: onTopic("AddPermission", named),
    handle(ctx, input) {
      const topic = findTopic(ctx, input.TopicArn);
      ctx.db(topics).put({ ...topic, policy: withPermission(topic.policy, topic.arn, input.Label, input.AWSAccountId, input.ActionName) });
      return {};
    },
  },

  RemovePermission: {
    authorize: onTopic("RemovePermission", named),
    handle(ctx, input) {
      const topic = findTopic(ctx, input.TopicArn);
      ctx.db(topics).put({ ...topic, policy: withoutPermission(topic.policy, input.Label) });
      return {};
    },
  },
});

/** @throws AwsError InvalidParameter for an attribute that is none, or can't be set so */
function withAttribute(topic: Topic, name: string, value: string): Topic {
  switch (name) {
    case "DisplayName":
      if (value.length > 100) throw invalidParameter("Attributes Reason: DisplayName has more than 100 characters");
      return { ...topic, displayName: value };
    case "Policy":
      if (value === "") return { ...topic, policy: standardPolicy(topic.arn, topic.arn.split(":")[4]!) };
      checkPolicy(value, topic.arn);
      return { ...topic, policy: value };
    case "DeliveryPolicy":
      if (value === "") return { ...topic, deliveryPolicy: undefined };
      retriesOf(value, undefined);
      return { ...topic, deliveryPolicy: value };
    case "SignatureVersion":
      if (value !== "1" && value !== "2") throw invalidParameter(`Attributes Reason: SignatureVersion is 1 or 2, not ${value}`);
      return { ...topic, signatureVersion: value };
    case "FifoTopic":
    case "ContentBasedDeduplication":
      if (value === "false") return topic;
      throw notYet("FIFO topics");
    case "TracingConfig":
      if (value === "PassThrough") return topic;
      throw notYet("the topic attribute TracingConfig");
    case "KmsMasterKeyId":
      throw notYet("the topic attribute KmsMasterKeyId");
    default:
      if (/^(HTTP|Firehose|Lambda|Application|SQS)(Success|Failure)Feedback/.test(name)) throw notYet(`the topic attribute ${name}`);
      throw invalidParameter("AttributeName");
  }
}

function attributesOf(ctx: Context, topic: Topic): Record<string, string> {
  const all = ctx.db(subscriptions).where("topic", topic.arn);
  const pending = all.filter((subscription) => subscription.pending).length;
  return {
    TopicArn: topic.arn,
    Owner: ctx.account,
    Policy: topic.policy,
    DisplayName: topic.displayName,
    SubscriptionsConfirmed: String(all.length - pending),
    SubscriptionsPending: String(pending),
    SubscriptionsDeleted: "0",
    EffectiveDeliveryPolicy: JSON.stringify({ http: { defaultHealthyRetryPolicy: topic.deliveryPolicy ? retriesOf(topic.deliveryPolicy, undefined) : standardRetries, disableSubscriptionOverrides: false } }),
    ...(topic.deliveryPolicy === undefined ? {} : { DeliveryPolicy: topic.deliveryPolicy }),
    ...(topic.signatureVersion === "1" ? {} : { SignatureVersion: topic.signatureVersion }),
  };
}
