/** IAM's records and tables: one state for all regions of an account. */
import { table } from "@hakoniwa/kernel";

export type Tags = Readonly<Record<string, string>>;

/** What users, groups and roles have in common: a name, and policies attached to it and embedded in it. */
export interface Identity {
  readonly name: string;
  readonly id: string;
  readonly path: string;
  readonly arn: string;
  readonly created: number;
  /** ARNs of attached managed policies. */
  readonly policies: readonly string[];
  /** Documents of embedded policies, by name, as they were given. */
  readonly inline: Readonly<Record<string, string>>;
}

export interface User extends Identity {
  readonly tags: Tags;
  /** The ARN of the policy that bounds what it may be allowed. */
  readonly boundary?: string;
}

export interface Group extends Identity {
  /** Names of its users. */
  readonly members: readonly string[];
}

export interface Role extends Identity {
  /** The trust policy's document, as it was given. */
  readonly trust: string;
  readonly description?: string;
  /** Seconds. */
  readonly maxSessionDuration: number;
  readonly tags: Tags;
  /** The ARN of the policy that bounds what it may be allowed. */
  readonly boundary?: string;
  /** The service that alone may assume and change it, e.g. `autoscaling.amazonaws.com`. */
  readonly linkedTo?: string;
}

export interface AccessKey {
  readonly id: string;
  readonly secret: string;
  readonly userName: string;
  readonly active: boolean;
  readonly created: number;
}

export interface Policy {
  readonly arn: string;
  readonly name: string;
  readonly id: string;
  readonly path: string;
  readonly description?: string;
  readonly created: number;
  readonly updated: number;
  readonly defaultVersion: string;
  /** The number of the version to be made next: numbers are never used again. */
  readonly nextVersion: number;
  readonly versions: readonly PolicyVersion[];
  readonly tags: Tags;
}

export interface PolicyVersion {
  /** `v1`, `v2` … */
  readonly id: string;
  readonly document: string;
  readonly created: number;
}

export interface InstanceProfile {
  readonly name: string;
  readonly id: string;
  readonly path: string;
  readonly arn: string;
  readonly created: number;
  /** One at most: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html */
  readonly roles: readonly string[];
  readonly tags: Tags;
}

/** An account has one alias at most (S3-04). */
export interface AccountAlias {
  readonly alias: string;
}

// Names that differ in case only are the same name: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const folded = (record: { readonly name: string }): string => record.name.toLowerCase();
const attached = (identity: Identity): readonly string[] => identity.policies;
const bounded = (identity: { readonly boundary?: string }): readonly string[] => (identity.boundary === undefined ? [] : [identity.boundary]);

export const users = table<User>()({ name: "iam.users", key: (u) => u.name, indexes: { folded, policy: attached, boundary: bounded } });
export const groups = table<Group>()({
  name: "iam.groups",
  key: (g) => g.name,
  indexes: { folded, policy: attached, member: (g) => g.members },
});
export const roles = table<Role>()({ name: "iam.roles", key: (r) => r.name, indexes: { folded, policy: attached, boundary: bounded } });
export const accessKeys = table<AccessKey>()({ name: "iam.access-keys", key: (k) => k.id, indexes: { user: (k) => k.userName } });
export const policies = table<Policy>()({ name: "iam.policies", key: (p) => p.arn, indexes: { folded } });
export const instanceProfiles = table<InstanceProfile>()({
  name: "iam.instance-profiles",
  key: (p) => p.name,
  indexes: { folded, role: (p) => p.roles },
});
export const accountAliases = table<AccountAlias>()({ name: "iam.account-aliases", key: (a) => a.alias });
