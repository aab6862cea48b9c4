/** The bookkeeping of a port: calls for one key run in order, one at a time, and the last one wins. */

interface Waiting {
  task: () => Promise<void>;
  readonly done: Promise<void>;
  readonly run: () => void;
}

/** One lane for each key. */
export class Lanes {
  readonly #running = new Map<string, Waiting | undefined>();

  /**
   * Runs `task` after what runs for the key. A task that still waits there is replaced: its caller gets this one's outcome.
   * Rejects as the task does.
   */
  submit(key: string, task: () => Promise<void>): Promise<void> {
    if (!this.#running.has(key)) {
      this.#running.set(key, undefined);
      return this.#run(key, task);
    }
    const waiting = this.#running.get(key);
    if (waiting !== undefined) {
      waiting.task = task;
      return waiting.done;
    }
    return this.#wait(key, task);
  }

  #wait(key: string, task: () => Promise<void>): Promise<void> {
    let run: () => void = () => {};
    const turn = new Promise<void>((resolve) => {
      run = resolve;
    });
    const waiting: Waiting = { task, run, done: turn.then(() => this.#run(key, waiting.task)) };
    this.#running.set(key, waiting);
    return waiting.done;
  }

  async #run(key: string, task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } finally {
      const next = this.#running.get(key);
      if (next === undefined) {
        this.#running.delete(key);
      } else {
        this.#running.set(key, undefined);
        next.run();
      }
    }
  }
}

/** Whoever wants to know of changed statuses. */
export class Watchers {
  readonly #callbacks = new Set<(key: string) => void>();

  watch(changed: (key: string) => void): () => void {
    this.#callbacks.add(changed);
    return () => this.#callbacks.delete(changed);
  }

  tell(key: string): void {
    for (const callback of this.#callbacks) {
      callback(key);
    }
  }
}
