/** Decides whether a caller may do something: from the tables' policies to an answer in AWS's words. */
import { AwsError, type Access, type Caller, type Circumstances, type Decision } from "@hakoniwa/kernel";
import type { Facts } from "../facts.js";
import { denial, expiredToken } from "./denial.js";
import type { Bounds } from "./facts.js";
import { decide, type Policies, type Request } from "./policy/decide.js";
import { requestContext } from "./request-context.js";

const ALLOWED: Decision = { allowed: true };

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html */
export function evaluate(caller: Caller, access: Access, facts: Facts, circumstances: Circumstances): Decision {
  const { principal } = caller;
  // A service-linked role may do what its service needs; what a role's trust says binds services too.
  if (caller.via.kind === "serviceRole" && !access.needsResourcePolicy) return ALLOWED;
  const { expires } = caller.session ?? {};
  // A service that goes on for its caller (a stack) does so no longer than the caller's credentials last.
  if (expires !== undefined && expires <= circumstances.peerNow) return { allowed: false, error: expiredToken(circumstances.service) };
  if (isBeyondToken(caller, access.action)) {
    return { allowed: false, error: new AwsError("InvalidClientTokenId", "The security token included in the request is invalid", { status: 403 }) };
  }
  const bounds = principal.type === "root" ? undefined : facts.iam.bounds(principal);
  const policies = { ...policiesFor(caller, access, bounds), endpoint: endpointPolicy(caller, facts) };
  const requester = { type: principal.type, account: principal.account, arn: principal.arn, id: principal.id, roleArn: principal.type === "assumed-role" ? bounds?.arn : undefined };
  // Who names nothing must be allowed it on everything: an empty list is no way around a policy.
  for (const resource of access.resources.length > 0 ? access.resources : ["*"]) {
    const context = requestContext(caller, access, bounds, circumstances, () => tagsOf(facts, resource));
    const request: Request = { requester, action: access.action, resource, context };
    const verdict = decide(request, policies);
    if (!verdict.allowed) return { allowed: false, error: denial(caller, request, policies, verdict, circumstances) };
  }
  return ALLOWED;
}

function policiesFor(caller: Caller, access: Access, bounds: Bounds | undefined): Policies {
  const { session } = caller;
  const narrowed = caller.principal.type === "federated-user" || (session !== undefined && session.policies.length > 0);
  return {
    identity: bounds?.policies.map((policy) => policy.document) ?? [],
    boundary: bounds?.boundary?.document,
    session: narrowed ? (session?.policies ?? []) : undefined,
    resource: access.resourcePolicy,
    needsResource: access.needsResourcePolicy,
  };
}

/** https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html */
function endpointPolicy({ via, origin }: Caller, facts: Facts): string | undefined {
  return via.kind === "user" && origin?.endpoint ? facts.ec2.endpointPolicy(origin.endpoint.id) : undefined;
}

/** What GetSessionToken and GetFederationToken's credentials can't call: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html */
function isBeyondToken({ principal, session, via }: Caller, action: string): boolean {
  if (session === undefined || via.kind !== "user" || principal.type === "assumed-role") return false;
  const federated = principal.type === "federated-user";
  if (action.startsWith("iam:")) return action !== "iam:PassRole" && (federated || session.mfaAt === undefined);
  return action.startsWith("sts:") && (federated || action !== "sts:AssumeRole");
}

/** The tags of a resource that is there, by its ARN, as far as its service tells. */
function tagsOf(facts: Facts, arn: string): Readonly<Record<string, string>> | undefined {
  if (arn.startsWith("arn:aws:ec2:")) return facts.ec2.tags(arn);
  if (arn.startsWith("arn:aws:iam:")) return facts.iam.tags(arn);
  if (arn.startsWith("arn:aws:ssm:")) return facts.ssm.tags(arn);
  return undefined;
}
