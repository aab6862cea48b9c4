/** Publish and PublishBatch: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
import { AwsError } from "@hakoniwa/kernel";
import { Sns, type SnsTypes } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { onTopic } from "./access.js";
import { checkedEndpoint, refuseElsewhere } from "./endpoints.js";
import { batchTooLong, emptyBatch, idsNotDistinct, invalidEntryId, invalidParameter, notYet, tooManyEntries } from "./errors.js";
import { passes } from "./filter-policy.js";
import { findTopic } from "./find.js";
import { notification } from "./hand-over.js";
import { keepMail } from "./mailbox.js";
import { messageFor } from "./message-structure.js";
import { deliveries, subscriptions, type MessageAttributes } from "./state.js";

const LARGEST = 256 * 1024;
const MOST_ENTRIES = 10;
const LONGEST_SUBJECT = 100;

type Entry = Omit<SnsTypes.PublishBatchRequestEntry, "Id">;

export const publishOperations = operations(Sns, {
  Publish: {
    authorize: onTopic("Publish", (input) => input.TopicArn ?? input.TargetArn),
    handle(ctx, input) {
      const named = [input.TopicArn, input.TargetArn, input.PhoneNumber].filter((each) => each !== undefined);
      if (named.length !== 1) throw invalidParameter("TopicArn or TargetArn Reason: exactly one of TopicArn, TargetArn and PhoneNumber must be given");
      refuseElsewhere(input.TargetArn);
      if (input.PhoneNumber !== undefined) return sendText(ctx, input.PhoneNumber, input);
      return { MessageId: publish(ctx, findTopic(ctx, input.TopicArn ?? input.TargetArn, input.TopicArn === undefined ? "TargetArn" : "TopicArn").arn, input) };
    },
  },

  PublishBatch: {
    // AWS has no permission of this name: who may publish may publish many.
    authorize: onTopic("Publish", (input) => input.TopicArn),
    handle(ctx, input) {
      const { arn } = findTopic(ctx, input.TopicArn);
      const entries = input.PublishBatchRequestEntries;
      if (entries.length === 0) throw emptyBatch();
      if (entries.length > MOST_ENTRIES) throw tooManyEntries();
      if (entries.some(({ Id }) => !/^[\w-]{1,80}$/.test(Id))) throw invalidEntryId();
      if (new Set(entries.map(({ Id }) => Id)).size < entries.length) throw idsNotDistinct();
      if (entries.reduce((sum, { Message }) => sum + Buffer.byteLength(Message), 0) > LARGEST) throw batchTooLong();
      const answers = entries.map((entry) => published(ctx, arn, entry));
      return { Successful: answers.flatMap(({ ok }) => ok ?? []), Failed: answers.flatMap(({ failed }) => failed ?? []) };
    },
  },
});

interface Answer {
  readonly ok?: SnsTypes.PublishBatchResultEntry;
  readonly failed?: SnsTypes.BatchResultErrorEntry;
}

/** A bad entry doesn't hold up the others. */
function published(ctx: Context, topicArn: string, entry: SnsTypes.PublishBatchRequestEntry): Answer {
  try {
    return { ok: { Id: entry.Id, MessageId: publish(ctx, topicArn, entry) } };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { failed: { Id: entry.Id, Code: error.code, Message: error.message, SenderFault: true } };
  }
}

function publish(ctx: Context, topicArn: string, entry: Entry): string {
  check(entry);
  const attributes = attributesOf(entry.MessageAttributes);
  const body = messageFor(entry.Message, entry.MessageStructure);
  const messageId = ctx.ids.uuid();
  for (const subscription of ctx.db(subscriptions).where("topic", topicArn)) {
    if (subscription.pending) continue;
    if (subscription.filterPolicy !== undefined && !passes(subscription.filterPolicy, subscription.filterScope, attributes, body("default"))) continue;
    ctx.db(deliveries).put(notification(ctx, subscription, { messageId, subject: entry.Subject, message: body(subscription.protocol), attributes }));
  }
  return messageId;
}

function check({ Message, Subject, MessageDeduplicationId, MessageGroupId }: Entry): void {
  if (Message === "") throw invalidParameter("Empty message");
  if (Buffer.byteLength(Message) > LARGEST) throw invalidParameter("Message too long");
  // https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: ASCII, begins with a letter, digit or punctuation mark.
  if (Subject !== undefined && (Subject.length > LONGEST_SUBJECT || !/^[\x21-\x7e][\x20-\x7e]*$/.test(Subject))) throw invalidParameter("Subject");
  if (MessageDeduplicationId !== undefined || MessageGroupId !== undefined) throw notYet("message groups and deduplication, which FIFO topics have");
}

function attributesOf(given: Readonly<Record<string, SnsTypes.MessageAttributeValue>> | undefined): MessageAttributes {
  return Object.fromEntries(
    Object.entries(given ?? {}).map(([name, { DataType: type, StringValue: text, BinaryValue: bytes }]) => {
      if (!/^(?!aws\.|amazon\.)[\w.-]{1,256}$/i.test(name) || /^\.|\.$|\.\./.test(name)) throw invalidParameter(`The message attribute name '${name}' is invalid`);
      if (!/^(String|Number|Binary)(\..+)?$/.test(type)) throw invalidParameter(`The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`);
      const value = type.startsWith("Binary") ? bytes && Buffer.from(bytes).toString("base64") : text;
      if (value === undefined || value === "") throw invalidParameter(`The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`);
      if (type.startsWith("Number") && !Number.isFinite(Number(value))) throw invalidParameter(`Could not cast message attribute '${name}' value to number.`);
      return [name, { type, value }];
    }),
  );
}

function sendText(ctx: Context, phone: string, input: SnsTypes.PublishInput): SnsTypes.PublishResponse {
  check(input);
  if (!phone.startsWith("+")) throw invalidParameter(`PhoneNumber Reason: ${phone} is not valid to publish to`);
  const { endpoint } = checkedEndpoint("sms", phone);
  const body = messageFor(input.Message, input.MessageStructure)("sms");
  const id = ctx.ids.uuid();
  keepMail(ctx.db, { id, at: ctx.now, protocol: "sms", to: endpoint, subject: input.Subject, body, topicArn: undefined });
  return { MessageId: id };
}
