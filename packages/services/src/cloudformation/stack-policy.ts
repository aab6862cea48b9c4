/** What updates may do to which resources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html */
import { isObject } from "../json.js";
import { validationError } from "./errors.js";
import type { Stack } from "./state.js";

export type UpdateAction = "Update:Modify" | "Update:Replace" | "Update:Delete";

const ACTIONS: readonly string[] = ["Update:Modify", "Update:Replace", "Update:Delete", "Update:*"];
const MEMBERS: ReadonlySet<string> = new Set(["Sid", "Effect", "Action", "NotAction", "Principal", "Resource", "NotResource", "Condition"]);

interface Statement {
  readonly allow: boolean;
  action(action: string): boolean;
  resource(resource: string): boolean;
  type(type: string): boolean;
}

/** The policy that the update going on is held against. Creations are free. */
export function policyOf({ status, policy, policyDuringUpdate }: Pick<Stack, "status" | "policy" | "policyDuringUpdate">): string | undefined {
  return status === "UPDATE_IN_PROGRESS" ? (policyDuringUpdate ?? policy) : undefined;
}

/**
 * Why a policy does not let an update do something; undefined when it does.
 * @param policy its JSON text; without one everything is allowed
 */
export function denial(policy: string | undefined, action: UpdateAction, logicalId: string, type: string): string | undefined {
  if (policy === undefined) return undefined;
  const resource = `LogicalResourceId/${logicalId}`;
  const statements = readPolicy(policy).map((statement, i) => ({ ...statement, number: i + 1 }));
  const about = statements.filter((statement) => statement.action(action) && statement.resource(resource) && statement.type(type));
  const denying = about.find((statement) => !statement.allow);
  if (denying) return `Action denied by stack policy: Statement [#${denying.number}] does not allow [${action}] for resource [${resource}]`;
  if (about.length > 0) return undefined;
  return `Action denied by stack policy: no statement allows [${action}] for resource [${resource}]`;
}

/** @throws AwsError ValidationError naming what is wrong with it */
export function checkPolicy(policy: string): string {
  if (Buffer.byteLength(policy) > 16_384) throw wrong("it is longer than 16384 bytes");
  readPolicy(policy);
  return policy;
}

function readPolicy(policy: string): readonly Statement[] {
  let document: unknown;
  try {
    document = JSON.parse(policy);
  } catch {
    throw wrong("it is not JSON");
  }
  const statements = isObject(document) ? document["Statement"] : undefined;
  const list = Array.isArray(statements) ? (statements as readonly unknown[]) : isObject(statements) ? [statements] : undefined;
  if (!list) throw wrong("it has no Statement");
  return list.map(readStatement);
}

function readStatement(statement: unknown, i: number): Statement {
  const fail = (what: string): never => {
    throw wrong(`statement #${i + 1} ${what}`);
  };
  if (!isObject(statement)) return fail("is not an object");
  const strange = Object.keys(statement).find((member) => !MEMBERS.has(member));
  if (strange !== undefined) fail(`has the unknown member ${strange}`);
  const { Effect: effect, Action: action, NotAction: notAction, Principal: principal, Resource: resource, NotResource: notResource, Condition: condition } = statement;
  if (effect !== "Allow" && effect !== "Deny") fail(`needs the Effect Allow or Deny, not ${JSON.stringify(effect)}`);
  if (principal !== "*") fail("needs the Principal *");
  if ((action === undefined) === (notAction === undefined)) fail("needs either Action or NotAction");
  if (resource !== undefined && notResource !== undefined) fail("has both Resource and NotResource");
  if (resource === undefined && notResource === undefined && condition === undefined) fail("needs Resource, NotResource or a Condition");
  const actions = texts(action ?? notAction) ?? fail("has actions that are no texts");
  const foreign = actions.find((one) => !ACTIONS.includes(one));
  if (foreign !== undefined) fail(`has the unknown action ${foreign}`);
  const resources = texts(resource ?? notResource ?? "*") ?? fail("has resources that are no texts");
  const unlike = resources.find((one) => one !== "*" && !one.startsWith("LogicalResourceId/"));
  if (unlike !== undefined) fail(`has the resource ${unlike}, which does not begin with LogicalResourceId/`);
  return {
    allow: effect === "Allow",
    action: (one) => actions.some((pattern) => matches(pattern, one)) === (action !== undefined),
    resource: (one) => resources.some((pattern) => matches(pattern, one)) === (notResource === undefined),
    type: readCondition(condition, fail),
  };
}

/** The one condition there is: `{ "StringEquals": { "ResourceType": ["AWS::EC2::Instance"] } }`, or with StringLike. */
function readCondition(condition: unknown, fail: (what: string) => never): (type: string) => boolean {
  if (condition === undefined) return () => true;
  if (!isObject(condition)) return fail("has a Condition that is not an object");
  const tests = Object.entries(condition).map(([operator, keys]) => {
    if (operator !== "StringEquals" && operator !== "StringLike") return fail(`has the unknown condition operator ${operator}`);
    const types = isObject(keys) && Object.keys(keys).length === 1 ? texts(keys["ResourceType"]) : undefined;
    if (!types) return fail(`needs a ResourceType in its ${operator}`);
    return (type: string) => types.some((pattern) => (operator === "StringEquals" ? pattern === type : matches(pattern, type)));
  });
  return (type) => tests.every((test) => test(type));
}

/** Only `*` stands for more than itself; no regular expression, which a hostile policy could make slow. */
function matches(pattern: string, text: string): boolean {
  const [first, ...rest] = pattern.split("*");
  if (rest.length === 0) return pattern === text;
  if (!text.startsWith(first!)) return false;
  let at = first!.length;
  for (const part of rest.slice(0, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - at >= rest.at(-1)!.length && text.endsWith(rest.at(-1)!);
}

function texts(value: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.length > 0 && list.every((one) => typeof one === "string") ? list : undefined;
}

function wrong(what: string): Error {
  return validationError(`Error validating stack policy: Invalid stack policy: ${what}.`);
}
