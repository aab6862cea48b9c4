/** The `networks` port in the kernel: one router per VPC, and the plugs of the workloads' namespaces. */
import type { NetworkStatus, Port, Vpc } from "@hakoniwa/network";
import { IpBatch } from "../tools/ip-batch.js";
import { sameNamespace } from "../tools/namespaces.js";
import type { Namespace } from "../tools/namespaces.js";
import { areRelated, exitsOf } from "./exits.js";
import type { Surroundings } from "./exits.js";
import type { LoggedRouter } from "./flow-reader.js";
import { identifier, Numbers } from "./names.js";
import { Router } from "./router.js";
import type { Plug } from "./topology-plan.js";

export interface Networks extends Port<Vpc, NetworkStatus> {
  /**
   * Says that the namespace which holds a workload's interfaces exists. Every interface that the model attaches to the
   * workload is made in it, as `eth<deviceIndex>`, now and as the model changes. Plugging the same namespace again changes
   * nothing; one that was deleted must be unplugged first, even if the new one has its name.
   * @param interfaces wait until these are made too, whenever the model comes to name them
   * @throws Error when an interface cannot be made; or it is unplugged while waiting
   */
  plug(workload: string, namespace: Namespace, interfaces?: readonly string[]): Promise<void>;
  /** Sets over how many hops the metadata service answers a workload; undefined is one. Takes effect soon. */
  setHopLimit(workload: string, hops: number | undefined): void;
  /** Deletes the workload's links; unplugging what is not plugged is no error. */
  unplug(workload: string): Promise<void>;
  /** Where the VPC's metadata and DNS sockets belong; undefined before its first interface. */
  routerNamespace(vpc: string): Namespace | undefined;
  /** Where the counters of the VPC's flows are; undefined while no interface was ever logged. */
  logged(vpc: string): LoggedRouter | undefined;
  /** Resolves when the VPC has its router and was applied in full once, however long that takes. */
  ready(vpc: string): Promise<void>;
  /** Ends the helper processes, after removing every network. */
  close(): Promise<void>;
}

interface Entry {
  readonly router: Router;
  leaving: Promise<void> | undefined;
  status: NetworkStatus | undefined;
}

interface Waiter {
  readonly workload: string | undefined;
  readonly isDone: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The number of VPCs that one box can hold: as many as the names of their links have room for. */
const LAST_ROUTER = 99_999;

/** Call `setupInternet` once before. Networks are made in the network namespace of this process. */
export function createNetworks(): Networks {
  return new KernelNetworks();
}

class KernelNetworks implements Networks {
  readonly #internet = new IpBatch(undefined);
  readonly #entries = new Map<string, Entry>();
  readonly #numbers = new Numbers(1, LAST_ROUTER, "VPCs");
  readonly #plugs = new Map<string, Plug>();
  readonly #hopLimits = new Map<string, number>();
  readonly #watchers = new Set<(key: string) => void>();
  readonly #waiters = new Set<Waiter>();
  readonly #around: Surroundings = {
    model: (vpc) => this.#present(vpc)?.model(),
    router: (vpc) => this.#routerOf(vpc),
    entrances: (vpc) => this.#entrancesOf(vpc),
    hopLimit: (workload) => this.#hopLimits.get(workload),
  };
  #generation = 0;

  async ensure(key: string, spec: Vpc): Promise<void> {
    if (spec.id !== key) throw new RangeError(`the network "${key}" cannot be the VPC "${spec.id}"`);
    const leaving = this.#entries.get(key)?.leaving;
    if (leaving !== undefined) await leaving;
    const { router } = this.#entry(key);
    const before = router.model();
    const wasThere = router.namespace() !== undefined;
    const done = router.ensure(spec);
    // What else names it sees its new members as soon as it does.
    if (before === undefined || before.interfaces !== spec.interfaces || before.routeTables !== spec.routeTables) await this.#refreshAround(key, before, spec);
    try {
      await done;
    } finally {
      if (!wasThere && router.namespace() !== undefined) await this.#refreshAround(key, before, spec);
    }
  }

