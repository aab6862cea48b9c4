/** What other services may know of IAM. */
import type { Principal, Reader, Scope } from "@hakoniwa/kernel";
import { ADMINISTRATOR_ACCESS } from "./aws-managed.js";
import type { EntityKind } from "./errors.js";
import { accessKeys, groups, instanceProfiles, roles, users } from "./state.js";
import { trust, type Trust } from "./trust.js";

export interface IamFacts {
  accessKey(id: string): AccessKeyFact | undefined;
  /** By name or ARN. */
  instanceProfile(nameOrArn: string): InstanceProfileFact | undefined;
  /** By name or ARN. */
  role(nameOrArn: string): RoleFact | undefined;
  /** What a role's trust policy says of a principal; undefined when there is no such role. */
  trust(roleNameOrArn: string, principal: Principal): Trust | undefined;
  /** Has AdministratorAccess, by itself or through a group. */
  isAdministrator(principal: Principal): boolean;
  /** The ARN of what is there, with its path. */
  arnOf(kind: EntityKind, name: string): string | undefined;
}

export interface AccessKeyFact {
  readonly secret: string;
  readonly active: boolean;
  readonly principal: Principal;
}

export interface InstanceProfileFact {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  /** Names; one at most. */
  readonly roles: readonly string[];
}

export interface RoleFact {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  /** Seconds. */
  readonly maxSessionDuration: number;
}

export function iamFacts(db: Reader, scope: Scope): IamFacts {
  const byNameOrArn = <R extends { readonly arn: string }>(records: { get(key: string): R | undefined }, text: string): R | undefined => {
    const found = records.get(text.startsWith("arn:") ? text.slice(text.lastIndexOf("/") + 1) : text);
    return found && text.startsWith("arn:") && found.arn !== text ? undefined : found;
  };
  const tableOf = { user: users, group: groups, role: roles, "instance-profile": instanceProfiles };
  return {
    accessKey(id) {
      const key = db(accessKeys).get(id);
      const user = key && db(users).get(key.userName);
      if (!key || !user) return undefined;
      return { secret: key.secret, active: key.active, principal: { type: "user", account: scope.account, arn: user.arn, id: user.id, name: user.name } };
    },
    instanceProfile: (text) => byNameOrArn(db(instanceProfiles), text),
    role: (text) => byNameOrArn(db(roles), text),
    trust(text, principal) {
      const role = byNameOrArn(db(roles), text);
      return role && trust(role.trust, principal);
    },
    isAdministrator(principal) {
      // By id too: who bears the name of one that was deleted is somebody else.
      if (principal.type === "assumed-role") {
        const role = db(roles).get(principal.name);
        return role?.id === principal.id.split(":")[0] && role!.policies.includes(ADMINISTRATOR_ACCESS);
      }
      const user = principal.type === "user" ? db(users).get(principal.name) : undefined;
      if (user?.id !== principal.id) return false;
      return [user, ...db(groups).where("member", user.name)].some((identity) => identity.policies.includes(ADMINISTRATOR_ACCESS));
    },
    arnOf: (kind, name) => db(tableOf[kind] as typeof users).get(name)?.arn,
  };
}
