import { Iam } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { onRole } from "./access.js";
import { parsePolicy } from "./documents.js";
import { mustFirst, notYet, quotaExceeded, validation } from "./errors.js";
import { checkFree, findRole } from "./find.js";
import { showRole } from "./show.js";
import { instanceProfiles, roles } from "./state.js";
import { byName, checkName, checkedPath, mergeTags, page, underPath, uniqueId } from "./values.js";

const TRUST_POLICY_SIZE = 2048;

export const roleOperations = operations(Iam, {
  CreateRole: {
    authorize: onRole("CreateRole"),
    handle(ctx, input) {
      if (input.PermissionsBoundary !== undefined) throw notYet("the member PermissionsBoundary of CreateRole");
      checkName("roleName", input.RoleName, 64);
      const path = checkedPath(input.Path);
      checkTrust(input.AssumeRolePolicyDocument);
      checkFree(ctx, "role", roles, input.RoleName);
      const role = ctx.db(roles).put({
        name: input.RoleName,
        id: uniqueId(ctx.ids, "AROA"),
        path,
        arn: `arn:aws:iam::${ctx.account}:role${path}${input.RoleName}`,
        created: ctx.now,
        policies: [],
        inline: {},
        trust: input.AssumeRolePolicyDocument,
        ...description(input.Description),
        maxSessionDuration: sessionDuration(input.MaxSessionDuration),
        tags: mergeTags({}, input.Tags ?? [], ctx.caller.via.kind === "user"),
      });
      return { Role: showRole(role) };
    },
  },

  GetRole: {
    authorize: onRole("GetRole"),
    handle: (ctx, input) => ({ Role: showRole(findRole(ctx.db, input.RoleName)) }),
  },

  ListRoles: {
    authorize: onEverything("iam:ListRoles"),
    handle(ctx, input) {
      const { records, rest } = page(ctx.db(roles).list().filter(underPath(input.PathPrefix)).sort(byName), input);
      return { Roles: records.map((role) => showRole({ ...role, tags: {} })), ...rest };
    },
  },

  UpdateRole: {
    authorize: onRole("UpdateRole"),
    handle(ctx, input) {
      const { description: _, ...role } = findRole(ctx.db, input.RoleName);
      // AWS empties the description that is not given.
      ctx.db(roles).put({
        ...role,
        ...description(input.Description),
        maxSessionDuration: input.MaxSessionDuration === undefined ? role.maxSessionDuration : sessionDuration(input.MaxSessionDuration),
      });
      return {};
    },
  },

  UpdateRoleDescription: {
    authorize: onRole("UpdateRoleDescription"),
    handle(ctx, input) {
      const { description: _, ...role } = findRole(ctx.db, input.RoleName);
      return { Role: showRole(ctx.db(roles).put({ ...role, ...description(input.Description) })) };
    },
  },

  UpdateAssumeRolePolicy: {
    authorize: onRole("UpdateAssumeRolePolicy"),
    handle(ctx, input) {
      const role = findRole(ctx.db, input.RoleName);
      checkTrust(input.PolicyDocument);
      ctx.db(roles).put({ ...role, trust: input.PolicyDocument });
      return {};
    },
  },

  DeleteRole: {
    authorize: onRole("DeleteRole"),
    handle(ctx, input) {
      const role = findRole(ctx.db, input.RoleName);
      if (ctx.db(instanceProfiles).where("role", role.name).length > 0) throw mustFirst("remove roles from instance profile");
      if (role.policies.length > 0) throw mustFirst("detach all policies");
      if (Object.keys(role.inline).length > 0) throw mustFirst("delete policies");
      ctx.db(roles).delete(role.name);
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
  if (!Number.isInteger(given) || given < 3600 || given > 43200) {
    throw validation(
      `1 validation error detected: Value '${given}' at 'maxSessionDuration' failed to satisfy constraint: Member must have value between 3600 and 43200, inclusive`,
    );
  }
  return given;
}

function description(text: string | undefined): { readonly description?: string } {
  if (text === undefined || text === "") return {};
  if (text.length > 1000) throw validation(`1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length less than or equal to 1000`);
  return { description: text };
}
