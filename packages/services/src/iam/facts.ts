/** What other services may know of IAM. */
import type { Principal, Reader, Scope } from "@hakoniwa/kernel";
import { credentialFacts, type CredentialFacts } from "./credential-facts.js";
import { parsePolicy } from "./documents.js";
import { boundaryOf, managedPolicy, ownPolicies, userPolicies, type NamedPolicy } from "./effective.js";
import type { EntityKind } from "./errors.js";
import { accessKeys, groups, instanceProfiles, policies, roles, users } from "./state.js";
import { mfaDevices, ROOT_OWNER, serverCertificates } from "./state-credentials.js";
import { isValidCode } from "./totp.js";

export interface IamFacts extends CredentialFacts {
  accessKey(id: string): AccessKeyFact | undefined;
  /** By name or ARN. */
  instanceProfile(nameOrArn: string): InstanceProfileFact | undefined;
  /** By name or ARN. */
  role(nameOrArn: string): RoleFact | undefined;
  /** What a user or role is bound by; undefined when it is there no more, or never was one. */
  bounds(principal: Principal): Bounds | undefined;
  /** Whether the user or role behind a principal is still there: one made anew under its name is somebody else. */
  isThere(principal: Principal): boolean;
  /** The document of a managed policy's default version. */
  policyDocument(arn: string): string | undefined;
  /** @throws MalformedPolicyDocument for what is no policy of an identity or a session */
  checkPolicy(document: string): void;
  /** Whether a code is what a user's (or the root user's) enabled MFA device shows now. @param now on the clock of real peers */
  passesMfa(principal: Principal, serial: string, code: string, now: number): boolean;
  /** The tags of a user, role, managed policy, instance profile, MFA device or server certificate, by its ARN. */
  tags(arn: string): Readonly<Record<string, string>> | undefined;
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
  /** The trust policy's document. */
  readonly trust: string;
  /** Seconds. */
  readonly maxSessionDuration: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** What a principal's own account says of it. */
export interface Bounds {
  /** Its ARN as an identity: a session's is its role's. */
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Attached and embedded, its groups' too. */
  readonly policies: readonly NamedPolicy[];
  readonly boundary?: NamedPolicy | undefined;
}

export function iamFacts(db: Reader, scope: Scope): IamFacts {
  const byNameOrArn = <R extends { readonly arn: string }>(records: { get(key: string): R | undefined }, text: string): R | undefined => {
    const found = records.get(text.startsWith("arn:") ? text.slice(text.lastIndexOf("/") + 1) : text);
    return found && text.startsWith("arn:") && found.arn !== text ? undefined : found;
  };
  const tableOf = { user: users, group: groups, role: roles, "instance-profile": instanceProfiles };

  const behind = (principal: Principal) => {
    // By id too: who bears the name of one that was deleted is somebody else.
    const isRole = principal.type === "assumed-role";
    const found = isRole ? db(roles).get(principal.name) : db(users).get(principal.name);
    const id = isRole ? principal.id.split(":")[0] : principal.type === "federated-user" ? found?.id : principal.id;
    return found?.id === id ? found : undefined;
  };
  return {
    ...credentialFacts(db),
    accessKey(id) {
      const key = db(accessKeys).get(id);
      const user = key && db(users).get(key.userName);
      if (!key || !user) return undefined;
      return { secret: key.secret, active: key.active, principal: { type: "user", account: scope.account, arn: user.arn, id: user.id, name: user.name } };
    },
    instanceProfile: (text) => byNameOrArn(db(instanceProfiles), text),
    role: (text) => byNameOrArn(db(roles), text),
    bounds(principal) {
      const found = behind(principal);
      if (!found) return undefined;
      return {
        arn: found.arn,
        tags: found.tags,
        policies: principal.type === "assumed-role" ? ownPolicies(db, found, "role") : userPolicies(db, found),
        boundary: boundaryOf(db, found),
      };
    },
    isThere: (principal) => !["user", "assumed-role", "federated-user"].includes(principal.type) || behind(principal) !== undefined,
    policyDocument: (arn) => managedPolicy(db, arn)?.document,
    checkPolicy: (document) => void parsePolicy(document, "identity"),
    passesMfa(principal, serial, code, now) {
      const device = db(mfaDevices).get(serial);
      const owner = principal.type === "root" ? ROOT_OWNER : principal.name;
      return device !== undefined && device.owner === owner && isValidCode(device.seed, device.drift, code, now);
    },
    tags(arn) {
      const name = arn.slice(arn.lastIndexOf("/") + 1);
      const [, kind = ""] = /^arn:aws:iam::\d*:([a-z-]+)\//.exec(arn) ?? [];
      if (kind === "policy") return db(policies).get(arn)?.tags;
      if (kind === "mfa") return db(mfaDevices).get(arn)?.tags;
      if (kind === "server-certificate") return db(serverCertificates).where("arn", arn)[0]?.tags;
      const found = kind === "user" ? db(users).get(name) : kind === "role" ? db(roles).get(name) : kind === "instance-profile" ? db(instanceProfiles).get(name) : undefined;
      return found?.arn === arn ? found.tags : undefined;
    },
    arnOf: (kind, name) => db(tableOf[kind] as typeof users).get(name)?.arn,
  };
}
