/** Tags of every kind of EC2 resource: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html */
import { AwsError, type Database, type Reader } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { invalidValue } from "./errors.js";
import { matches, paginateBy } from "./filters.js";
import { tags as tagSets, type Tag } from "./state-compute.js";
import { findResource, resourceArn } from "./taggable.js";

const MOST_TAGS = 50;
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;
const RESERVED = /^aws:/i;

/** The tags of a resource, in the order in which they were made. */
export function tagsOf(db: Reader, id: string): readonly Tag[] {
  return db(tagSets).get(id)?.tags ?? [];
}

/** The value of one tag. */
export function tagOf(db: Reader, id: string, key: string): string | undefined {
  return tagsOf(db, id).find((tag) => tag.Key === key)?.Value;
}

/**
 * Gives a new resource the tags of its creating call; those for other resource types are passed over.
 * @throws AwsError for tags that AWS refuses
 */
export function putTags(
  ctx: Context,
  resourceType: Ec2Types.ResourceType,
  id: string,
  specifications: readonly Ec2Types.TagSpecification[] | undefined,
): void {
  const given = (specifications ?? []).filter((s) => s.ResourceType === resourceType).flatMap((s) => s.Tags ?? []);
  if (given.length > 0) mergeTags(ctx, resourceType, id, given);
}

/** Forgets the tags of a resource that is gone. */
export function dropTags(db: Database, id: string): void {
  db(tagSets).delete(id);
}

/**
 * Refuses tag specifications for resource types that the call does not create.
 * @param creates the types that it does
 */
export function checkTagSpecifications(specifications: readonly Ec2Types.TagSpecification[] | undefined, creates: readonly Ec2Types.ResourceType[]): void {
  const seen = new Set<string>();
  for (const { ResourceType: type } of specifications ?? []) {
    if (!type) throw invalidValue("Tag specification resource type must have a value");
    if (!creates.includes(type)) throw invalidValue(`'${type}' is not a valid taggable resource type for this operation.`);
    if (seen.has(type)) throw invalidValue(`Duplicate tag specification for resource type '${type}'`);
    seen.add(type);
  }
}

function mergeTags(ctx: Context, resourceType: Ec2Types.ResourceType, id: string, given: readonly Ec2Types.Tag[]): void {
  const merged = new Map(tagsOf(ctx.db, id).map((tag) => [tag.Key, tag.Value]));
  const named = new Set<string>();
  for (const tag of given) {
    const key = checkKey(ctx, tag.Key);
    if (named.has(key)) throw invalidValue(`Duplicate tag key '${key}' specified.`);
    named.add(key);
    if ((tag.Value ?? "").length > LONGEST_VALUE) {
      throw invalidValue(`Tag value exceeds the maximum length of ${LONGEST_VALUE} characters`);
    }
    merged.set(key, tag.Value ?? "");
  }
  const counted = [...merged.keys()].filter((key) => !RESERVED.test(key));
  if (counted.length > MOST_TAGS) {
    throw new AwsError("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.");
  }
  ctx.db(tagSets).put({ resourceId: id, resourceType, tags: [...merged].map(([Key, Value]) => ({ Key, Value })) });
}

/** Keys that begin with `aws:` are AWS's own: only services set them. */
function checkKey(ctx: Context, key: string | undefined): string {
  if (!key) throw invalidValue("Tag key cannot be empty");
  if (key.length > LONGEST_KEY) throw invalidValue(`Tag key exceeds the maximum length of ${LONGEST_KEY} characters`);
  if (ctx.caller.via.kind === "user") refuseReserved(key);
  return key;
}

/** @throws AwsError InvalidParameterValue for a key that only services set */
export function refuseReserved(key: string): void {
  if (RESERVED.test(key)) throw invalidValue("Tag keys starting with 'aws:' are reserved for internal use");
}

export const tagOperations = operations(Ec2, {
  CreateTags: {
    authorize: (input, asked) => ({ action: "ec2:CreateTags", resources: input.Resources.map((id) => resourceArn(asked, id)) }),
    handle(ctx, input) {
      if (input.Tags.length === 0) throw new AwsError("MissingParameter", "The request must contain the parameter tagSet");
      const found = input.Resources.map((id) => ({ id, type: findResource(ctx.db, id) }));
      for (const { id, type } of found) mergeTags(ctx, type, id, input.Tags);
      return {};
    },
  },

  DeleteTags: {
    authorize: (input, asked) => ({ action: "ec2:DeleteTags", resources: input.Resources.map((id) => resourceArn(asked, id)) }),
    handle(ctx, input) {
      for (const id of input.Resources) {
        const set = ctx.db(tagSets).get(id);
        if (!set) continue;
        const kept = set.tags.filter((tag) => !isDeleted(tag, input.Tags, ctx.caller.via.kind === "serviceRole"));
        if (kept.length === set.tags.length) continue;
        if (kept.length === 0) ctx.db(tagSets).delete(id);
        else ctx.db(tagSets).put({ ...set, tags: kept });
      }
      return {};
    },
  },

  DescribeTags: {
    authorize: onEverything("ec2:DescribeTags"),
    handle(ctx, input) {
      const all = ctx.db(tagSets).list().flatMap((set) =>
        set.tags.map((tag) => ({ Key: tag.Key, Value: tag.Value, ResourceId: set.resourceId, ResourceType: set.resourceType })),
      );
      // A filter that there isn't is refused even where there is no tag to hold it against.
      matches(input.Filters, (name) => filterOf(NO_TAG, name));
      const found = all.filter((tag) => matches(input.Filters, (name) => filterOf(tag, name)));
      const page = paginateBy(found, input, ({ ResourceId, Key }) => [ResourceId, Key]);
      return { Tags: page.items, NextToken: page.nextToken };
    },
  },
});

const NO_TAG = { Key: "", Value: "", ResourceId: "", ResourceType: "" };

function filterOf(tag: typeof NO_TAG, name: string): readonly string[] | undefined {
  if (name === "key") return [tag.Key];
  if (name === "value") return [tag.Value];
  if (name === "resource-id") return [tag.ResourceId];
  if (name === "resource-type") return [tag.ResourceType];
  if (name.startsWith("tag:")) return tag.Key === name.slice("tag:".length) ? [tag.Value] : [];
  return undefined;
}

/** Without tags every one goes; without a value its key alone decides. AWS's own stay, unless a service of AWS's names them. */
function isDeleted(tag: Tag, asked: readonly Ec2Types.Tag[] | undefined, byService: boolean): boolean {
  if (RESERVED.test(tag.Key) && !(byService && asked?.length)) return false;
  if (!asked || asked.length === 0) return true;
  return asked.some((other) => other.Key === tag.Key && (other.Value === undefined || other.Value === tag.Value));
}
