/** Attaching managed policies to users, groups and roles. */
import { Iam, type IamTypes } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { onGroup, onRole, onUser, withBoundary, withPolicy } from "./access.js";
import { policyNotAttachable, policyNotFound, quotaExceeded } from "./errors.js";
import { GROUP, ROLE, USER, changeable, find, policyOf, type IdentityKind } from "./find.js";
import type { Identity } from "./state.js";
import { page, underPath } from "./values.js";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const ATTACHED = 10;

export const attachmentOperations = operations(Iam, {
  AttachUserPolicy: { authorize: withPolicy(withBoundary(onUser("AttachUserPolicy"))), handle: (ctx, input) => attach(ctx, USER, input.UserName, input.PolicyArn) },
  AttachGroupPolicy: { authorize: withPolicy(onGroup("AttachGroupPolicy")), handle: (ctx, input) => attach(ctx, GROUP, input.GroupName, input.PolicyArn) },
  AttachRolePolicy: { authorize: withPolicy(withBoundary(onRole("AttachRolePolicy"))), handle: (ctx, input) => attach(ctx, ROLE, input.RoleName, input.PolicyArn) },
  DetachUserPolicy: { authorize: withPolicy(withBoundary(onUser("DetachUserPolicy"))), handle: (ctx, input) => detach(ctx, USER, input.UserName, input.PolicyArn) },
  DetachGroupPolicy: { authorize: withPolicy(onGroup("DetachGroupPolicy")), handle: (ctx, input) => detach(ctx, GROUP, input.GroupName, input.PolicyArn) },
  DetachRolePolicy: { authorize: withPolicy(withBoundary(onRole("DetachRolePolicy"))), handle: (ctx, input) => detach(ctx, ROLE, input.RoleName, input.PolicyArn) },
  ListAttachedUserPolicies: { authorize: onUser("ListAttachedUserPolicies"), handle: (ctx, input) => list(ctx, USER, input.UserName, input) },
  ListAttachedGroupPolicies: { authorize: onGroup("ListAttachedGroupPolicies"), handle: (ctx, input) => list(ctx, GROUP, input.GroupName, input) },
  ListAttachedRolePolicies: { authorize: onRole("ListAttachedRolePolicies"), handle: (ctx, input) => list(ctx, ROLE, input.RoleName, input) },
});

function attach<R extends Identity>(ctx: Context, kind: IdentityKind<R>, name: string, arn: string): Record<string, never> {
  const identity = changeable(find(ctx.db, kind.kind, kind.table, name));
  if (!policyOf(ctx.db, arn)) throw policyNotAttachable(arn);
  if (identity.policies.includes(arn)) return {};
  if (identity.policies.length >= ATTACHED) throw quotaExceeded(kind.attachedQuota, ATTACHED);
  ctx.db(kind.table).put({ ...identity, policies: [...identity.policies, arn] });
  return {};
}

function detach<R extends Identity>(ctx: Context, kind: IdentityKind<R>, name: string, arn: string): Record<string, never> {
  const identity = changeable(find(ctx.db, kind.kind, kind.table, name));
  if (!identity.policies.includes(arn)) throw policyNotFound(arn);
  ctx.db(kind.table).put({ ...identity, policies: identity.policies.filter((attached) => attached !== arn) });
  return {};
}

function list<R extends Identity>(ctx: Context, kind: IdentityKind<R>, name: string, input: IamTypes.ListAttachedUserPoliciesRequest | Omit<IamTypes.ListAttachedUserPoliciesRequest, "UserName">) {
  const attached = find(ctx.db, kind.kind, kind.table, name).policies.flatMap((arn) => policyOf(ctx.db, arn) ?? []);
  const { records, rest } = page(attached.filter(underPath(input.PathPrefix)), input, ({ arn }) => arn);
  return { AttachedPolicies: records.map((policy) => ({ PolicyName: policy.name, PolicyArn: policy.arn })), ...rest };
}
