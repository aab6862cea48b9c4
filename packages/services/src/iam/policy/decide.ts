/**
 * What policies say of one request. Pure.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
import { compilePolicy, type CompiledPolicy, type Statement } from "./compile.js";
import type { RequestContext } from "./context.js";
import type { Reach, Requester } from "./principals.js";

export type PolicyKind = "identity" | "boundary" | "session" | "resource" | "endpoint";

export interface Policies {
  /** Documents: attached and embedded, groups' too. */
  readonly identity: readonly string[];
  readonly boundary?: string | undefined;
  /** Absent when nothing narrows the session; with none in it, it is allowed nothing. */
  readonly session?: readonly string[] | undefined;
  readonly resource?: string | undefined;
  /** Of the VPC endpoint that the request came through: it names principals, and binds the root user too. */
  readonly endpoint?: string | undefined;
  /** The resource's policy must allow too, as with roles' trust policies. */
  readonly needsResource?: boolean | undefined;
}

export interface Request {
  readonly requester: Requester;
  readonly action: string;
  readonly resource: string;
  readonly context: RequestContext;
}

export type Verdict = { readonly allowed: true } | { readonly allowed: false; readonly explicit: boolean; readonly by: PolicyKind };

const ALLOWED: Verdict = { allowed: true };

/** An explicit Deny wins; then the resource's policy is heard, then identity's within boundary and session. */
export function decide(request: Request, policies: Policies): Verdict {
  const { requester } = request;
  const resource = policies.resource === undefined ? undefined : compilePolicy(policies.resource);
  const said = resource ? heard(resource, request) : NOTHING_SAID;
  if (said.denied) return denied("resource", true);
  const onTheWay = policies.endpoint === undefined ? undefined : heard(compilePolicy(policies.endpoint), request);
  if (onTheWay?.denied) return denied("endpoint", true);
  if (onTheWay?.allowed === "none") return denied("endpoint", false);
  // Policies of the account don't bind its root user (S3-08).
  if (requester.type === "root") return ALLOWED;

  const identity = judge(policies.identity, request);
  if (identity === "Deny") return denied("identity", true);
  const boundary = policies.boundary === undefined ? "Allow" : judge([policies.boundary], request);
  if (boundary === "Deny") return denied("boundary", true);
  const session = policies.session === undefined ? "Allow" : judge(policies.session, request);
  if (session === "Deny") return denied("session", true);

  if (policies.needsResource && said.allowed === "none") return denied("resource", false);
  // Who is named itself, or whose session is, needs nothing else; who has no policies of its own can't have anything else.
  if (said.allowed === "direct") return ALLOWED;
  if (requester.type === "anonymous" || requester.type === "service") return denied("resource", false);
  if (identity === undefined && said.allowed !== "role") return denied("identity", false);
  if (boundary === undefined) return denied("boundary", false);
  if (session === undefined) return denied("session", false);
  return ALLOWED;
}

const denied = (by: PolicyKind, explicit: boolean): Verdict => ({ allowed: false, explicit, by });

interface Said {
  readonly denied: boolean;
  readonly allowed: Reach;
}

const NOTHING_SAID: Said = { denied: false, allowed: "none" };
const STRENGTH: Readonly<Record<Reach, number>> = { none: 0, account: 1, role: 2, direct: 3 };

function heard(policy: CompiledPolicy, request: Request): Said {
  let allowed: Reach = "none";
  for (const statement of policy.about(request.action)) {
    const reach = statement.principal?.reach(request.requester) ?? "none";
    if (reach === "none" || !applies(statement, request)) continue;
    if (statement.effect === "Deny") return { denied: true, allowed: "none" };
    if (STRENGTH[reach] > STRENGTH[allowed]) allowed = reach;
  }
  return { denied: false, allowed };
}

/** What documents say together: a Deny if any does. */
function judge(documents: readonly string[], request: Request): "Allow" | "Deny" | undefined {
  let verdict: "Allow" | undefined;
  for (const document of documents) {
    for (const statement of compilePolicy(document).about(request.action)) {
      // Once something allows, only what denies is of interest.
      if (statement.effect === verdict || !applies(statement, request)) continue;
      if (statement.effect === "Deny") return "Deny";
      verdict = "Allow";
    }
  }
  return verdict;
}

/** The statements of a document that are met, whoever they name. */
export function applying(document: string, request: Request): readonly Statement[] {
  return compilePolicy(document).about(request.action).filter((statement) => applies(statement, request));
}

function applies(statement: Statement, { resource, context }: Request): boolean {
  return statement.isAbout(resource, context) && statement.condition.meets(context);
}
