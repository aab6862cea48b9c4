/** Amazon SNS: topics, subscriptions, messages. https://docs.aws.amazon.com/sns/latest/api/ */
import { service } from "../define.js";
import { topicInlinePolicy, topicPolicy } from "./cfn-policies.js";
import { subscription, topic } from "./cfn.js";
import { deliver } from "./deliver.js";
import { expirePending } from "./expire.js";
import { snsFacts } from "./facts.js";
import { publishOperations } from "./publish.js";
import { deliveries, departures, mails, signingKeys, subscriptions, topics } from "./state.js";
import { subscriptionOperations } from "./subscriptions.js";
import { tagOperations } from "./tags.js";
import { topicOperations } from "./topics.js";

export const sns = service({
  id: "sns",
  tables: [topics, subscriptions, departures, deliveries, mails, signingKeys],
  operations: [topicOperations, subscriptionOperations, publishOperations, tagOperations],
  reconcilers: [deliver, expirePending],
  resources: [topic, subscription, topicPolicy, topicInlinePolicy],
  facts: snsFacts,
});
