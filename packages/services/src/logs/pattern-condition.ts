/** Comparisons of one value, as JSON patterns and space-delimited ones share them. */
import { invalidPattern } from "./errors.js";
import { compileRegex } from "./pattern-regex.js";

export type Operator = "=" | "!=" | "<" | ">" | "<=" | ">=";

/** Decides about a field's text, or about a value of JSON. */
export type Test = (value: string | number | boolean) => boolean;

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/** @param operand as it stands in the pattern: a word, a number, a quoted text or `%…%` */
export function compare(operator: Operator, operand: string): Test {
  const equals = equality(operator, operand);
  if (operator === "=") return equals;
  if (operator === "!=") return (value) => !equals(value);
  if (!NUMBER.test(operand)) throw invalidPattern();
  const limit = Number(operand);
  return (value) => {
    const number = numberOf(value);
    if (number === undefined) return false;
    if (operator === "<") return number < limit;
    if (operator === ">") return number > limit;
    return operator === "<=" ? number <= limit : number >= limit;
  };
}

function equality(operator: Operator, operand: string): Test {
  if (operand.startsWith("%")) {
    if (operator !== "=" && operator !== "!=") throw invalidPattern();
    const isFound = compileRegex(operand.slice(1, -1));
    return (value) => isFound(String(value));
  }
  if (operand.startsWith('"')) return textTest(operand.slice(1, -1).replaceAll(/\\(.)/g, "$1"));
  if (NUMBER.test(operand)) return (value) => numberOf(value) === Number(operand);
  return textTest(operand);
}

/** A `*` stands for any text. */
function textTest(text: string): Test {
  const parts = text.split("*");
  return parts.length === 1 ? (value) => String(value) === text : (value) => isGlob(parts, String(value));
}

/** Each part behind the one before, the first at the beginning and the last at the end. */
function isGlob(parts: readonly string[], text: string): boolean {
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

function numberOf(value: string | number | boolean): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && NUMBER.test(value) ? Number(value) : undefined;
}
