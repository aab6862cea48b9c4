import { Autoscaling, type AutoscalingTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { validationError } from "./errors.js";
import { findLivingGroup } from "./find.js";
import { page } from "./paging.js";
import { showTags } from "./show.js";
import { groups, type Tag } from "./state.js";

export const tagOperations = operations(Autoscaling, {
  CreateOrUpdateTags: {
    authorize: onEverything("autoscaling:CreateOrUpdateTags"),
    handle(ctx, input) {
      for (const tag of input.Tags) {
        const group = findLivingGroup(ctx.db, groupNameOf(tag));
        ctx.db(groups).put({ ...group, tags: mergeTags(ctx, group.name, group.tags, [tag]) });
      }
      return {};
    },
  },

  DeleteTags: {
    authorize: onEverything("autoscaling:DeleteTags"),
    handle(ctx, input) {
      for (const tag of input.Tags) {
        const group = findLivingGroup(ctx.db, groupNameOf(tag));
        const leaves = (there: Tag): boolean => there.key === tag.Key && (tag.Value === undefined || tag.Value === there.value);
        ctx.db(groups).put({ ...group, tags: group.tags.filter((there) => !leaves(there)) });
      }
      return {};
    },
  },

  DescribeTags: {
    authorize: onEverything("autoscaling:DescribeTags"),
    handle(ctx, input) {
      const all = ctx.db(groups).list().flatMap(showTags).filter((tag) => (input.Filters ?? []).every((filter) => matches(tag, filter)));
      const { records, NextToken } = page(all, input, { key: ({ ResourceId = "", Key = "" }) => [ResourceId, Key] });
      return { Tags: records, NextToken };
    },
  },
});

function groupNameOf(tag: AutoscalingTypes.Tag): string {
  if (tag.ResourceId === undefined) throw validationError(`The tag '${tag.Key}' needs a ResourceId: the Auto Scaling group's name.`);
  if (tag.ResourceType !== undefined && tag.ResourceType !== "auto-scaling-group") {
    throw validationError(`ResourceType '${tag.ResourceType}' is not valid: it must be auto-scaling-group.`);
  }
  return tag.ResourceId;
}

/** @throws ValidationError for a tag that AWS would refuse */
export function mergeTags({ caller }: Pick<Context, "caller">, groupName: string, before: readonly Tag[], added: readonly AutoscalingTypes.Tag[]): readonly Tag[] {
  const merged = new Map(before.map((tag) => [tag.key, tag]));
  for (const { Key: key, Value: value = "", PropagateAtLaunch: propagate = false, ResourceId: of = groupName } of added) {
    if (of !== groupName) throw validationError(`The tag '${key}' has the ResourceId '${of}', but the Auto Scaling group's name is '${groupName}'.`);
    if (key.length < 1 || key.length > 128) throw validationError(`The tag key '${key}' must be 1 to 128 characters long.`);
    // Instances get them too, and prove by them which stack they belong to.
    if (/^aws:/i.test(key) && caller.via.kind === "user") throw validationError("aws: prefixed tag key names are not allowed for external use.");
    if (value.length > 256) throw validationError(`The value of the tag '${key}' must be at most 256 characters long.`);
    merged.set(key, { key, value, propagate });
  }
  const counted = [...merged.keys()].filter((key) => !key.startsWith("aws:")).length;
  if (counted > 50) throw validationError(`The Auto Scaling group '${groupName}' may have at most 50 tags, not ${counted}.`);
  return [...merged.values()];
}

/** https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeTags.html */
function matches(tag: AutoscalingTypes.TagDescription, filter: AutoscalingTypes.Filter): boolean {
  const values = filter.Values ?? [];
  switch (filter.Name) {
    case "auto-scaling-group":
      return values.includes(tag.ResourceId ?? "");
    case "key":
      return values.includes(tag.Key ?? "");
    case "value":
      return values.includes(tag.Value ?? "");
    case "propagate-at-launch":
      return values.includes(String(tag.PropagateAtLaunch));
    default:
      throw validationError(
        `Filter type '${filter.Name ?? ""}' is not correct. Allowed Filter types are: auto-scaling-group key value propagate-at-launch`,
      );
  }
}
