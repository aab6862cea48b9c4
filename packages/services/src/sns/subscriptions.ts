/** Subscriptions: https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html */
import type { Access } from "@hakoniwa/kernel";
import { Sns, type SnsTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Asked, type Context } from "../define.js";
import { pageOf } from "../paging.js";
import { onTopic, topicOf } from "./access.js";
import { attributesOf, withAttributes } from "./attributes.js";
import { checkedEndpoint } from "./endpoints.js";
import { invalidParameter, notAuthorized } from "./errors.js";
import { findSubscription, findTopic } from "./find.js";
import { confirmation, unsubscribed } from "./hand-over.js";
import { deliveries, departures, subscriptions, topics, type Subscription } from "./state.js";

const PAGE = 100;
const DAY = 24 * 3_600_000;
/** How long a confirmation may take. */
const CONFIRMABLE: Readonly<Record<string, number>> = { http: 3 * DAY, https: 3 * DAY, email: 3 * DAY, "email-json": 3 * DAY };

const ofSubscription = (input: { readonly SubscriptionArn: string }): string => topicOf(input.SubscriptionArn);
const named = (input: { readonly TopicArn: string }): string => input.TopicArn;

/** Who follows a letter's link signs nothing. */
const isLinked = ({ caller }: Pick<Asked, "caller">): boolean => caller.principal.type === "anonymous";

/** What the link of a letter says is proof enough, and `handle` looks at it. */
function unlessLinked<In>(authorize: (input: In, asked: Asked) => Access): (input: In, asked: Asked) => Access | readonly Access[] {
  return (input, asked) => (isLinked(asked) ? [] : authorize(input, asked));
}

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
    authorize: unlessLinked(onTopic("ConfirmSubscription", named)),
    handle(ctx, input) {
      findTopic(ctx, input.TopicArn);
      const found = ctx.db(subscriptions).where("token", input.Token).find(({ topicArn }) => topicArn === input.TopicArn);
      if (!found) return { SubscriptionArn: comeBack(ctx, input).arn };
      if (!found.pending || found.pending.until < ctx.now) throw invalidParameter("Token");
      const authenticated = input.AuthenticateOnUnsubscribe?.toLowerCase() === "true" && !isLinked(ctx);
      ctx.db(subscriptions).put({ ...found, pending: undefined, authenticated });
      return { SubscriptionArn: found.arn };
    },
  },

  Unsubscribe: {
    authorize: unlessLinked(onTopic("Unsubscribe", ofSubscription)),
    handle(ctx, input) {
      if (!/^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]{1,256}:[\w-]+$/.test(input.SubscriptionArn)) throw invalidParameter(`SubscriptionArn Reason: An ARN must have at least 7 elements, not ${input.SubscriptionArn}`);
      const found = ctx.db(subscriptions).get(input.SubscriptionArn);
      // Its ARN, which nobody can guess, is what the link proves itself by.
      if (isLinked(ctx) && (!found || found.authenticated || found.pending)) throw notAuthorized();
      // What is not there is unsubscribed.
      if (!found) return {};
      ctx.db(subscriptions).delete(found.arn);
      if (!found.pending && found.protocol !== "sms" && ctx.db(topics).get(found.topicArn)) {
        const token = ctx.ids.hex(256);
        ctx.db(departures).put({ token, until: ctx.now + 3 * DAY, subscription: found });
        ctx.db(deliveries).put(unsubscribed(ctx, found, token));
      }
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

/** The subscription that ended, as it was. @throws AwsError InvalidParameter when there is none to come back, or another took its place */
function comeBack(ctx: Context, { TopicArn, Token }: SnsTypes.ConfirmSubscriptionInput): Subscription {
  const departure = ctx.db(departures).get(Token);
  const { subscription } = departure ?? {};
  if (!departure || subscription?.topicArn !== TopicArn || departure.until < ctx.now) throw invalidParameter("Token");
  const taken = ctx.db(subscriptions).where("topic", TopicArn).some(({ protocol, endpoint }) => protocol === subscription.protocol && endpoint === subscription.endpoint);
  if (taken) throw invalidParameter("Token");
  ctx.db(departures).delete(Token);
  return ctx.db(subscriptions).put(subscription);
}

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
