/** Policy variables: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html */
import type { RequestContext } from "./context.js";
import { MANY, ONE, matcherOf, partsOf, type Matcher, type Part } from "../../glob.js";

/** `${key}`, or `${key, 'default'}`. */
interface Variable {
  readonly key: string;
  readonly otherwise: string | undefined;
}

type Piece = Part | Variable;

/** Text that may hold variables and wildcards. */
export interface Template {
  /** Condition keys that it asks for, as they are written. */
  readonly keys: readonly string[];
  /** With wildcards; undefined when a variable has no value. */
  matcher(context: RequestContext): Matcher | undefined;
  /** As plain text; undefined when a variable has no value. */
  text(context: RequestContext): string | undefined;
}

const ESCAPED: Readonly<Record<string, string>> = { "*": "*", "?": "?", $: "$" };

/** @param variables policies of 2008 have none: in them `${` is text like any other */
export function template(source: string, variables: boolean): Template {
  const pieces = variables ? piecesOf(source) : partsOf(source);
  const found = pieces.filter((piece): piece is Variable => typeof piece === "object");
  if (found.length === 0) {
    const parts = pieces as readonly Part[];
    const matcher = matcherOf(parts);
    const text = parts.map(written).join("");
    return { keys: [], matcher: () => matcher, text: () => text };
  }
  const resolve = (context: RequestContext): readonly Part[] | undefined => {
    const parts: Part[] = [];
    for (const piece of pieces) {
      const value = typeof piece === "object" ? valueOf(piece, context) : piece;
      if (value === undefined) return undefined;
      parts.push(value);
    }
    return joined(parts);
  };
  return {
    keys: found.map((variable) => variable.key),
    matcher(context) {
      const parts = resolve(context);
      return parts && matcherOf(parts);
    },
    text: (context) => resolve(context)?.map(written).join(""),
  };
}

/** A variable stands for one value: a key that has several, such as `aws:TagKeys`, has none for it. */
function valueOf(variable: Variable, context: RequestContext): string | undefined {
  const values = context.get(variable.key.toLowerCase());
  return values?.length === 1 ? values[0] : variable.otherwise;
}

function piecesOf(source: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let rest = source;
  while (rest !== "") {
    const start = rest.indexOf("${");
    const end = rest.indexOf("}", start);
    if (start < 0 || end < 0) break;
    pieces.push(...partsOf(rest.slice(0, start)), variableOf(rest.slice(start + 2, end)));
    rest = rest.slice(end + 1);
  }
  return [...pieces, ...partsOf(rest)];
}

function variableOf(inside: string): Piece {
  if (ESCAPED[inside] !== undefined) return ESCAPED[inside];
  const comma = inside.indexOf(",");
  const rest = comma < 0 ? "" : inside.slice(comma + 1).trim();
  const quoted = rest.length >= 2 && rest.startsWith("'") && rest.endsWith("'");
  return { key: (comma < 0 ? inside : inside.slice(0, comma)).trim(), otherwise: quoted ? rest.slice(1, -1) : undefined };
}

function written(part: Part): string {
  return part === MANY ? "*" : part === ONE ? "?" : part;
}

/** Text beside text is one text, so that the matcher sees its simple cases. */
function joined(parts: readonly Part[]): readonly Part[] {
  const all: Part[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (typeof part === "string" && typeof last === "string") all[all.length - 1] = last + part;
    else if (part !== "") all.push(part);
  }
  return all;
}
