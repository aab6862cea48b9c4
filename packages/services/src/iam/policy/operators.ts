/** Condition operators: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
import { addressRange } from "./addresses.js";
import { arnPattern } from "./arn.js";
import type { RequestContext } from "./context.js";
import { template } from "./variables.js";

/** What one value of a policy says of one value of a request. */
export interface Test {
  /** Condition keys that the policy's value asks for by variables. */
  readonly keys: readonly string[];
  meets(value: string, context: RequestContext): boolean;
}

export interface Operator {
  /** `Not…`: none of the policy's values may match. */
  readonly negated: boolean;
  test(policyValue: string, variables: boolean): Test;
}

const plain = (meets: (value: string) => boolean): Test => ({ keys: [], meets });
const NEVER = plain(() => false);

const text =
  (fold: (value: string) => string): Operator["test"] =>
  (wanted, variables) => {
    const source = template(wanted, variables);
    return {
      keys: source.keys,
      meets(value, context) {
        const resolved = source.text(context);
        return resolved !== undefined && fold(resolved) === fold(value);
      },
    };
  };

const like: Operator["test"] = (wanted, variables) => {
  const source = template(wanted, variables);
  return { keys: source.keys, meets: (value, context) => source.matcher(context)?.(value) ?? false };
};

const arn: Operator["test"] = (wanted, variables) => {
  const pattern = arnPattern(wanted, variables);
  return { keys: pattern.keys, meets: (value, context) => value.startsWith("arn:") && pattern.matches(value, context) };
};

const ordered =
  (read: (value: string) => number | undefined, holds: (value: number, wanted: number) => boolean): Operator["test"] =>
  (policyValue) => {
    const wanted = read(policyValue);
    if (wanted === undefined) return NEVER;
    return plain((value) => {
      const given = read(value);
      return given !== undefined && holds(given, wanted);
    });
  };

const bool: Operator["test"] = (wanted) => plain((value) => value.toLowerCase() === wanted.toLowerCase());
const binary: Operator["test"] = (wanted) => plain((value) => Buffer.from(value, "base64").equals(Buffer.from(wanted, "base64")));
const address: Operator["test"] = (wanted) => plain(addressRange(wanted) ?? (() => false));

/** A decimal number; undefined for anything else. */
export function numberOf(value: string): number | undefined {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(value.trim()) ? Number(value) : undefined;
}

/** Milliseconds since 1970, of a W3C date or of seconds since 1970. */
export function timeOf(value: string): number | undefined {
  if (/^\d{5,}(\.\d+)?$/.test(value)) return Number(value) * 1000;
  if (!/^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?$/.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}

const pair = (name: string, negatedName: string, test: Operator["test"]): readonly (readonly [string, Operator])[] => [
  [name, { negated: false, test }],
  [negatedName, { negated: true, test }],
];

const comparisons = (prefix: string, read: (value: string) => number | undefined): readonly (readonly [string, Operator])[] => [
  ...pair(`${prefix}Equals`, `${prefix}NotEquals`, ordered(read, (a, b) => a === b)),
  [`${prefix}LessThan`, { negated: false, test: ordered(read, (a, b) => a < b) }],
  [`${prefix}LessThanEquals`, { negated: false, test: ordered(read, (a, b) => a <= b) }],
  [`${prefix}GreaterThan`, { negated: false, test: ordered(read, (a, b) => a > b) }],
  [`${prefix}GreaterThanEquals`, { negated: false, test: ordered(read, (a, b) => a >= b) }],
];

const same = (value: string): string => value;
const small = (value: string): string => value.toLowerCase();

/** By name in small letters, without prefixes and suffixes; `Null` is not among them. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  [
    ...pair("StringEquals", "StringNotEquals", text(same)),
    ...pair("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", text(small)),
    ...pair("StringLike", "StringNotLike", like),
    ...pair("ArnEquals", "ArnNotEquals", arn),
    ...pair("ArnLike", "ArnNotLike", arn),
    ...pair("IpAddress", "NotIpAddress", address),
    ...comparisons("Numeric", numberOf),
    ...comparisons("Date", timeOf),
    ["Bool", { negated: false, test: bool }] as const,
    ["BinaryEquals", { negated: false, test: binary }] as const,
  ].map(([name, operator]) => [name.toLowerCase(), operator] as const),
);
