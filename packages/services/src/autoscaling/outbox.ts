/** Messages to SNS: written with what they tell of, and delivered afterwards. */
import { AwsError, type Database } from "@hakoniwa/kernel";
import { reconciler, watch } from "../define.js";
import type { Message } from "./messages.js";
import { notifications, outbox } from "./state-scaling.js";

/** To every topic of the group that wants this event. */
export function sendToTopics(db: Database, group: string, event: string, about: string, message: Message): void {
  for (const { topicArn, types } of db(notifications).where("group", group)) {
    if (types.includes(event)) send(db, topicArn, `${about}/${event}`, message);
  }
}

/** @param about names the message: the same one is sent once */
export function send(db: Database, topicArn: string, about: string, { subject, body }: Message): void {
  db(outbox).put({ id: `${about}/${topicArn}`, topicArn, subject, body });
}

/** Hands messages over to SNS. A topic that is gone or lets nobody in loses them, as on AWS; anything else is tried again. */
export const deliver = reconciler({
  name: "autoscaling.deliver",
  watches: [watch(outbox, (message) => [message.id])],
  async reconcile(key, jobs) {
    const message = jobs.db(outbox).get(key.id);
    if (!message) return;
    try {
      await jobs.aws.sns.Publish({ TopicArn: message.topicArn, Subject: message.subject?.slice(0, 100), Message: message.body });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      jobs.log(`${message.topicArn} did not take a message: ${error.code} ${error.message}`);
    }
    await jobs.write((db) => db(outbox).delete(message.id));
  },
});
