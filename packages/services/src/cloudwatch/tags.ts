/** Tags of alarms and dashboards. */
import { Cloudwatch, type CloudwatchTypes } from "@hakoniwa/wire";
import { operations, type Asked, type Context } from "../define.js";
import { unknownResource, validation } from "./errors.js";
import { alarms, dashboards } from "./state.js";

const MOST_TAGS = 50;

type Tags = Readonly<Record<string, string>>;

/** @throws AwsError ValidationError for what can't be tags */
export function checkTags(tags: readonly CloudwatchTypes.Tag[] | undefined): void {
  for (const { Key, Value } of tags ?? []) {
    if (Key === "" || Key.length > 128 || Value.length > 256) throw validation(`The tag ${Key.slice(0, 130)} is invalid: keys have 1 to 128 characters, values at most 256.`);
    if (/^aws:/i.test(Key) && !Key.startsWith("aws:cloudformation:")) throw validation(`The tag key ${Key} is invalid: keys that begin with aws: are reserved.`);
  }
  if (Object.keys(tagsOf(tags)).length > MOST_TAGS) throw validation(`A resource can have at most ${MOST_TAGS} tags.`);
}

export function tagsOf(tags: readonly CloudwatchTypes.Tag[] | undefined): Tags {
  return Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key, Value]));
}

function onResource<In extends { readonly ResourceARN: string }>(operation: string) {
  return (input: In, _asked: Asked) => ({ action: `cloudwatch:${operation}`, resources: [input.ResourceARN] });
}

export const tagOperations = operations(Cloudwatch, {
  TagResource: {
    authorize: onResource("TagResource"),
    handle(ctx, input) {
      checkTags(input.Tags);
      const tags = { ...find(ctx, input.ResourceARN).tags, ...tagsOf(input.Tags) };
      if (Object.keys(tags).length > MOST_TAGS) throw validation(`A resource can have at most ${MOST_TAGS} tags.`);
      find(ctx, input.ResourceARN).put(tags);
      return {};
    },
  },
  UntagResource: {
    authorize: onResource("UntagResource"),
    handle(ctx, input) {
      const found = find(ctx, input.ResourceARN);
      found.put(Object.fromEntries(Object.entries(found.tags).filter(([key]) => !input.TagKeys.includes(key))));
      return {};
    },
  },
  ListTagsForResource: {
    authorize: onResource("ListTagsForResource"),
    handle: (ctx, input) => ({ Tags: Object.entries(find(ctx, input.ResourceARN).tags).map(([Key, Value]) => ({ Key, Value })) }),
  },
});

function find(ctx: Context, arn: string): { readonly tags: Tags; put(tags: Tags): void } {
  const alarm = ctx.db(alarms).list().find((each) => each.arn === arn);
  if (alarm) return { tags: alarm.tags, put: (tags) => void ctx.db(alarms).put({ ...alarm, tags }) };
  const dashboard = ctx.db(dashboards).list().find((each) => each.arn === arn);
  if (dashboard) return { tags: dashboard.tags, put: (tags) => void ctx.db(dashboards).put({ ...dashboard, tags }) };
  throw unknownResource(arn);
}
