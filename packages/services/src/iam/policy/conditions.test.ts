import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { condition, spelledOperator } from "./conditions.js";
import { contextOf, type ContextEntries } from "./context.js";
import { OPERATORS } from "./operators.js";

const meets = (block: unknown, entries: ContextEntries): boolean => condition(block, true).meets(contextOf(entries));
const one = (operator: string, wanted: unknown, given: string | readonly string[] | undefined): boolean => meets({ [operator]: { "x:Key": wanted } }, { "X:KEY": given });

describe("operators (S3-16)", () => {
  test.each([
    ["StringEquals", "a", "a", true], ["StringEquals", "a", "A", false], ["StringEquals", ["b", "a"], "a", true], ["StringEquals", "a*", "ab", false],
    ["StringNotEquals", ["a", "b"], "a", false], ["StringNotEquals", ["a", "b"], "c", true],
    ["StringEqualsIgnoreCase", "Ab", "aB", true], ["StringNotEqualsIgnoreCase", "Ab", "aB", false],
    ["StringLike", "a*c?", "abbcd", true], ["StringLike", "a*", "ba", false], ["StringNotLike", "a*", "ba", true],
    ["NumericEquals", 5, "5.0", true], ["NumericNotEquals", "5", "6", true], ["NumericLessThan", "5", "4.9", true], ["NumericLessThan", "5", "5", false],
    ["NumericLessThanEquals", "5", "5", true], ["NumericGreaterThan", "-1", "0", true], ["NumericGreaterThanEquals", "10", "9", false], ["NumericLessThan", "5", "few", false],
    ["DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", true], ["DateLessThan", "2026-01-01", "2026-01-01T00:00:01Z", false],
    ["DateEquals", "1767225600", "2026-01-01T00:00:00Z", true], ["DateLessThan", "soon", "2026-01-01T00:00:01Z", false],
    ["Bool", "true", "true", true], ["Bool", true, "TRUE", true], ["Bool", "false", "true", false],
    ["BinaryEquals", "aGk=", "aGk", true], ["BinaryEquals", "aGk=", "aGo=", false],
    ["IpAddress", "10.0.0.0/8", "10.255.1.2", true], ["IpAddress", ["192.0.2.1", "10.0.0.0/8"], "192.0.2.1", true], ["IpAddress", "10.0.0.0/8", "11.0.0.1", false],
    ["NotIpAddress", "10.0.0.0/8", "11.0.0.1", true], ["IpAddress", "2001:db8::/32", "2001:db8:0:1::5", true], ["IpAddress", "::/0", "10.0.0.1", false],
    ["IpAddress", "0.0.0.0/0", "300.1.1.1", false], ["IpAddress", "10.0.0.0/33", "10.0.0.1", false],
    ["ArnLike", "arn:aws:iam::*:role/ci-*", "arn:aws:iam::123456789012:role/ci-1", true], ["ArnEquals", "arn:aws:iam::*:role/ci", "arn:aws:iam::123456789012:role/ci", true],
    ["ArnLike", "*", "no arn", false], ["ArnNotLike", "arn:aws:iam::*:role/*", "arn:aws:iam::1:user/a", true],
  ] as const)("%s %j with %j is %s", (operator, wanted, given, expected) => {
    expect(one(operator, wanted, given)).toBe(expected);
  });

  test("Null asks whether a key is there", () => {
    expect([one("Null", "true", undefined), one("Null", "true", "x"), one("Null", "false", "x"), one("Null", false, undefined)]).toEqual([true, false, true, false]);
  });

  test("IfExists passes over a missing key", () => {
    expect([one("BoolIfExists", "true", undefined), one("BoolIfExists", "true", "false"), one("Bool", "true", undefined)]).toEqual([true, false, false]);
  });

  test("ForAllValues is met by no values, ForAnyValue is not", () => {
    expect([one("ForAllValues:StringEquals", ["a", "b"], ["a", "b"]), one("ForAllValues:StringEquals", ["a", "b"], ["a", "c"]), one("ForAllValues:StringEquals", "a", undefined)]).toEqual([true, false, true]);
    expect([one("ForAnyValue:StringEquals", ["a"], ["a", "c"]), one("ForAnyValue:StringLike", "z*", ["a", "c"]), one("ForAnyValue:StringEquals", "a", undefined)]).toEqual([true, false, false]);
    expect([one("ForAnyValue:StringNotEquals", "a", ["a", "c"]), one("ForAllValues:StringNotEquals", "a", ["a", "c"])]).toEqual([true, false]);
  });

  test("all operators and all keys must be met", () => {
    const block = { StringEquals: { a: "1", b: "2" }, Bool: { c: "true" } };
    expect([meets(block, { a: "1", b: "2", c: "true" }), meets(block, { a: "1", b: "3", c: "true" }), meets(block, { a: "1", b: "2" })]).toEqual([true, false, false]);
  });

  test("values may be variables", () => {
    const block = { StringEquals: { "aws:ResourceTag/owner": "${aws:username}" } };
    expect(meets(block, { "aws:ResourceTag/owner": "ann", "aws:username": "ann" })).toBe(true);
    expect(meets(block, { "aws:ResourceTag/owner": "ann", "aws:username": "bob" })).toBe(false);
    expect(meets(block, { "aws:ResourceTag/owner": "ann" })).toBe(false);
  });
});

const names = [...OPERATORS.keys()];

test("a key that a request doesn't have meets no plain operator, and every negated one", () => {
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.array(fc.string(), { minLength: 1 }), (name, wanted) => {
      const { operator } = spelledOperator(name)!;
      expect(meets({ [name]: { "x:unknown": wanted } }, {})).toBe(operator !== "null" && operator.negated);
      expect(meets({ [`${name}IfExists`]: { "x:unknown": wanted } }, {})).toBe(true);
    }),
  );
});

test("a negated operator says the contrary of its plain one", () => {
  const pairs = names.flatMap((name) => (OPERATORS.get(name)!.negated ? [[name.replace("not", ""), name] as const] : []));
  expect(pairs).toHaveLength(8);
  fc.assert(
    fc.property(fc.constantFrom(...pairs), fc.array(fc.string(), { minLength: 1, maxLength: 3 }), fc.string(), ([plain, negated], wanted, given) => {
      expect(one(negated, wanted, given)).toBe(!one(plain, wanted, given));
    }),
  );
});

test("names that are no operators are none", () => {
  expect(["StringEqual", "NullIfExists", "ForSomeValues:StringLike", "", "__proto__", "IfExists"].map(spelledOperator)).toEqual(Array.from({ length: 6 }, () => undefined));
});
