/** Amazon SNS: topics, subscriptions, messages. https://docs.aws.amazon.com/sns/latest/api/ */
import { service } from "../define.js";
import { subscription, topic, topicPolicy } from "./cfn.js";
import { deliver } from "./deliver.js";
import { expirePending } from "./expire.js";
import { snsFacts } from "./facts.js";
import { publishOperations } from "./publish.js";
import { deliveries, mails, signingKeys, subscriptions, topics } from "./state.js";
import { subscriptionOperations } from "./subscriptions.js";
import { tagOperations } from "./tags.js";
import { topicOperations } from "./topics.js";

export const sns = service({
  id: "sns",
  tables: [topics, subscriptions, deliveries, mails, signingKeys],
  operations: [topicOperations, subscriptionOperations, publishOperations, tagOperations],
  reconcilers: [deliver, expirePending],
  resources: [topic, subscription, topicPolicy],
  facts: snsFacts,
});
