/** Tags of log groups, by ARN and, as it was before, by name. */
import { Logs } from "@hakoniwa/wire";
import { requestTags } from "../access.js";
import { operations, type Asked, type Context } from "../define.js";
import { access, accessByArn } from "./access.js";
import { invalidParameter, resourceNotFound, tooManyTags } from "./errors.js";
import { groupNameOf, groupOf } from "./names.js";
import { logGroups, type LogGroup } from "./state.js";

const MOST_TAGS = 50;

type Tags = Readonly<Record<string, string>>;

export const tagOperations = operations(Logs, {
  TagResource: {
    authorize: (input, asked) => bringing(accessByArn("TagResource")(input, asked), input.tags),
    handle: (ctx, { resourceArn, tags }) => tag(ctx, byArn(ctx, resourceArn), tags),
  },
  UntagResource: {
    authorize(input, asked) {
      const needed = accessByArn("UntagResource")(input, asked);
      return { ...needed, conditions: { ...needed.conditions, "aws:TagKeys": input.tagKeys } };
    },
    handle: (ctx, { resourceArn, tagKeys }) => untag(ctx, byArn(ctx, resourceArn), tagKeys),
  },
  ListTagsForResource: {
    authorize: accessByArn("ListTagsForResource"),
    handle: (ctx, { resourceArn }) => ({ tags: byArn(ctx, resourceArn).tags }),
  },
  TagLogGroup: {
    authorize: (input, asked: Asked) => bringing(access("TagLogGroup")(input, asked), input.tags),
    handle: (ctx, { logGroupName, tags }) => tag(ctx, groupOf(ctx.db, logGroupName), tags),
  },
  UntagLogGroup: {
    authorize: access("UntagLogGroup"),
    handle: (ctx, { logGroupName, tags }) => untag(ctx, groupOf(ctx.db, logGroupName), tags),
  },
  ListTagsLogGroup: {
    authorize: access("ListTagsLogGroup"),
    handle: (ctx, { logGroupName }) => ({ tags: groupOf(ctx.db, logGroupName).tags }),
  },
});

function bringing(needed: ReturnType<ReturnType<typeof access>>, tags: Tags) {
  return { ...needed, conditions: { ...needed.conditions, ...requestTags(Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))) } };
}

/** @throws TooManyTagsException, InvalidParameterException for a tag of AWS's own */
export function checkTags(tags: Tags): void {
  const reserved = Object.keys(tags).find((key) => key.toLowerCase().startsWith("aws:"));
  if (reserved !== undefined && !reserved.startsWith("aws:cloudformation:")) throw invalidParameter(`Tag keys can't begin with aws:, but "${reserved}" does.`);
  if (Object.keys(tags).length > MOST_TAGS) throw tooManyTags();
}

function byArn(ctx: Context, arn: string): LogGroup {
  const group = arn.startsWith("arn:") ? ctx.db(logGroups).get(groupNameOf(arn, ctx)) : undefined;
  if (!group) throw resourceNotFound(arn);
  return group;
}

function tag(ctx: Context, group: LogGroup, tags: Tags): Record<string, never> {
  const merged = { ...group.tags, ...tags };
  checkTags(merged);
  ctx.db(logGroups).put({ ...group, tags: merged });
  return {};
}

function untag(ctx: Context, group: LogGroup, keys: readonly string[]): Record<string, never> {
  ctx.db(logGroups).put({ ...group, tags: Object.fromEntries(Object.entries(group.tags).filter(([key]) => !keys.includes(key))) });
  return {};
}
