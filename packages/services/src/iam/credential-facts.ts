/** What others may know of users' credentials. */
import type { Reader } from "@hakoniwa/kernel";
import { roles, users } from "./state.js";
import { loginProfiles, passwordPolicies, serverCertificates } from "./state-credentials.js";

export interface CredentialFacts {
  /** The ARN of the policy that bounds a user or role. */
  boundaryOf(kind: "user" | "role", name: string): string | undefined;
  /** By name or ARN, also one that it had before it was renamed. */
  serverCertificate(nameOrArn: string): ServerCertificateFact | undefined;
  /** The account's password policy lets users change their own passwords. */
  usersMayChangePassword(): boolean;
  /** The salt of a user's password, for IAM's own preparations. */
  passwordSalt(userName: string): string | undefined;
}

export interface ServerCertificateFact {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  readonly expires: number;
  /** PEM. */
  readonly certificate: string;
  readonly chain: string | undefined;
  readonly privateKey: string;
}

export function credentialFacts(db: Reader): CredentialFacts {
  return {
    boundaryOf: (kind, name) => (kind === "user" ? db(users).get(name) : db(roles).get(name))?.boundary,
    serverCertificate(text) {
      const called = text.startsWith("arn:") ? db(serverCertificates).where("arn", text) : [];
      const found = called.find((each) => each.arn === text) ?? called[0] ?? db(serverCertificates).get(text);
      if (!found) return undefined;
      const { name, arn, id, expires, certificate, chain, privateKey } = found;
      return { name, arn, id, expires, certificate, chain, privateKey };
    },
    usersMayChangePassword: () => db(passwordPolicies).list()[0]?.usersMayChange ?? false,
    passwordSalt: (userName) => db(loginProfiles).get(userName)?.salt,
  };
}
