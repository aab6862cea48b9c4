/** Work that is done again whenever something changed: one run at a time, and changes that come meanwhile share the next. */

interface Run {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Lane {
  readonly #work: () => Promise<void>;
  #next: Run | undefined;
  #running = false;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Settles as the next run does: the first that begins after this call, and so sees everything that was so before it. */
  kick(): Promise<void> {
    this.#next ??= pending();
    const { promise } = this.#next;
    if (!this.#running) void this.#drain();
    return promise;
  }

  async #drain(): Promise<void> {
    this.#running = true;
    while (this.#next !== undefined) {
      // Changes made in one go, e.g. by one transaction, become one run.
      await Promise.resolve();
      const run = this.#next;
      this.#next = undefined;
      try {
        await this.#work();
        run.resolve();
      } catch (error) {
        run.reject(error);
      }
    }
    this.#running = false;
  }
}

function pending(): Run {
  let resolve: () => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
