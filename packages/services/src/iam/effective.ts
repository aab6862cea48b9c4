/** The policies that bind an identity, with their documents. */
import type { Reader } from "@hakoniwa/kernel";
import { AWS_MANAGED } from "./aws-managed.js";
import { groups, policies, type Identity, type User } from "./state.js";

/** A policy as an evaluation names it. */
export interface NamedPolicy {
  /** As simulations tell it, e.g. `user_ann_own`. */
  readonly id: string;
  readonly type: "user" | "group" | "role" | "aws-managed" | "user-managed" | "resource" | "none";
  readonly document: string;
}

/** A managed policy in its default version. */
export function managedPolicy(db: Reader, arn: string): NamedPolicy | undefined {
  const own = db(policies).get(arn);
  const policy = own ?? AWS_MANAGED.get(arn);
  const version = policy?.versions.find((each) => each.id === policy.defaultVersion);
  return policy && version && { id: policy.name, type: own ? "user-managed" : "aws-managed", document: version.document };
}

/** Embedded in it, and attached to it. */
export function ownPolicies(db: Reader, identity: Identity, kind: "user" | "group" | "role"): readonly NamedPolicy[] {
  return [
    ...Object.entries(identity.inline).map(([name, document]): NamedPolicy => ({ id: `${kind}_${identity.name}_${name}`, type: kind, document })),
    ...identity.policies.flatMap((arn) => managedPolicy(db, arn) ?? []),
  ];
}

/** A user's own, and its groups'. */
export function userPolicies(db: Reader, user: User): readonly NamedPolicy[] {
  return [...ownPolicies(db, user, "user"), ...db(groups).where("member", user.name).flatMap((group) => ownPolicies(db, group, "group"))];
}

const NOTHING = JSON.stringify({ Version: "2012-10-17", Statement: [] });

/** A boundary whose policy is gone bounds everything. */
export function boundaryOf(db: Reader, { boundary }: { readonly boundary?: string }): NamedPolicy | undefined {
  return boundary === undefined ? undefined : (managedPolicy(db, boundary) ?? { id: boundary, type: "none", document: NOTHING });
}
