import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matches, paginate, wildcard } from "./filters.js";

describe("wildcards", () => {
  test.each([
    ["web", "web", true],
    ["web", "Web", false],
    ["w*", "web", true],
    ["*b", "web", true],
    ["w?b", "web", true],
    ["w?b", "wb", false],
    ["*", "", true],
    ["a\\*b", "a*b", true],
    ["a\\*b", "axb", false],
    ["a.b", "axb", false],
    ["*a*b*c*", "xxaxxbxxcxx", true],
  ])("%s against %s: %s", (pattern, value, expected) => {
    expect(wildcard(pattern)(value)).toBe(expected);
  });

  test("agree with the regular expression that says the same", () => {
    const part = fc.constantFrom("a", "b", "*", "?");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.array(fc.constantFrom("a", "b"), { maxLength: 8 }), (pattern, value) => {
        const expression = new RegExp(`^${pattern.join("").replaceAll("*", ".*").replaceAll("?", ".")}$`);
        return wildcard(pattern.join(""))(value.join("")) === expression.test(value.join(""));
      }),
    );
  });

  test("a hostile pattern costs no more than its length allows", () => {
    const began = performance.now();
    expect(wildcard("*a".repeat(200) + "b")("a".repeat(2_000))).toBe(false);
    expect(performance.now() - began).toBeLessThan(500);
  });
});

test("a filter's values are alternatives, filters must all hold", () => {
  const offered = (name: string) => (name === "state" ? ["running"] : name === "zone" ? ["a", "b"] : undefined);
  expect(matches([{ Name: "state", Values: ["pending", "running"] }, { Name: "zone", Values: ["b"] }], offered)).toBe(true);
  expect(matches([{ Name: "state", Values: ["running"] }, { Name: "zone", Values: ["c"] }], offered)).toBe(false);
  expect(() => matches([{ Name: "colour", Values: ["red"] }], offered)).toThrow("The filter 'colour' is invalid");
});

test("pages together are the whole list, each item once", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 5, max: 12 }), (count, MaxResults) => {
      const all = Array.from({ length: count }, (_, i) => ({ id: `vpc-${100 + i}` }));
      const seen: { readonly id: string }[] = [];
      let NextToken: string | undefined;
      do {
        const page = paginate(all, { MaxResults, NextToken });
        expect(page.items.length).toBeLessThanOrEqual(MaxResults);
        seen.push(...page.items);
        NextToken = page.nextToken;
      } while (NextToken);
      expect(seen).toEqual(all);
    }),
  );
});
