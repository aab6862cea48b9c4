/** Tags of topics. */
import { Sns, type SnsTypes } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { onTopic } from "./access.js";
import { invalidParameter, resourceNotFound, tagLimit } from "./errors.js";
import { topics, type Topic } from "./state.js";

const MOST_TAGS = 50;

/** @throws AwsError InvalidParameter for what can't be tags, TagLimitExceeded for too many */
export function checkTags(tags: readonly SnsTypes.Tag[] | undefined): void {
  for (const { Key, Value } of tags ?? []) {
    if (Key === "" || Key.length > 128 || Value.length > 256) throw invalidParameter("Tags Reason: keys have 1 to 128 characters, values at most 256");
    if (/^aws:/i.test(Key) && !Key.startsWith("aws:cloudformation:")) throw invalidParameter(`Tags Reason: the key ${Key} is reserved`);
  }
  if (Object.keys(tagsOf(tags)).length > MOST_TAGS) throw tagLimit();
}

export function tagsOf(tags: readonly SnsTypes.Tag[] | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key, Value]));
}

const named = (input: { readonly ResourceArn: string }): string => input.ResourceArn;

function find(ctx: Context, arn: string): Topic {
  const found = ctx.db(topics).get(arn);
  if (!found) throw resourceNotFound();
  return found;
}

export const tagOperations = operations(Sns, {
  TagResource: {
    authorize: onTopic("TagResource", named),
    handle(ctx, input) {
      checkTags(input.Tags);
      const topic = find(ctx, input.ResourceArn);
      const tags = { ...topic.tags, ...tagsOf(input.Tags) };
      if (Object.keys(tags).length > MOST_TAGS) throw tagLimit();
      ctx.db(topics).put({ ...topic, tags });
      return {};
    },
  },
  UntagResource: {
    authorize: onTopic("UntagResource", named),
    handle(ctx, input) {
      const topic = find(ctx, input.ResourceArn);
      ctx.db(topics).put({ ...topic, tags: Object.fromEntries(Object.entries(topic.tags).filter(([key]) => !input.TagKeys.includes(key))) });
      return {};
    },
  },
  ListTagsForResource: {
    authorize: onTopic("ListTagsForResource", named),
    handle: (ctx, input) => ({ Tags: Object.entries(find(ctx, input.ResourceArn).tags).map(([Key, Value]) => ({ Key, Value })) }),
  },
});
