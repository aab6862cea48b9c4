/** Subscriptions: https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html */
import { Sns, type SnsTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { pageOf } from "../paging.js";
import { onTopic, topicOf } from "./access.js";
import { attributesOf, withAttributes } from "./attributes.js";
import { checkedEndpoint } from "./endpoints.js";
import { invalidParameter } from "./errors.js";
import { findSubscription, findTopic } from "./find.js";
import { confirmation, unsubscribed } from "./hand-over.js";
import { deliveries, subscriptions, topics, type Subscription } from "./state.js";

const PAGE = 100;
const DAY = 24 * 3_600_000;
/** How long a confirmation may take. */
const CONFIRMABLE: Readonly<Record<string, number>> = { http: 3 * DAY, https: 3 * DAY, email: 3 * DAY, "email-json": 3 * DAY };

const ofSubscription = (input: { readonly SubscriptionArn: string }): string => topicOf(input.SubscriptionArn);
const named = (input: { readonly TopicArn: string }): string => input.TopicArn;

export const subscriptionOperations = operations(Sns, {
  Subscribe: {
    authorize: onTopic<SnsTypes.SubscribeInput>("Subscribe", named, (input) => ({ "sns:Protocol": input.Protocol, "sns:Endpoint": input.Endpoint })),
    handle(ctx, input) {
      const topic = findTopic(ctx, input.TopicArn);
      const { protocol, endpoint } = checkedEndpoint(input.Protocol, input.Endpoint);
      const before = ctx.db(subscriptions).where("topic", topic.arn).find((each) => each.protocol === protocol && each.endpoint === endpoint);
      if (before) return again(ctx, input, before);
      const until = CONFIRMABLE[protocol];
      const subscription = withAttributes(
        {
          arn: `${topic.arn}:${ctx.ids.uuid()}`,
          topicArn: topic.arn,
          owner: ctx.account,
          protocol,
          endpoint,
          pending: until === undefined ? undefined : { token: ctx.ids.hex(256), until: ctx.now + until },
          authenticated: until === undefined,
          raw: false,
          filterPolicy: undefined,
          filterScope: "MessageAttributes",
          deliveryPolicy: undefined,
          created: ctx.now,
        },
        input.Attributes ?? {},
      );
      ctx.db(subscriptions).put(subscription);
      if (subscription.pending) ctx.db(deliveries).put(confirmation(ctx, subscription));
      return { SubscriptionArn: shownArn(subscription, input.ReturnSubscriptionArn) };
    },
  },

  ConfirmSubscription: {
    authorize: onTopic("ConfirmSubscription", named),
    handle(ctx, input) {
      findTopic(ctx, input.TopicArn);
      const found = ctx.db(subscriptions).where("token", input.Token).find(({ topicArn }) => topicArn === input.TopicArn);
      if (!found?.pending || found.pending.until < ctx.now) throw invalidParameter("Token");
      ctx.db(subscriptions).put({ ...found, pending: undefined, authenticated: input.AuthenticateOnUnsubscribe?.toLowerCase() === "true" });
      return { SubscriptionArn: found.arn };
    },
  },

  Unsubscribe: {
    authorize: onTopic("Unsubscribe", ofSubscription),
    handle(ctx, input) {
      if (!/^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]{1,256}:[\w-]+$/.test(input.SubscriptionArn)) throw invalidParameter(`SubscriptionArn Reason: An ARN must have at least 7 elements, not ${input.SubscriptionArn}`);
      const found = ctx.db(subscriptions).get(input.SubscriptionArn);
      // What is not there is unsubscribed.
      if (!found) return {};
      ctx.db(subscriptions).delete(found.arn);
      if (!found.pending && found.protocol !== "sms" && ctx.db(topics).get(found.topicArn)) ctx.db(deliveries).put(unsubscribed(ctx, found));
      return {};
    },
  },

  ListSubscriptions: {
    authorize: onEverything("sns:ListSubscriptions"),
    handle: (ctx, input) => listed(ctx.db(subscriptions).list(), input),
  },
  ListSubscriptionsByTopic: {
    authorize: onTopic("ListSubscriptionsByTopic", named),
    handle: (ctx, input) => listed(ctx.db(subscriptions).where("topic", findTopic(ctx, input.TopicArn).arn), input),
  },

  GetSubscriptionAttributes: {
    authorize: onTopic("GetSubscriptionAttributes", ofSubscription),
    handle: (ctx, input) => ({ Attributes: attributesOf(findSubscription(ctx, input.SubscriptionArn)) }),
  },
  SetSubscriptionAttributes: {
    authorize: onTopic("SetSubscriptionAttributes", ofSubscription),
    handle(ctx, input) {
      const found = findSubscription(ctx, input.SubscriptionArn);
      ctx.db(subscriptions).put(withAttributes(found, { [input.AttributeName]: input.AttributeValue ?? "" }));
      return {};
    },
  },
});

/** Subscribing again to the same endpoint is the same subscription; one that waits for its confirmation is asked again. */
function again(ctx: Context, input: SnsTypes.SubscribeInput, before: Subscription): SnsTypes.SubscribeResponse {
  const wanted = withAttributes(before, input.Attributes ?? {});
  if (JSON.stringify(wanted) !== JSON.stringify(before)) throw invalidParameter("Attributes Reason: Subscription already exists with different attributes");
  if (before.pending) {
    const until = ctx.now + (CONFIRMABLE[before.protocol] ?? 0);
    const asked = { ...before, pending: { token: ctx.ids.hex(256), until } };
    ctx.db(subscriptions).put(asked);
    ctx.db(deliveries).put(confirmation(ctx, asked));
  }
  return { SubscriptionArn: shownArn(before, input.ReturnSubscriptionArn) };
}

function shownArn(subscription: Subscription, always: boolean | undefined): string {
  return subscription.pending && !always ? "pending confirmation" : subscription.arn;
}

function listed(all: readonly Subscription[], input: { readonly NextToken?: string | undefined }): SnsTypes.ListSubscriptionsResponse {
  const { records, next } = pageOf(all, { input, size: PAGE, token: input.NextToken, key: (subscription) => subscription.arn, invalid: () => invalidParameter("NextToken") });
  return {
    Subscriptions: records.map(({ arn, owner, protocol, endpoint, topicArn, pending }) => ({
      SubscriptionArn: pending ? "PendingConfirmation" : arn,
      Owner: owner,
      Protocol: protocol,
      Endpoint: endpoint,
      TopicArn: topicArn,
    })),
    NextToken: next,
  };
}
