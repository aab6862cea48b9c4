/** Condition blocks: all operators, and all keys of each, must be met. */
import type { RequestContext } from "./context.js";
import { OPERATORS, type Operator } from "./operators.js";

export interface Condition {
  /** Condition keys that it looks at, as they are written. */
  readonly keys: readonly string[];
  meets(context: RequestContext): boolean;
}

interface Spelled {
  readonly operator: Operator | "null";
  /** For each value of the request, or any: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html */
  readonly set: "all" | "any" | undefined;
  readonly ifExists: boolean;
}

/** What an operator's name says: `ForAnyValue:StringLikeIfExists`. Undefined when there is none such. */
export function spelledOperator(name: string): Spelled | undefined {
  const [, set, base = "", suffix] = /^(forallvalues:|foranyvalue:)?([a-z]+?)(ifexists)?$/.exec(name.toLowerCase()) ?? [];
  const operator = base === "null" && suffix === undefined ? "null" : OPERATORS.get(base);
  return operator && { operator, set: set === undefined ? undefined : set === "forallvalues:" ? "all" : "any", ifExists: suffix !== undefined };
}

/** @throws Error for an operator that there is none of: documents are checked before */
export function condition(block: unknown, variables: boolean): Condition {
  const tests = Object.entries((block ?? {}) as Readonly<Record<string, Readonly<Record<string, unknown>>>>).flatMap(([name, keys]) =>
    Object.entries(keys).map(([key, values]) => testOf(name, key, valuesOf(values), variables)),
  );
  return { keys: tests.flatMap((test) => test.keys), meets: (context) => tests.every((test) => test.meets(context)) };
}

function valuesOf(given: unknown): readonly string[] {
  return (Array.isArray(given) ? given : [given]).map(String);
}

function testOf(name: string, key: string, wanted: readonly string[], variables: boolean): Condition {
  const spelled = spelledOperator(name);
  if (!spelled) throw new Error(`there is no condition operator ${name}`);
  const { operator, set, ifExists } = spelled;
  const folded = key.toLowerCase();
  if (operator === "null") {
    return { keys: [key], meets: (context) => wanted.some((value) => value.toLowerCase() === String((context.get(folded) ?? []).length === 0)) };
  }
  const tests = wanted.map((value) => operator.test(value, variables));
  const one = (value: string, context: RequestContext): boolean => tests.some((test) => test.meets(value, context)) !== operator.negated;
  return {
    keys: [key, ...tests.flatMap((test) => test.keys)],
    meets(context) {
      const values = context.get(folded) ?? [];
      if (values.length === 0) return ifExists || set === "all" || (set === undefined && operator.negated);
      // Without a set operator, a negated one holds when it does for every value, a plain one when it does for any.
      const every = set === "all" || (set === undefined && operator.negated);
      return every ? values.every((value) => one(value, context)) : values.some((value) => one(value, context));
    },
  };
}
