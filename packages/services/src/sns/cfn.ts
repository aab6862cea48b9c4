/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SNS.html */
import { resource } from "@hakoniwa/cloudformation";
import type { Aws, SnsTypes } from "@hakoniwa/wire";
import { refuseProperties } from "../not-implemented.js";

interface InlineSubscription {
  readonly Endpoint: string;
  readonly Protocol: string;
}

export interface TopicProperties {
  readonly TopicName?: string;
  readonly DisplayName?: string;
  readonly Subscription?: readonly InlineSubscription[];
  readonly SignatureVersion?: string;
  readonly Tags?: readonly SnsTypes.Tag[];
}

const TOPIC = ["TopicName", "DisplayName", "Subscription", "SignatureVersion", "Tags"] satisfies (keyof TopicProperties)[];

export const topic = resource<TopicProperties>("AWS::SNS::Topic", {
  create(aws, properties, request) {
    refuseProperties("AWS::SNS::Topic", properties, TOPIC);
    const Name = properties.TopicName ?? request.physicalName(256);
    const arn = aws.sns.CreateTopic({ Name, Attributes: attributesOf(properties), Tags: tagsOf(properties, request.tags) }).TopicArn!;
    for (const { Protocol, Endpoint } of properties.Subscription ?? []) aws.sns.Subscribe({ TopicArn: arn, Protocol, Endpoint });
    return arn;
  },

  update(aws, TopicArn, next, previous, request) {
    refuseProperties("AWS::SNS::Topic", next, TOPIC);
    aws.sns.SetTopicAttributes({ TopicArn, AttributeName: "DisplayName", AttributeValue: next.DisplayName ?? "" });
    aws.sns.SetTopicAttributes({ TopicArn, AttributeName: "SignatureVersion", AttributeValue: next.SignatureVersion ?? "1" });
    const same = (a: InlineSubscription) => (b: InlineSubscription): boolean => a.Protocol === b.Protocol && a.Endpoint === b.Endpoint;
    for (const old of previous.Subscription ?? []) if (!next.Subscription?.some(same(old))) unsubscribe(aws, TopicArn, old);
    for (const { Protocol, Endpoint } of next.Subscription ?? []) aws.sns.Subscribe({ TopicArn, Protocol, Endpoint });
    const wanted = tagsOf(next, request.tags);
    const before = aws.sns.ListTagsForResource({ ResourceArn: TopicArn }).Tags ?? [];
    const leaving = before.map(({ Key }) => Key).filter((key) => !wanted.some(({ Key }) => Key === key));
    if (leaving.length > 0) aws.sns.UntagResource({ ResourceArn: TopicArn, TagKeys: leaving });
    if (wanted.length > 0) aws.sns.TagResource({ ResourceArn: TopicArn, Tags: wanted });
  },

  // Unlike others' deletions it accepts that there is none.
  delete(aws, TopicArn) {
    aws.sns.DeleteTopic({ TopicArn });
  },

  attributes: (_aws, arn) => ({ TopicArn: arn, TopicName: arn.slice(arn.lastIndexOf(":") + 1) }),
});

function attributesOf({ DisplayName, SignatureVersion }: TopicProperties): Record<string, string> {
  return { ...(DisplayName === undefined ? {} : { DisplayName }), ...(SignatureVersion === undefined ? {} : { SignatureVersion }) };
}

function tagsOf({ Tags = [] }: TopicProperties, more: readonly SnsTypes.Tag[]): readonly SnsTypes.Tag[] {
  return [...Tags, ...more.filter(({ Key }) => !Tags.some((own) => own.Key === Key))];
}

/** Of a subscription that waits for its confirmation the list tells no ARN; it ends by itself. */
function unsubscribe(aws: Aws, TopicArn: string, { Protocol, Endpoint }: InlineSubscription): void {
  const found = (aws.sns.ListSubscriptionsByTopic({ TopicArn }).Subscriptions ?? []).find((each) => each.Protocol === Protocol && each.Endpoint === Endpoint);
  if (found?.SubscriptionArn?.startsWith("arn:")) aws.sns.Unsubscribe({ SubscriptionArn: found.SubscriptionArn });
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

const SUBSCRIPTION = ["TopicArn", "Protocol", "Endpoint", "RawMessageDelivery", "FilterPolicy", "FilterPolicyScope", "DeliveryPolicy"] satisfies (keyof SubscriptionProperties)[];

export const subscription = resource<SubscriptionProperties>("AWS::SNS::Subscription", {
  create(aws, properties) {
    refuseProperties("AWS::SNS::Subscription", properties, SUBSCRIPTION);
    const { TopicArn, Protocol, Endpoint } = properties;
    return aws.sns.Subscribe({ TopicArn, Protocol, Endpoint, Attributes: settingsOf(properties), ReturnSubscriptionArn: true }).SubscriptionArn!;
  },
  update(aws, SubscriptionArn, next, previous) {
    refuseProperties("AWS::SNS::Subscription", next, SUBSCRIPTION);
    const emptied = Object.fromEntries(Object.keys(settingsOf(previous)).map((name) => [name, name === "RawMessageDelivery" ? "false" : name === "FilterPolicyScope" ? "MessageAttributes" : ""]));
    for (const [AttributeName, AttributeValue] of Object.entries({ ...emptied, ...settingsOf(next) })) aws.sns.SetSubscriptionAttributes({ SubscriptionArn, AttributeName, AttributeValue });
  },
  delete(aws, SubscriptionArn) {
    aws.sns.Unsubscribe({ SubscriptionArn });
  },
  attributes: (_aws, arn) => ({ Arn: arn }),
});

function settingsOf({ RawMessageDelivery, FilterPolicy, FilterPolicyScope, DeliveryPolicy }: SubscriptionProperties): Record<string, string> {
  return {
    ...(FilterPolicyScope === undefined ? {} : { FilterPolicyScope }),
    ...(FilterPolicy === undefined ? {} : { FilterPolicy: textOf(FilterPolicy) }),
    ...(RawMessageDelivery === undefined ? {} : { RawMessageDelivery: String(RawMessageDelivery) }),
    ...(DeliveryPolicy === undefined ? {} : { DeliveryPolicy: textOf(DeliveryPolicy) }),
  };
}

const textOf = (document: unknown): string => (typeof document === "string" ? document : JSON.stringify(document));

export interface TopicPolicyProperties {
  readonly PolicyDocument: unknown;
  readonly Topics: readonly string[];
}

export const topicPolicy = resource<TopicPolicyProperties>("AWS::SNS::TopicPolicy", {
  create(aws, properties, request) {
    setPolicy(aws, properties.Topics, textOf(properties.PolicyDocument));
    return request.physicalName(128);
  },
  update(aws, _id, next, previous) {
    setPolicy(aws, previous.Topics.filter((arn) => !next.Topics.includes(arn)), "");
    setPolicy(aws, next.Topics, textOf(next.PolicyDocument));
  },
  /** A topic without a policy of its own has the standard one again. */
  delete(aws, _id, { Topics }) {
    const there = (aws.sns.ListTopics({}).Topics ?? []).map(({ TopicArn }) => TopicArn);
    setPolicy(aws, Topics.filter((arn) => there.includes(arn)), "");
  },
  attributes: (_aws, id) => ({ Id: id }),
});

function setPolicy(aws: Aws, arns: readonly string[], AttributeValue: string): void {
  for (const TopicArn of arns) aws.sns.SetTopicAttributes({ TopicArn, AttributeName: "Policy", AttributeValue });
}
