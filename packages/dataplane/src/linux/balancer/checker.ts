import { isDeepStrictEqual } from "node:util";
import type { BalancerTarget, HealthCheck, TargetHealth } from "@hakoniwa/network";
import { startCheck } from "./check.js";
import { afterCheck, isNewcomer, isRecovering, UNCHECKED, type CheckedHealth } from "./health.js";
import type { Generation } from "./replies.js";

/** A target that never answered is asked again after this many milliseconds, so that its first success isn't missed by a whole interval. */
const NEWCOMER_RETRY = 100;

/** Nobody asks, so nobody doubts. */
const UNQUESTIONED: CheckedHealth = { ...UNCHECKED, state: "healthy" };

interface Checked {
  readonly target: BalancerTarget;
  health: CheckedHealth;
  /** A failure before this moment of `performance.now()` doesn't count: failures count once an interval. */
  failuresCountFrom: number;
  /** Gives up whatever is under way: a check, or the wait for the next. */
  cancel: () => void;
}

/** Keeps checking every target of one group: at once when it is added, then at each interval; one that is still starting more often, until it answers. */
export class HealthChecker {
  readonly #checked = new Map<string, Checked>();
  readonly #changed: () => void;
  readonly #timeScale: number;
  readonly #generation: Generation;
  #check: HealthCheck | undefined;

  /**
   * @param timeScale how many times faster than the wall the cloud's time runs; intervals shrink by it, timeouts of real peers don't
   * @param generation whose name the requests are made in
   * @param changed called after every change of what `health` tells
   */
  constructor(timeScale: number, generation: Generation, changed: () => void) {
    this.#timeScale = timeScale;
    this.#generation = generation;
    this.#changed = changed;
  }

  /** What was found so far, by target id. */
  health(): ReadonlyMap<string, TargetHealth> {
    return new Map([...this.#checked].map(([id, { health }]) => [id, { state: health.state, reason: health.reason, ...(isRecovering(health) ? { recovering: true } : {}) }]));
  }

  stateOf(id: string): TargetHealth["state"] {
    return this.#checked.get(id)?.health.state ?? "initial";
  }

  /** Sets what is checked and how; without a check every target is healthy. A target's health survives, unless it has another address than before. */
  update(targets: readonly BalancerTarget[], check: HealthCheck | undefined): void {
    const wanted = new Map(targets.map((target) => [target.id, target]));
    const otherCheck = !isDeepStrictEqual(this.#check, check);
    this.#check = check;
    let changed = false;
    for (const [id, checked] of this.#checked) {
      const target = wanted.get(id);
      if (target?.address !== checked.target.address || target.port !== checked.target.port) {
        checked.cancel();
        this.#checked.delete(id);
        changed = true;
      } else if (otherCheck) {
        checked.cancel();
        checked.health = { ...checked.health, streak: 0, lastPassed: undefined };
        this.#begin(checked);
      }
    }
    for (const target of wanted.values()) {
      if (!this.#checked.has(target.id)) {
        const checked: Checked = { target, health: UNCHECKED, failuresCountFrom: 0, cancel: () => undefined };
        this.#checked.set(target.id, checked);
        this.#begin(checked);
        changed = true;
      }
    }
    if (changed) {
      this.#changed();
    }
  }

  close(): void {
    for (const { cancel } of this.#checked.values()) {
      cancel();
    }
    this.#checked.clear();
  }

  /** @param due when it was to begin: a timer may go off a little sooner, and then its failure must count all the same */
  #begin(checked: Checked, due = 0): void {
    const check = this.#check;
    const port = check?.port ?? checked.target.port;
    if (check === undefined || port === undefined) {
      checked.health = UNQUESTIONED;
      return;
    }
    const startedAt = Math.max(due, performance.now());
    const interval = check.interval / this.#timeScale;
    const { protocol, path, matcher, timeout } = check;
    const { address } = checked.target;
    checked.cancel = startCheck({ generation: this.#generation, protocol, address, port, path, matcher, timeout }, (result) => {
      const before = checked.health;
      if (result.passed || startedAt >= checked.failuresCountFrom) {
        checked.health = afterCheck(before, result, check);
        checked.failuresCountFrom = startedAt + interval;
      }
      const next = isNewcomer(checked.health) ? Math.min(startedAt + NEWCOMER_RETRY, checked.failuresCountFrom) : startedAt + interval;
      const timer = setTimeout(() => this.#begin(checked, next), Math.max(0, next - performance.now()));
      checked.cancel = () => clearTimeout(timer);
      const after = checked.health;
      if (before.state !== after.state || before.reason !== after.reason || isRecovering(before) !== isRecovering(after)) {
        this.#changed();
      }
    });
  }
}
