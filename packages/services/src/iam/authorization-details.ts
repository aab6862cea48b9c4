/** Everything about identities and policies in one list: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html */
import type { Reader } from "@hakoniwa/kernel";
import { Iam, type IamTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { AWS_MANAGED } from "./aws-managed.js";
import { countAttachments, policyOf } from "./find.js";
import { showPolicy, showPolicyVersion, showProfile, showRole, showUse, showUser } from "./show.js";
import { groups, instanceProfiles, policies, roles, users, type Group, type Identity, type Policy, type Role, type User } from "./state.js";
import { byName, checkOneOf, encodeDocument, page } from "./values.js";

const KINDS = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"] as const;

type Entry =
  | { readonly kind: "User"; readonly record: User }
  | { readonly kind: "Role"; readonly record: Role }
  | { readonly kind: "Group"; readonly record: Group }
  | { readonly kind: "LocalManagedPolicy" | "AWSManagedPolicy"; readonly record: Policy };

export const authorizationDetailsOperations = operations(Iam, {
  GetAccountAuthorizationDetails: {
    authorize: onEverything("iam:GetAccountAuthorizationDetails"),
    handle(ctx, input) {
      for (const kind of input.Filter ?? []) checkOneOf("filter", kind, KINDS);
      const wanted = entries(ctx.db).filter(({ kind }) => input.Filter === undefined || input.Filter.length === 0 || input.Filter.includes(kind));
      const { records, rest } = page(wanted, input, ({ kind, record }) => [KINDS.indexOf(kind), record.arn]);
      return {
        UserDetailList: records.flatMap((entry) => (entry.kind === "User" ? [userDetail(ctx.db, entry.record)] : [])),
        GroupDetailList: records.flatMap((entry) => (entry.kind === "Group" ? [groupDetail(ctx.db, entry.record)] : [])),
        RoleDetailList: records.flatMap((entry) => (entry.kind === "Role" ? [roleDetail(ctx.db, entry.record)] : [])),
        Policies: records.flatMap((entry) => ("versions" in entry.record ? [policyDetail(ctx.db, entry.record)] : [])),
        ...rest,
      };
    },
  },
});

/** Of AWS's own policies those that are attached. */
function entries(db: Reader): readonly Entry[] {
  return [
    ...[...db(users).list()].sort(byName).map((record): Entry => ({ kind: "User", record })),
    ...[...db(groups).list()].sort(byName).map((record): Entry => ({ kind: "Group", record })),
    ...[...db(roles).list()].sort(byName).map((record): Entry => ({ kind: "Role", record })),
    ...[...db(policies).list()].sort(byName).map((record): Entry => ({ kind: "LocalManagedPolicy", record })),
    ...[...AWS_MANAGED.values()].filter(({ arn }) => countAttachments(db, arn) > 0).map((record): Entry => ({ kind: "AWSManagedPolicy", record })),
  ];
}

const attached = (db: Reader, identity: Identity): readonly IamTypes.AttachedPolicy[] =>
  identity.policies.flatMap((arn) => policyOf(db, arn) ?? []).map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn }));

const inline = (identity: Identity): readonly IamTypes.PolicyDetail[] =>
  Object.entries(identity.inline).map(([PolicyName, document]) => ({ PolicyName, PolicyDocument: encodeDocument(document) }));

function userDetail(db: Reader, user: User): IamTypes.UserDetail {
  return {
    ...showUser(user),
    UserPolicyList: inline(user),
    GroupList: db(groups).where("member", user.name).map((group) => group.name),
    AttachedManagedPolicies: attached(db, user),
  };
}

function groupDetail(db: Reader, group: Group): IamTypes.GroupDetail {
  return {
    Path: group.path,
    GroupName: group.name,
    GroupId: group.id,
    Arn: group.arn,
    CreateDate: new Date(group.created),
    GroupPolicyList: inline(group),
    AttachedManagedPolicies: attached(db, group),
  };
}

function roleDetail(db: Reader, role: Role): IamTypes.RoleDetail {
  const { Description: _, MaxSessionDuration: __, ...shown } = showRole(role);
  return {
    ...shown,
    RoleLastUsed: showUse(db, role),
    InstanceProfileList: db(instanceProfiles).where("role", role.name).map((profile) => showProfile(db, profile)),
    RolePolicyList: inline(role),
    AttachedManagedPolicies: attached(db, role),
  };
}

function policyDetail(db: Reader, policy: Policy): IamTypes.ManagedPolicyDetail {
  const { Tags: _, ...shown } = showPolicy(db, policy);
  return { ...shown, PolicyVersionList: [...policy.versions].reverse().map((version) => showPolicyVersion(policy, version, true)) };
}
