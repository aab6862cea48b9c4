/** Who may do what with topics: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html */
import type { Access } from "@hakoniwa/kernel";
import { resourceTags } from "../access.js";
import type { Asked } from "../define.js";

/** Access to a topic, which its own policy may grant as well. @param arnOf where the input names it */
export function onTopic<In>(operation: string, arnOf: (input: In) => string | undefined, conditions: (input: In) => Readonly<Record<string, string | undefined>> = () => ({})) {
  return (input: In, asked: Asked): Access => {
    const arn = arnOf(input) ?? "*";
    const topic = asked.facts.sns.topic(arn);
    const given = Object.entries(conditions(input)).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
    return {
      action: `sns:${operation}`,
      resources: [arn],
      // Services that act for this account come with it as their owner: the standard policy lets them in by that.
      conditions: { ...Object.fromEntries(given), ...resourceTags(topic?.tags), ...(asked.caller.via.kind === "servicePrincipal" ? { "aws:SourceOwner": asked.account } : {}) },
      resourcePolicy: topic?.policy,
    };
  };
}

export function topicArn({ region, account }: { readonly region: string; readonly account: string }, name: string): string {
  return `arn:aws:sns:${region}:${account}:${name}`;
}

/** The topic that a subscription's ARN names. */
export function topicOf(subscriptionArn: string): string {
  return subscriptionArn.split(":").slice(0, 6).join(":");
}
