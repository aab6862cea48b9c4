/** Policies embedded in users, groups and roles. */
import { Iam } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { onGroup, onRole, onUser, withBoundary } from "./access.js";
import { parsePolicy } from "./documents.js";
import { inlinePolicyNotFound, quotaExceeded } from "./errors.js";
import { GROUP, ROLE, USER, changeable, find, type IdentityKind } from "./find.js";
import type { Identity } from "./state.js";
import { checkName, encodeDocument, page } from "./values.js";

interface Named {
  readonly PolicyName: string;
}

export const inlinePolicyOperations = operations(Iam, {
  PutUserPolicy: { authorize: withBoundary(onUser("PutUserPolicy")), handle: (ctx, input) => put(ctx, USER, input.UserName, input) },
  PutGroupPolicy: { authorize: onGroup("PutGroupPolicy"), handle: (ctx, input) => put(ctx, GROUP, input.GroupName, input) },
  PutRolePolicy: { authorize: withBoundary(onRole("PutRolePolicy")), handle: (ctx, input) => put(ctx, ROLE, input.RoleName, input) },

  GetUserPolicy: {
    authorize: onUser("GetUserPolicy"),
    handle: (ctx, input) => ({ UserName: input.UserName, PolicyName: input.PolicyName, PolicyDocument: get(ctx, USER, input.UserName, input) }),
  },
  GetGroupPolicy: {
    authorize: onGroup("GetGroupPolicy"),
    handle: (ctx, input) => ({ GroupName: input.GroupName, PolicyName: input.PolicyName, PolicyDocument: get(ctx, GROUP, input.GroupName, input) }),
  },
  GetRolePolicy: {
    authorize: onRole("GetRolePolicy"),
    handle: (ctx, input) => ({ RoleName: input.RoleName, PolicyName: input.PolicyName, PolicyDocument: get(ctx, ROLE, input.RoleName, input) }),
  },

  DeleteUserPolicy: { authorize: withBoundary(onUser("DeleteUserPolicy")), handle: (ctx, input) => remove(ctx, USER, input.UserName, input) },
  DeleteGroupPolicy: { authorize: onGroup("DeleteGroupPolicy"), handle: (ctx, input) => remove(ctx, GROUP, input.GroupName, input) },
  DeleteRolePolicy: { authorize: withBoundary(onRole("DeleteRolePolicy")), handle: (ctx, input) => remove(ctx, ROLE, input.RoleName, input) },

  ListUserPolicies: { authorize: onUser("ListUserPolicies"), handle: (ctx, input) => list(ctx, USER, input.UserName, input) },
  ListGroupPolicies: { authorize: onGroup("ListGroupPolicies"), handle: (ctx, input) => list(ctx, GROUP, input.GroupName, input) },
  ListRolePolicies: { authorize: onRole("ListRolePolicies"), handle: (ctx, input) => list(ctx, ROLE, input.RoleName, input) },
});

function put<R extends Identity>(ctx: Context, kind: IdentityKind<R>, name: string, input: Named & { readonly PolicyDocument: string }): Record<string, never> {
  const identity = changeable(find(ctx.db, kind.kind, kind.table, name));
  checkName("policyName", input.PolicyName, 128);
  parsePolicy(input.PolicyDocument, "identity");
  const inline = { ...identity.inline, [input.PolicyName]: input.PolicyDocument };
  const size = Object.values(inline).reduce((sum, document) => sum + document.replace(/\s/g, "").length, 0);
  if (size > kind.inlineLimit) throw quotaExceeded(kind.inlineQuota, kind.inlineLimit);
  ctx.db(kind.table).put({ ...identity, inline });
  return {};
}

function get<R extends Identity>(ctx: Context, kind: IdentityKind<R>, name: string, { PolicyName }: Named): string {
  const { inline } = find(ctx.db, kind.kind, kind.table, name);
  if (!Object.hasOwn(inline, PolicyName)) throw inlinePolicyNotFound(kind.kind, PolicyName);
  return encodeDocument(inline[PolicyName]!);
}

function remove<R extends Identity>(ctx: Context, kind: IdentityKind<R>, name: string, { PolicyName }: Named): Record<string, never> {
  const identity = changeable(find(ctx.db, kind.kind, kind.table, name));
  if (!Object.hasOwn(identity.inline, PolicyName)) throw inlinePolicyNotFound(kind.kind, PolicyName);
  const inline = Object.fromEntries(Object.entries(identity.inline).filter(([other]) => other !== PolicyName));
  ctx.db(kind.table).put({ ...identity, inline });
  return {};
}

function list<R extends Identity>(ctx: Context, kind: IdentityKind<R>, name: string, input: { readonly Marker?: string | undefined; readonly MaxItems?: number | undefined }) {
  const { records, rest } = page(Object.keys(find(ctx.db, kind.kind, kind.table, name).inline).sort(), input, (policy) => policy);
  return { PolicyNames: records, ...rest };
}
