import fc from "fast-check";
import { expect, test } from "vitest";
import { arnPattern } from "./arn.js";
import { contextOf } from "./context.js";
import { globMatcher } from "../../glob.js";
import { template } from "./variables.js";

const NOTHING = contextOf({});
const letters = fc.constantFrom("a", "b", "*", "?", "/", ".");

/** What a pattern means, by its definition. */
function matches(pattern: string, text: string): boolean {
  if (pattern === "") return text === "";
  if (pattern[0] === "*") return matches(pattern.slice(1), text) || (text !== "" && matches(pattern, text.slice(1)));
  return text !== "" && (pattern[0] === "?" || pattern[0] === text[0]) && matches(pattern.slice(1), text.slice(1));
}

test("patterns match what their definition says", () => {
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 8 }), fc.string({ unit: fc.constantFrom("a", "b", "/", "."), maxLength: 10 }), (pattern, text) => {
      expect(globMatcher(pattern)(text)).toBe(matches(pattern, text));
    }),
    { numRuns: 3000 },
  );
});

test("a pattern made to keep a matcher busy does not", () => {
  const pattern = `${"*a".repeat(400)}b`;
  const text = "a".repeat(4000);
  const before = process.hrtime.bigint();
  expect(globMatcher(pattern)(text)).toBe(false);
  // Length times length steps are a few milliseconds; trying out all ways would outlast the universe.
  expect(Number(process.hrtime.bigint() - before) / 1e6).toBeLessThan(2000);
});

test.each([
  ["arn:aws:s3:::site/*", "arn:aws:s3:::site/a/b:c", true],
  ["arn:aws:s3:::site/*", "arn:aws:s3:::site", false],
  ["arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:ap-northeast-1:123456789012:instance/i-1", true],
  ["arn:aws:ec2:*:instance/*", "arn:aws:ec2:ap-northeast-1:123456789012:instance/i-1", false],
  ["arn:aws:*", "arn:aws:iam::123456789012:user/ann", false],
  ["arn:aws:iam::123456789012:user/*", "*", false],
  ["*", "*", true],
  ["arn:aws:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/web-?", "arn:aws:autoscaling:r:1:autoScalingGroup:uuid:autoScalingGroupName/web-1", true],
])("the ARN pattern %s and %s: %s", (pattern, arn, expected) => {
  expect(arnPattern(pattern, true).matches(arn, NOTHING)).toBe(expected);
});

test("policy variables stand for one value, have defaults, and their wildcards are only characters", () => {
  const context = contextOf({ "aws:username": "an*", "aws:TagKeys": ["a", "b"] });
  const home = arnPattern("arn:aws:s3:::home/${aws:username}/*", true);
  expect(home.matches("arn:aws:s3:::home/an*/x", context)).toBe(true);
  expect(home.matches("arn:aws:s3:::home/anna/x", context)).toBe(false);
  expect(home.matches("arn:aws:s3:::home//x", NOTHING)).toBe(false);
  expect(home.matches("arn:aws:s3:::home/${aws:username}/x", NOTHING)).toBe(false);
  expect(template("${aws:PrincipalTag/team, 'company-wide'}", true).text(context)).toBe("company-wide");
  expect(template("${AWS:UserName}-${*}${?}${$}", true).text(context)).toBe("an*-*?$");
  expect(template("${*}", true).matcher(context)!("anything")).toBe(false);
  expect(template("${aws:TagKeys}", true).text(context)).toBeUndefined();
  // In policies of 2008 it is text.
  expect(template("${aws:username}", false).text(context)).toBe("${aws:username}");
});
