/** Denials in AWS's words: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
import { AwsError, type Caller, type Circumstances } from "@hakoniwa/kernel";
import { MODELS, type ServiceId } from "@hakoniwa/wire";
import { encodeMessage } from "../authorization-message.js";
import { applying, type Policies, type PolicyKind, type Request, type Verdict } from "./policy/decide.js";

type Refusal = Extract<Verdict, { readonly allowed: false }>;

const KINDS: Readonly<Record<PolicyKind, string>> = {
  identity: "identity-based policy",
  boundary: "permissions boundary",
  session: "session policy",
  resource: "resource-based policy",
  endpoint: "VPC endpoint policy",
};

export function denial(caller: Caller, request: Request, policies: Policies, verdict: Refusal, { service }: Circumstances): AwsError {
  const { principal } = caller;
  if (service === "ec2") {
    const encoded = encodeMessage(details(caller, request, policies, verdict));
    return new AwsError("UnauthorizedOperation", `You are not authorized to perform this operation. ${sentence(request, verdict, service)}. Encoded authorization failure message: ${encoded}`, {
      status: 403,
    });
  }
  if (service === "s3" && principal.type === "anonymous") return new AwsError("AccessDenied", "Access Denied", { status: 403 });
  return new AwsError(codeOf(service), sentence(request, verdict, service), { status: codeOf(service) === "AccessDeniedException" ? 400 : 403 });
}

function sentence({ requester, action, resource }: Request, { explicit, by }: Refusal, service: string): string {
  const on = resource === "*" ? "" : ` on resource: ${service === "s3" ? `"${resource}"` : resource}`;
  const who = `User: ${requester.arn} is not authorized to perform: ${action}${on}`;
  // STS tells nobody what a trust policy lacks.
  if (service === "sts" && by === "resource" && !explicit) return who;
  return explicit ? `${who} with an explicit deny in ${by === "identity" ? "an" : "a"} ${KINDS[by]}` : `${who} because no ${KINDS[by]} allows the ${action} action`;
}

/** Temporary credentials that are worth nothing any more, as each service words it. */
export function expiredToken(service: string): AwsError {
  if (service === "ec2") return new AwsError("RequestExpired", "Request has expired.", { status: 400 });
  if (service === "s3") return new AwsError("ExpiredToken", "The provided token has expired.", { status: 400 });
  const message = "The security token included in the request is expired";
  return codeOf(service) === "AccessDeniedException" ? new AwsError("ExpiredTokenException", message, { status: 400 }) : new AwsError("ExpiredToken", message, { status: 403 });
}

/** JSON protocols answer 400 and an Exception; SNS has a name of its own. */
function codeOf(service: string): string {
  const model = MODELS[service as ServiceId] as (typeof MODELS)[ServiceId] | undefined;
  if (service === "sns") return "AuthorizationError";
  return model?.protocol === "json" && !model.queryCompatible ? "AccessDeniedException" : "AccessDenied";
}

/** What DecodeAuthorizationMessage tells, in AWS's shape. */
function details(caller: Caller, request: Request, policies: Policies, verdict: Refusal): object {
  const documents = [...policies.identity, ...(policies.boundary === undefined ? [] : [policies.boundary]), ...(policies.session ?? [])];
  const denying = verdict.explicit ? documents.flatMap((document) => applying(document, request)).filter((statement) => statement.effect === "Deny") : [];
  const matched = denying.map((statement) => ({ statementId: statement.sid, effect: "DENY", principals: items([caller.principal.id]), actions: items([request.action]), resources: items([request.resource]) }));
  const keys = [...new Set(denying.flatMap((statement) => statement.keys).concat("ec2:Region", "aws:RequestedRegion"))];
  const conditions = keys.flatMap((key) => {
    const values = request.context.get(key.toLowerCase());
    return values === undefined ? [] : [{ key, values: items(values) }];
  });
  return {
    allowed: false,
    explicitDeny: verdict.explicit,
    matchedStatements: { items: matched },
    failures: { items: [] },
    context: {
      principal: { id: caller.principal.id, name: caller.principal.name, arn: caller.principal.arn },
      action: request.action,
      resource: request.resource,
      conditions: { items: conditions },
    },
  };
}

const items = (values: readonly string[]): { readonly items: readonly { readonly value: string }[] } => ({ items: values.map((value) => ({ value })) });
