import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterCheck, isSettled, UNCHECKED, type CheckedHealth, type CheckResult, type Thresholds } from "./health.js";

const PASS: CheckResult = { passed: true };
const FAIL: CheckResult = { passed: false, reason: "timeout" };

/** `+` is a check that passed, `-` one that failed. */
function after(checks: string, thresholds: Thresholds): CheckedHealth {
  return checks.split("").reduce((health, check) => afterCheck(health, check === "+" ? PASS : FAIL, thresholds), UNCHECKED);
}

const THRESHOLDS: Thresholds = { healthyThreshold: 3, unhealthyThreshold: 2 };

describe("a target's health", () => {
  it.each([
    ["", "initial", undefined],
    ["+", "initial", undefined],
    ["++", "initial", undefined],
    ["+++", "healthy", undefined],
    ["++-", "initial", "timeout"],
    ["++-++", "initial", undefined],
    ["++-+++", "healthy", undefined],
    ["-", "initial", "timeout"],
    ["--", "unhealthy", "timeout"],
    ["+++-", "healthy", "timeout"],
    ["+++-+-", "healthy", "timeout"],
    ["+++--", "unhealthy", "timeout"],
    ["+++--++", "unhealthy", "timeout"],
    ["+++--++-++", "unhealthy", "timeout"],
    ["+++--+++", "healthy", undefined],
  ])("S2-47 S2-48 S2-49 after %j is %s", (checks, state, reason) => {
    expect(after(checks, THRESHOLDS)).toMatchObject({ state, reason });
  });

  const thresholds = fc.record({ healthyThreshold: fc.integer({ min: 2, max: 10 }), unhealthyThreshold: fc.integer({ min: 2, max: 10 }) });
  const history = fc.string({ unit: fc.constantFrom("+", "-"), maxLength: 60 });

  it("S2-47 becomes healthy by healthyThreshold successes in a row, after whatever history", () => {
    fc.assert(fc.property(thresholds, history, (limits, checks) => after(checks + "+".repeat(limits.healthyThreshold), limits).state === "healthy"));
  });

  it("S2-48 becomes unhealthy by unhealthyThreshold failures in a row, after whatever history", () => {
    fc.assert(fc.property(thresholds, history, (limits, checks) => after(checks + "-".repeat(limits.unhealthyThreshold), limits).state === "unhealthy"));
  });

  it("changes only by a whole run of equal results", () => {
    fc.assert(
      fc.property(thresholds, history, fc.constantFrom("+", "-"), (limits, checks, last) => {
        const before = after(checks, limits);
        const now = after(checks + last, limits);
        const run = /(\+*|-*)$/.exec(checks + last)?.[0].length ?? 0;
        if (before.state !== now.state) {
          expect(now.state).toBe(last === "+" ? "healthy" : "unhealthy");
          expect(run).toBeGreaterThanOrEqual(last === "+" ? limits.healthyThreshold : limits.unhealthyThreshold);
        }
      }),
    );
  });

  it("is settled exactly when the same result would change nothing", () => {
    expect(isSettled(after("+++", THRESHOLDS), PASS, THRESHOLDS)).toBe(true);
    expect(isSettled(after("++", THRESHOLDS), PASS, THRESHOLDS)).toBe(false);
    expect(isSettled(after("+++", THRESHOLDS), FAIL, THRESHOLDS)).toBe(false);
  });
});
