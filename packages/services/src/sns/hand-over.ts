/** Rows of the outbox: what must reach an endpoint. */
import type { Context } from "../define.js";
import type { Delivery, MessageAttributes, Subscription } from "./state.js";

type Making = Pick<Context, "ids" | "now">;

export interface Published {
  readonly messageId: string;
  readonly subject: string | undefined;
  readonly message: string;
  readonly attributes: MessageAttributes;
}

function delivery({ ids, now }: Making, subscription: Subscription, what: Published & Pick<Delivery, "kind" | "token" | "raw">): Delivery {
  const { arn: subscriptionArn, topicArn, protocol, endpoint } = subscription;
  return { ...what, id: ids.uuid(), subscriptionArn, topicArn, protocol, endpoint, at: now, attempts: 0, next: now };
}

export function notification(making: Making, subscription: Subscription, published: Published): Delivery {
  return delivery(making, subscription, { ...published, kind: "Notification", token: undefined, raw: subscription.raw });
}

export function confirmation(making: Making, subscription: Subscription): Delivery {
  const message = `You have chosen to subscribe to the topic ${subscription.topicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`;
  return delivery(making, subscription, { kind: "SubscriptionConfirmation", messageId: making.ids.uuid(), subject: undefined, message, attributes: {}, token: subscription.pending?.token, raw: false });
}

/** Whoever was unsubscribed is told how to come back. @param token what the link back says */
export function unsubscribed(making: Making, subscription: Subscription, token: string): Delivery {
  const message = `You have chosen to deactivate subscription ${subscription.arn}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`;
  return delivery(making, subscription, { kind: "UnsubscribeConfirmation", messageId: making.ids.uuid(), subject: undefined, message, attributes: {}, token, raw: false });
}
