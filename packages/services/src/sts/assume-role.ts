/** Sessions of roles (S3-17, S3-18): https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
import type { Access, Caller, Principal, Session } from "@hakoniwa/kernel";
import { Sts, type StsTypes } from "@hakoniwa/wire";
import { resourceTags } from "../access.js";
import { operations, type Asked } from "../define.js";
import { constraint, invalidTags, mayNotAssume, notYet, otherSourceIdentity, rootMayNotAssume, validation } from "./errors.js";
import { checkName, durationOf, HOUR, issue } from "./issue.js";
import { mfaConditions, passesMfa } from "./mfa.js";
import { packedSize, sessionPolicies, sessionTags, tagConditions } from "./narrowing.js";

type Input = StsTypes.AssumeRoleRequest;

const LONGEST = 43200;
const ROLE_ARN = /^arn:aws:iam::\d{12}:role\/.+$/;

export const assumeRoleOperations = operations(Sts, {
  AssumeRole: {
    authorize: accessTo,
    handle(ctx, input) {
      const { caller, facts } = ctx;
      if (caller.principal.type === "root") throw rootMayNotAssume();
      check(input);
      const role = facts.iam.role(input.RoleArn);
      // AWS doesn't tell a role that isn't there from one that doesn't trust.
      if (!role) throw mayNotAssume(caller.principal.arn, input.RoleArn);
      const seconds = lastingFor(input, caller, role.maxSessionDuration);
      const principal: Principal = {
        type: "assumed-role",
        account: ctx.account,
        arn: `arn:aws:sts::${ctx.account}:assumed-role/${role.name}/${input.RoleSessionName}`,
        id: `${role.id}:${input.RoleSessionName}`,
        name: role.name,
      };
      const session: Omit<Session, "issued"> = { ...marks(input, caller), policies: sessionPolicies(facts, input) };
      const size = packedSize(input, session);
      return {
        Credentials: issue(ctx, { principal, session, seconds }),
        AssumedRoleUser: { AssumedRoleId: principal.id, Arn: principal.arn },
        ...size,
        ...(session.sourceIdentity === undefined ? {} : { SourceIdentity: session.sourceIdentity }),
      };
    },
  },
});

/** The role's trust policy must allow it, and the caller's own ones unless it names the caller itself. */
function accessTo(input: Input, asked: Asked): readonly Access[] {
  const { caller } = asked;
  // Who may assume roles hears what is wrong with the name.
  if (!ROLE_ARN.test(input.RoleArn)) return [{ action: "sts:AssumeRole", resources: ["*"] }];
  const role = asked.facts.iam.role(input.RoleArn);
  const { tags, transitive, sourceIdentity } = marks(input, caller);
  const conditions = {
    "sts:RoleSessionName": input.RoleSessionName,
    ...(input.ExternalId === undefined ? {} : { "sts:ExternalId": input.ExternalId }),
    ...(sourceIdentity === undefined ? {} : { "sts:SourceIdentity": sourceIdentity }),
    ...(transitive.length === 0 ? {} : { "sts:TransitiveTagKeys": transitive }),
    ...tagConditions(input),
    ...resourceTags(role?.tags, "iam"),
    ...mfaConditions(passesMfa(input, asked)),
  };
  const on = (action: string): Access => ({ action, resources: [input.RoleArn], conditions, resourcePolicy: role?.trust, needsResourcePolicy: true });
  return [
    on("sts:AssumeRole"),
    ...(Object.keys(tags).length === 0 ? [] : [on("sts:TagSession")]),
    ...(sourceIdentity === undefined ? [] : [on("sts:SetSourceIdentity")]),
  ];
}

/** Tags and source identity: those given, and what passes on from the session that assumes. */
function marks(input: Input, { session, principal }: Caller): Pick<Session, "tags" | "transitive" | "sourceIdentity" | "chained"> {
  const given = sessionTags(input.Tags);
  const inherited = Object.fromEntries(Object.entries(session?.tags ?? {}).filter(([key]) => session?.transitive.includes(key)));
  const clash = Object.keys(given).find((key) => Object.keys(inherited).some((other) => other.toLowerCase() === key.toLowerCase()));
  if (clash !== undefined) {
    throw invalidTags(`One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session: ${clash}`);
  }
  const asked = input.TransitiveTagKeys ?? [];
  const names = Object.keys(given);
  const transitive = asked.map((key) => names.find((name) => name.toLowerCase() === key.toLowerCase()));
  if (transitive.includes(undefined)) throw invalidTags("The specified transitive tag key must be included in the requested tags.");
  if (session?.sourceIdentity !== undefined && input.SourceIdentity !== undefined && input.SourceIdentity !== session.sourceIdentity) throw otherSourceIdentity();
  const sourceIdentity = input.SourceIdentity ?? session?.sourceIdentity;
  return {
    tags: { ...inherited, ...given },
    transitive: [...Object.keys(inherited), ...(transitive as readonly string[])],
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(principal.type === "assumed-role" ? { chained: true } : {}),
  };
}

function check(input: Input): void {
  if (!ROLE_ARN.test(input.RoleArn)) throw validation(`${input.RoleArn.slice(0, 100)} is invalid`);
  checkName("roleSessionName", input.RoleSessionName, 64);
  if (input.SourceIdentity !== undefined) {
    checkName("sourceIdentity", input.SourceIdentity, 64);
    if (/^aws:/i.test(input.SourceIdentity)) throw validation(`The source identity ${input.SourceIdentity} begins with aws:, which is reserved.`);
  }
  const { ExternalId: externalId } = input;
  if (externalId !== undefined && (externalId.length > 1224 || !/^[\w+=,.@:/-]{2,}$/.test(externalId))) {
    throw constraint("externalId", externalId.slice(0, 100), "Member must satisfy regular expression pattern: [\\w+=,.@:\\/-]* and have length between 2 and 1224");
  }
  if ((input.ProvidedContexts ?? []).length > 0) throw notYet("the member ProvidedContexts of AssumeRole");
}

/** In seconds. */
function lastingFor(input: Input, { principal, via }: Caller, longestOfRole: number): number {
  const seconds = durationOf(input.DurationSeconds, HOUR, LONGEST);
  // What a service such as EC2 hands to its instances is not for the role's owner to shorten.
  if (via.kind === "serviceRole") return seconds;
  // A role that assumes a role has an hour at most: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html
  if (principal.type === "assumed-role" && seconds > HOUR) {
    throw validation("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.");
  }
  if (seconds > longestOfRole) throw validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  return seconds;
}
