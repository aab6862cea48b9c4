/** Records as IAM answers them. */
import type { Reader } from "@hakoniwa/kernel";
import type { IamTypes } from "@hakoniwa/wire";
import { countAttachments, countBoundaries } from "./find.js";
import { roles, type AccessKey, type Group, type InstanceProfile, type Policy, type PolicyVersion, type Role, type Tags, type User } from "./state.js";
import { uses } from "./state-credentials.js";
import { encodeDocument, showTags } from "./values.js";

export function showUser(user: User): IamTypes.User {
  return { Path: user.path, UserName: user.name, UserId: user.id, Arn: user.arn, CreateDate: new Date(user.created), ...boundaryOf(user), ...tagsOf(user) };
}

export function showGroup(group: Group): IamTypes.Group {
  return { Path: group.path, GroupName: group.name, GroupId: group.id, Arn: group.arn, CreateDate: new Date(group.created) };
}

export function showRole(role: Role): IamTypes.Role {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: new Date(role.created),
    AssumeRolePolicyDocument: encodeDocument(role.trust),
    ...(role.description === undefined ? {} : { Description: role.description }),
    MaxSessionDuration: role.maxSessionDuration,
    ...boundaryOf(role),
    ...tagsOf(role),
  };
}

/** Empty for a role that was never used. */
export function showUse(db: Reader, role: Role): IamTypes.RoleLastUsed {
  const use = db(uses).get(role.id);
  return use ? { LastUsedDate: new Date(use.used), Region: use.region } : {};
}

export function showProfile(db: Reader, profile: InstanceProfile): IamTypes.InstanceProfile {
  return {
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: profile.arn,
    CreateDate: new Date(profile.created),
    Roles: profile.roles.flatMap((name) => db(roles).get(name) ?? []).map(showRole),
    ...tagsOf(profile),
  };
}

export function showPolicy(db: Reader, policy: Policy): IamTypes.Policy {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: countAttachments(db, policy.arn),
    PermissionsBoundaryUsageCount: countBoundaries(db, policy.arn),
    IsAttachable: true,
    ...(policy.description === undefined ? {} : { Description: policy.description }),
    CreateDate: new Date(policy.created),
    UpdateDate: new Date(policy.updated),
    ...tagsOf(policy),
  };
}

/** ListPolicies leaves descriptions and tags out, by AWS's word. */
export function showPolicyInList(db: Reader, policy: Policy): IamTypes.Policy {
  const { Description: _, Tags: __, ...rest } = showPolicy(db, policy);
  return rest;
}

export function showPolicyVersion(policy: Policy, version: PolicyVersion, withDocument: boolean): IamTypes.PolicyVersion {
  return {
    ...(withDocument ? { Document: encodeDocument(version.document) } : {}),
    VersionId: version.id,
    IsDefaultVersion: version.id === policy.defaultVersion,
    CreateDate: new Date(version.created),
  };
}

/** Never with its secret, which only CreateAccessKey tells. */
export function showAccessKey(key: AccessKey): IamTypes.AccessKeyMetadata {
  return { UserName: key.userName, AccessKeyId: key.id, Status: key.active ? "Active" : "Inactive", CreateDate: new Date(key.created) };
}

function boundaryOf(identity: { readonly boundary?: string }): { readonly PermissionsBoundary?: IamTypes.AttachedPermissionsBoundary } {
  if (identity.boundary === undefined) return {};
  return { PermissionsBoundary: { PermissionsBoundaryType: "PermissionsBoundaryPolicy", PermissionsBoundaryArn: identity.boundary } };
}

/** What lists leave out of each record, by AWS's word. */
export function inList<R extends { readonly tags: Tags; readonly boundary?: string }>(record: R): Omit<R, "boundary"> {
  const { boundary: _, ...rest } = record;
  return { ...rest, tags: {} };
}

/** AWS leaves an empty list of tags out. */
function tagsOf(record: { readonly tags: Readonly<Record<string, string>> }): { readonly Tags?: readonly IamTypes.Tag[] } {
  return Object.keys(record.tags).length > 0 ? { Tags: showTags(record.tags) } : {};
}
