/** Runs reconcilers: level-triggered, one run a key at a time, coalesced, fair to every reconciler, API calls first. */
import type { Clock } from "./clock.js";
import type { World } from "./operation.js";
import type { Jobs, ReconcileKey, Reconciler, Watch } from "./reconciler.js";
import type { Store } from "./store.js";
import type { Change, Scope } from "./table.js";

/** How many runs may be waiting for their effects at once, in all. */
const CONCURRENCY = 64;
/** Milliseconds of work after which waiting API calls get a turn. */
const SLICE = 4;
const FIRST_RETRY = 100;
const LAST_RETRY = 30_000;

interface Work<W extends World> {
  readonly reconciler: Reconciler<W>;
  readonly due: Map<string, ReconcileKey>;
  readonly running: Set<string>;
  readonly wakes: Map<string, () => void>;
  readonly failures: Map<string, number>;
}

export interface DriverOptions<W extends World> {
  readonly store: Store;
  readonly clock: Clock;
  readonly reconcilers: readonly Reconciler<W>[];
  jobs(reconciler: Reconciler<W>, key: ReconcileKey): Promise<Jobs<W>>;
  /** Told of a run that threw; it is tried again later. */
  onError(reconciler: string, key: ReconcileKey, error: unknown): void;
}

export class Driver<W extends World> {
  readonly #options: DriverOptions<W>;
  readonly #work: readonly Work<W>[];
  readonly #idle: (() => void)[] = [];
  #active = 0;
  #started = false;
  #ready = false;
  #stopped = false;
  #pumping = false;
  readonly #onReady: (() => void)[] = [];

  constructor(options: DriverOptions<W>) {
    this.#options = options;
    this.#work = options.reconcilers.map((reconciler) => ({ reconciler, due: new Map(), running: new Set(), wakes: new Map(), failures: new Map() }));
    options.store.onCommit((changes) => this.#changed(changes));
  }

  /** Looks at everything once. What judges waits until the rest has converged: the ready barrier. */
  start(): void {
    this.#started = true;
    const { store } = this.#options;
    for (const work of this.#work) {
      for (const watch of work.reconciler.watches) {
        for (const scope of store.scopes()) this.#enqueueAll(work, watch, scope);
      }
    }
    this.#pump();
  }

  /** Resolves when the data plane has converged once since the start. */
  ready(): Promise<void> {
    return this.#ready ? Promise.resolve() : new Promise((resolve) => this.#onReady.push(resolve));
  }

  /** A status of a data-plane port changed. */
  signal(port: string, key: string): void {
    const { store } = this.#options;
    for (const work of this.#work) {
      for (const signal of work.reconciler.signals) {
        if (signal.port !== port) continue;
        for (const found of signal.keys(key, (table, id) => store.find(table, id), (scope) => store.reader(scope))) this.#enqueue(work, found);
      }
    }
    this.#pump();
  }

  /** Resolves when nothing is due and nothing runs; wake-ups that lie in the future don't count. */
  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Starts nothing more, and resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const work of this.#work) {
      work.due.clear();
      for (const cancel of work.wakes.values()) cancel();
      work.wakes.clear();
    }
    await this.idle();
  }

  #isIdle(): boolean {
    return this.#active === 0 && !this.#pumping && this.#work.every((work) => work.due.size === 0 || !this.#may(work));
  }

  /** What judges may run only behind the ready barrier. */
  #may(work: Work<W>): boolean {
    return this.#ready || !work.reconciler.judges;
  }

  #changed(changes: readonly Change[]): void {
    if (!this.#started || this.#stopped) return;
    for (const work of this.#work) {
      for (const watch of work.reconciler.watches) {
        for (const change of changes) {
          if (watch.table !== change.table && watch.table !== "*") continue;
          if (change.before) this.#enqueueRecord(work, watch, change.scope, change.before);
          if (change.after) this.#enqueueRecord(work, watch, change.scope, change.after);
        }
      }
    }
    this.#pump();
  }

  #enqueueAll(work: Work<W>, watch: Watch, scope: Scope): void {
    for (const record of this.#options.store.all(scope, watch.table)) this.#enqueueRecord(work, watch, scope, record);
  }

  #enqueueRecord(work: Work<W>, watch: Watch, scope: Scope, record: object): void {
    for (const key of watch.keys(record as never, scope, (other) => this.#options.store.reader(other))) {
      this.#enqueue(work, typeof key === "string" ? { ...scope, id: key } : key);
    }
  }

  #enqueue(work: Work<W>, key: ReconcileKey): void {
    if (!this.#stopped) work.due.set(nameOf(key), key);
  }

  #pump(): void {
    if (this.#pumping || !this.#started) return;
    this.#pumping = true;
    setImmediate(() => this.#slice());
  }

  /** Takes one key of each reconciler in turn, until nothing is left or the slice is over. */
  #slice(): void {
    const end = performance.now() + SLICE;
    let found = true;
    while (found && performance.now() < end) {
      found = false;
      for (const work of this.#work) {
        if (this.#active >= CONCURRENCY) break;
        const key = this.#may(work) ? this.#next(work) : undefined;
        if (!key) continue;
        found = true;
        void this.#run(work, key);
      }
    }
    this.#pumping = false;
    if (found) this.#pump();
    else this.#rest();
  }

  #next(work: Work<W>): ReconcileKey | undefined {
    for (const [name, key] of work.due) {
      if (work.running.has(name)) continue;
      work.due.delete(name);
      return key;
    }
    return undefined;
  }

  async #run(work: Work<W>, key: ReconcileKey): Promise<void> {
    const { clock, store } = this.#options;
    const name = nameOf(key);
    this.#active++;
    work.running.add(name);
    work.wakes.get(name)?.();
    work.wakes.delete(name);
    let wakeAt: number | undefined;
    try {
      // An effect must never run ahead of the state that it saw.
      await store.stored();
      wakeAt = (await work.reconciler.reconcile(key, await this.#options.jobs(work.reconciler, key)))?.at;
      work.failures.delete(name);
    } catch (error) {
      const failures = (work.failures.get(name) ?? 0) + 1;
      work.failures.set(name, failures);
      wakeAt = clock.now() + Math.min(LAST_RETRY, FIRST_RETRY * 2 ** (failures - 1));
      this.#options.onError(work.reconciler.name, key, error);
    }
    work.running.delete(name);
    this.#active--;
    if (wakeAt !== undefined && !this.#stopped) {
      work.wakes.set(
        name,
        clock.schedule(wakeAt, () => {
          work.wakes.delete(name);
          this.#enqueue(work, key);
          this.#pump();
        }),
      );
    }
    this.#pump();
  }

  #rest(): void {
    if (!this.#isIdle()) return;
    if (!this.#ready && this.#started) {
      this.#ready = true;
      for (const resolve of this.#onReady.splice(0)) resolve();
      this.#pump();
      return;
    }
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function nameOf(key: ReconcileKey): string {
  return `${key.account}/${key.region}/${key.id}`;
}
