import { AwsError } from "@hakoniwa/kernel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nameOperation, pageOf, type SortKey } from "./paging.js";

interface Thing {
  readonly id: string;
  readonly at: number;
}

const invalid = (token: string) => new AwsError("InvalidNextToken", token);
const things = (...ids: readonly string[]): readonly Thing[] => ids.map((id) => ({ id, at: 0 }));

function inputOf(operation: string, members: object): object {
  const input = { ...members };
  nameOperation(input, operation);
  return input;
}

function page(all: readonly Thing[], size: number | undefined, token?: string, input: object = {}) {
  return pageOf(all, { input, size, token, key: ({ id }) => id, invalid });
}

describe("pages", () => {
  it("show exactly once what stays, whatever comes and goes between them", () => {
    const keys: readonly (readonly [(thing: Thing) => SortKey, boolean])[] = [
      [({ id }) => id, false],
      [({ id }) => id, true],
      [({ id, at }) => [at, id], false],
      [({ id, at }) => [at, id], true],
      [({ id, at }) => [-at, id], false],
    ];
    const ids = fc.uniqueArray(fc.record({ id: fc.string({ minLength: 1, maxLength: 3 }), at: fc.integer({ min: 0, max: 3 }) }), { selector: ({ id }) => id, maxLength: 30 });
    const changes = fc.array(fc.record({ gone: fc.array(fc.nat(29), { maxLength: 4 }), come: ids }), { maxLength: 12 });
    fc.assert(
      fc.property(ids, changes, fc.integer({ min: 1, max: 7 }), fc.constantFrom(...keys), (first, later, size, [key, descending]) => {
        let all: readonly Thing[] = first;
        let staying = new Set(first);
        const seen: Thing[] = [];
        let token: string | undefined;
        for (let turn = 0; turn === 0 || token !== undefined; turn++) {
          const found = pageOf(all, { input: {}, size, token, key, descending, invalid });
          expect(found.records.length).toBeLessThanOrEqual(size);
          expect(turn, "the list never ends").toBeLessThan(500);
          seen.push(...found.records);
          token = found.next;
          const change = later[turn] ?? { gone: [], come: [] };
          const leaving = new Set(change.gone.map((index) => all[index]));
          const left = all.filter((thing) => !leaving.has(thing));
          // Who went never comes back under the same name: ids are not given twice.
          const fresh = change.come.filter(({ id }) => ![...all, ...seen, ...first].some((thing) => thing.id === id));
          all = [...left, ...fresh];
          if (token !== undefined) staying = new Set([...staying].filter((thing) => !leaving.has(thing)));
        }
        for (const thing of staying) expect(seen.filter((each) => each === thing)).toHaveLength(1);
        expect(new Set(seen).size).toBe(seen.length);
      }),
      { numRuns: 500 },
    );
  });

  it("go on after a record that is gone", () => {
    const { next } = page(things("a", "b", "c", "d"), 2);
    expect(page(things("a", "c", "d"), 2, next).records.map(({ id }) => id)).toEqual(["c", "d"]);
    expect(page(things("a"), 2, next)).toEqual({ records: [], next: undefined });
  });

  it("come in the order of their keys, or the other way round", () => {
    const first = (descending: boolean) => pageOf(things("b", "c", "a"), { input: {}, size: 2, token: undefined, key: ({ id }) => id, descending, invalid }).records;
    expect([first(false), first(true)]).toEqual([things("a", "b"), things("c", "b")]);
  });

  it("leave a list that fits in one as it was given, and cut none without a size", () => {
    expect(page(things("b", "a"), 2)).toEqual({ records: things("b", "a"), next: undefined });
    expect(page(things("b", "a"), undefined)).toEqual({ records: things("b", "a"), next: undefined });
  });
});

describe("tokens", () => {
  const all = things("a", "b", "c");
  const input = (operation: string, members: object = {}): object => inputOf(operation, members);

  it("say nothing of what they name, and are the same for the same page", () => {
    const token = page(things("vpc-0123", "vpc-4567"), 1).next!;
    expect(Buffer.from(token, "base64url").toString("latin1")).not.toContain("vpc");
    expect(page(things("vpc-0123", "vpc-4567"), 1).next).toBe(token);
  });

  it("are good for the operation and filters that gave them, with any size of page", () => {
    const token = page(all, 1, undefined, input("ec2.DescribeVpcs", { Filters: [{ Name: "state", Values: ["available"] }], MaxResults: 1 })).next!;
    const asked = (operation: string, members: object) => () => page(all, 2, token, input(operation, { ...members, NextToken: token }));
    const Filters = [{ Name: "state", Values: ["available"] }];
    expect(asked("ec2.DescribeVpcs", { MaxResults: 2, Filters, VpcIds: undefined })().records).toEqual(things("b", "c"));
    expect(asked("ec2.DescribeSubnets", { Filters })).toThrow(invalid(token));
    expect(asked("ec2.DescribeVpcs", { Filters: [{ Name: "state", Values: ["pending"] }] })).toThrow(invalid(token));
    expect(asked("ec2.DescribeVpcs", {})).toThrow(invalid(token));
  });

  it("that nobody gave are refused, and so are changed ones", () => {
    const token = page(all, 1).next!;
    const changed = token.split("").map((letter, index) => token.slice(0, index) + (letter === "A" ? "B" : "A") + token.slice(index + 1));
    for (const wrong of ["x", "after:1", Buffer.from("after:1").toString("base64url"), `${token}A`, token.slice(0, -1), ` ${token}`, "\0", ...changed]) {
      expect(() => page(all, 1, wrong), wrong).toThrow(invalid(wrong));
    }
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (wrong) => {
        expect(() => page(all, 1, wrong)).toThrow(AwsError);
      }),
    );
  });
});
