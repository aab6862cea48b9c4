import type { Port } from "@hakoniwa/network";

/** The keys, specs and statuses of one port, and who watches them. */
export class PaperPort<Spec, Status> {
  readonly #specs = new Map<string, Spec>();
  readonly #statuses = new Map<string, Status>();
  readonly #watchers = new Set<(key: string) => void>();

  spec(key: string): Spec | undefined {
    return this.#specs.get(key);
  }

  specs(): ReadonlyMap<string, Spec> {
    return this.#specs;
  }

  status(key: string): Status | undefined {
    return this.#statuses.get(key);
  }

  keep(key: string, spec: Spec): void {
    this.#specs.set(key, spec);
  }

  /** Sets a status and tells the watchers. */
  report(key: string, status: Status): void {
    this.#statuses.set(key, status);
    this.#tell(key);
  }

  forget(key: string): void {
    this.#specs.delete(key);
    if (this.#statuses.delete(key)) {
      this.#tell(key);
    }
  }

  clear(): void {
    this.#watchers.clear();
    this.#specs.clear();
    this.#statuses.clear();
  }

  /** The port as others see it; `ensure` and `remove` are what the paper plane does about them. */
  port(ensure: (key: string, spec: Spec) => void, remove: (key: string) => void): Port<Spec, Status> {
    return {
      // Even a refusal must be a rejection: callers of a port expect no exception before its promise.
      ensure: async (key, spec) => ensure(key, spec),
      remove: async (key) => remove(key),
      observe: (key) => this.#statuses.get(key),
      keys: () => [...this.#specs.keys()],
      watch: (changed) => {
        this.#watchers.add(changed);
        return () => this.#watchers.delete(changed);
      },
    };
  }

  #tell(key: string): void {
    for (const watcher of this.#watchers) {
      watcher(key);
    }
  }
}
