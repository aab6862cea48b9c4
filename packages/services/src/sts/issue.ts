/** Makes temporary credentials (S3-18): https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html */
import type { Principal, Session } from "@hakoniwa/kernel";
import type { StsTypes } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import { constraint } from "./errors.js";
import { credentials } from "./state.js";

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const SECOND = 1000;
/** Seconds. */
export const HOUR = 3600;
/** Expired ones are kept for a day, so that their use is answered as such. */
const KEPT = 24 * HOUR * SECOND;

export interface Issued {
  readonly principal: Principal;
  readonly session: Omit<Session, "issued">;
  readonly issuer?: Principal;
  readonly seconds: number;
}

/** A key, a secret and a token. Sweeps what has expired long since. */
export function issue(ctx: Context, { principal, session, issuer, seconds }: Issued): StsTypes.Credentials {
  const table = ctx.db(credentials);
  for (const old of table.list()) if (old.expires + KEPT < ctx.peerNow) table.delete(old.accessKeyId);
  // AWS tells whole seconds.
  const issued = Math.floor(ctx.peerNow / SECOND) * SECOND;
  const made = table.put({
    accessKeyId: `ASIA${ctx.ids.text(16, UPPER)}`,
    secret: ctx.ids.text(40, BASE64),
    sessionToken: `${ctx.ids.text(355, BASE64)}=`,
    expires: issued + seconds * SECOND,
    principal,
    session: { ...session, issued },
    ...(issuer ? { issuer } : {}),
  });
  return { AccessKeyId: made.accessKeyId, SecretAccessKey: made.secret, SessionToken: made.sessionToken, Expiration: new Date(made.expires) };
}

/** @throws ValidationError */
export function durationOf(asked: number | undefined, usual: number, longest: number): number {
  const seconds = asked ?? usual;
  if (!Number.isInteger(seconds) || seconds < 900) throw constraint("durationSeconds", seconds, "Member must have value greater than or equal to 900");
  if (seconds > longest) throw constraint("durationSeconds", seconds, `Member must have value less than or equal to ${longest}`);
  return seconds;
}

/** @throws ValidationError */
export function checkName(member: string, name: string, longest: number): void {
  if (name.length < 2 || name.length > longest) throw constraint(member, name.slice(0, 100), `Member must have length between 2 and ${longest}, inclusive`);
  if (!/^[\w+=,.@-]+$/.test(name)) throw constraint(member, name, "Member must satisfy regular expression pattern: [\\w+=,.@-]*");
}
