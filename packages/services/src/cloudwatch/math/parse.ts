/** Metric math, read: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html Pure. */

export type Node =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "list"; readonly items: readonly Node[] }
  | { readonly kind: "negative"; readonly of: Node }
  | { readonly kind: "binary"; readonly operator: Operator; readonly left: Node; readonly right: Node }
  | { readonly kind: "call"; readonly name: string; readonly parameters: readonly Node[] };

export type Operator = "+" | "-" | "*" | "/" | "^" | "==" | "!=" | "<" | ">" | "<=" | ">=" | "AND" | "OR";

/** What is wrong with an expression, for people. */
export class MathError extends Error {}

type Token = { readonly kind: "number" | "text" | "name" | "sign"; readonly text: string };

const TOKEN = /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|"([^"]*)"|'([^']*)'|([A-Za-z_]\w*)|(==|!=|<=|>=|&&|\|\||[-+*/^<>(),[\]]))/y;
/** How deep an expression may be nested: a recursive reader must end before the stack does. */
const DEEPEST = 100;

function tokensOf(expression: string): readonly Token[] {
  const tokens: Token[] = [];
  const text = expression.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (!found) throw new MathError(`Unexpected character '${text.slice(at).trim()[0] ?? ""}' at position ${at}`);
    const [, number, double, single, name, sign] = found;
    if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (name !== undefined) tokens.push({ kind: "name", text: name });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign === "&&" ? "AND" : sign === "||" ? "OR" : sign });
    else tokens.push({ kind: "text", text: double ?? single ?? "" });
  }
  return tokens;
}

/** From the weakest to the strongest. */
const LEVELS: readonly (readonly string[])[] = [["OR"], ["AND"], ["==", "!=", "<", ">", "<=", ">="], ["+", "-"], ["*", "/"]];

/** @throws MathError for what is no expression */
export function parseMath(expression: string): Node {
  const tokens = tokensOf(expression);
  let next = 0;
  let depth = 0;
  const peek = (): string | undefined => {
    const token = tokens[next];
    if (!token || (token.kind !== "sign" && !(token.kind === "name" && /^(AND|OR)$/.test(token.text)))) return undefined;
    return token.text;
  };
  const expect = (sign: string): void => {
    if (peek() !== sign) throw new MathError(`Expected '${sign}' ${next < tokens.length ? `instead of '${tokens[next]!.text}'` : "at the end"}`);
    next++;
  };
  const binary = (level: number): Node => {
    const operators = LEVELS[level];
    if (!operators) return power();
    let left = binary(level + 1);
    for (let operator = peek(); operator !== undefined && operators.includes(operator); operator = peek()) {
      next++;
      left = { kind: "binary", operator: operator as Operator, left, right: binary(level + 1) };
    }
    return left;
  };
  const power = (): Node => {
    if (++depth > DEEPEST) throw new MathError("The expression is nested too deeply");
    try {
      if (peek() === "-") {
        next++;
        return { kind: "negative", of: power() };
      }
      const base = primary();
      if (peek() !== "^") return base;
      next++;
      return { kind: "binary", operator: "^", left: base, right: power() };
    } finally {
      depth--;
    }
  };
  const listUntil = (end: string): readonly Node[] => {
    const items: Node[] = [];
    while (peek() !== end) {
      if (items.length > 0) expect(",");
      items.push(binary(0));
    }
    next++;
    return items;
  };
  const primary = (): Node => {
    const token = tokens[next++];
    if (!token) throw new MathError("The expression ends too early");
    if (token.kind === "number") return { kind: "number", value: Number(token.text) };
    if (token.kind === "text") return { kind: "text", value: token.text };
    if (token.kind === "name") {
      if (peek() !== "(") return { kind: "name", name: token.text };
      next++;
      return { kind: "call", name: token.text.toUpperCase(), parameters: listUntil(")") };
    }
    if (token.text === "[") return { kind: "list", items: listUntil("]") };
    if (token.text !== "(") throw new MathError(`Unexpected '${token.text}'`);
    const inner = binary(0);
    expect(")");
    return inner;
  };
  const whole = binary(0);
  if (next < tokens.length) throw new MathError(`Unexpected '${tokens[next]!.text}'`);
  return whole;
}

/** The ids that an expression names; `METRICS` stands for all metrics of the request. */
export function namesIn(node: Node): readonly string[] {
  switch (node.kind) {
    case "name":
      return [node.name];
    case "list":
      return node.items.flatMap(namesIn);
    case "negative":
      return namesIn(node.of);
    case "binary":
      return [...namesIn(node.left), ...namesIn(node.right)];
    case "call":
      // The second parameter of FILL and the like may be a word.
      return [...(node.name === "METRICS" ? ["METRICS"] : []), ...node.parameters.flatMap(namesIn)];
    default:
      return [];
  }
}
