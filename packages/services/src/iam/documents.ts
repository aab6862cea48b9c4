/** Policy documents: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */
import { isObject } from "../json.js";
import { malformed } from "./errors.js";
import { spelledOperator } from "./policy/conditions.js";

export interface PolicyDocument {
  readonly statements: readonly Statement[];
}

export type Statement = Readonly<Record<string, unknown>>;

const TOP = ["Version", "Id", "Statement"];
const ELEMENTS = ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
const VERSIONS = ["2012-10-17", "2008-10-17"];

/** Attached to an identity (or to a session), a role's trust policy, or attached to another resource. */
export type DocumentKind = "identity" | "trust" | "resource";

/**
 * Reads a policy.
 * @throws MalformedPolicyDocument
 */
export function parsePolicy(text: string, kind: DocumentKind): PolicyDocument {
  const document = parseJson(text);
  if (!isObject(document)) throw malformed("Syntax errors in policy.");
  const unknown = Object.keys(document).find((key) => !TOP.includes(key));
  if (unknown !== undefined) throw malformed(`Syntax errors in policy: unknown element ${unknown}.`);
  if (document.Version !== undefined && !VERSIONS.includes(document.Version as string)) throw malformed("Syntax errors in policy: invalid Version.");
  if (document.Statement === undefined) throw malformed("Syntax errors in policy: a Statement is required.");
  const statements = Array.isArray(document.Statement) ? (document.Statement as unknown[]) : [document.Statement];
  if (statements.length === 0) throw malformed("Syntax errors in policy: a Statement is required.");
  const checked = statements.map((statement) => checkStatement(statement, kind));
  const sids = checked.flatMap((statement) => (statement.Sid === undefined || statement.Sid === "" ? [] : [statement.Sid]));
  if (new Set(sids).size < sids.length) throw malformed("Statement IDs (SID) in a single policy must be unique.");
  return { statements: checked };
}

/** As a string or a list of them; undefined when it is neither. */
export function textList(value: unknown): readonly string[] | undefined {
  if (typeof value === "string") return [value];
  return Array.isArray(value) && value.every((part) => typeof part === "string") ? value : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed("This policy contains invalid Json");
  }
}

function checkStatement(value: unknown, kind: DocumentKind): Statement {
  if (!isObject(value)) throw malformed("Syntax errors in policy: a Statement must be an object.");
  const unknown = Object.keys(value).find((key) => !ELEMENTS.includes(key));
  if (unknown !== undefined) throw malformed(`Syntax errors in policy: unknown element ${unknown}.`);
  if (value.Sid !== undefined && (typeof value.Sid !== "string" || (kind === "identity" && !/^[A-Za-z0-9]*$/.test(value.Sid)))) {
    throw malformed("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*");
  }
  if (value.Effect !== "Allow" && value.Effect !== "Deny") throw malformed("Syntax errors in policy: Effect must be Allow or Deny.");
  checkActions(oneOf(value, "Action", "NotAction", "Policy statement must contain actions."));
  if (kind === "identity") {
    if (value.Principal !== undefined || value.NotPrincipal !== undefined) throw malformed("Policy document should not specify a principal.");
    checkResources(oneOf(value, "Resource", "NotResource", "Policy statement must contain resources."));
  } else if (kind === "resource") {
    checkResources(oneOf(value, "Resource", "NotResource", "Policy statement must contain resources."));
    checkPrincipal(oneOf(value, "Principal", "NotPrincipal", "Missing required field Principal"));
  } else {
    const prohibited = ["Resource", "NotResource"].find((key) => value[key] !== undefined);
    if (prohibited) throw malformed(`Has prohibited field ${prohibited}`);
    checkPrincipal(oneOf(value, "Principal", "NotPrincipal", "Missing required field Principal"));
    checkTrustedActions(value);
  }
  if (value.NotPrincipal !== undefined && value.Effect === "Allow") throw malformed("Allow with NotPrincipal is not allowed.");
  if (value.Condition !== undefined) checkCondition(value.Condition);
  return value;
}

function oneOf(statement: Statement, name: string, negated: string, missing: string): unknown {
  if (statement[name] === undefined && statement[negated] === undefined) throw malformed(missing);
  if (statement[name] !== undefined && statement[negated] !== undefined) throw malformed(`Syntax errors in policy: ${name} and ${negated} exclude each other.`);
  return statement[name] ?? statement[negated];
}

function checkActions(value: unknown): void {
  const actions = textList(value);
  if (!actions || actions.length === 0) throw malformed("Policy statement must contain actions.");
  for (const action of actions) {
    if (action !== "*" && !/^[A-Za-z0-9-]+:[A-Za-z0-9*?]+$/.test(action)) {
      throw malformed(`Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc. Given: ${action.slice(0, 100)}`);
    }
  }
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html */
function checkTrustedActions(statement: Statement): void {
  const strange = textList(statement.Action)?.find((action) => action !== "*" && !/^sts:/i.test(action));
  if (strange !== undefined) throw malformed("AssumeRole policy may only specify STS AssumeRole actions.");
}

function checkResources(value: unknown): void {
  const resources = textList(value);
  if (!resources || resources.length === 0) throw malformed("Policy statement must contain resources.");
  for (const resource of resources) {
    if (resource === "*") continue;
    if (!resource.startsWith("arn:")) throw malformed(`Resource ${resource.slice(0, 100)} must be in ARN format or "*".`);
    if (resource.split(":").length < 6) throw malformed(`The policy failed legacy parsing: ${resource.slice(0, 100)} is no whole ARN.`);
  }
}

function checkPrincipal(value: unknown): void {
  if (value === "*") return;
  if (!isObject(value) || Object.keys(value).length === 0) throw malformed("Syntax errors in policy: invalid Principal.");
  for (const [type, names] of Object.entries(value)) {
    const list = ["AWS", "Service", "Federated", "CanonicalUser"].includes(type) ? textList(names) : undefined;
    if (!list || list.length === 0) throw malformed(`Invalid principal in policy: "${type}"`);
    for (const name of list) {
      const good = type === "AWS" ? name === "*" || /^\d{12}$|^arn:aws:(iam|sts)::\d{12}:.+$/.test(name) : type !== "Service" || /^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$/.test(name);
      if (!good) throw malformed(`Invalid principal in policy: "${type}":"${name.slice(0, 100)}"`);
    }
  }
}

function checkCondition(value: unknown): void {
  if (!isObject(value)) throw malformed("Syntax errors in policy: invalid Condition.");
  for (const [operator, keys] of Object.entries(value)) {
    if (!spelledOperator(operator)) throw malformed(`Invalid Condition type : ${operator.slice(0, 100)}.`);
    if (!isObject(keys) || !Object.values(keys).every(isConditionValue)) throw malformed("Syntax errors in policy: invalid Condition.");
    const strange = Object.keys(keys).find((key) => !/^[^:\s]+:\S.*$/.test(key));
    if (strange !== undefined) throw malformed(`Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc. Given: ${strange.slice(0, 100)}`);
  }
}

function isConditionValue(value: unknown): boolean {
  const scalar = (part: unknown): boolean => ["string", "number", "boolean"].includes(typeof part);
  return Array.isArray(value) ? value.every(scalar) : scalar(value);
}
