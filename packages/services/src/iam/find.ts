/** What an operation names must be there. */
import type { Reader, Table } from "@hakoniwa/kernel";
import type { Context } from "../define.js";
import { AWS_MANAGED } from "./aws-managed.js";
import { entityExists, entityNotFound, needsUserName, policyNotFound, protectedRole, quotaExceeded, type EntityKind } from "./errors.js";
import { groups, instanceProfiles, policies, roles, users, type Group, type Identity, type InstanceProfile, type Policy, type Role, type User } from "./state.js";

/** A kind of identity that policies are attached to and embedded in. */
export interface IdentityKind<R extends Identity> {
  readonly kind: "user" | "group" | "role";
  readonly table: Table<R>;
  /** How AWS names its quota of attached policies. */
  readonly attachedQuota: string;
  readonly inlineQuota: string;
  /** Characters of all embedded policies, white space left out. */
  readonly inlineLimit: number;
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
export const USER: IdentityKind<User> = { kind: "user", table: users, attachedQuota: "PoliciesPerUser", inlineQuota: "UserPolicySize", inlineLimit: 2048 };
export const GROUP: IdentityKind<Group> = { kind: "group", table: groups, attachedQuota: "PoliciesPerGroup", inlineQuota: "GroupPolicySize", inlineLimit: 5120 };
export const ROLE: IdentityKind<Role> = { kind: "role", table: roles, attachedQuota: "PoliciesPerRole", inlineQuota: "RolePolicySize", inlineLimit: 10240 };

/** Entities an account may have: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const QUOTAS = { users: 5000, groups: 300, roles: 1000, instanceProfiles: 1000, policies: 1500 };

/** @throws LimitExceeded when the account has as many as it may */
export function checkQuota(count: number, kind: keyof typeof QUOTAS): void {
  const name = kind[0]!.toUpperCase() + kind.slice(1);
  if (count >= QUOTAS[kind]) throw quotaExceeded(`${name}PerAccount`, QUOTAS[kind]);
}

/** @throws NoSuchEntity */
export function find<R extends object>(db: Reader, kind: EntityKind, table: Table<R>, name: string): R {
  const found = db(table).get(name);
  if (!found) throw entityNotFound(kind, name);
  return found;
}

/** The user named, else the one who calls. */
export function userOf(ctx: Context, input: { readonly UserName?: string | undefined }): User {
  const { principal } = ctx.caller;
  if (input.UserName === undefined && principal.type !== "user") throw needsUserName();
  return findUser(ctx.db, input.UserName ?? principal.name);
}

export const findUser = (db: Reader, name: string): User => find(db, "user", users, name);
export const findGroup = (db: Reader, name: string): Group => find(db, "group", groups, name);
export const findRole = (db: Reader, name: string): Role => find(db, "role", roles, name);
export const findProfile = (db: Reader, name: string): InstanceProfile => find(db, "instance-profile", instanceProfiles, name);

/** @throws UnmodifiableEntity for a role that is a service's own */
export function changeable<R extends Identity>(identity: R & { readonly linkedTo?: string }): R {
  if (identity.linkedTo !== undefined) throw protectedRole(identity.name);
  return identity;
}

/** @throws EntityAlreadyExists also for a name that differs in case only */
export function checkFree<R extends object>(ctx: Context, kind: EntityKind, table: Table<R, "folded">, name: string): void {
  if (ctx.db(table).where("folded", name.toLowerCase()).length > 0) throw entityExists(kind, name);
}

/** A customer's policy or one of AWS's own. */
export const policyOf = (db: Reader, arn: string): Policy | undefined => db(policies).get(arn) ?? AWS_MANAGED.get(arn);

/** @throws NoSuchEntity */
export function findPolicy(db: Reader, arn: string): Policy {
  const policy = policyOf(db, arn);
  if (!policy) throw policyNotFound(arn);
  return policy;
}

export interface Attachments {
  readonly users: readonly User[];
  readonly groups: readonly Group[];
  readonly roles: readonly Role[];
}

export const attachmentsOf = (db: Reader, arn: string): Attachments => ({
  users: db(users).where("policy", arn),
  groups: db(groups).where("policy", arn),
  roles: db(roles).where("policy", arn),
});

export const boundedBy = (db: Reader, arn: string): Pick<Attachments, "users" | "roles"> => ({
  users: db(users).where("boundary", arn),
  roles: db(roles).where("boundary", arn),
});

export const countBoundaries = (db: Reader, arn: string): number => {
  const bounded = boundedBy(db, arn);
  return bounded.users.length + bounded.roles.length;
};

export const countAttachments = (db: Reader, arn: string): number => Object.values(attachmentsOf(db, arn)).reduce((sum, list) => sum + list.length, 0);
