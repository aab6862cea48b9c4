/** Metric math, calculated. Pure. */
import { FUNCTIONS, type Frame } from "./functions.js";
import { MathError, type Node, type Operator } from "./parse.js";
import { combined, mapped, scalar, type Series, type Value } from "./values.js";

const truth = (value: boolean): number => (value ? 1 : 0);

const OPERATORS: Readonly<Record<Operator, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "^": (a, b) => a ** b,
  "==": (a, b) => truth(a === b),
  "!=": (a, b) => truth(a !== b),
  "<": (a, b) => truth(a < b),
  ">": (a, b) => truth(a > b),
  "<=": (a, b) => truth(a <= b),
  ">=": (a, b) => truth(a >= b),
  AND: (a, b) => truth(a !== 0 && b !== 0),
  OR: (a, b) => truth(a !== 0 || b !== 0),
};

/** Words that stand for themselves as a function's parameter. */
const WORDS = new Set(["REPEAT", "LINEAR"]);

/** @param valueOf what an id of the request stands for */
export function evaluateMath(node: Node, valueOf: (id: string) => Value | undefined, frame: Frame): Value {
  const evaluate = (each: Node): Value => evaluateMath(each, valueOf, frame);
  switch (node.kind) {
    case "number":
      return scalar(node.value);
    case "text":
      return { kind: "text", value: node.value };
    case "name": {
      const found = valueOf(node.name);
      if (found) return found;
      if (WORDS.has(node.name)) return { kind: "text", value: node.name };
      throw new MathError(`Undefined variable: ${node.name}`);
    }
    case "list":
      return { kind: "list", items: node.items.map(evaluate).flatMap(seriesOf) };
    case "negative":
      return mapped(evaluate(node.of), (value) => -value);
    case "binary":
      return combined(evaluate(node.left), evaluate(node.right), OPERATORS[node.operator]);
    case "call": {
      const called = Object.hasOwn(FUNCTIONS, node.name) ? FUNCTIONS[node.name] : undefined;
      if (!called) throw new MathError(`Unknown function: ${node.name}`);
      return called(node.parameters.map(evaluate), frame);
    }
  }
}

function seriesOf(value: Value): readonly Series[] {
  if (value.kind === "list") return value.items;
  if (value.kind !== "series") throw new MathError("An array holds time series only");
  return [value];
}
