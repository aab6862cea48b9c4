/** Messages as endpoints get them: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html Pure. */
import type { Delivery } from "./state.js";

export interface Request {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Sign = (text: string) => string;

interface Signing {
  readonly version: "1" | "2";
  readonly certificateUrl: string;
  readonly sign: Sign;
}

/** The address of the API as messages name it, which also serves what confirms and unsubscribes. */
export function apiUrl(topicArn: string): string {
  return `https://sns.${topicArn.split(":")[3] ?? ""}.amazonaws.com`;
}

export function subscribeUrl({ topicArn, token }: Pick<Delivery, "topicArn" | "token">): string {
  return `${apiUrl(topicArn)}/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${token ?? ""}`;
}

export function unsubscribeUrl({ topicArn, subscriptionArn }: Pick<Delivery, "topicArn" | "subscriptionArn">): string {
  return `${apiUrl(topicArn)}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`;
}

/** The JSON document of a message, signed. */
export function documentOf(delivery: Delivery, { version, certificateUrl, sign }: Signing): Record<string, unknown> {
  const { kind, messageId, topicArn, subject, message, attributes, token } = delivery;
  const Timestamp = new Date(delivery.at).toISOString();
  const isNotification = kind === "Notification";
  const SubscribeURL = subscribeUrl(delivery);
  const signed: readonly (readonly [string, string | undefined])[] = isNotification
    ? [["Message", message], ["MessageId", messageId], ["Subject", subject], ["Timestamp", Timestamp], ["TopicArn", topicArn], ["Type", kind]]
    : [["Message", message], ["MessageId", messageId], ["SubscribeURL", SubscribeURL], ["Timestamp", Timestamp], ["Token", token], ["TopicArn", topicArn], ["Type", kind]];
  const Signature = sign(signed.flatMap(([name, value]) => (value === undefined ? [] : [`${name}\n${value}\n`])).join(""));
  return {
    Type: kind,
    MessageId: messageId,
    ...(isNotification ? {} : { Token: token }),
    TopicArn: topicArn,
    ...(subject === undefined ? {} : { Subject: subject }),
    Message: message,
    ...(isNotification ? {} : { SubscribeURL }),
    Timestamp,
    SignatureVersion: version,
    Signature,
    SigningCertURL: certificateUrl,
    ...(isNotification ? { UnsubscribeURL: unsubscribeUrl(delivery) } : {}),
    ...(isNotification && Object.keys(attributes).length > 0
      ? { MessageAttributes: Object.fromEntries(Object.entries(attributes).map(([name, { type, value }]) => [name, { Type: type, Value: value }])) }
      : {}),
  };
}

/** With a member a line, as SNS writes it. */
export function requestOf(delivery: Delivery, signing: Signing): Request {
  const isRaw = delivery.raw && delivery.kind === "Notification";
  return {
    url: delivery.endpoint,
    headers: {
      "x-amz-sns-message-type": delivery.kind,
      "x-amz-sns-message-id": delivery.messageId,
      "x-amz-sns-topic-arn": delivery.topicArn,
      ...(delivery.kind === "Notification" ? { "x-amz-sns-subscription-arn": delivery.subscriptionArn } : {}),
      ...(isRaw ? { "x-amz-sns-rawdelivery": "true" } : {}),
      "content-type": "text/plain; charset=UTF-8",
      "user-agent": "Amazon Simple Notification Service Agent",
    },
    body: isRaw ? delivery.message : JSON.stringify(documentOf(delivery, signing), undefined, 2),
  };
}

/** A letter's subject and text. */
export function letterOf(delivery: Delivery, signing: Signing, displayName: string): { readonly subject: string; readonly body: string } {
  const { kind, topicArn, message, protocol } = delivery;
  const topic = topicArn.split(":").at(-1)!;
  const subject = kind === "Notification" ? (delivery.subject ?? "AWS Notification Message") : kind === "SubscriptionConfirmation" ? "AWS Notification - Subscription Confirmation" : "AWS Notification - Unsubscribe Confirmation";
  if (protocol === "sms") return { subject, body: `${(displayName || topic).slice(0, 10)}> ${message}` };
  if (protocol === "email-json") return { subject, body: JSON.stringify(documentOf(delivery, signing), undefined, 2) };
  if (kind !== "Notification") {
    return { subject, body: `${message.split("\n")[0] ?? ""}\n\nTo confirm, visit:\n${subscribeUrl(delivery)}\n\nor: aws sns confirm-subscription --topic-arn ${topicArn} --token ${delivery.token ?? ""}\n` };
  }
  return { subject, body: `${message}\n\n--\nIf you wish to stop receiving notifications from this topic, please visit the link below to unsubscribe:\n${unsubscribeUrl(delivery)}\n` };
}
