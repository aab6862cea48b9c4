/** Who may do what in IAM: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html */
import type { Access } from "@hakoniwa/kernel";
import type { Asked } from "../define.js";
import type { EntityKind } from "./errors.js";

type Text = string | undefined;

/** An entity's ARN holds its path, so one that is there is looked up; one to be made has it in the request. */
function entity(asked: Asked, kind: EntityKind, name: Text, path: Text): string {
  if (name === undefined) return asked.caller.principal.arn;
  return asked.facts.iam.arnOf(kind, name) ?? `arn:aws:iam::${asked.account}:${kind}${path ?? "/"}${name}`;
}

/** Lists of a kind, as AWS words them in denials: the path that is asked for. */
export const onPath = (operation: string, kind: EntityKind | "server-certificate") => (input: { readonly PathPrefix?: Text }, asked: Asked): Access => ({
  action: `iam:${operation}`,
  resources: [`arn:aws:iam::${asked.account}:${kind}${input.PathPrefix ?? "/"}`],
});

export const onUser = (operation: string) => (input: { readonly UserName?: Text; readonly Path?: Text }, asked: Asked): Access => ({
  action: `iam:${operation}`,
  resources: [entity(asked, "user", input.UserName, input.Path)],
});

export const onGroup = (operation: string) => (input: { readonly GroupName: string; readonly Path?: Text }, asked: Asked): Access => ({
  action: `iam:${operation}`,
  resources: [entity(asked, "group", input.GroupName, input.Path)],
});

export const onRole = (operation: string) => (input: { readonly RoleName: string; readonly Path?: Text }, asked: Asked): Access => ({
  action: `iam:${operation}`,
  resources: [entity(asked, "role", input.RoleName, input.Path)],
});

export const onProfile = (operation: string) => (input: { readonly InstanceProfileName: string; readonly Path?: Text }, asked: Asked): Access => ({
  action: `iam:${operation}`,
  resources: [entity(asked, "instance-profile", input.InstanceProfileName, input.Path)],
});

export const onPolicy = (operation: string) => (input: { readonly PolicyArn: string }): Access => ({ action: `iam:${operation}`, resources: [input.PolicyArn] });

/**
 * What lets a policy say that only bounded users and roles may be given more: the boundary that the request sets, or else the one that is there.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate
 */
export const withBoundary =
  <In extends { readonly UserName?: Text; readonly RoleName?: Text; readonly PermissionsBoundary?: Text }>(access: (input: In, asked: Asked) => Access) =>
  (input: In, asked: Asked): Access => {
    const there = input.UserName === undefined ? asked.facts.iam.boundaryOf("role", input.RoleName ?? "") : asked.facts.iam.boundaryOf("user", input.UserName);
    const boundary = input.PermissionsBoundary ?? there;
    const found = access(input, asked);
    return boundary === undefined ? found : { ...found, conditions: { ...found.conditions, "iam:PermissionsBoundary": boundary } };
  };

/** What attaching brings for policies that restrict which ones may be attached. */
export const withPolicy =
  <In>(access: (input: In, asked: Asked) => Access) =>
  (input: In & { readonly PolicyArn: string }, asked: Asked): Access => {
    const found = access(input, asked);
    return { ...found, conditions: { ...found.conditions, "iam:PolicyARN": input.PolicyArn } };
  };
