/** Codes of MFA devices that come with a request for credentials. */
import type { Access } from "@hakoniwa/kernel";
import type { Asked } from "../define.js";
import { halfMfa, wrongCode } from "./errors.js";

interface Shown {
  readonly SerialNumber?: string | undefined;
  readonly TokenCode?: string | undefined;
}

/** Whether a code was shown, and is the caller's own device's. @throws AccessDenied for a wrong one */
export function passesMfa(input: Shown, asked: Asked): boolean {
  const { SerialNumber: serial, TokenCode: code } = input;
  if (serial === undefined && code === undefined) return false;
  if (serial === undefined || code === undefined) throw halfMfa();
  const { type } = asked.caller.principal;
  if ((type !== "user" && type !== "root") || !asked.facts.iam.passesMfa(asked.caller.principal, serial, code, asked.peerNow)) throw wrongCode();
  return true;
}

/** The keys of what was just proven. */
export const mfaConditions = (passed: boolean): NonNullable<Access["conditions"]> =>
  passed ? { "aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0" } : {};