  async #refreshAround(key: string, ...models: readonly (Vpc | undefined)[]): Promise<void> {
    const related = [...this.#entries].filter(([id, { router }]) => {
      const other = router.model();
      return id !== key && other !== undefined && models.some((model) => model !== undefined && areRelated(model, other));
    });
    await Promise.all(related.map(([, { router }]) => router.refresh()));
  }

  async remove(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.leaving ??= this.#leave(key, entry);
    await entry.leaving;
  }

  observe(key: string): NetworkStatus | undefined {
    return this.#entries.get(key)?.status;
  }

  keys(): readonly string[] {
    return [...this.#entries.keys()];
  }

  watch(changed: (key: string) => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  async plug(workload: string, namespace: Namespace, interfaces: readonly string[] = []): Promise<void> {
    const known = this.#plugs.get(workload);
    if (known === undefined || !sameNamespace(known.namespace, namespace)) this.#plugs.set(workload, { namespace, generation: ++this.#generation });
    await this.#replug(workload);
    await this.#until(workload, () => interfaces.every((id) => this.#isLinked(id)));
  }

  async unplug(workload: string): Promise<void> {
    if (!this.#plugs.delete(workload)) return;
    for (const waiter of [...this.#waiters].filter((one) => one.workload === workload)) {
      this.#waiters.delete(waiter);
      waiter.reject(new Error(`${workload} was unplugged before its interfaces were made`));
    }
    await this.#replug(workload);
  }

  setHopLimit(workload: string, hops: number | undefined): void {
    if (this.#hopLimits.get(workload) === hops) return;
    if (hops === undefined) this.#hopLimits.delete(workload);
    else this.#hopLimits.set(workload, hops);
    for (const { router } of this.#entries.values()) if (router.knows(workload)) void router.refilter();
  }

  routerNamespace(vpc: string): Namespace | undefined {
    return this.#entries.get(vpc)?.router.namespace();
  }

  logged(vpc: string): LoggedRouter | undefined {
    return this.#entries.get(vpc)?.router.logged();
  }

  ready(vpc: string): Promise<void> {
    return this.#until(undefined, () => this.#entries.get(vpc)?.router.isReady() ?? false);
  }

  async close(): Promise<void> {
    await Promise.all(this.keys().map((key) => this.remove(key)));
    await this.#internet.close();
  }

  #entry(key: string): Entry {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const router = new Router({
      vpc: identifier(key),
      number: this.#numbers.of(key),
      internet: this.#internet,
      plugOf: (workload) => this.#plugs.get(workload),
      around: this.#around,
      changed: () => this.#changed(key),
    });
    const entry: Entry = { router, leaving: undefined, status: undefined };
    this.#entries.set(key, entry);
    return entry;
  }

  #present(vpc: string): Router | undefined {
    const entry = this.#entries.get(vpc);
    return entry?.leaving === undefined ? entry?.router : undefined;
  }

  #routerOf(vpc: string): Plug | undefined {
    const router = this.#present(vpc);
    const namespace = router?.namespace();
    return router === undefined || namespace === undefined ? undefined : { namespace, generation: router.generation };
  }

  #entrancesOf(vpc: string): readonly string[] {
    return [...this.#entries].flatMap(([id, { router }]) => {
      const model = id === vpc ? undefined : router.model();
      const exits = model === undefined ? [] : [...exitsOf(model).values()].filter((exit) => exit.kind === "peering" && exit.vpc === vpc);
      return exits.map((exit) => router.exitDevice(exit.id));
    });
  }

  async #leave(key: string, entry: Entry): Promise<void> {
    try {
      // The others' links into it go first: the kernel frees a namespace, and what is in it, whenever it likes.
      const before = entry.router.model();
      // So that `leaving`, which hides it from them, is set.
      await Promise.resolve();
      await this.#refreshAround(key, before);
      await entry.router.destroy();
    } catch (error) {
      entry.leaving = undefined;
      throw error;
    }
    this.#entries.delete(key);
    this.#numbers.keep(this.#entries);
    this.#tell(key);
  }

  /** Every workload is in one VPC, but only the model says in which. */
  async #replug(workload: string): Promise<void> {
    const routers = [...this.#entries.values()].map((entry) => entry.router).filter((router) => router.knows(workload));
    await Promise.all(routers.map((router) => router.replug(workload)));
  }

  #isLinked(networkInterface: string): boolean {
    for (const { router } of this.#entries.values()) if (router.isLinked(networkInterface)) return true;
    return false;
  }

  #changed(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      const status = entry.router.status();
      if (status.error !== undefined || entry.router.isApplied()) {
        const same = entry.status !== undefined && entry.status.error === status.error;
        entry.status = status;
        if (!same) this.#tell(key);
      }
    }
    for (const waiter of this.#waiters) {
      if (!waiter.isDone()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  #tell(key: string): void {
    for (const watcher of this.#watchers) watcher(key);
  }

  #until(workload: string | undefined, isDone: () => boolean): Promise<void> {
    if (isDone()) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.add({ workload, isDone, resolve, reject }));
  }
}
