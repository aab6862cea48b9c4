/** What a lifecycle policy may say: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html Pure. */
import { isObject, parseJson, type Json } from "../json.js";
import { invalidLifecyclePolicy } from "./errors.js";

const SHORTEST = 100;
const LONGEST = 30_720;
const MOST_RULES = 50;
const MOST_WILDCARDS = 4;
const RULE = { required: ["action", "rulePriority", "selection"], optional: ["description"] };
const SELECTION = { required: ["countNumber", "countType", "tagStatus"], optional: ["countUnit", "storageClass", "tagPatternList", "tagPrefixList"] };
const ACTION = { required: ["type"], optional: ["targetStorageClass"] };
const COUNT_TYPES = ["imageCountMoreThan", "sinceImagePulled", "sinceImagePushed", "sinceImageTransitioned"];
const NO_SCHEMA = "instance failed to match exactly one schema (matched 0 out of 2)";

/** @throws AwsError InvalidParameterException with the first mistake */
export function checkLifecyclePolicy(text: string): void {
  if (text.length < SHORTEST || text.length > LONGEST) throw invalidLifecyclePolicy(`string length ${text.length} is not between ${SHORTEST} and ${LONGEST}`);
  const policy = parseJson(text);
  if (!isObject(policy)) throw invalidLifecyclePolicy("Could not map policyString into LifecyclePolicy.");
  members(policy, { required: ["rules"], optional: [] });
  const { rules } = policy;
  if (!Array.isArray(rules)) throw wrongType(rules, "array");
  if (rules.length === 0 || rules.length > MOST_RULES) throw invalidLifecyclePolicy(`a policy has 1 to ${MOST_RULES} rules, not ${rules.length}`);
  rules.forEach(checkRule);
  checkOrder(rules as readonly Json[]);
}

function checkRule(rule: unknown): void {
  if (!isObject(rule)) throw wrongType(rule, "object");
  members(rule, RULE);
  positive(rule["rulePriority"]);
  if (rule["description"] !== undefined && typeof rule["description"] !== "string") throw wrongType(rule["description"], "string");
  const { selection, action } = rule;
  if (!isObject(selection)) throw wrongType(selection, "object");
  if (!isObject(action)) throw wrongType(action, "object");
  checkSelection(selection);
  checkAction(action);
}

function checkSelection(selection: Json): void {
  members(selection, SELECTION);
  oneOf(selection["tagStatus"], ["any", "tagged", "untagged"]);
  oneOf(selection["countType"], COUNT_TYPES);
  if (selection["storageClass"] !== undefined) oneOf(selection["storageClass"], ["archive", "standard"]);
  positive(selection["countNumber"]);
  const counted = selection["countType"] === "imageCountMoreThan";
  if (counted ? selection["countUnit"] !== undefined : selection["countUnit"] !== "days") throw invalidLifecyclePolicy(NO_SCHEMA);
  const lists = [selection["tagPrefixList"], selection["tagPatternList"]].filter((list) => list !== undefined);
  if (selection["tagStatus"] === "tagged" ? lists.length !== 1 : lists.length > 0) throw invalidLifecyclePolicy(NO_SCHEMA);
  for (const list of lists) texts(list);
  for (const pattern of (selection["tagPatternList"] ?? []) as readonly string[]) {
    if (pattern.split("*").length - 1 > MOST_WILDCARDS) throw invalidLifecyclePolicy(`the pattern ${pattern} has more than ${MOST_WILDCARDS} wildcards`);
  }
}

function checkAction(action: Json): void {
  members(action, ACTION);
  oneOf(action["type"], ["expire", "transition"]);
  const target = action["targetStorageClass"];
  if (action["type"] === "transition" ? target !== "archive" : target !== undefined) throw invalidLifecyclePolicy(NO_SCHEMA);
}

/** Priorities are told apart, and who takes any image comes last. */
function checkOrder(rules: readonly Json[]): void {
  const priorities = rules.map((rule) => rule["rulePriority"] as number);
  if (new Set(priorities).size < priorities.length) throw invalidLifecyclePolicy("rule priorities must be unique");
  const any = rules.find((rule) => (rule["selection"] as Json)["tagStatus"] === "any");
  if (any && any["rulePriority"] !== Math.max(...priorities)) throw invalidLifecyclePolicy("the rule with tagStatus any must have the highest rulePriority");
}

function members(value: Json, { required, optional }: { readonly required: readonly string[]; readonly optional: readonly string[] }): void {
  const missing = required.filter((name) => value[name] === undefined);
  if (missing.length > 0) throw invalidLifecyclePolicy(`object has missing required properties (${JSON.stringify(missing)})`);
  const strange = Object.keys(value).filter((name) => !required.includes(name) && !optional.includes(name));
  if (strange.length > 0) throw invalidLifecyclePolicy(`object instance has properties which are not allowed by the schema: (${JSON.stringify(strange)})`);
}

function oneOf(value: unknown, values: readonly string[]): void {
  if (!values.some((known) => known === value)) throw invalidLifecyclePolicy(`instance value (${JSON.stringify(value)}) not found in enum (possible values: ${JSON.stringify(values)})`);
}

function positive(value: unknown): void {
  if (typeof value !== "number" || !Number.isInteger(value)) throw wrongType(value, "integer");
  if (value < 1) throw invalidLifecyclePolicy(`numeric instance is lower than the required minimum (minimum: 1, found: ${value})`);
}

function texts(list: unknown): void {
  if (!Array.isArray(list)) throw wrongType(list, "array");
  if (list.length === 0) throw invalidLifecyclePolicy("array is too short: must have at least 1 elements but instance has 0 elements");
  for (const text of list) if (typeof text !== "string" || text === "") throw wrongType(text, "string");
}

function wrongType(value: unknown, allowed: string): Error {
  const found = value === null ? "null" : Array.isArray(value) ? "array" : typeof value === "number" ? "number" : typeof value;
  return invalidLifecyclePolicy(`instance type (${found}) does not match any allowed primitive type (allowed: ["${allowed}"])`);
}
