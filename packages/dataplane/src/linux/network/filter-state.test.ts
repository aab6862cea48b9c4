import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stepsBetween, transactions } from "./filter-state.js";
import type { FilterState } from "./filter-state.js";

const elements = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.constantFrom("1", "2")).map((entries) => new Map(Object.entries(entries)));
const state: fc.Arbitrary<FilterState> = fc.record({
  sets: fc.dictionary(fc.constantFrom("s1", "s2", "s3"), elements).map((sets) => new Map(Object.entries(sets).map(([name, content]) => [name, { kind: "map" as const, type: "type mark : mark;", elements: content }]))),
  chains: fc.dictionary(fc.constantFrom("c1", "c2", "c3"), fc.array(fc.constantFrom("accept", "drop", "return"), { maxLength: 3 }))
    .map((chains) => new Map(Object.entries(chains).map(([name, rules]) => [name, { hook: undefined, rules }]))),
});

/** A table that carries out the statements as nft would, and refuses what it would refuse. */
function carryOut(from: FilterState, statements: readonly string[]): { sets: Map<string, Map<string, string>>; chains: Map<string, string[]> } {
  const sets = new Map([...from.sets].map(([name, set]) => [name, new Map(set.elements)]));
  const chains = new Map([...from.chains].map(([name, chain]) => [name, [...chain.rules]]));
  const known = <Value>(map: Map<string, Value>, name: string): Value => {
    const value = map.get(name);
    if (value === undefined) throw new Error(`no ${name}`);
    return value;
  };
  for (const statement of statements) {
    const [verb, kind, , , name = "", ...rest] = statement.split(" ");
    const content = rest.join(" ").replace(/^\{ | \}$/g, "").split(", ").map((element) => element.split(" : "));
    if (kind === "map") sets.set(name, new Map());
    else if (kind === "set") sets.delete(name);
    else if (kind === "chain" && verb === "add") chains.set(name, []);
    else if (kind === "chain" && verb === "flush") known(chains, name).length = 0;
    else if (kind === "chain") {
      if (known(chains, name).length > 0) throw new Error(`${name} is not empty`);
      chains.delete(name);
    } else if (kind === "rule") known(chains, name).push(rest.join(" "));
    else for (const [key = "", value = ""] of content) {
      if (verb === "add" && known(sets, name).has(key)) throw new Error(`${key} is there`);
      if (verb === "add") known(sets, name).set(key, value);
      else if (!known(sets, name).delete(key)) throw new Error(`no ${key}`);
    }
  }
  return { sets, chains };
}

describe("the steps between two filters", () => {
  it("lead from one to the other", () => {
    fc.assert(fc.property(state, state, (from, to) => {
      const result = carryOut(from, stepsBetween(from, to).flat());
      expect(result.chains).toEqual(new Map([...to.chains].map(([name, chain]) => [name, chain.rules])));
      expect(result.sets).toEqual(new Map([...to.sets].map(([name, set]) => [name, set.elements])));
    }));
  });

  it("are none when nothing changed", () => {
    fc.assert(fc.property(state, (one) => stepsBetween(one, one).length === 0));
  });

  it("change one group in one transaction that touches nothing else", () => {
    const chains = (...rules: string[]) => ({ sets: new Map(), chains: new Map([["g_1", { hook: undefined, rules }], ["g_2", { hook: undefined, rules: ["accept"] }]]) });
    expect(transactions(stepsBetween(chains("drop"), chains("tcp dport 80 accept")))).toEqual([["flush chain ip vpc g_1", "add rule ip vpc g_1 tcp dport 80 accept"]]);
  });

  it("keep every step whole and in order, however small the transactions", () => {
    fc.assert(fc.property(state, state, fc.integer({ min: 1, max: 500 }), (from, to, bytes) => {
      const steps = stepsBetween(from, to);
      const packed = transactions(steps, bytes, 10);
      expect(packed.flat()).toEqual(steps.flat());
      for (const step of steps) expect(packed.some((one) => one.join(";").includes(step.join(";")))).toBe(true);
    }));
  });
});
