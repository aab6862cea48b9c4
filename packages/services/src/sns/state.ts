/** SNS's records and tables. */
import { table } from "@hakoniwa/kernel";

export interface Topic {
  readonly arn: string;
  readonly name: string;
  readonly displayName: string;
  /** JSON: who may do what with it. */
  readonly policy: string;
  /** JSON; the standard one when absent. */
  readonly deliveryPolicy: string | undefined;
  readonly signatureVersion: "1" | "2";
  readonly tags: Readonly<Record<string, string>>;
  readonly created: number;
}

export type Protocol = "http" | "https" | "email" | "email-json" | "sms";

export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly owner: string;
  readonly protocol: Protocol;
  readonly endpoint: string;
  /** Until it is confirmed: what the endpoint's owner must say, and until when. */
  readonly pending: { readonly token: string; readonly until: number } | undefined;
  /** Whether only an authenticated caller confirmed it, who then alone may end it. */
  readonly authenticated: boolean;
  readonly raw: boolean;
  /** JSON. */
  readonly filterPolicy: string | undefined;
  readonly filterScope: "MessageAttributes" | "MessageBody";
  /** JSON. */
  readonly deliveryPolicy: string | undefined;
  readonly created: number;
}

/** A subscription that ended: whoever got it may want it back. */
export interface Departure {
  /** What the link back says. */
  readonly token: string;
  readonly until: number;
  readonly subscription: Subscription;
}

export interface MessageAttribute {
  readonly type: string;
  /** Binary ones in base64. */
  readonly value: string;
}

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

export type DeliveryKind = "Notification" | "SubscriptionConfirmation" | "UnsubscribeConfirmation";

/** One message on its way to one endpoint: a row of the outbox. */
export interface Delivery {
  readonly id: string;
  readonly kind: DeliveryKind;
  readonly subscriptionArn: string;
  readonly topicArn: string;
  readonly protocol: Protocol;
  readonly endpoint: string;
  readonly raw: boolean;
  readonly messageId: string;
  readonly subject: string | undefined;
  readonly message: string;
  readonly attributes: MessageAttributes;
  readonly at: number;
  /** Of a confirmation. */
  readonly token: string | undefined;
  readonly attempts: number;
  /** Not before. */
  readonly next: number;
}

/** What a mailbox or a telephone received: there is none to send it to, so it is kept to be read. */
export interface Mail {
  readonly id: string;
  readonly at: number;
  readonly protocol: "email" | "email-json" | "sms";
  readonly to: string;
  readonly subject: string | undefined;
  readonly body: string;
  readonly topicArn: string | undefined;
}

/** What notifications are signed with; made here, and so known to nobody but this cloud. */
export interface SigningKey {
  readonly id: "signing-key";
  /** PEM. */
  readonly privateKey: string;
  readonly certificate: string;
}

export const topics = table<Topic>()({ name: "sns.topics", key: (t) => t.arn });
export const subscriptions = table<Subscription>()({
  name: "sns.subscriptions",
  key: (s) => s.arn,
  indexes: { topic: (s) => s.topicArn, token: (s) => s.pending?.token },
});
export const departures = table<Departure>()({ name: "sns.departures", key: (d) => d.token, indexes: { topic: (d) => d.subscription.topicArn } });
export const deliveries = table<Delivery>()({ name: "sns.deliveries", key: (d) => d.id, indexes: { subscription: (d) => d.subscriptionArn } });
export const mails = table<Mail>()({ name: "sns.mails", key: (m) => m.id });
export const signingKeys = table<SigningKey>()({ name: "sns.signing-keys", key: (k) => k.id });
