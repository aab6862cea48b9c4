/** Patterns of ARNs: wildcards reach as far as their segment; the sixth is all the rest. */
import type { RequestContext } from "./context.js";
import type { Matcher } from "../../glob.js";
import { template, type Template } from "./variables.js";

const SEGMENTS = 6;

export interface ArnPattern {
  readonly source: string;
  readonly keys: readonly string[];
  matches(arn: string, context: RequestContext): boolean;
}

/**
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 * A request on `*` is met by `*` alone, as actions without resource-level permissions are.
 */
export function arnPattern(source: string, variables: boolean): ArnPattern {
  if (source === "*") return { source, keys: [], matches: () => true };
  const templates = segmentsOf(source, variables).map((segment) => template(segment, variables));
  const keys = templates.flatMap((each) => each.keys);
  const fixed = keys.length > 0 ? undefined : templates.map((each) => each.matcher(NOTHING));
  return {
    source,
    keys,
    matches(arn, context) {
      const segments = splitArn(arn);
      return segments.length === templates.length && segments.every((segment, i) => (fixed?.[i] ?? matcherIn(templates[i]!, context))(segment));
    },
  };
}

const NOTHING: RequestContext = { get: () => undefined };

function matcherIn(pattern: Template, context: RequestContext): Matcher {
  return pattern.matcher(context) ?? (() => false);
}

/** At most six; the colons of what comes last stay in it. */
function splitArn(text: string): readonly string[] {
  const parts = text.split(":");
  return parts.length <= SEGMENTS ? parts : [...parts.slice(0, SEGMENTS - 1), parts.slice(SEGMENTS - 1).join(":")];
}

/** The colon in `${aws:username}` parts nothing. */
function segmentsOf(source: string, variables: boolean): readonly string[] {
  const segments = [""];
  let inside = false;
  for (let i = 0; i < source.length; i++) {
    const character = source[i]!;
    if (variables && character === "$" && source[i + 1] === "{") inside = true;
    if (character === "}") inside = false;
    if (character === ":" && !inside && segments.length < SEGMENTS) segments.push("");
    else segments[segments.length - 1] += character;
  }
  return segments;
}
