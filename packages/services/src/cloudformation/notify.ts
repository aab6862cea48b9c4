/** Tells a stack's topics of its events: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-create-stack.html (notification options) */
import { AwsError } from "@hakoniwa/kernel";
import type { Aws } from "@hakoniwa/wire";
import { reconciler, watch, type Jobs } from "../define.js";
import { eventKey, stackEvents, stacks, type Stack, type StackEvent } from "./state.js";

/** What was told and what is yet to be told is one commit with the message's being handed to SNS: each event is told once. */
export const notifyTopics = reconciler({
  name: "cloudformation.notify-topics",
  watches: [watch(stacks, (stack) => (isBehind(stack) ? [stack.id] : []))],
  async reconcile(key, jobs) {
    const stack = jobs.db(stacks).get(key.id);
    if (!stack || !isBehind(stack)) return;
    await jobs.as(stack.caller).write((db, aws) => {
      const now = db(stacks).get(key.id);
      if (!now || !isBehind(now)) return;
      for (let sequence = now.notified + 1; sequence <= now.events; sequence++) {
        const event = db(stackEvents).get(eventKey(now.id, sequence));
        if (event) for (const topic of now.configuration.notificationArns) publish(aws, jobs, topic, event, key.account);
      }
      db(stacks).put({ ...now, notified: now.events });
    });
  },
});

function isBehind(stack: Stack): boolean {
  return stack.configuration.notificationArns.length > 0 && stack.notified < stack.events;
}

/** A topic that is gone, or that the stack's caller may not publish to, holds nothing up. */
function publish(aws: Aws, jobs: Jobs, TopicArn: string, event: StackEvent, account: string): void {
  try {
    aws.sns.Publish({ TopicArn, Subject: "AWS CloudFormation Notification", Message: messageOf(event, account) });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    jobs.log(`${TopicArn} does not hear of ${event.stackName}: ${error.code} ${error.message}`);
  }
}

/** One `Name='value'` a line, as AWS writes it. */
function messageOf(event: StackEvent, account: string): string {
  const values = {
    StackId: event.stackId,
    Timestamp: new Date(event.timestamp).toISOString(),
    EventId: event.id,
    LogicalResourceId: event.logicalId,
    Namespace: account,
    PhysicalResourceId: event.physicalId ?? "",
    ResourceProperties: event.properties ?? "null",
    ResourceStatus: event.status,
    ResourceStatusReason: event.statusReason ?? "",
    ResourceType: event.type,
    StackName: event.stackName,
    ClientRequestToken: event.clientRequestToken ?? "null",
  };
  return Object.entries(values).map(([name, value]) => `${name}='${value}'\n`).join("");
}
