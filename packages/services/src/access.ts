/** Authorization that every service words alike; what is about a service's own resources is in its `access.ts`. */
import type { Access } from "@hakoniwa/kernel";
import type { Asked } from "./define.js";

export type Conditions = NonNullable<Access["conditions"]>;

type TagList = readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[];

/** Access for operations without resource-level permissions, such as every Describe of EC2. @param action e.g. `ec2:DescribeVpcs` */
export function onEverything(action: string): () => Access {
  return () => ({ action, resources: ["*"] });
}

/** `aws:RequestTag/…` and `aws:TagKeys`: the tags that a request brings. */
export function requestTags(tags: TagList | undefined): Conditions {
  const given = tags ?? [];
  if (given.length === 0) return {};
  return {
    ...Object.fromEntries(given.flatMap(({ Key, Value }) => (Value === undefined ? [] : [[`aws:RequestTag/${Key ?? ""}`, Value]]))),
    "aws:TagKeys": given.map(({ Key }) => Key ?? ""),
  };
}

/** `aws:TagKeys` of a request that takes tags away. */
export function requestTagKeys(keys: readonly string[]): Conditions {
  return keys.length === 0 ? {} : { "aws:TagKeys": keys };
}

/** `aws:ResourceTag/…`: the tags of a resource that is there. @param services those with a key of their own, e.g. `ec2` for `ec2:ResourceTag/…` */
export function resourceTags(tags: TagList | Readonly<Record<string, string>> | undefined, ...services: readonly string[]): Conditions {
  const pairs = Array.isArray(tags) ? (tags as TagList).map(({ Key, Value }) => [Key ?? "", Value ?? ""] as const) : Object.entries(tags ?? {});
  return Object.fromEntries(pairs.flatMap(([key, value]) => ["aws", ...services].map((prefix) => [`${prefix}:ResourceTag/${key}`, value])));
}

/**
 * Access to hand a role over to a service.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
 * @param service e.g. `ec2.amazonaws.com`
 */
export function passRole(role: string, service: string, resource?: string): Access {
  return {
    action: "iam:PassRole",
    resources: [role],
    conditions: { "iam:PassedToService": service, ...(resource === undefined ? {} : { "iam:AssociatedResourceArn": resource }) },
  };
}

/** Access to hand over the role of an instance profile; none for a profile that is not there, which the operation itself will say. */
export function passProfile(asked: Asked, nameOrArn: string | undefined, service = "ec2.amazonaws.com"): readonly Access[] {
  const roles = nameOrArn === undefined ? [] : (asked.facts.iam.instanceProfile(nameOrArn)?.roles ?? []);
  return roles.flatMap((name) => {
    const role = asked.facts.iam.role(name);
    return role ? [passRole(role.arn, service)] : [];
  });
}
