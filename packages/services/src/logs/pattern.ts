/**
 * Filter patterns: which events match, and what is in them.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
import { compileFields } from "./pattern-fields.js";
import { compileJson } from "./pattern-json.js";
import { compileTerms } from "./pattern-terms.js";

/** What a matching message's fields hold, by `$name` or `$.selector`; undefined when it doesn't match. */
export type Matcher = (message: string) => Readonly<Record<string, string>> | undefined;

const NOTHING = {};

/** @throws InvalidParameterException for what is no pattern */
export function compilePattern(pattern: string | undefined): Matcher {
  const text = pattern?.trim() ?? "";
  if (text === "") return () => NOTHING;
  if (text.startsWith("{")) return compileJson(text);
  if (text.startsWith("[")) return compileFields(text);
  const matches = compileTerms(text);
  return (message) => (matches(message) ? NOTHING : undefined);
}
