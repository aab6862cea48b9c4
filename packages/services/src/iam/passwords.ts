/** What a password must be like (S3-09), and how it is kept. */
import { scrypt } from "node:crypto";
import { promisify } from "node:util";
import { passwordViolation } from "./errors.js";
import type { LoginProfile, PasswordPolicy } from "./state-credentials.js";

const hash = promisify<string, string, number, Buffer>(scrypt);
const DAY = 86_400_000;

/** The characters that AWS counts as symbols: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html */
const SYMBOL = /[!@#$%^&*()_+\-=[\]{}|']/;
const KINDS = [/[A-Z]/, /[a-z]/, /\d/, SYMBOL];

/** About 40 ms of work in another thread. Returns hex. */
export async function hashPassword(password: string, salt: string): Promise<string> {
  return (await hash(password, salt, 32)).toString("hex");
}

/**
 * Holds a password against the account's policy, or against AWS's own where there is none.
 * @throws PasswordPolicyViolation
 */
export function checkPassword(password: string, policy: PasswordPolicy | undefined, userName: string): void {
  const shortest = policy?.minimumLength ?? 8;
  if (password.length < shortest) throw passwordViolation(`Password should have a minimum length of ${shortest}`);
  if (!policy) {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html#default-policy-details
    if (KINDS.filter((kind) => kind.test(password)).length < 3) {
      throw passwordViolation("Password should have at least three of these kinds of characters: uppercase, lowercase, numbers and symbols");
    }
    if (password.toLowerCase() === userName.toLowerCase()) throw passwordViolation("Password should not be the user's name");
    return;
  }
  if (policy.uppercase && !/[A-Z]/.test(password)) throw passwordViolation("Password should have at least one uppercase character");
  if (policy.lowercase && !/[a-z]/.test(password)) throw passwordViolation("Password should have at least one lowercase character");
  if (policy.numbers && !/\d/.test(password)) throw passwordViolation("Password should have at least one number");
  if (policy.symbols && !SYMBOL.test(password)) throw passwordViolation("Password should have at least one symbol");
}

/** @throws PasswordPolicyViolation for one of the last passwords */
export function checkReuse(profile: LoginProfile, hashed: string, policy: PasswordPolicy | undefined): void {
  const barred = [profile.hash, ...profile.previous].slice(0, policy?.reusePrevention ?? 0);
  if (barred.includes(hashed)) throw passwordViolation("Policy constraint violation with password reuse prevention during password change");
}

/** When a password expires by the policy; undefined for never. */
export function expiryOf(profile: LoginProfile, policy: PasswordPolicy | undefined): number | undefined {
  return policy && policy.maxAge > 0 ? profile.changed + policy.maxAge * DAY : undefined;
}
