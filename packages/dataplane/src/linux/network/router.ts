/** One VPC in the kernel: its router's namespace, filter and topology, each in a lane of its own so that neither waits for the other. */
import type { NetworkStatus, Vpc } from "@hakoniwa/network";
import { IpBatch } from "../tools/ip-batch.js";
import { FORWARDING, writeSettings } from "../tools/kernel-settings.js";
import { deleteNamespace } from "../tools/namespaces.js";
import type { Namespace } from "../tools/namespaces.js";
import { Nft } from "../tools/nft.js";
import { planFilter } from "./filter-plan.js";
import { resetStep, skeletonOf, stepsBetween, transactions } from "./filter-state.js";
import type { FilterState } from "./filter-state.js";
import { Lane } from "./lane.js";
import { RouterNames } from "./names.js";
import { planTopology } from "./topology-plan.js";
import type { Plug } from "./topology-plan.js";
import { Topology } from "./topology.js";
import type { Failure } from "./topology.js";

export interface RouterOptions {
  readonly vpc: string;
  /** Different from every other router's. */
  readonly number: number;
  /** `ip` in the box's internet. */
  readonly internet: IpBatch;
  readonly plugOf: (workload: string) => Plug | undefined;
  /** Called after every change of the status or the links. */
  readonly changed: () => void;
}

/** The router's side of the kernel, once it is there. */
interface Kernel {
  readonly namespace: Namespace;
  readonly ip: IpBatch;
  readonly nft: Nft;
  readonly topology: Topology;
}

