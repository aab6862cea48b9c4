/**
 * The health checks of one balancer on paper. A check is asked for only where it could change something: a target whose
 * health is settled costs nothing until what its checks would find changes, so that hours pass in virtual time for free.
 */
import { isDeepStrictEqual } from "node:util";
import type { BalancerSpec, BalancerTarget, HealthCheck, TargetHealth } from "@hakoniwa/network";
import { afterCheck, isSettled, UNCHECKED, type CheckedHealth, type CheckResult } from "../linux/balancer/health.js";
import type { PaperClock } from "./clock.js";

interface Checked {
  target: BalancerTarget;
  /** Absent for a group that has no checks: its targets count as healthy. */
  check: HealthCheck | undefined;
  /** When its first check was due; the others follow at whole intervals. */
  readonly since: number;
  health: CheckedHealth;
  cancel: (() => void) | undefined;
}

export interface HealthChecksOptions {
  readonly clock: PaperClock;
  /** What a check of this target would find just now. */
  readonly result: (target: BalancerTarget) => CheckResult;
  /** Called after every change of a target's state or reason. */
  readonly changed: (health: ReadonlyMap<string, TargetHealth>) => void;
}

/** Nobody asks, so nobody doubts. */
const UNQUESTIONED: CheckedHealth = { ...UNCHECKED, state: "healthy" };

export class PaperHealthChecks {
  readonly #options: HealthChecksOptions;
  readonly #checked = new Map<string, Checked>();

  constructor(options: HealthChecksOptions) {
    this.#options = options;
  }

  health(): ReadonlyMap<string, TargetHealth> {
    return new Map([...this.#checked].map(([id, { health }]) => [id, { state: health.state, reason: health.reason }]));
  }

  /** The ids of the targets that this workload stands behind. */
  of(workload: string): readonly string[] {
    return [...this.#checked].filter(([, { target }]) => target.workload === workload).map(([id]) => id);
  }

  update({ groups }: Pick<BalancerSpec, "groups">): void {
    const wanted = new Map(groups.flatMap((group) => group.targets.map((target) => [target.id, { target, check: group.healthCheck }] as const)));
    let changed = false;
    for (const [id, checked] of this.#checked) {
      const next = wanted.get(id);
      if (next === undefined || next.target.address !== checked.target.address || next.target.port !== checked.target.port) {
        checked.cancel?.();
        this.#checked.delete(id);
        changed = true;
      } else {
        const otherCheck = !isDeepStrictEqual(next.check, checked.check);
        checked.target = next.target;
        checked.check = next.check;
        if (otherCheck) {
          checked.cancel?.();
          checked.cancel = undefined;
        }
        this.lookAgain(id);
      }
    }
    const now = this.#options.clock.now();
    for (const [id, { target, check }] of wanted) {
      if (!this.#checked.has(id)) {
        this.#checked.set(id, { target, check, since: now, health: check === undefined ? UNQUESTIONED : UNCHECKED, cancel: undefined });
        if (check !== undefined) {
          this.#checkAt(id, now);
        }
        changed = true;
      }
    }
    if (changed) {
      this.#options.changed(this.health());
    }
  }

  /** What checks of this target find may have changed: its next check counts again. */
  lookAgain(id: string): void {
    const checked = this.#checked.get(id);
    const check = checked?.check;
    if (checked === undefined || check === undefined || checked.cancel !== undefined) {
      return;
    }
    if (!isSettled(checked.health, this.#options.result(checked.target), check)) {
      const now = this.#options.clock.now();
      const passed = Math.floor((now - checked.since) / check.interval) + 1;
      this.#checkAt(id, checked.since + passed * check.interval);
    }
  }

  close(): void {
    for (const { cancel } of this.#checked.values()) {
      cancel?.();
    }
    this.#checked.clear();
  }

  #checkAt(id: string, at: number): void {
    const checked = this.#checked.get(id);
    if (checked !== undefined) {
      checked.cancel = this.#options.clock.schedule(at, () => this.#run(id, checked));
    }
  }

  #run(id: string, checked: Checked): void {
    const { check } = checked;
    checked.cancel = undefined;
    if (check === undefined || this.#checked.get(id) !== checked) {
      return;
    }
    const before = checked.health;
    checked.health = afterCheck(before, this.#options.result(checked.target), check);
    this.lookAgain(id);
    if (before.state !== checked.health.state || before.reason !== checked.health.reason) {
      this.#options.changed(this.health());
    }
  }
}
