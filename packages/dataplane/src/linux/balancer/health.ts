/**
 * When a target is in service, as a pure function of its checks' results.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-healthchecks.html
 */
import type { TargetHealth } from "@hakoniwa/network";

/** What one check found. */
export type CheckResult = { readonly passed: true } | { readonly passed: false; readonly reason: string };

export interface Thresholds {
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  readonly initialThreshold?: number | undefined;
}

export interface CheckedHealth extends TargetHealth {
  /** How many results in a row agreed with the last one, counted up to what could still change the state. */
  readonly streak: number;
  readonly lastPassed: boolean | undefined;
}

/** A target that no check has seen: Classic keeps it OutOfService until enough checks succeeded. */
export const UNCHECKED: CheckedHealth = { state: "initial", reason: undefined, streak: 0, lastPassed: undefined };

/**
 * The health after one more check. A state changes after `healthyThreshold` successes or `unhealthyThreshold` failures in a row;
 * one result of the other kind starts the count again. An unhealthy target does come back (S2-49).
 */
export function afterCheck(health: CheckedHealth, result: CheckResult, thresholds: Thresholds): CheckedHealth {
  const successes = health.state === "initial" ? (thresholds.initialThreshold ?? thresholds.healthyThreshold) : thresholds.healthyThreshold;
  const limit = result.passed ? successes : thresholds.unhealthyThreshold;
  const before = health.lastPassed === result.passed ? health.streak : 0;
  const streak = Math.min(before + 1, Math.max(limit, 1));
  const reached = streak >= limit;
  const state = reached ? (result.passed ? "healthy" : "unhealthy") : health.state;
  const reason = result.passed ? keptReason(state, health.reason) : result.reason;
  return { state, reason, streak, lastPassed: result.passed };
}

/** It was added and has not answered yet: most likely it is still starting. */
export function isNewcomer(health: CheckedHealth): boolean {
  return health.state === "initial" && health.lastPassed !== true;
}

/** It is unhealthy still, and on its way back. */
export function isRecovering({ state, lastPassed }: CheckedHealth): boolean {
  return state === "unhealthy" && lastPassed === true;
}

/** While a target is on its way back, people still want to know what had taken it out. */
function keptReason(state: TargetHealth["state"], reason: string | undefined): string | undefined {
  return state === "unhealthy" ? reason : undefined;
}

/** Whether another check with this result would change nothing. */
export function isSettled(health: CheckedHealth, result: CheckResult, thresholds: Thresholds): boolean {
  const next = afterCheck(health, result, thresholds);
  return next.state === health.state && next.reason === health.reason && next.streak === health.streak && next.lastPassed === health.lastPassed;
}
