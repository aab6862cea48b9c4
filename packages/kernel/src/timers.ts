/** What is due when: a binary heap, first by time, then by the order in which it was asked for. */

export interface Timer {
  readonly at: number;
  readonly order: number;
  /** Absent when it was cancelled: taking it out of the heap's middle would cost more than passing over it later. */
  run: (() => void) | undefined;
}

export class Timers {
  readonly #heap: Timer[] = [];
  #order = 0;

  add(at: number, run: () => void): Timer {
    const timer: Timer = { at, order: this.#order++, run };
    this.#heap.push(timer);
    this.#rise(this.#heap.length - 1);
    return timer;
  }

  /** When the earliest is due; undefined when there is none. */
  next(): number | undefined {
    while (this.#heap.length > 0 && !this.#heap[0]!.run) this.#removeFirst();
    return this.#heap[0]?.at;
  }

  /** Takes the earliest away if it is due at `time`. */
  take(time: number): Timer | undefined {
    const at = this.next();
    return at === undefined || at > time ? undefined : this.#removeFirst();
  }

  #removeFirst(): Timer {
    const first = this.#heap[0]!;
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    return first;
  }

  #rise(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(from: number): void {
    let at = from;
    for (;;) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#heap.length && this.#before(child, first)) first = child;
      }
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }

  #before(a: number, b: number): boolean {
    const one = this.#heap[a]!;
    const other = this.#heap[b]!;
    return one.at === other.at ? one.order < other.order : one.at < other.at;
  }

  #swap(a: number, b: number): void {
    [this.#heap[a], this.#heap[b]] = [this.#heap[b]!, this.#heap[a]!];
  }
}
