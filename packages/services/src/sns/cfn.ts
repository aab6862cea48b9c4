/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SNS.html: topics and their subscriptions. */
import type { Aws, SnsTypes } from "@hakoniwa/wire";
import { documentAs, documentText } from "../policy-documents.js";
import { alreadyExists, resourceType } from "../resource-type.js";
import { withStackTags } from "../stack-tags.js";
import { unlessGone } from "../unless-gone.js";

interface InlineSubscription {
  readonly Endpoint: string;
  readonly Protocol: string;
}

export interface TopicProperties {
  readonly TopicName?: string;
  readonly DisplayName?: string;
  readonly Subscription?: readonly InlineSubscription[];
  readonly SignatureVersion?: string;
  readonly TracingConfig?: string;
  readonly Tags?: readonly SnsTypes.Tag[];
}

const TOPIC = "AWS::SNS::Topic";

export const topic = resourceType<TopicProperties>(TOPIC, ["TopicName", "DisplayName", "Subscription", "SignatureVersion", "TracingConfig", "Tags"], {
  customName: "TopicName",
  create(aws, properties, request) {
    const Name = properties.TopicName ?? request.physicalName(256);
    const own = request.stackId.split(":");
    const arn = `arn:aws:sns:${own[3]}:${own[4]}:${Name}`;
    if (attributes(aws, arn)) throw alreadyExists(TOPIC, arn);
    aws.sns.CreateTopic({ Name, Attributes: attributesOf(properties), Tags: withStackTags(properties.Tags, request) });
    for (const { Protocol, Endpoint } of properties.Subscription ?? []) aws.sns.Subscribe({ TopicArn: arn, Protocol, Endpoint });
    return arn;
  },

  update(aws, TopicArn, next, previous, request) {
    aws.sns.SetTopicAttributes({ TopicArn, AttributeName: "DisplayName", AttributeValue: next.DisplayName ?? "" });
    aws.sns.SetTopicAttributes({ TopicArn, AttributeName: "SignatureVersion", AttributeValue: next.SignatureVersion ?? "1" });
    aws.sns.SetTopicAttributes({ TopicArn, AttributeName: "TracingConfig", AttributeValue: next.TracingConfig ?? "PassThrough" });
    for (const old of previous.Subscription ?? []) if (!next.Subscription?.some(same(old))) unsubscribe(aws, TopicArn, old);
    for (const { Protocol, Endpoint } of next.Subscription ?? []) aws.sns.Subscribe({ TopicArn, Protocol, Endpoint });
    const wanted = withStackTags(next.Tags, request);
    const before = aws.sns.ListTagsForResource({ ResourceArn: TopicArn }).Tags ?? [];
    const leaving = before.map(({ Key }) => Key).filter((key) => !wanted.some(({ Key }) => Key === key));
    if (leaving.length > 0) aws.sns.UntagResource({ ResourceArn: TopicArn, TagKeys: leaving });
    if (wanted.length > 0) aws.sns.TagResource({ ResourceArn: TopicArn, Tags: wanted });
  },

  read(aws, TopicArn, { Subscription = [], TracingConfig }) {
    const found = attributes(aws, TopicArn);
    if (!found) return undefined;
    const { DisplayName = "", SignatureVersion = "1" } = found;
    // Of the subscriptions the topic's own are looked at: others may be resources of their own.
    const own = subscriptionsOf(aws, TopicArn).filter((there) => Subscription.some(same(there)));
    return {
      TopicName: nameOf(TopicArn),
      ...(DisplayName === "" ? {} : { DisplayName }),
      SignatureVersion,
      // The only way there is, which the topic does not tell.
      ...(TracingConfig === undefined ? {} : { TracingConfig }),
      Subscription: own.map(({ Protocol, Endpoint }) => ({ Protocol, Endpoint })),
      Tags: aws.sns.ListTagsForResource({ ResourceArn: TopicArn }).Tags ?? [],
    };
  },

  // Unlike others' deletions it accepts that there is none.
  delete(aws, TopicArn) {
    aws.sns.DeleteTopic({ TopicArn });
  },

  attributes: (_aws, arn) => ({ TopicArn: arn, TopicName: nameOf(arn) }),
});

const nameOf = (arn: string): string => arn.slice(arn.lastIndexOf(":") + 1);

function attributes(aws: Aws, TopicArn: string): Readonly<Record<string, string>> | undefined {
  return unlessGone(() => aws.sns.GetTopicAttributes({ TopicArn }))?.Attributes as Readonly<Record<string, string>> | undefined;
}

