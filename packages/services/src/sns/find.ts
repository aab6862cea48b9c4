/** Looks topics and subscriptions up, or answers as AWS does. */
import type { Context } from "../define.js";
import { invalidParameter, subscriptionNotFound, topicNotFound } from "./errors.js";
import { subscriptions, topics, type Subscription, type Topic } from "./state.js";

export function findTopic(ctx: Pick<Context, "db">, arn: string | undefined, parameter = "TopicArn"): Topic {
  if (arn === undefined || !/^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]{1,256}(\.fifo)?$/.test(arn)) throw invalidParameter(`${parameter} Reason: An ARN must have at least 6 elements, not ${arn ?? "none"}`);
  const found = ctx.db(topics).get(arn);
  if (!found) throw topicNotFound();
  return found;
}

export function findSubscription(ctx: Pick<Context, "db">, arn: string): Subscription {
  if (!/^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]{1,256}:[\w-]+$/.test(arn)) throw invalidParameter(`SubscriptionArn Reason: An ARN must have at least 7 elements, not ${arn}`);
  const found = ctx.db(subscriptions).get(arn);
  if (!found) throw subscriptionNotFound();
  return found;
}