export class Router {
  readonly #options: RouterOptions;
  readonly #names: RouterNames;
  readonly #filterLane = new Lane(() => this.#applyFilter());
  readonly #topologyLane = new Lane(() => this.#applyTopology());
  #wanted: Vpc | undefined;
  #starting: Promise<Kernel> | undefined;
  #kernel: Kernel | undefined;
  /** What nftables holds; undefined when that is not known. */
  #filter: FilterState | undefined;
  #filterError: string | undefined;
  #failures: readonly Failure[] = [];
  #appliedFilter: Vpc | undefined;
  #appliedTopology: Vpc | undefined;

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#names = new RouterNames(options.vpc, options.number);
  }

  /** Makes the network what `vpc` says. The router's namespace appears with the first interface. */
  async ensure(vpc: Vpc): Promise<void> {
    this.#wanted = vpc;
    await Promise.all([this.#filterLane.kick(), this.#topologyLane.kick()]);
    const error = this.status().error;
    if (error !== undefined) throw new Error(error);
  }

  /** Looks at the plugs again; rejects when the workload could not be connected. */
  async replug(workload: string): Promise<void> {
    await this.#topologyLane.kick();
    const failure = this.#failures.find((one) => one.workload === workload);
    if (failure !== undefined) throw new Error(`${workload} could not be connected to ${this.#options.vpc}: ${failure.reason}`);
  }

  /** Leaves nothing. May be called again when it failed. */
  async destroy(): Promise<void> {
    this.#wanted = undefined;
    await Promise.all([this.#filterLane.kick(), this.#topologyLane.kick()]);
    const kernel = this.#kernel ?? (await this.#starting?.catch(() => undefined));
    if (kernel === undefined) return;
    // Links first: the kernel frees a namespace whenever it likes, and their names until then.
    const [failure] = await kernel.topology.removeLinks();
    if (failure !== undefined) throw new Error(`${this.#options.vpc}: ${failure.reason}`);
    await Promise.all([kernel.ip.close(), kernel.nft.close()]);
    await deleteNamespace(this.#names.namespace);
    this.#kernel = undefined;
    this.#starting = undefined;
  }

  status(): NetworkStatus {
    return { error: this.#filterError ?? this.#failures[0]?.reason };
  }

  /** Whether the model was applied in full at least once, with an interface and so with a router. */
  isReady(): boolean {
    return this.#kernel !== undefined && this.#appliedFilter !== undefined && this.#appliedTopology !== undefined;
  }

  isApplied(): boolean {
    return this.#wanted !== undefined && this.#appliedFilter === this.#wanted && this.#appliedTopology === this.#wanted;
  }

  namespace(): Namespace | undefined {
    return this.#kernel?.namespace;
  }

  isLinked(networkInterface: string): boolean {
    return this.#kernel?.topology.isLinked(networkInterface) ?? false;
  }

  knows(workload: string): boolean {
    if (this.#wanted === undefined) return false;
    for (const { attachment } of this.#wanted.interfaces.values()) if (attachment?.workload === workload) return true;
    return this.#failures.some((failure) => failure.workload === workload);
  }

  async #applyFilter(): Promise<void> {
    const vpc = this.#wanted;
    if (vpc === undefined || vpc === this.#appliedFilter) return;
    try {
      this.#appliedFilter = undefined;
      if (this.#isNeeded(vpc)) await this.#filterTo(vpc);
      this.#appliedFilter = vpc;
      this.#filterError = undefined;
    } catch (error) {
      this.#filterError = error instanceof Error ? error.message : String(error);
    } finally {
      this.#options.changed();
    }
  }

  async #filterTo(vpc: Vpc): Promise<void> {
    const { nft } = await this.#start(vpc);
    this.#names.marks.keep(vpc.subnets);
    this.#names.keepDevices(vpc.interfaces);
    const desired = planFilter(vpc, this.#names);
    if (!(await this.#change(nft, desired))) await this.#rebuild(nft, desired);
    this.#filter = desired;
  }

  /** Applies only the difference. False when that is impossible, because what is there is not known or refuses it. */
  async #change(nft: Nft, desired: FilterState): Promise<boolean> {
    if (this.#filter === undefined) return false;
    const steps = stepsBetween(this.#filter, desired);
    this.#filter = undefined;
    try {
      for (const transaction of transactions(steps)) await nft.transaction(transaction);
      return true;
    } catch {
      // The rebuild that follows says what is wrong, if it still is.
      return false;
    }
  }

  async #rebuild(nft: Nft, desired: FilterState): Promise<void> {
    const skeleton = skeletonOf(desired);
    for (const transaction of transactions([resetStep(skeleton), ...stepsBetween(skeleton, desired)])) await nft.transaction(transaction);
  }

  async #applyTopology(): Promise<void> {
    const vpc = this.#wanted;
    if (vpc === undefined) return;
    try {
      this.#failures = this.#isNeeded(vpc) ? await this.#connect(vpc) : [];
      if (this.#failures.length === 0) this.#appliedTopology = vpc;
    } catch (error) {
      this.#failures = [{ workload: undefined, reason: error instanceof Error ? error.message : String(error) }];
    } finally {
      this.#options.changed();
    }
  }

  async #connect(vpc: Vpc): Promise<readonly Failure[]> {
    const { topology } = await this.#start(vpc);
    this.#names.tables.keep(vpc.routeTables);
    return topology.apply(planTopology(vpc, this.#names, this.#options.plugOf));
  }

  #isNeeded(vpc: Vpc): boolean {
    return this.#starting !== undefined || vpc.interfaces.size > 0;
  }

  #start(vpc: Vpc): Promise<Kernel> {
    this.#starting ??= this.#open(vpc).catch((error: unknown) => {
      this.#starting = undefined;
      throw error;
    });
    return this.#starting;
  }

  /** The namespace, closed by its drop policies before anything is linked to it. */
  async #open(vpc: Vpc): Promise<Kernel> {
    const { internet } = this.#options;
    const namespace = { name: this.#names.namespace };
    await internet.run([`netns add ${namespace.name}`], /File exists/);
    const ip = new IpBatch(namespace);
    const nft = new Nft(namespace);
    const skeleton = skeletonOf(planFilter(vpc, this.#names));
    await Promise.all([writeSettings(namespace, FORWARDING), nft.transaction(resetStep(skeleton))]);
    this.#filter = skeleton;
    this.#kernel = { namespace, ip, nft, topology: new Topology(internet, ip) };
    return this.#kernel;
  }
}
