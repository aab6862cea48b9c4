import { Elbv2, type Elbv2Types } from "@hakoniwa/wire";
import type { Database } from "@hakoniwa/kernel";
import { operations } from "../define.js";
import { access, onResources } from "./access.js";
import { duplicateTagKeys, tooMany, validationError } from "./errors.js";
import { findListener, findLoadBalancer, findRule, findTargetGroup } from "./find.js";
import { MOST_TAGS } from "./limits.js";
import { listeners, loadBalancers, rules, targetGroups, type Tag } from "./state.js";

export const tagOperations = operations(Elbv2, {
  AddTags: {
    authorize: access("AddTags", onResources),
    handle(ctx, input) {
      for (const arn of input.ResourceArns) retag(ctx.db, arn, (before) => mergeTags(before, input.Tags));
      return {};
    },
  },

  RemoveTags: {
    authorize: access("RemoveTags", onResources),
    handle(ctx, input) {
      for (const arn of input.ResourceArns) retag(ctx.db, arn, (before) => before.filter(({ key }) => !input.TagKeys.includes(key)));
      return {};
    },
  },

  DescribeTags: {
    authorize: access("DescribeTags", () => []),
    handle: (ctx, input) => ({
      TagDescriptions: input.ResourceArns.map((arn) => ({ ResourceArn: arn, Tags: retag(ctx.db, arn, undefined).map(({ key, value }) => ({ Key: key, Value: value })) })),
    }),
  },
});

/** Changes the tags of whatever the ARN names; without a change, it only tells them. */
function retag(db: Database, arn: string, change: ((before: readonly Tag[]) => readonly Tag[]) | undefined): readonly Tag[] {
  const kind = arn.split(":")[5]?.split("/")[0];
  if (kind === "loadbalancer") {
    const found = findLoadBalancer(db, arn);
    return change ? db(loadBalancers).put({ ...found, tags: change(found.tags) }).tags : found.tags;
  }
  if (kind === "targetgroup") {
    const found = findTargetGroup(db, arn);
    return change ? db(targetGroups).put({ ...found, tags: change(found.tags) }).tags : found.tags;
  }
  if (kind === "listener") {
    const found = findListener(db, arn);
    return change ? db(listeners).put({ ...found, tags: change(found.tags) }).tags : found.tags;
  }
  if (kind === "listener-rule") {
    const found = findRule(db, arn);
    return change ? db(rules).put({ ...found, tags: change(found.tags) }).tags : found.tags;
  }
  throw validationError(`'${arn}' is not a valid load balancer, listener, rule or target group ARN`);
}

/** @throws DuplicateTagKeys, TooManyTags */
export function mergeTags(before: readonly Tag[], added: readonly Elbv2Types.Tag[] = []): readonly Tag[] {
  const merged = new Map(before.map((tag) => [tag.key, tag.value]));
  const seen = new Set<string>();
  for (const { Key: key, Value: value } of added) {
    if (seen.has(key)) throw duplicateTagKeys(key);
    seen.add(key);
    merged.set(key, value ?? "");
  }
  if ([...merged.keys()].filter((key) => !key.startsWith("aws:")).length > MOST_TAGS) throw tooMany("Tags", MOST_TAGS);
  return [...merged].map(([key, value]) => ({ key, value }));
}
