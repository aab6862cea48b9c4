import { Iam, type IamTypes } from "@hakoniwa/wire";
import type { Table } from "@hakoniwa/kernel";
import { operations, type Context } from "../define.js";
import { onPolicy, onProfile, onRole, onUser } from "./access.js";
import { policyNotFound } from "./errors.js";
import { findPolicy, findProfile, findRole, findUser } from "./find.js";
import { instanceProfiles, policies, roles, users, type Policy, type Tags } from "./state.js";
import { mergeTags, page, removeTags, showTags } from "./values.js";

interface PageRequest {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

export const tagOperations = operations(Iam, {
  TagUser: { authorize: onUser("TagUser"), handle: (ctx, input) => tag(ctx, users, findUser(ctx.db, input.UserName), input.Tags) },
  TagRole: { authorize: onRole("TagRole"), handle: (ctx, input) => tag(ctx, roles, findRole(ctx.db, input.RoleName), input.Tags) },
  TagPolicy: { authorize: onPolicy("TagPolicy"), handle: (ctx, input) => tag(ctx, policies, customerPolicy(ctx, input.PolicyArn), input.Tags) },
  TagInstanceProfile: {
    authorize: onProfile("TagInstanceProfile"),
    handle: (ctx, input) => tag(ctx, instanceProfiles, findProfile(ctx.db, input.InstanceProfileName), input.Tags),
  },

  UntagUser: { authorize: onUser("UntagUser"), handle: (ctx, input) => untag(ctx, users, findUser(ctx.db, input.UserName), input.TagKeys) },
  UntagRole: { authorize: onRole("UntagRole"), handle: (ctx, input) => untag(ctx, roles, findRole(ctx.db, input.RoleName), input.TagKeys) },
  UntagPolicy: { authorize: onPolicy("UntagPolicy"), handle: (ctx, input) => untag(ctx, policies, customerPolicy(ctx, input.PolicyArn), input.TagKeys) },
  UntagInstanceProfile: {
    authorize: onProfile("UntagInstanceProfile"),
    handle: (ctx, input) => untag(ctx, instanceProfiles, findProfile(ctx.db, input.InstanceProfileName), input.TagKeys),
  },

  ListUserTags: { authorize: onUser("ListUserTags"), handle: (ctx, input) => list(findUser(ctx.db, input.UserName), input) },
  ListRoleTags: { authorize: onRole("ListRoleTags"), handle: (ctx, input) => list(findRole(ctx.db, input.RoleName), input) },
  ListPolicyTags: { authorize: onPolicy("ListPolicyTags"), handle: (ctx, input) => list(findPolicy(ctx.db, input.PolicyArn), input) },
  ListInstanceProfileTags: {
    authorize: onProfile("ListInstanceProfileTags"),
    handle: (ctx, input) => list(findProfile(ctx.db, input.InstanceProfileName), input),
  },
});

interface Tagged {
  readonly tags: Tags;
}

function tag<R extends Tagged>(ctx: Context, table: Table<R>, record: R, added: readonly IamTypes.Tag[]): Record<string, never> {
  ctx.db(table).put({ ...record, tags: mergeTags(record.tags, added, ctx.caller.via.kind === "user") });
  return {};
}

function untag<R extends Tagged>(ctx: Context, table: Table<R>, record: R, keys: readonly string[]): Record<string, never> {
  ctx.db(table).put({ ...record, tags: removeTags(record.tags, keys) });
  return {};
}

function list(record: Tagged, input: PageRequest) {
  const { records, rest } = page(showTags(record.tags), input, ({ Key }) => Key);
  return { Tags: records, ...rest };
}

function customerPolicy(ctx: Context, arn: string): Policy {
  const policy = ctx.db(policies).get(arn);
  if (!policy) throw policyNotFound(arn);
  return policy;
}
