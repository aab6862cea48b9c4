/** Temporary credentials for users themselves, and for those they vouch for. */
import type { Access, Caller, Principal } from "@hakoniwa/kernel";
import { Sts } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { notWithSession, notYet } from "./errors.js";
import { checkName, durationOf, HOUR, issue } from "./issue.js";
import { passesMfa } from "./mfa.js";
import { packedSize, sessionPolicies, sessionTags, tagConditions } from "./narrowing.js";

const LONGEST = 129600;

export const tokenOperations = operations(Sts, {
  GetSessionToken: {
    // Needs no permission, by AWS's word: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    authorize: () => [],
    handle(ctx, input) {
      refuseSessions(ctx.caller, "GetSessionToken");
      const passed = passesMfa(input, ctx);
      const { principal } = ctx.caller;
      const seconds = userSeconds(principal, input.DurationSeconds);
      return { Credentials: issue(ctx, { principal, session: { policies: [], tags: {}, transitive: [], ...(passed ? { mfaAt: ctx.peerNow } : {}) }, seconds }) };
    },
  },

  GetFederationToken: {
    authorize(input, asked): readonly Access[] {
      const on = (action: string): Access => ({ action, resources: [`arn:aws:sts::${asked.account}:federated-user/${input.Name}`], conditions: tagConditions(input) });
      return [on("sts:GetFederationToken"), ...((input.Tags ?? []).length === 0 ? [] : [on("sts:TagSession")])];
    },
    handle(ctx, input) {
      refuseSessions(ctx.caller, "GetFederationToken");
      checkName("name", input.Name, 32);
      const { principal: issuer } = ctx.caller;
      if (issuer.type === "root") throw notYet("federated users of the root user");
      const principal: Principal = {
        type: "federated-user",
        account: ctx.account,
        arn: `arn:aws:sts::${ctx.account}:federated-user/${input.Name}`,
        id: `${ctx.account}:${input.Name}`,
        name: issuer.name,
      };
      const session = { policies: sessionPolicies(ctx.facts, input), tags: sessionTags(input.Tags), transitive: [] };
      const size = packedSize(input, session);
      const seconds = userSeconds(issuer, input.DurationSeconds);
      return { Credentials: issue(ctx, { principal, session, issuer, seconds }), FederatedUser: { FederatedUserId: principal.id, Arn: principal.arn }, ...size };
    },
  },
});

function refuseSessions({ principal, accessKeyId }: Caller, operation: string): void {
  if ((principal.type !== "user" && principal.type !== "root") || accessKeyId?.startsWith("ASIA")) throw notWithSession(operation);
}

/** Twelve hours unless told otherwise; an hour at most for the root user. */
function userSeconds({ type }: Principal, asked: number | undefined): number {
  const root = type === "root";
  const seconds = durationOf(asked, root ? HOUR : 12 * HOUR, LONGEST);
  return root ? Math.min(seconds, HOUR) : seconds;
}
