/** Policies made ready to be asked many times. */
import { arnPattern, type ArnPattern } from "./arn.js";
import { condition, type Condition } from "./conditions.js";
import type { RequestContext } from "./context.js";
import { globMatcher } from "../../glob.js";
import { principals, type PrincipalElement } from "./principals.js";

export interface Statement {
  /** Empty when it has none. */
  readonly sid: string;
  /** Its place in the document, from 0. */
  readonly index: number;
  readonly effect: "Allow" | "Deny";
  /** Absent in policies of identities. */
  readonly principal: PrincipalElement | undefined;
  readonly condition: Condition;
  /** Condition keys, as written, that it looks at anywhere. */
  readonly keys: readonly string[];
  isAbout(resource: string, context: RequestContext): boolean;
}

export interface CompiledPolicy {
  readonly statements: readonly Statement[];
  /** The statements that are about an action, in their order. */
  about(action: string): readonly Statement[];
}

/** Documents and actions that are remembered: what is in use stays, a flood of others costs time but no memory. */
const MOST_POLICIES = 2_000;
const MOST_ACTIONS = 500;

const compiled = new Map<string, CompiledPolicy>();

/** @param document JSON text that was checked when it was written; throws for anything else */
export function compilePolicy(document: string): CompiledPolicy {
  const known = compiled.get(document);
  if (known) return known;
  const made = compile(JSON.parse(document) as RawPolicy);
  if (compiled.size >= MOST_POLICIES) compiled.clear();
  compiled.set(document, made);
  return made;
}

interface RawPolicy {
  readonly Version?: string;
  readonly Statement: RawStatement | readonly RawStatement[];
}

type RawStatement = Readonly<Record<string, unknown>>;

interface Compiled extends Statement {
  names(action: string): boolean;
}

function compile(policy: RawPolicy): CompiledPolicy {
  const variables = policy.Version === "2012-10-17";
  const statements = listOf(policy.Statement).map((statement, index) => compileStatement(statement as RawStatement, index, variables));
  const byAction = new Map<string, readonly Statement[]>();
  return {
    statements,
    about(action) {
      let found = byAction.get(action);
      if (!found) {
        const folded = action.toLowerCase();
        found = statements.filter((statement) => statement.names(folded));
        if (byAction.size >= MOST_ACTIONS) byAction.clear();
        byAction.set(action, found);
      }
      return found;
    },
  };
}

function compileStatement(raw: RawStatement, index: number, variables: boolean): Compiled {
  const actions = textsOf(raw.Action ?? raw.NotAction).map((action) => globMatcher(action.toLowerCase()));
  const namesAction = raw.Action !== undefined;
  const resources = (raw.Resource ?? raw.NotResource) === undefined ? undefined : textsOf(raw.Resource ?? raw.NotResource).map((resource) => arnPattern(resource, variables));
  const when = condition(raw.Condition, variables);
  const wanted = raw.Resource !== undefined;
  return {
    index,
    sid: typeof raw.Sid === "string" ? raw.Sid : "",
    effect: raw.Effect === "Allow" ? "Allow" : "Deny",
    principal: principals(raw),
    condition: when,
    keys: [...when.keys, ...(resources ?? []).flatMap((resource) => resource.keys)],
    names: (action) => actions.some((matches) => matches(action)) === namesAction,
    // Trust policies have no resource: they are about their role.
    isAbout: (resource, context) => resources === undefined || touches(resources, resource, context) === wanted,
  };
}

function touches(patterns: readonly ArnPattern[], resource: string, context: RequestContext): boolean {
  return patterns.some((pattern) => pattern.matches(resource, context));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function textsOf(value: unknown): readonly string[] {
  return listOf(value).map(String);
}
