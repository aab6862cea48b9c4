/** Rules compiled once for each update, so that a request costs no more than comparing. */
import type { BalancerRule, RuleCondition } from "@hakoniwa/network";
import { anyOf, pattern } from "./patterns.js";
import { inRange } from "./ranges.js";
import type { RequestFacts } from "./request-facts.js";

type Test = (facts: RequestFacts) => boolean;

export interface CompiledRules {
  /** The first rule whose conditions all hold. */
  find(facts: RequestFacts): BalancerRule;
  /** The one rule of a listener that has no others, for listeners that look at no requests. */
  readonly fallback: BalancerRule;
}

/** @throws Error when there is no last rule that always matches */
export function compileRules(rules: readonly BalancerRule[]): CompiledRules {
  const fallback = rules.at(-1);
  if (fallback === undefined || fallback.conditions.length > 0) {
    throw new Error("a listener needs a last rule without conditions");
  }
  const conditional = rules.slice(0, -1).map((rule) => ({ rule, holds: allOf(rule.conditions.map(compile)) }));
  return {
    find(facts) {
      for (const { rule, holds } of conditional) {
        if (holds(facts)) {
          return rule;
        }
      }
      return fallback;
    },
    fallback,
  };
}

/** Most rules have one condition, with one pattern: each is then a single call. */
function allOf(tests: readonly Test[]): Test {
  const [only] = tests;
  return only !== undefined && tests.length === 1 ? only : (facts) => tests.every((test) => test(facts));
}

function compile(condition: RuleCondition): Test {
  switch (condition.field) {
    case "host": {
      const matches = anyOf(condition.patterns, false);
      return (facts) => matches(facts.host);
    }
    case "path": {
      const matches = anyOf(condition.patterns, true);
      return (facts) => matches(facts.path);
    }
    case "method":
      return (facts) => condition.methods.includes(facts.method);
    case "header": {
      const key = condition.name.toLowerCase();
      const matches = anyOf(condition.patterns, false);
      return (facts) => facts.headers.some((header) => header.key === key && matches(header.value));
    }
    case "query":
      return query(condition.pairs);
    case "source": {
      const ranges = condition.cidrs.map(inRange);
      return (facts) => ranges.some((contains) => contains(facts.clientAddress));
    }
  }
}

function query(pairs: readonly { readonly key: string | undefined; readonly value: string }[]): Test {
  const wanted = pairs.map(({ key, value }) => ({ key: key === undefined ? undefined : pattern(key, false), value: pattern(value, false) }));
  return (facts) => {
    const given = facts.query.split("&").map((part) => {
      const equals = part.indexOf("=");
      return equals < 0 ? { key: part, value: "" } : { key: part.slice(0, equals), value: part.slice(equals + 1) };
    });
    return wanted.some(({ key, value }) => given.some((pair) => (key === undefined || key(pair.key)) && value(pair.value)));
  };
}