function attributesOf({ DisplayName, SignatureVersion, TracingConfig }: TopicProperties): Record<string, string> {
  const given = { DisplayName, SignatureVersion, TracingConfig };
  return Object.fromEntries(Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

const same = (a: InlineSubscription) => (b: InlineSubscription): boolean => a.Protocol === b.Protocol && a.Endpoint === b.Endpoint;

interface Subscribed extends InlineSubscription {
  readonly arn: string;
}

function subscriptionsOf(aws: Aws, TopicArn: string): readonly Subscribed[] {
  const all: Subscribed[] = [];
  for (let NextToken: string | undefined, more = true; more; more = NextToken !== undefined) {
    const page = aws.sns.ListSubscriptionsByTopic({ TopicArn, NextToken });
    all.push(...(page.Subscriptions ?? []).map(({ Protocol = "", Endpoint = "", SubscriptionArn: arn = "" }) => ({ Protocol, Endpoint, arn })));
    NextToken = page.NextToken;
  }
  return all;
}

/** Of a subscription that waits for its confirmation the list tells no ARN; it ends by itself. */
function unsubscribe(aws: Aws, TopicArn: string, leaving: InlineSubscription): void {
  const found = subscriptionsOf(aws, TopicArn).find(same(leaving));
  if (found?.arn.startsWith("arn:")) aws.sns.Unsubscribe({ SubscriptionArn: found.arn });
}

export interface SubscriptionProperties {
  readonly TopicArn: string;
  readonly Protocol: string;
  readonly Endpoint?: string;
  readonly RawMessageDelivery?: boolean;
  readonly FilterPolicy?: unknown;
  readonly FilterPolicyScope?: string;
  readonly DeliveryPolicy?: unknown;
}

const SUBSCRIPTION = ["TopicArn", "Protocol", "Endpoint", "RawMessageDelivery", "FilterPolicy", "FilterPolicyScope", "DeliveryPolicy"];

/** What a setting is that nobody made. */
const UNSET: Readonly<Record<string, string>> = { RawMessageDelivery: "false", FilterPolicyScope: "MessageAttributes" };

export const subscription = resourceType<SubscriptionProperties>("AWS::SNS::Subscription", SUBSCRIPTION, {
  create(aws, properties) {
    const { TopicArn, Protocol, Endpoint } = properties;
    return aws.sns.Subscribe({ TopicArn, Protocol, Endpoint, Attributes: settingsOf(properties), ReturnSubscriptionArn: true }).SubscriptionArn!;
  },

  update(aws, SubscriptionArn, next, previous) {
    const set = (AttributeName: string, AttributeValue: string): unknown => aws.sns.SetSubscriptionAttributes({ SubscriptionArn, AttributeName, AttributeValue });
    // A policy of the one scope may be none of the other.
    if (next.FilterPolicyScope !== previous.FilterPolicyScope) set("FilterPolicy", "");
    const emptied = Object.fromEntries(Object.keys(settingsOf(previous)).map((name) => [name, UNSET[name] ?? ""]));
    for (const [name, value] of Object.entries({ ...emptied, ...settingsOf(next) })) set(name, value);
  },

  read(aws, SubscriptionArn, given) {
    const found = unlessGone(() => aws.sns.GetSubscriptionAttributes({ SubscriptionArn }))?.Attributes as Readonly<Record<string, string>> | undefined;
    if (!found) return undefined;
    const { TopicArn = "", Protocol = "", Endpoint = "", RawMessageDelivery, FilterPolicy, FilterPolicyScope = "MessageAttributes", DeliveryPolicy } = found;
    return {
      TopicArn,
      Protocol,
      Endpoint,
      RawMessageDelivery: RawMessageDelivery === "true",
      FilterPolicyScope,
      ...(FilterPolicy === undefined ? {} : { FilterPolicy: documentAs(given.FilterPolicy, FilterPolicy) }),
      ...(DeliveryPolicy === undefined ? {} : { DeliveryPolicy: documentAs(given.DeliveryPolicy, DeliveryPolicy) }),
    };
  },

  delete(aws, SubscriptionArn) {
    unlessGone(() => aws.sns.Unsubscribe({ SubscriptionArn }));
  },

  attributes: (_aws, arn) => ({ Arn: arn }),
});

function settingsOf({ RawMessageDelivery, FilterPolicy, FilterPolicyScope, DeliveryPolicy }: SubscriptionProperties): Record<string, string> {
  return {
    ...(FilterPolicyScope === undefined ? {} : { FilterPolicyScope }),
    ...(FilterPolicy === undefined ? {} : { FilterPolicy: documentText(FilterPolicy) }),
    ...(RawMessageDelivery === undefined ? {} : { RawMessageDelivery: String(RawMessageDelivery) }),
    ...(DeliveryPolicy === undefined ? {} : { DeliveryPolicy: documentText(DeliveryPolicy) }),
  };
}
