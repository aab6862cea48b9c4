/** The identities: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_IAM.html */
import { resource } from "@hakoniwa/cloudformation";
import type { Aws, IamTypes } from "@hakoniwa/wire";
import { unlessGone } from "../unless-gone.js";
import { propertyNotImplemented } from "../not-implemented.js";
import { applyPolicies, documentText, ofGroup, ofRole, ofUser, without, type PolicyProperties } from "./cfn-attached.js";

type TagList = readonly IamTypes.Tag[];

export interface RoleProperties extends PolicyProperties {
  readonly RoleName?: string;
  readonly AssumeRolePolicyDocument: unknown;
  readonly Description?: string;
  readonly MaxSessionDuration?: number;
  readonly Path?: string;
  readonly PermissionsBoundary?: string;
  readonly Tags?: TagList;
}

export const role = resource<RoleProperties>("AWS::IAM::Role", {
  create(aws, properties, request) {
    const name = properties.RoleName ?? request.physicalName(64);
    aws.iam.CreateRole({
      RoleName: name,
      Path: properties.Path,
      AssumeRolePolicyDocument: documentText(properties.AssumeRolePolicyDocument),
      Description: properties.Description,
      MaxSessionDuration: properties.MaxSessionDuration,
      PermissionsBoundary: properties.PermissionsBoundary,
      Tags: allTags(properties.Tags, request.tags),
    });
    applyPolicies(ofRole(aws, name), properties, {});
    return name;
  },

  update(aws, name, next, previous, request) {
    if (next.PermissionsBoundary !== undefined) aws.iam.PutRolePermissionsBoundary({ RoleName: name, PermissionsBoundary: next.PermissionsBoundary });
    else if (previous.PermissionsBoundary !== undefined) aws.iam.DeleteRolePermissionsBoundary({ RoleName: name });
    aws.iam.UpdateAssumeRolePolicy({ RoleName: name, PolicyDocument: documentText(next.AssumeRolePolicyDocument) });
    aws.iam.UpdateRole({ RoleName: name, Description: next.Description, MaxSessionDuration: next.MaxSessionDuration ?? 3600 });
    applyPolicies(ofRole(aws, name), next, previous);
    const wanted = allTags(next.Tags, request.tags);
    const leaving = without(keys(aws.iam.ListRoleTags({ RoleName: name }).Tags), keys(wanted));
    if (leaving.length > 0) aws.iam.UntagRole({ RoleName: name, TagKeys: leaving });
    if (wanted.length > 0) aws.iam.TagRole({ RoleName: name, Tags: wanted });
  },

  delete(aws, name, properties) {
    unlessGone(() => {
      aws.iam.GetRole({ RoleName: name });
      applyPolicies(ofRole(aws, name), {}, properties);
      aws.iam.DeleteRole({ RoleName: name });
    });
  },

  attributes(aws, name) {
    const { Role: found } = aws.iam.GetRole({ RoleName: name });
    return { Arn: found.Arn, RoleId: found.RoleId };
  },
});

export interface UserProperties extends PolicyProperties {
  readonly UserName?: string;
  readonly Path?: string;
  readonly Groups?: readonly string[];
  readonly LoginProfile?: unknown;
  readonly PermissionsBoundary?: string;
  readonly Tags?: TagList;
}

export const user = resource<UserProperties>("AWS::IAM::User", {
  create(aws, properties, request) {
    refuseLogin(properties);
    const name = properties.UserName ?? request.physicalName(64);
    aws.iam.CreateUser({
      UserName: name,
      Path: properties.Path,
      PermissionsBoundary: properties.PermissionsBoundary,
      Tags: allTags(properties.Tags, request.tags),
    });
    applyPolicies(ofUser(aws, name), properties, {});
    for (const groupName of properties.Groups ?? []) aws.iam.AddUserToGroup({ UserName: name, GroupName: groupName });
    return name;
  },

  update(aws, name, next, previous, request) {
    refuseLogin(next);
    if (next.PermissionsBoundary !== undefined) aws.iam.PutUserPermissionsBoundary({ UserName: name, PermissionsBoundary: next.PermissionsBoundary });
    else if (previous.PermissionsBoundary !== undefined) aws.iam.DeleteUserPermissionsBoundary({ UserName: name });
    if (next.Path !== previous.Path) aws.iam.UpdateUser({ UserName: name, NewPath: next.Path ?? "/" });
    applyPolicies(ofUser(aws, name), next, previous);
    moveGroups(aws, name, next.Groups ?? [], previous.Groups ?? []);
    const wanted = allTags(next.Tags, request.tags);
    const leaving = without(keys(aws.iam.ListUserTags({ UserName: name }).Tags), keys(wanted));
    if (leaving.length > 0) aws.iam.UntagUser({ UserName: name, TagKeys: leaving });
    if (wanted.length > 0) aws.iam.TagUser({ UserName: name, Tags: wanted });
  },

  delete(aws, name, properties) {
    unlessGone(() => {
      aws.iam.GetUser({ UserName: name });
      moveGroups(aws, name, [], properties.Groups ?? []);
      applyPolicies(ofUser(aws, name), {}, properties);
      aws.iam.DeleteUser({ UserName: name });
    });
  },

  attributes: (aws, name) => ({ Arn: aws.iam.GetUser({ UserName: name }).User.Arn }),
});

export interface GroupProperties extends PolicyProperties {
  readonly GroupName?: string;
  readonly Path?: string;
}

export const group = resource<GroupProperties>("AWS::IAM::Group", {
  create(aws, properties, request) {
    const name = properties.GroupName ?? request.physicalName(128);
    aws.iam.CreateGroup({ GroupName: name, Path: properties.Path });
    applyPolicies(ofGroup(aws, name), properties, {});
    return name;
  },

  update(aws, name, next, previous) {
    if (next.Path !== previous.Path) aws.iam.UpdateGroup({ GroupName: name, NewPath: next.Path ?? "/" });
    applyPolicies(ofGroup(aws, name), next, previous);
  },

  delete(aws, name, properties) {
    unlessGone(() => {
      aws.iam.GetGroup({ GroupName: name });
      applyPolicies(ofGroup(aws, name), {}, properties);
      aws.iam.DeleteGroup({ GroupName: name });
    });
  },

  attributes: (aws, name) => ({ Arn: aws.iam.GetGroup({ GroupName: name }).Group.Arn }),
});

/** A resource's own tags, and of the stack's those that it doesn't set itself. */
export function allTags(own: TagList | undefined, more: TagList): TagList {
  return [...(own ?? []), ...more.filter((tag) => !own?.some(({ Key }) => Key === tag.Key))];
}

export const keys = (tags: TagList): readonly string[] => tags.map((tag) => tag.Key);

function moveGroups(aws: Aws, name: string, next: readonly string[], previous: readonly string[]): void {
  for (const groupName of without(previous, next)) unlessGone(() => aws.iam.RemoveUserFromGroup({ UserName: name, GroupName: groupName }));
  for (const groupName of next) aws.iam.AddUserToGroup({ UserName: name, GroupName: groupName });
}

function refuseLogin(properties: UserProperties): void {
  if (properties.LoginProfile !== undefined) throw propertyNotImplemented("AWS::IAM::User", "LoginProfile");
}
