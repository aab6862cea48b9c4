import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isBreaching, isMeaningful, judge, type Criteria, type Period } from "./alarm-plan.js";
import type { MissingData } from "./state.js";

/** As AWS's documentation draws them, the oldest first: X breaches, 0 doesn't, - is missing. */
function periods(drawn: string): readonly Period[] {
  const values: Readonly<Record<string, number | undefined>> = { X: 10, "0": 1 };
  return drawn.split(" ").map((sign, index) => ({ start: index * 60_000, value: values[sign], samples: 1 })).toReversed();
}

function criteria(datapointsToAlarm: number, evaluationPeriods: number, missing: MissingData): Criteria {
  return { datapointsToAlarm, evaluationPeriods, missing, threshold: 5, comparison: "GreaterThanThreshold" };
}

const TREATMENTS: readonly MissingData[] = ["missing", "ignore", "breaching", "notBreaching"];
const KEPT = undefined;

describe("the tables of AWS's page on missing data", () => {
  it.each([
    ["0 - X - X", 3, 3, ["OK", "OK", "OK", "OK"]],
    ["- - - - 0", 3, 3, ["OK", "OK", "OK", "OK"]],
    ["- - - - -", 3, 3, ["INSUFFICIENT_DATA", KEPT, "ALARM", "OK"]],
    ["0 X X - X", 3, 3, ["ALARM", "ALARM", "ALARM", "ALARM"]],
    ["- - X - -", 3, 3, ["ALARM", KEPT, "ALARM", "OK"]],
    ["0 - X - X", 2, 3, ["ALARM", "ALARM", "ALARM", "ALARM"]],
    ["0 0 X 0 X", 2, 3, ["ALARM", "ALARM", "ALARM", "ALARM"]],
    ["0 - X - -", 2, 3, ["OK", "OK", "ALARM", "OK"]],
    ["- - - - 0", 2, 3, ["OK", "OK", "ALARM", "OK"]],
    ["- - - X -", 2, 3, ["ALARM", KEPT, "ALARM", "OK"]],
  ] as const)("%s, %i of %i", (drawn, m, n, expected) => {
    expect(TREATMENTS.map((missing) => judge(periods(drawn), criteria(m, n, missing)).state)).toEqual(expected);
  });
});

describe("whatever the points", () => {
  const signs = fc.array(fc.constantFrom("X", "0", "-"), { minLength: 1, maxLength: 12 });
  const cases = fc.tuple(signs, fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 10 })).map(([drawn, a, b]) => {
    const n = Math.max(a, b);
    return { drawn: [...Array.from({ length: Math.max(0, n + 2 - drawn.length) }, () => "-"), ...drawn].slice(-(n + 2)).join(" "), m: Math.min(a, b), n };
  });

  it("without missing points the alarm is in ALARM exactly when M of the latest N breach", () => {
    fc.assert(
      fc.property(cases, fc.constantFrom(...TREATMENTS), ({ drawn, m, n }, missing) => {
        const full = drawn.replaceAll("-", "0");
        const breaching = full.split(" ").slice(-n).filter((sign) => sign === "X").length;
        expect(judge(periods(full), criteria(m, n, missing)).state).toBe(breaching >= m ? "ALARM" : "OK");
      }),
    );
  });

  it("breaching and notBreaching always decide, and only missing says INSUFFICIENT_DATA, only without any point", () => {
    fc.assert(
      fc.property(cases, ({ drawn, m, n }) => {
        const [missing, ignore, breaching, notBreaching] = TREATMENTS.map((each) => judge(periods(drawn), criteria(m, n, each)).state);
        expect(breaching).toMatch(/^(OK|ALARM)$/);
        expect(notBreaching).toMatch(/^(OK|ALARM)$/);
        expect(missing === "INSUFFICIENT_DATA").toBe(!/[X0]/.test(drawn));
        expect(ignore).not.toBe("INSUFFICIENT_DATA");
        // What counts as breaching never calms an alarm that counts it as good.
        if (notBreaching === "ALARM") expect(breaching).toBe("ALARM");
      }),
    );
  });
});

it("compares as AWS's operators do at the threshold itself", () => {
  const at = (comparison: Criteria["comparison"]): boolean => isBreaching(5, { comparison, threshold: 5 });
  expect(["GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"].map((each) => at(each as Criteria["comparison"]))).toEqual([true, false, false, true]);
});

it("needs 10/(1-p) samples for a percentile to say something", () => {
  expect([isMeaningful(99, 90), isMeaningful(100, 90), isMeaningful(999, 99), isMeaningful(1_000, 99), isMeaningful(20, 50), isMeaningful(19, 50)]).toEqual([false, true, false, true, true, false]);
});
