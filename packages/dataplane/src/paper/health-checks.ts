/**
 * The health checks of one balancer on paper. A check is asked for only where it could change something: a target whose
 * health is settled costs nothing until what its checks would find changes, so that hours pass in virtual time for free.
 */
import type { BalancerTarget, BalancerWorkload, HealthCheck, TargetHealth } from "@hakoniwa/network";
import { afterCheck, isSettled, UNCHECKED, type CheckedHealth, type CheckResult } from "../linux/balancer/health.js";
import type { PaperClock } from "./clock.js";

interface Checked {
  readonly target: BalancerTarget;
  /** When its first check was due; the others follow at whole intervals. */
  readonly since: number;
  health: CheckedHealth;
  cancel: (() => void) | undefined;
}

export interface HealthChecksOptions {
  readonly clock: PaperClock;
  /** What a check of this target would find just now. */
  readonly result: (target: string) => CheckResult;
  /** Called after every change of a target's state or reason. */
  readonly changed: (health: ReadonlyMap<string, TargetHealth>) => void;
}

export class PaperHealthChecks {
  readonly #options: HealthChecksOptions;
  readonly #checked = new Map<string, Checked>();
  #check: HealthCheck | undefined;

  constructor(options: HealthChecksOptions) {
    this.#options = options;
  }

  health(): ReadonlyMap<string, TargetHealth> {
    return new Map([...this.#checked].map(([id, { health }]) => [id, { state: health.state, reason: health.reason }]));
  }

  /** Whether this id is one of its targets. */
  has(target: string): boolean {
    return this.#checked.has(target);
  }

  update({ targets, healthCheck }: Pick<BalancerWorkload, "targets" | "healthCheck">): void {
    this.#check = healthCheck;
    const wanted = new Map(targets.map((target) => [target.id, target]));
    let changed = false;
    for (const [id, checked] of this.#checked) {
      if (wanted.get(id)?.address !== checked.target.address) {
        checked.cancel?.();
        this.#checked.delete(id);
        changed = true;
      } else {
        this.lookAgain(id);
      }
    }
    const now = this.#options.clock.now();
    for (const [id, target] of wanted) {
      if (!this.#checked.has(id)) {
        this.#checked.set(id, { target, since: now, health: UNCHECKED, cancel: undefined });
        this.#checkAt(id, now);
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
    const check = this.#check;
    if (checked === undefined || check === undefined || checked.cancel !== undefined) {
      return;
    }
    if (!isSettled(checked.health, this.#options.result(id), check)) {
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
    const check = this.#check;
    checked.cancel = undefined;
    if (check === undefined || this.#checked.get(id) !== checked) {
      return;
    }
    const before = checked.health;
    checked.health = afterCheck(before, this.#options.result(id), check);
    this.lookAgain(id);
    if (before.state !== checked.health.state || before.reason !== checked.health.reason) {
      this.#options.changed(this.health());
    }
  }
}
