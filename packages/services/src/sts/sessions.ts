/** Temporary credentials (S3-18): https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html */
import type { Access, Principal } from "@hakoniwa/kernel";
import { Sts, type StsTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { constraint, mayNotAssume, noSessionTokens, notYet, validation } from "./errors.js";
import { credentials } from "./state.js";

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const SECOND = 1000;
const HOUR = 3600;

export const sessionOperations = operations(Sts, {
  AssumeRole: {
    // In its own account, who is named by the trust policy needs no policy of one's own.
    authorize: (input, asked): Access | readonly Access[] =>
      asked.facts.iam.trust(input.RoleArn, asked.caller.principal) === "direct" ? [] : { action: "sts:AssumeRole", resources: [input.RoleArn] },
    handle(ctx, input) {
      refuseUnknown(input);
      checkSessionName(input.RoleSessionName);
      const { principal } = ctx.caller;
      if (!/^arn:aws:iam::\d{12}:role\/.+$/.test(input.RoleArn)) throw validation(`${input.RoleArn.slice(0, 100)} is invalid`);
      const role = ctx.facts.iam.role(input.RoleArn);
      const trust = ctx.facts.iam.trust(input.RoleArn, principal);
      // AWS doesn't tell a role that isn't there from one that doesn't trust.
      if (!role || trust === undefined || trust === "denied" || principal.type === "root") throw mayNotAssume(principal.arn, input.RoleArn);
      // A role that assumes a role has an hour at most: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html
      const longest = principal.type === "assumed-role" ? HOUR : role.maxSessionDuration;
      const seconds = durationOf(input.DurationSeconds, HOUR, 43200);
      if (seconds > longest) {
        throw validation(
          principal.type === "assumed-role"
            ? "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
            : "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        );
      }
      const session: Principal = {
        type: "assumed-role",
        account: ctx.account,
        arn: `arn:aws:sts::${ctx.account}:assumed-role/${role.name}/${input.RoleSessionName}`,
        id: `${role.id}:${input.RoleSessionName}`,
        name: role.name,
      };
      return { Credentials: issue(ctx, session, seconds), AssumedRoleUser: { AssumedRoleId: session.id, Arn: session.arn } };
    },
  },

  GetSessionToken: {
    // Needs no permission, by AWS's word: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    authorize: () => [],
    handle(ctx, input) {
      if (input.SerialNumber !== undefined || input.TokenCode !== undefined) throw notYet("multi-factor authentication");
      const { principal, accessKeyId } = ctx.caller;
      if (principal.type === "assumed-role" || principal.type === "service" || accessKeyId?.startsWith("ASIA")) throw noSessionTokens();
      // Twelve hours unless told otherwise, one for the root user.
      const root = principal.type === "root";
      const seconds = durationOf(input.DurationSeconds, root ? HOUR : 12 * HOUR, 129600);
      return { Credentials: issue(ctx, principal, root ? Math.min(seconds, HOUR) : seconds) };
    },
  },

  GetAccessKeyInfo: {
    authorize: onEverything("sts:GetAccessKeyInfo"),
    handle(ctx, input) {
      const principal = (ctx.facts.iam.accessKey(input.AccessKeyId) ?? ctx.facts.sts.credentials(input.AccessKeyId))?.principal;
      if (!principal) throw validation(`Access Key ID ${input.AccessKeyId.slice(0, 128)} is not valid`);
      return { Account: principal.account };
    },
  },
});

/** Makes a key, a secret and a token, and sweeps what has expired long since. */
function issue(ctx: Context, principal: Principal, seconds: number): StsTypes.Credentials {
  const table = ctx.db(credentials);
  // Expired ones are kept for a day, so that their use is answered as such.
  for (const old of table.list()) if (old.expires + 24 * HOUR * SECOND < ctx.peerNow) table.delete(old.accessKeyId);
  const made = table.put({
    accessKeyId: `ASIA${ctx.ids.text(16, UPPER)}`,
    secret: ctx.ids.text(40, BASE64),
    sessionToken: `${ctx.ids.text(355, BASE64)}=`,
    // AWS tells whole seconds.
    expires: Math.floor(ctx.peerNow / SECOND) * SECOND + seconds * SECOND,
    principal,
  });
  return { AccessKeyId: made.accessKeyId, SecretAccessKey: made.secret, SessionToken: made.sessionToken, Expiration: new Date(made.expires) };
}

function durationOf(asked: number | undefined, usual: number, longest: number): number {
  const seconds = asked ?? usual;
  if (!Number.isInteger(seconds) || seconds < 900) throw constraint("durationSeconds", seconds, "Member must have value greater than or equal to 900");
  if (seconds > longest) throw constraint("durationSeconds", seconds, `Member must have value less than or equal to ${longest}`);
  return seconds;
}

function checkSessionName(name: string): void {
  if (name.length < 2 || name.length > 64) throw constraint("roleSessionName", name.slice(0, 100), "Member must have length between 2 and 64, inclusive");
  if (!/^[\w+=,.@-]+$/.test(name)) throw constraint("roleSessionName", name, "Member must satisfy regular expression pattern: [\\w+=,.@-]*");
}

/** What would narrow the session must not be ignored. */
function refuseUnknown(input: StsTypes.AssumeRoleRequest): void {
  const members = ["Policy", "PolicyArns", "Tags", "TransitiveTagKeys", "ExternalId", "SerialNumber", "TokenCode", "SourceIdentity", "ProvidedContexts"] as const;
  const given = members.find((member) => input[member] !== undefined && (input[member] as readonly unknown[]).length > 0);
  if (given) throw notYet(`the member ${given} of AssumeRole`);
}
