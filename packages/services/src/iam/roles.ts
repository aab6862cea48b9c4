import { Iam } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { onPath, onRole, withBoundary } from "./access.js";
import { parsePolicy } from "./documents.js";
import { boundary } from "./boundaries.js";
import { mustFirst, quotaExceeded } from "./errors.js";
import { changeable, checkFree, checkQuota, findRole } from "./find.js";
import { inList, showRole, showUse } from "./show.js";
import { instanceProfiles, roles } from "./state.js";
import { uses } from "./state-credentials.js";
import { byName, checkDescription, checkName, checkRange, checkedPath, mergeTags, nameOf, page, underPath, uniqueId } from "./values.js";

const TRUST_POLICY_SIZE = 2048;

export const roleOperations = operations(Iam, {
  CreateRole: {
    authorize: withBoundary(onRole("CreateRole")),
    handle(ctx, input) {
      checkName("roleName", input.RoleName, 64);
      const path = checkedPath(input.Path);
      checkTrust(input.AssumeRolePolicyDocument);
      checkFree(ctx, "role", roles, input.RoleName);
      checkQuota(ctx.db(roles).list().length, "roles");
      const role = ctx.db(roles).put({
        name: input.RoleName,
        id: uniqueId(ctx.ids, "AROA"),
        path,
        arn: `arn:aws:iam::${ctx.account}:role${path}${input.RoleName}`,
        created: ctx.now,
        policies: [],
        inline: {},
        trust: input.AssumeRolePolicyDocument,
        ...checkDescription(input.Description),
        ...boundary(ctx.db, input.PermissionsBoundary),
        maxSessionDuration: sessionDuration(input.MaxSessionDuration),
        tags: mergeTags({}, input.Tags ?? [], ctx.caller.via.kind === "user"),
      });
      return { Role: showRole(role) };
    },
  },

  GetRole: {
    authorize: onRole("GetRole"),
    handle(ctx, input) {
      const role = findRole(ctx.db, input.RoleName);
      return { Role: { ...showRole(role), RoleLastUsed: showUse(ctx.db, role) } };
    },
  },

  ListRoles: {
    authorize: onPath("ListRoles", "role"),
    handle(ctx, input) {
      const { records, rest } = page(ctx.db(roles).list().filter(underPath(input.PathPrefix)).sort(byName), input, nameOf);
      return { Roles: records.map((role) => showRole(inList(role))), ...rest };
    },
  },

  UpdateRole: {
    authorize: onRole("UpdateRole"),
    handle(ctx, input) {
      const found = findRole(ctx.db, input.RoleName);
      // Of a service's own role only the description may be edited.
      const { description: _, ...role } = input.MaxSessionDuration === undefined ? found : changeable(found);
      // AWS empties the description that is not given.
      ctx.db(roles).put({
        ...role,
        ...checkDescription(input.Description),
        maxSessionDuration: input.MaxSessionDuration === undefined ? role.maxSessionDuration : sessionDuration(input.MaxSessionDuration),
      });
      return {};
    },
  },

  UpdateRoleDescription: {
    authorize: onRole("UpdateRoleDescription"),
    handle(ctx, input) {
      const { description: _, ...role } = findRole(ctx.db, input.RoleName);
      return { Role: showRole(ctx.db(roles).put({ ...role, ...checkDescription(input.Description) })) };
    },
  },

  UpdateAssumeRolePolicy: {
    authorize: onRole("UpdateAssumeRolePolicy"),
    handle(ctx, input) {
      const role = changeable(findRole(ctx.db, input.RoleName));
      checkTrust(input.PolicyDocument);
      ctx.db(roles).put({ ...role, trust: input.PolicyDocument });
      return {};
    },
  },

  DeleteRole: {
    authorize: onRole("DeleteRole"),
    handle(ctx, input) {
      const role = changeable(findRole(ctx.db, input.RoleName));
      if (ctx.db(instanceProfiles).where("role", role.name).length > 0) throw mustFirst("remove roles from instance profile");
      if (role.policies.length > 0) throw mustFirst("detach all policies");
      if (Object.keys(role.inline).length > 0) throw mustFirst("delete policies");
      ctx.db(roles).delete(role.name);
      ctx.db(uses).delete(role.id);
      return {};
    },
  },
});

/** @throws MalformedPolicyDocument, LimitExceeded */
function checkTrust(document: string): void {
  if (document.replace(/\s/g, "").length > TRUST_POLICY_SIZE) throw quotaExceeded("ACLSizePerRole", TRUST_POLICY_SIZE);
  parsePolicy(document, "trust");
}

function sessionDuration(seconds: number | undefined): number {
  const given = seconds ?? 3600;
  checkRange("maxSessionDuration", given, 3600, 43200);
  return given;
}
