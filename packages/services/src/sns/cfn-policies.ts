/** Policies of topics: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SNS.html */
import type { Aws } from "@hakoniwa/wire";
import { documentAs, documentText } from "../policy-documents.js";
import { alreadyExists, resourceType } from "../resource-type.js";
import { unlessGone } from "../unless-gone.js";
import { standardPolicy } from "./topic-policy.js";

export interface TopicPolicyProperties {
  readonly PolicyDocument: unknown;
  readonly Topics: readonly string[];
}

/** One policy for several topics. */
export const topicPolicy = resourceType<TopicPolicyProperties>("AWS::SNS::TopicPolicy", ["PolicyDocument", "Topics"], {
  create(aws, { Topics, PolicyDocument }, request) {
    for (const arn of Topics) setPolicy(aws, arn, documentText(PolicyDocument));
    return request.physicalName(128);
  },
  update(aws, _id, next, previous) {
    for (const arn of previous.Topics) if (!next.Topics.includes(arn)) resetPolicy(aws, arn);
    for (const arn of next.Topics) setPolicy(aws, arn, documentText(next.PolicyDocument));
  },
  read(aws, _id, { Topics, PolicyDocument }) {
    const policies = Topics.map((arn) => ({ arn, policy: policyOf(aws, arn) }));
    const governed = policies.filter(({ arn, policy }) => policy !== undefined && !isStandard(policy, arn));
    if (governed.length === 0) return undefined;
    const other = governed.find(({ policy }) => policy !== documentText(PolicyDocument)) ?? governed[0]!;
    return { Topics: governed.map(({ arn }) => arn), PolicyDocument: documentAs(PolicyDocument, other.policy!) };
  },
  delete(aws, _id, { Topics }) {
    for (const arn of Topics) resetPolicy(aws, arn);
  },
  attributes: (_aws, id) => ({ Id: id }),
});

export interface InlinePolicyProperties {
  readonly PolicyDocument: unknown;
  readonly TopicArn: string;
}

const INLINE = "AWS::SNS::TopicInlinePolicy";

/** The policy of one topic, which must not have one of its own yet. */
export const topicInlinePolicy = resourceType<InlinePolicyProperties>(INLINE, ["PolicyDocument", "TopicArn"], {
  create(aws, { TopicArn, PolicyDocument }) {
    const policy = policyOf(aws, TopicArn);
    if (policy !== undefined && !isStandard(policy, TopicArn)) throw alreadyExists(INLINE, TopicArn);
    setPolicy(aws, TopicArn, documentText(PolicyDocument));
    return TopicArn;
  },
  update: (aws, arn, next) => setPolicy(aws, arn, documentText(next.PolicyDocument)),
  read(aws, TopicArn, given) {
    const policy = policyOf(aws, TopicArn);
    if (policy === undefined || isStandard(policy, TopicArn)) return undefined;
    return { TopicArn, PolicyDocument: documentAs(given.PolicyDocument, policy) };
  },
  delete: (aws, arn) => resetPolicy(aws, arn),
});

function policyOf(aws: Aws, TopicArn: string): string | undefined {
  return unlessGone(() => aws.sns.GetTopicAttributes({ TopicArn }))?.Attributes?.["Policy"];
}

function setPolicy(aws: Aws, TopicArn: string, AttributeValue: string): void {
  aws.sns.SetTopicAttributes({ TopicArn, AttributeName: "Policy", AttributeValue });
}

/** A topic without a policy of its own has the standard one again. */
function resetPolicy(aws: Aws, arn: string): void {
  unlessGone(() => setPolicy(aws, arn, ""));
}

function isStandard(policy: string, arn: string): boolean {
  return policy === standardPolicy(arn, arn.split(":")[4]!);
}
