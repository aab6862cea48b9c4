/** What a subscription can be told about itself. */
import { retriesOf } from "./delivery-policy.js";
import { invalidParameter, notYet } from "./errors.js";
import { checkFilterPolicy } from "./filter-policy.js";
import type { Subscription } from "./state.js";

/** @throws AwsError InvalidParameter for an attribute that is none, or can't be set so */
export function withAttributes(subscription: Subscription, attributes: Readonly<Record<string, string>>): Subscription {
  // The scope decides how the policy is read, so it comes first whatever the order of the request.
  const entries = Object.entries(attributes).sort(([a], [b]) => Number(b === "FilterPolicyScope") - Number(a === "FilterPolicyScope"));
  const after = entries.reduce((current, [name, value]) => withAttribute(current, name, value), subscription);
  if (after.filterPolicy !== undefined) checkFilterPolicy(after.filterPolicy, after.filterScope);
  return after;
}

function withAttribute(subscription: Subscription, name: string, value: string): Subscription {
  switch (name) {
    case "RawMessageDelivery": {
      if (!/^(true|false)$/i.test(value)) throw invalidParameter(`Attributes Reason: RawMessageDelivery: Invalid value [${value}]. Must be true or false.`);
      const raw = value.toLowerCase() === "true";
      if (raw && !/^https?$/.test(subscription.protocol)) throw invalidParameter(`Attributes Reason: Delivery protocol [${subscription.protocol}] does not support raw message delivery.`);
      return { ...subscription, raw };
    }
    case "FilterPolicyScope":
      if (value !== "MessageAttributes" && value !== "MessageBody") throw invalidParameter(`FilterPolicyScope: Invalid value [${value}]. Please use either MessageBody or MessageAttributes`);
      return { ...subscription, filterScope: value };
    case "FilterPolicy":
      return { ...subscription, filterPolicy: value === "" || value === "{}" ? undefined : value };
    case "DeliveryPolicy":
      if (value !== "") retriesOf(undefined, value);
      return { ...subscription, deliveryPolicy: value === "" ? undefined : value };
    case "RedrivePolicy":
    case "SubscriptionRoleArn":
    case "ReplayPolicy":
      throw notYet(`the subscription attribute ${name}`);
    default:
      throw invalidParameter("AttributeName");
  }
}

export function attributesOf(subscription: Subscription): Record<string, string> {
  const { arn, topicArn, owner, protocol, endpoint, pending, authenticated, raw, filterPolicy, filterScope, deliveryPolicy } = subscription;
  return {
    SubscriptionArn: arn,
    TopicArn: topicArn,
    Owner: owner,
    Protocol: protocol,
    Endpoint: endpoint,
    PendingConfirmation: String(pending !== undefined),
    ConfirmationWasAuthenticated: String(authenticated),
    RawMessageDelivery: String(raw),
    SubscriptionPrincipal: `arn:aws:iam::${owner}:root`,
    ...(filterPolicy === undefined ? {} : { FilterPolicy: filterPolicy, FilterPolicyScope: filterScope }),
    ...(deliveryPolicy === undefined ? {} : { DeliveryPolicy: deliveryPolicy }),
  };
}
