/** The rule of a composite alarm: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html Pure. */
import type { StateValue } from "./state.js";

export type Rule =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "state"; readonly state: StateValue; readonly alarm: string }
  | { readonly kind: "not"; readonly of: Rule }
  | { readonly kind: "and" | "or"; readonly left: Rule; readonly right: Rule };

/** What is wrong with a rule, for people. */
export class RuleError extends Error {}

const TOKEN = /\s*(?:(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"((?:[^"\\]|\\.)*)"|([^"()\s][^()]*?))\s*\)|(AND|OR|NOT|TRUE|FALSE)\b|([()]))/iy;
const DEEPEST = 50;

type Token = { readonly kind: "word"; readonly text: string } | { readonly kind: "rule"; readonly rule: Rule };

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const source = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(source);
    if (!found) throw new RuleError(`Unexpected "${source.slice(at).trim().slice(0, 20)}" at position ${at}`);
    const [, state, quoted, bare, word, sign] = found;
    if (state !== undefined) tokens.push({ kind: "rule", rule: { kind: "state", state: state.toUpperCase() as StateValue, alarm: nameOf((quoted ?? bare ?? "").replaceAll(/\\(.)/g, "$1")) } });
    else tokens.push({ kind: "word", text: (word ?? sign ?? "").toUpperCase() });
  }
  return tokens;
}

/** An alarm is named by its name or its ARN. */
function nameOf(text: string): string {
  return /^arn:aws:cloudwatch:[\w-]+:\d{12}:alarm:(.+)$/.exec(text)?.[1] ?? text;
}

/** @throws RuleError for what is no rule */
export function parseRule(text: string): Rule {
  const tokens = tokensOf(text);
  let next = 0;
  let depth = 0;
  const takes = (word: string): boolean => {
    const token = tokens[next];
    if (token?.kind !== "word" || token.text !== word) return false;
    next++;
    return true;
  };
  const or = (): Rule => {
    let left = and();
    while (takes("OR")) left = { kind: "or", left, right: and() };
    return left;
  };
  const and = (): Rule => {
    let left = not();
    while (takes("AND")) left = { kind: "and", left, right: not() };
    return left;
  };
  const not = (): Rule => {
    if (++depth > DEEPEST) throw new RuleError("the rule is nested too deeply");
    const rule: Rule = takes("NOT") ? { kind: "not", of: not() } : primary();
    depth--;
    return rule;
  };
  const primary = (): Rule => {
    if (takes("TRUE")) return { kind: "constant", value: true };
    if (takes("FALSE")) return { kind: "constant", value: false };
    if (takes("(")) {
      const inner = or();
      if (!takes(")")) throw new RuleError('")" is missing');
      return inner;
    }
    const token = tokens[next++];
    if (token?.kind !== "rule") throw new RuleError(token ? `Unexpected "${token.text}"` : "the rule ends too early");
    return token.rule;
  };
  const whole = or();
  if (next < tokens.length) throw new RuleError("Something follows the end of the rule");
  return whole;
}

/** The names of the alarms that a rule looks at, each once. */
export function childrenOf(rule: Rule): readonly string[] {
  switch (rule.kind) {
    case "constant":
      return [];
    case "state":
      return [rule.alarm];
    case "not":
      return childrenOf(rule.of);
    default:
      return [...new Set([...childrenOf(rule.left), ...childrenOf(rule.right)])];
  }
}

/** An alarm that is not there is in no state. */
export function holds(rule: Rule, stateOf: (alarm: string) => StateValue | undefined): boolean {
  switch (rule.kind) {
    case "constant":
      return rule.value;
    case "state":
      return stateOf(rule.alarm) === rule.state;
    case "not":
      return !holds(rule.of, stateOf);
    case "and":
      return holds(rule.left, stateOf) && holds(rule.right, stateOf);
    case "or":
      return holds(rule.left, stateOf) || holds(rule.right, stateOf);
  }
}
