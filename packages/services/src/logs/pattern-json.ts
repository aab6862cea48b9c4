/** Patterns of events in JSON: `{ $.user.type = "Root" && $.items[0].size > 100 }`. */
import type { Matcher } from "./pattern.js";
import { compare, type Operator } from "./pattern-condition.js";
import { PatternReader, readExpression } from "./pattern-reader.js";

/** Names of members, numbers of items, and `*` for any item. */
type Selector = readonly (string | number)[];

const SELECTOR = /\$(?:\.[\w\-:@/]+|\.?\['[^']*'\]|\.?\["[^"]*"\]|\[(?:\d{1,4}|\*)\])+/y;
const OPERAND = /"(?:[^"\\]|\\.)*"|%[^%]*%|[^\s"%(){}|&=<>!]+/y;

export function compileJson(text: string): Matcher {
  const reader = new PatternReader(text);
  const selectors = new Map<string, Selector>();
  reader.need(/\{/y);
  const matches = readExpression<unknown>(reader, () => readCondition(reader, selectors));
  reader.need(/\}/y);
  reader.end();
  return (message) => {
    const event = parse(message);
    if (event === undefined || !matches(event)) return undefined;
    return Object.fromEntries([...selectors].flatMap(([name, selector]) => {
      const [value] = select(event, selector).filter(isScalar);
      return value === undefined ? [] : [[name, String(value)]];
    }));
  };
}

function readCondition(reader: PatternReader, selectors: Map<string, Selector>): (event: unknown) => boolean {
  const name = reader.need(SELECTOR);
  const selector = parseSelector(name);
  selectors.set(name, selector);
  if (reader.take(/IS\b/y) !== undefined) {
    const wanted = { NULL: null, TRUE: true, FALSE: false }[reader.need(/NULL|TRUE|FALSE/y) as "NULL"];
    return (event) => select(event, selector).includes(wanted);
  }
  if (reader.take(/NOT\s+EXISTS\b/y) !== undefined) return (event) => select(event, selector).length === 0;
  const test = compare(reader.need(/!=|<=|>=|=|<|>/y) as Operator, reader.need(OPERAND));
  return (event) => select(event, selector).some((value) => isScalar(value) && test(value));
}

function parseSelector(text: string): Selector {
  return [...text.matchAll(/\.([\w\-:@/]+)|\.?\['([^']*)'\]|\.?\["([^"]*)"\]|\[(\d+|\*)\]/g)].map(([, name, single, double, item]) =>
    item === undefined ? (name ?? single ?? double ?? "") : item === "*" ? "*" : Number(item),
  );
}

/** Every value that the selector leads to: several where it goes through `[*]`. */
function select(event: unknown, selector: Selector): readonly unknown[] {
  let values: readonly unknown[] = [event];
  for (const step of selector) values = values.flatMap((value) => next(value, step));
  return values;
}

function next(value: unknown, step: string | number): readonly unknown[] {
  if (Array.isArray(value)) {
    if (step === "*") return value as unknown[];
    return typeof step === "number" && step < value.length ? [value[step]] : [];
  }
  if (typeof value !== "object" || value === null || typeof step === "number") return [];
  return Object.hasOwn(value, step) ? [(value as Readonly<Record<string, unknown>>)[step]] : [];
}

function isScalar(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

function parse(message: string): object | undefined {
  if (!/^\s*\{/.test(message)) return undefined;
  try {
    return JSON.parse(message) as object;
  } catch {
    return undefined;
  }
}
