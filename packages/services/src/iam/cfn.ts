/** The identities: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_IAM.html */
import type { Aws, IamTypes } from "@hakoniwa/wire";
import { documentAs, documentText } from "../policy-documents.js";
import { resourceType } from "../resource-type.js";
import { withStackTags } from "../stack-tags.js";
import { unlessGone } from "../unless-gone.js";
import { applyPolicies, ofGroup, ofRole, ofUser, readPolicies, without, type PolicyProperties } from "./cfn-attached.js";

type TagList = readonly IamTypes.Tag[];

/** What all of them carry out. */
const IDENTITY = ["Path", "ManagedPolicyArns", "Policies"];

export interface RoleProperties extends PolicyProperties {
  readonly RoleName?: string;
  readonly AssumeRolePolicyDocument: unknown;
  readonly Description?: string;
  readonly MaxSessionDuration?: number;
  readonly Path?: string;
  readonly PermissionsBoundary?: string;
  readonly Tags?: TagList;
}

export const role = resourceType<RoleProperties>("AWS::IAM::Role", [...IDENTITY, "RoleName", "AssumeRolePolicyDocument", "Description", "MaxSessionDuration", "PermissionsBoundary", "Tags"], {
  customName: "RoleName",
  create(aws, properties, request) {
    const name = properties.RoleName ?? request.physicalName(64);
    aws.iam.CreateRole({
      RoleName: name,
      Path: properties.Path,
      AssumeRolePolicyDocument: documentText(properties.AssumeRolePolicyDocument),
      Description: properties.Description,
      MaxSessionDuration: properties.MaxSessionDuration,
      PermissionsBoundary: properties.PermissionsBoundary,
      Tags: withStackTags(properties.Tags, request),
    });
    applyPolicies(ofRole(aws, name), properties, {});
    return name;
  },

  update(aws, name, next, previous, request) {
    if (next.PermissionsBoundary !== undefined) aws.iam.PutRolePermissionsBoundary({ RoleName: name, PermissionsBoundary: next.PermissionsBoundary });
    else if (previous.PermissionsBoundary !== undefined) aws.iam.DeleteRolePermissionsBoundary({ RoleName: name });
    aws.iam.UpdateAssumeRolePolicy({ RoleName: name, PolicyDocument: documentText(next.AssumeRolePolicyDocument) });
    aws.iam.UpdateRole({ RoleName: name, Description: next.Description ?? "", MaxSessionDuration: next.MaxSessionDuration ?? 3600 });
    applyPolicies(ofRole(aws, name), next, previous);
    const wanted = withStackTags(next.Tags, request);
    const leaving = without(keys(aws.iam.ListRoleTags({ RoleName: name }).Tags), keys(wanted));
    if (leaving.length > 0) aws.iam.UntagRole({ RoleName: name, TagKeys: leaving });
    if (wanted.length > 0) aws.iam.TagRole({ RoleName: name, Tags: wanted });
  },

  read(aws, name, given) {
    const found = unlessGone(() => aws.iam.GetRole({ RoleName: name }))?.Role;
    if (!found) return undefined;
    return {
      RoleName: name,
      Path: found.Path,
      AssumeRolePolicyDocument: documentAs(given.AssumeRolePolicyDocument, decodeURIComponent(found.AssumeRolePolicyDocument ?? "")),
      ...(found.Description ? { Description: found.Description } : {}),
      MaxSessionDuration: found.MaxSessionDuration ?? 3600,
      ...boundaryOf(found),
      ...readPolicies(ofRole(aws, name), given),
      Tags: aws.iam.ListRoleTags({ RoleName: name }).Tags,
    };
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
  readonly PermissionsBoundary?: string;
  readonly Tags?: TagList;
}

export const user = resourceType<UserProperties>("AWS::IAM::User", [...IDENTITY, "UserName", "Groups", "PermissionsBoundary", "Tags"], {
  customName: "UserName",
  create(aws, properties, request) {
    const name = properties.UserName ?? request.physicalName(64);
    aws.iam.CreateUser({
      UserName: name,
      Path: properties.Path,
      PermissionsBoundary: properties.PermissionsBoundary,
      Tags: withStackTags(properties.Tags, request),
    });
    applyPolicies(ofUser(aws, name), properties, {});
    for (const groupName of properties.Groups ?? []) aws.iam.AddUserToGroup({ UserName: name, GroupName: groupName });
    return name;
  },

  update(aws, name, next, previous, request) {
    if (next.PermissionsBoundary !== undefined) aws.iam.PutUserPermissionsBoundary({ UserName: name, PermissionsBoundary: next.PermissionsBoundary });
    else if (previous.PermissionsBoundary !== undefined) aws.iam.DeleteUserPermissionsBoundary({ UserName: name });
    if (next.Path !== previous.Path) aws.iam.UpdateUser({ UserName: name, NewPath: next.Path ?? "/" });
    applyPolicies(ofUser(aws, name), next, previous);
    moveGroups(aws, name, next.Groups ?? [], previous.Groups ?? []);
    const wanted = withStackTags(next.Tags, request);
    const leaving = without(keys(aws.iam.ListUserTags({ UserName: name }).Tags), keys(wanted));
    if (leaving.length > 0) aws.iam.UntagUser({ UserName: name, TagKeys: leaving });
    if (wanted.length > 0) aws.iam.TagUser({ UserName: name, Tags: wanted });
  },

  read(aws, name, given) {
    const found = unlessGone(() => aws.iam.GetUser({ UserName: name }))?.User;
    if (!found) return undefined;
    const groups = aws.iam.ListGroupsForUser({ UserName: name }).Groups.map(({ GroupName }) => GroupName);
    return {
      UserName: name,
      Path: found.Path,
      ...boundaryOf(found),
      Groups: (given.Groups ?? []).filter((group) => groups.includes(group)),
      ...readPolicies(ofUser(aws, name), given),
      Tags: aws.iam.ListUserTags({ UserName: name }).Tags,
    };
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

export const group = resourceType<GroupProperties>("AWS::IAM::Group", [...IDENTITY, "GroupName"], {
  customName: "GroupName",
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

  read(aws, name, given) {
    const found = unlessGone(() => aws.iam.GetGroup({ GroupName: name }))?.Group;
    return found && { GroupName: name, Path: found.Path, ...readPolicies(ofGroup(aws, name), given) };
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

export const keys = (tags: TagList): readonly string[] => tags.map((tag) => tag.Key);

function moveGroups(aws: Aws, name: string, next: readonly string[], previous: readonly string[]): void {
  for (const groupName of without(previous, next)) unlessGone(() => aws.iam.RemoveUserFromGroup({ UserName: name, GroupName: groupName }));
  for (const groupName of next) aws.iam.AddUserToGroup({ UserName: name, GroupName: groupName });
}

function boundaryOf({ PermissionsBoundary: boundary }: { readonly PermissionsBoundary?: IamTypes.AttachedPermissionsBoundary | undefined }): { readonly PermissionsBoundary?: string } {
  return boundary?.PermissionsBoundaryArn === undefined ? {} : { PermissionsBoundary: boundary.PermissionsBoundaryArn };
}
