/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#slow-start-mode */

/** Who of a group's healthy targets is still starting slowly. */
export class SlowStarts {
  #healthy: ReadonlySet<string> = new Set();
  readonly #since = new Map<string, number>();
  #duration = 0;

  /**
   * Sets who is healthy. A target that becomes so starts slowly when there is one that does not; those that are healthy when
   * the mode is switched on, or become so first, have nobody to leave the load to.
   */
  update(duration: number, healthy: readonly string[]): void {
    const now = performance.now();
    const switchedOn = this.#duration === 0 && duration > 0;
    this.#duration = duration;
    for (const id of this.#since.keys()) {
      if (duration === 0 || !healthy.includes(id)) {
        this.#since.delete(id);
      }
    }
    const settled = healthy.some((id) => this.#healthy.has(id) && !this.#isSlow(id, now));
    if (duration > 0 && settled && !switchedOn) {
      for (const id of healthy) {
        if (!this.#healthy.has(id)) {
          this.#since.set(id, now);
        }
      }
    }
    this.#healthy = new Set(healthy);
  }

  get some(): boolean {
    if (this.#since.size === 0) {
      return false;
    }
    const now = performance.now();
    for (const id of this.#since.keys()) {
      if (!this.#isSlow(id, now)) {
        this.#since.delete(id);
      }
    }
    return this.#since.size > 0;
  }

  /** When the target's slow start began, by `performance.now()`; undefined when it is at its full share. */
  since(id: string): number | undefined {
    return this.#since.get(id);
  }

  #isSlow(id: string, now: number): boolean {
    const since = this.#since.get(id);
    return since !== undefined && now - since < this.#duration;
  }
}

/** The smallest share, so that a target in slow start is sent something from the beginning. */
const LEAST_SHARE = 0.02;

/** A target's share of the load, from little to 1, growing evenly with time. */
export function slowStartShare(since: number | undefined, duration: number, now: number): number {
  return since === undefined || duration === 0 ? 1 : Math.min(1, Math.max(LEAST_SHARE, (now - since) / duration));
}
