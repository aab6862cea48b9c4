/** What policies would say of actions, and why. Pure. https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html */
import type { IamTypes } from "@hakoniwa/wire";
import type { NamedPolicy } from "./effective.js";
import { compilePolicy, type Statement } from "./policy/compile.js";
import { applying, decide, type Request } from "./policy/decide.js";
import { statementSpans } from "./policy/positions.js";
import type { Requester } from "./policy/principals.js";
import type { RequestContext } from "./policy/context.js";

export interface Simulation {
  readonly requester: Requester;
  readonly policies: readonly NamedPolicy[];
  /** Absent when nothing bounds it. */
  readonly boundary: readonly NamedPolicy[] | undefined;
  readonly resourcePolicy: NamedPolicy | undefined;
  readonly context: RequestContext;
}

/** One action on one resource; `*` for all that there are. */
export function simulate(simulation: Simulation, action: string, resource: string): IamTypes.EvaluationResult {
  const { requester, policies, boundary, resourcePolicy, context } = simulation;
  const request: Request = { requester, action, resource, context };
  const verdict = decide(request, {
    identity: policies.map((policy) => policy.document),
    // Given as a list, they allow what any of them does.
    boundary: undefined,
    session: boundary?.map((policy) => policy.document),
    resource: resourcePolicy?.document,
  });
  const all = [...policies, ...(boundary ?? []), ...(resourcePolicy ? [resourcePolicy] : [])];
  const decision = verdict.allowed ? "allowed" : verdict.explicit ? "explicitDeny" : "implicitDeny";
  const reasons = {
    MatchedStatements: all.flatMap((policy) => matched(policy, request, decision)),
    MissingContextValues: missing(all, action, context),
    ...(boundary ? { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: boundaryAllows(boundary, request) } } : {}),
  };
  const specific = { EvalResourceName: resource, EvalResourceDecision: decision, ...reasons } as const;
  return { EvalActionName: action, EvalResourceName: resource, EvalDecision: decision, ...reasons, ...(resource === "*" ? {} : { ResourceSpecificResults: [specific] }) };
}

/** The keys that policies look at, as they write them first. */
export function contextKeys(documents: readonly string[]): readonly string[] {
  return distinct(documents.flatMap((document) => compilePolicy(document).statements.flatMap((statement) => statement.keys)));
}

/** The statements that brought the decision about: for a Deny those that deny. */
function matched(policy: NamedPolicy, request: Request, decision: string): readonly IamTypes.Statement[] {
  const effect = decision === "explicitDeny" ? "Deny" : "Allow";
  const spans = statementSpans(policy.document);
  const met = applying(policy.document, request).filter((statement) => statement.effect === effect && names(statement, request));
  return met.map((statement) => {
    const span = spans[statement.index];
    const at = (position: { readonly line: number; readonly column: number }): IamTypes.Position => ({ Line: position.line, Column: position.column });
    return { SourcePolicyId: policy.id, SourcePolicyType: policy.type, ...(span ? { StartPosition: at(span.start), EndPosition: at(span.end) } : {}) };
  });
}

function names(statement: Statement, { requester }: Request): boolean {
  return statement.principal === undefined || statement.principal.reach(requester) !== "none";
}

function missing(policies: readonly NamedPolicy[], action: string, context: RequestContext): readonly string[] {
  const keys = policies.flatMap((policy) => compilePolicy(policy.document).about(action).flatMap((statement) => statement.keys));
  return distinct(keys.filter((key) => context.get(key.toLowerCase()) === undefined));
}

function boundaryAllows(boundary: readonly NamedPolicy[], request: Request): boolean {
  return decide(request, { identity: boundary.map((policy) => policy.document) }).allowed;
}

function distinct(keys: readonly string[]): readonly string[] {
  const seen = new Map<string, string>();
  for (const key of keys) if (!seen.has(key.toLowerCase())) seen.set(key.toLowerCase(), key);
  return [...seen.values()];
}
