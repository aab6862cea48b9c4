/** Which messages a subscription wants: https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html Pure. */
import { isIP } from "node:net";
import { isObject, parseJson, type Json } from "../json.js";
import { invalidParameter } from "./errors.js";
import type { MessageAttributes } from "./state.js";

const DEEPEST = 6;
const MOST_KEYS = 5;
const MOST_COMBINATIONS = 150;
const OPERATORS = ["prefix", "suffix", "equals-ignore-case", "anything-but", "numeric", "exists", "cidr"];

/** @throws AwsError InvalidParameter for what is no filter policy */
export function checkFilterPolicy(text: string, scope: "MessageAttributes" | "MessageBody"): void {
  const policy = parseJson(text);
  if (!isObject(policy)) throw invalid("failed to parse JSON. A filter policy is a JSON object");
  const leaves = leavesOf(policy, scope, 0);
  if (leaves.keys > MOST_KEYS) throw invalid(`Filter policy can not have more than ${MOST_KEYS} keys`);
  if (leaves.combinations > MOST_COMBINATIONS) throw invalid("Filter policy is too complex");
}

const invalid = (what: string): Error => invalidParameter(`FilterPolicy: ${what}`);

function leavesOf(policy: Json, scope: string, depth: number): { readonly keys: number; readonly combinations: number } {
  if (depth > DEEPEST) throw invalid(`Filter policy is nested deeper than ${DEEPEST} levels`);
  let keys = 0;
  let combinations = 1;
  for (const [key, value] of Object.entries(policy)) {
    if (key === "$or" && Array.isArray(value) && value.length >= 2 && value.every(isObject)) {
      const each = value.map((option: Json) => leavesOf(option, scope, depth + 1));
      keys += each.reduce((sum, option) => sum + option.keys, 0);
      combinations *= each.reduce((sum, option) => sum + option.combinations, 0);
    } else if (isObject(value)) {
      if (scope === "MessageAttributes") throw invalid("Filter policy scope MessageAttributes does not support nested filter policy");
      const inner = leavesOf(value, scope, depth + 1);
      keys += inner.keys;
      combinations *= inner.combinations;
    } else {
      if (!Array.isArray(value) || value.length === 0) throw invalid(`"${key}" must be an object or an array`);
      for (const rule of value) checkRule(rule, key);
      keys++;
      combinations *= value.length;
    }
  }
  return { keys, combinations };
}

function checkRule(rule: unknown, key: string): void {
  if (!isObject(rule)) {
    if (Array.isArray(rule)) throw invalid(`Match value must be String, number, true, false, or null at "${key}"`);
    return;
  }
  const [[operator, value] = [], ...more] = Object.entries(rule);
  if (operator === undefined || more.length > 0 || !OPERATORS.includes(operator)) throw invalid(`Unrecognized match type ${operator ?? "{}"} at "${key}"`);
  if (["prefix", "suffix", "equals-ignore-case", "cidr"].includes(operator) && typeof value !== "string") throw invalid(`${operator} match pattern must be a string at "${key}"`);
  if (operator === "exists" && typeof value !== "boolean") throw invalid(`exists match pattern must be either true or false at "${key}"`);
  if (operator === "cidr" && !rangeOf(value as string)) throw invalid(`Malformed CIDR ${String(value)} at "${key}"`);
  if (operator === "numeric") checkNumeric(value, key);
  if (operator === "anything-but" && isObject(value) && !["prefix", "suffix"].includes(Object.keys(value)[0] ?? "")) throw invalid(`Unrecognized anything-but at "${key}"`);
}

function checkNumeric(value: unknown, key: string): void {
  const ok = Array.isArray(value) && (value.length === 2 || value.length === 4) && value.every((each, index) => (index % 2 === 0 ? ["=", "<", "<=", ">", ">="].includes(each as string) : typeof each === "number"));
  if (!ok) throw invalid(`Value of numeric must be an array of operators and numbers at "${key}"`);
}

/** Whether a message passes. */
export function passes(policy: string, scope: "MessageAttributes" | "MessageBody", attributes: MessageAttributes, body: string): boolean {
  const rules = JSON.parse(policy) as Json;
  if (scope === "MessageAttributes") return matchesObject(rules, Object.fromEntries(Object.entries(attributes).map(([name, { type, value }]) => [name, valueOf(type, value)])));
  const message = parseJson(body);
  return isObject(message) && matchesObject(rules, message);
}

/** A number, an array of what its JSON says, or a text. Binary attributes can't be filtered by. */
function valueOf(type: string, value: string): unknown {
  if (type.startsWith("Number")) return Number(value);
  if (type !== "String.Array") return type.startsWith("Binary") ? undefined : value;
  const array = parseJson(value);
  return Array.isArray(array) ? array : value;
}

function matchesObject(rules: Json, message: Json): boolean {
  return Object.entries(rules).every(([key, rule]) => {
    if (key === "$or" && Array.isArray(rule) && rule.every(isObject)) return rule.some((option: Json) => matchesObject(option, message));
    const value = Object.hasOwn(message, key) ? message[key] : undefined;
    if (!isObject(rule)) return (rule as readonly unknown[]).some((each) => matchesValue(each, value));
    if (Array.isArray(value)) return value.some((each) => isObject(each) && matchesObject(rule, each));
    return matchesObject(rule, isObject(value) ? value : {});
  });
}

function matchesValue(rule: unknown, value: unknown): boolean {
  if (isObject(rule) && "exists" in rule) return rule["exists"] === (value !== undefined && !isObject(value));
  if (value === undefined) return false;
  // Of an array one element suffices, but anything-but is about all of them.
  if (Array.isArray(value)) return isObject(rule) && "anything-but" in rule ? value.every((each) => matchesOne(rule, each)) : value.some((each) => matchesOne(rule, each));
  return matchesOne(rule, value);
}

function matchesOne(rule: unknown, value: unknown): boolean {
  if (!isObject(rule)) return rule === value;
  const [[operator, wanted] = []] = Object.entries(rule);
  switch (operator) {
    case "prefix":
      return typeof value === "string" && value.startsWith(wanted as string);
    case "suffix":
      return typeof value === "string" && value.endsWith(wanted as string);
    case "equals-ignore-case":
      return typeof value === "string" && value.toLowerCase() === (wanted as string).toLowerCase();
    case "anything-but":
      return isObject(wanted) ? !matchesOne(wanted, value) : ![wanted].flat().includes(value);
    case "numeric":
      return typeof value === "number" && inRange(wanted as readonly (string | number)[], value);
    case "cidr":
      return typeof value === "string" && isWithin(value, wanted as string);
    default:
      return false;
  }
}

function inRange(rule: readonly (string | number)[], value: number): boolean {
  for (let index = 0; index < rule.length; index += 2) {
    const bound = rule[index + 1] as number;
    const holds = { "=": value === bound, "<": value < bound, "<=": value <= bound, ">": value > bound, ">=": value >= bound }[rule[index] as "="];
    if (!holds) return false;
  }
  return true;
}

function rangeOf(cidr: string): { readonly base: number; readonly bits: number } | undefined {
  const [address = "", length = ""] = cidr.split("/");
  return isIP(address) === 4 && /^\d{1,2}$/.test(length) && Number(length) <= 32 ? { base: numberOf(address), bits: Number(length) } : undefined;
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function isWithin(address: string, cidr: string): boolean {
  const range = rangeOf(cidr);
  if (!range || isIP(address) !== 4) return false;
  const size = 2 ** (32 - range.bits);
  return Math.floor(numberOf(address) / size) === Math.floor(range.base / size);
}
