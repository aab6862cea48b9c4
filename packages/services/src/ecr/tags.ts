/** Tags of repositories: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-using-tags.html */
import { Ecr, type EcrTypes } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { onArn } from "./access.js";
import { invalidTag, tooManyTags } from "./errors.js";
import { findByArn } from "./find.js";
import { repositories } from "./state.js";

const MOST_TAGS = 50;

/** @throws AwsError InvalidTagParameterException, TooManyTagsException */
export function checkTags(tags: readonly EcrTypes.Tag[] | undefined): void {
  const keys = new Set<string | undefined>();
  for (const { Key, Value } of tags ?? []) {
    if (!Key || Key.length > 128) throw invalidTag(`The tag key '${String(Key)}' must have 1 to 128 characters.`);
    if ((Value ?? "").length > 256) throw invalidTag(`The value of the tag '${Key}' must have at most 256 characters.`);
    // CloudFormation puts its own on what it makes.
    if (/^aws:/i.test(Key) && !Key.startsWith("aws:cloudformation:")) throw invalidTag(`The tag key '${Key}' is reserved: keys must not start with aws:.`);
    if (keys.has(Key)) throw invalidTag(`The tag key '${Key}' is given twice.`);
    keys.add(Key);
  }
  if (keys.size > MOST_TAGS) throw tooManyTags();
}

export function tagsOf(tags: readonly EcrTypes.Tag[] | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key ?? "", Value ?? ""]));
}

export const tagOperations = operations(Ecr, {
  TagResource: {
    authorize: onArn("TagResource"),
    handle(ctx, input) {
      const repository = findByArn(ctx, input.resourceArn);
      checkTags(input.tags);
      const tags = { ...repository.tags, ...tagsOf(input.tags) };
      if (Object.keys(tags).length > MOST_TAGS) throw tooManyTags();
      ctx.db(repositories).put({ ...repository, tags });
      return {};
    },
  },
  UntagResource: {
    authorize: onArn("UntagResource"),
    handle(ctx, input) {
      const repository = findByArn(ctx, input.resourceArn);
      const tags = Object.fromEntries(Object.entries(repository.tags).filter(([key]) => !input.tagKeys.includes(key)));
      ctx.db(repositories).put({ ...repository, tags });
      return {};
    },
  },
  ListTagsForResource: {
    authorize: onArn("ListTagsForResource"),
    handle: (ctx, input) => ({ tags: Object.entries(findByArn(ctx, input.resourceArn).tags).map(([Key, Value]) => ({ Key, Value })) }),
  },
});
