import { Elb, type ElbTypes } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { access, byNames } from "./access.js";
import { duplicateTagKeys, tooManyTags, validationError } from "./errors.js";
import { findLoadBalancer } from "./find.js";
import { loadBalancers, type Tag } from "./state.js";

export const tagOperations = operations(Elb, {
  AddTags: {
    authorize: access("AddTags", byNames),
    handle(ctx, input) {
      for (const name of input.LoadBalancerNames) {
        const balancer = findLoadBalancer(ctx.db, name);
        ctx.db(loadBalancers).put({ ...balancer, tags: mergeTags(name, balancer.tags, input.Tags) });
      }
      return {};
    },
  },

  RemoveTags: {
    authorize: access("RemoveTags", byNames),
    handle(ctx, input) {
      const keys = input.Tags.map((tag) => tag.Key);
      for (const name of input.LoadBalancerNames) {
        const balancer = findLoadBalancer(ctx.db, name);
        ctx.db(loadBalancers).put({ ...balancer, tags: balancer.tags.filter((tag) => !keys.includes(tag.key)) });
      }
      return {};
    },
  },

  DescribeTags: {
    authorize: access("DescribeTags", byNames),
    handle: (ctx, input) => ({
      TagDescriptions: input.LoadBalancerNames.map((name) => ({
        LoadBalancerName: name,
        Tags: findLoadBalancer(ctx.db, name).tags.map((tag) => ({ Key: tag.key, Value: tag.value })),
      })),
    }),
  },
});

/** The most tags a user may give; CloudFormation's own don't count. */
const MOST_TAGS = 10;

/** @throws DuplicateTagKeys, TooManyTags */
export function mergeTags(name: string, before: readonly Tag[], added: readonly ElbTypes.Tag[]): readonly Tag[] {
  const merged = new Map(before.map((tag) => [tag.key, tag.value]));
  const seen = new Set<string>();
  for (const { Key: key, Value: value } of added) {
    if (key.length < 1 || key.length > 128) throw validationError(`The tag key '${key}' must be 1 to 128 characters long.`);
    if ((value ?? "").length > 256) throw validationError(`The value of the tag '${key}' must be at most 256 characters long.`);
    if (seen.has(key)) throw duplicateTagKeys(key);
    seen.add(key);
    merged.set(key, value ?? "");
  }
  if ([...merged.keys()].filter((key) => !key.startsWith("aws:")).length > MOST_TAGS) throw tooManyTags(name);
  return [...merged].map(([key, value]) => ({ key, value }));
}
