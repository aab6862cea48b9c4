/** Permissions boundaries: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html */
import { Iam } from "@hakoniwa/wire";
import type { Reader } from "@hakoniwa/kernel";
import { operations } from "../define.js";
import { onRole, onUser, withBoundary } from "./access.js";
import { invalidBoundary, notAttachable } from "./errors.js";
import { changeable, findRole, findUser, policyOf } from "./find.js";
import { roles, users } from "./state.js";

export const boundaryOperations = operations(Iam, {
  PutUserPermissionsBoundary: {
    authorize: withBoundary(onUser("PutUserPermissionsBoundary")),
    handle(ctx, input) {
      ctx.db(users).put({ ...findUser(ctx.db, input.UserName), ...boundary(ctx.db, input.PermissionsBoundary) });
      return {};
    },
  },

  PutRolePermissionsBoundary: {
    authorize: withBoundary(onRole("PutRolePermissionsBoundary")),
    handle(ctx, input) {
      ctx.db(roles).put({ ...changeable(findRole(ctx.db, input.RoleName)), ...boundary(ctx.db, input.PermissionsBoundary) });
      return {};
    },
  },

  DeleteUserPermissionsBoundary: {
    authorize: withBoundary(onUser("DeleteUserPermissionsBoundary")),
    handle(ctx, input) {
      const { boundary: _, ...user } = findUser(ctx.db, input.UserName);
      ctx.db(users).put(user);
      return {};
    },
  },

  DeleteRolePermissionsBoundary: {
    authorize: withBoundary(onRole("DeleteRolePermissionsBoundary")),
    handle(ctx, input) {
      const { boundary: _, ...role } = changeable(findRole(ctx.db, input.RoleName));
      ctx.db(roles).put(role);
      return {};
    },
  },
});

/** @throws ValidationError for what is no policy's ARN, NoSuchEntity for one that isn't there */
export function boundary(db: Reader, arn: string | undefined): { readonly boundary?: string } {
  if (arn === undefined) return {};
  if (!/^arn:aws:iam::(\d{12}|aws):policy\/.+$/.test(arn)) throw invalidBoundary(arn);
  if (!policyOf(db, arn)) throw notAttachable(arn);
  return { boundary: arn };
}
