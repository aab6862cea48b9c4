/** What a bucket's policy may say: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html */
import { isObject, type Json } from "../json.js";
import { malformedPolicy } from "./errors.js";
import { bucketArn } from "./names.js";

const LARGEST = 20 * 1024;
const VERSIONS = ["2012-10-17", "2008-10-17"];
const STATEMENT_MEMBERS = new Set(["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"]);
const POLICY_MEMBERS = new Set(["Version", "Id", "Statement"]);

/** @throws MalformedPolicy with S3's words for the first mistake */
export function checkPolicy(text: string, bucket: string): void {
  const policy = parse(text);
  const stranger = Object.keys(policy).find((name) => !POLICY_MEMBERS.has(name));
  if (stranger !== undefined) throw malformedPolicy(`Unknown field ${stranger}`);
  const { Version: version = VERSIONS[0] } = policy;
  if (!VERSIONS.some((known) => known === version)) throw malformedPolicy("The policy must contain a valid version string");
  const statements = [policy["Statement"] ?? []].flat();
  if (statements.length === 0) throw malformedPolicy("Missing required field Statement");
  for (const statement of statements) checkStatement(statement, bucket);
}

function parse(text: string): Json {
  if (Buffer.byteLength(text) > LARGEST) throw malformedPolicy(`Policies must be at most ${LARGEST} bytes, but this one has ${Buffer.byteLength(text)}`);
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw malformedPolicy("This policy contains invalid Json");
  }
  if (!isObject(policy)) throw malformedPolicy("Policies must be valid JSON and the first byte must be '{'");
  return policy;
}

function checkStatement(statement: unknown, bucket: string): void {
  if (!isObject(statement)) throw malformedPolicy("Invalid policy syntax.");
  const stranger = Object.keys(statement).find((name) => !STATEMENT_MEMBERS.has(name));
  if (stranger !== undefined) throw malformedPolicy(`Unknown field ${stranger}`);
  if (statement["Effect"] === undefined) throw malformedPolicy("Missing required field Effect");
  if (statement["Effect"] !== "Allow" && statement["Effect"] !== "Deny") throw malformedPolicy(`Invalid effect: ${JSON.stringify(statement["Effect"])}`);
  checkPrincipal(oneOf(statement, "Principal", "NotPrincipal"));
  checkActions(oneOf(statement, "Action", "NotAction"));
  checkResources(oneOf(statement, "Resource", "NotResource"), bucket);
  checkConditions(statement["Condition"]);
}

/** The value of one of two members that exclude each other. */
function oneOf(statement: Json, name: string, not: string): unknown {
  if (statement[name] !== undefined && statement[not] !== undefined) throw malformedPolicy(`Statement has both ${name} and ${not}`);
  const value = statement[name] ?? statement[not];
  if (value === undefined) throw malformedPolicy(`Missing required field ${name}`);
  return value;
}

function checkPrincipal(principal: unknown): void {
  if (principal === "*") return;
  if (!isObject(principal) || Object.keys(principal).length === 0) throw malformedPolicy("Invalid principal in policy");
  for (const [kind, values] of Object.entries(principal)) {
    const patterns: Readonly<Record<string, RegExp>> = {
      AWS: /^(\*|\d{12}|[A-Z0-9]{16,128}|arn:aws:(iam|sts)::\d{12}:.+)$/,
      Service: /^[a-z0-9.-]+\.amazonaws\.com$/,
      Federated: /^.+$/,
      CanonicalUser: /^[0-9a-f]{64}$/,
    };
    const pattern = patterns[kind];
    if (!pattern || texts(values, "Principal").some((value) => !pattern.test(value))) throw malformedPolicy("Invalid principal in policy");
  }
}

function checkActions(actions: unknown): void {
  if (texts(actions, "Action").some((action) => action !== "*" && !/^s3:[A-Za-z*?]+$/i.test(action))) throw malformedPolicy("Policy has invalid action");
}

function checkResources(resources: unknown, bucket: string): void {
  const arn = bucketArn(bucket);
  // Wildcards may stand for the bucket's name only as far as they still name this bucket.
  if (texts(resources, "Resource").some((resource) => resource !== arn && resource !== `${arn}*` && !resource.startsWith(`${arn}/`))) throw malformedPolicy("Policy has invalid resource");
}

function checkConditions(condition: unknown): void {
  if (condition === undefined) return;
  if (!isObject(condition)) throw malformedPolicy("Invalid policy syntax.");
  for (const [operator, keys] of Object.entries(condition)) {
    if (!/^((ForAnyValue|ForAllValues):)?(String|Numeric|Date|Bool|Binary|IpAddress|NotIpAddress|Arn|Null)[A-Za-z]*$/.test(operator)) throw malformedPolicy(`Invalid Condition type : ${operator}`);
    if (!isObject(keys)) throw malformedPolicy("Invalid policy syntax.");
  }
}

/** One text or a list of them. */
function texts(value: unknown, member: string): readonly string[] {
  const all = [value].flat();
  if (all.length === 0 || all.some((text) => typeof text !== "string")) throw malformedPolicy(`Invalid policy syntax: ${member} must be a string or a list of strings.`);
  return all as string[];
}
