/** One VPC in the kernel: its router's namespace, filter and topology, each in a lane of its own so that neither waits for the other. */
import type { NetworkStatus, Vpc } from "@hakoniwa/network";
import { IpBatch } from "../tools/ip-batch.js";
import { FORWARDING, writeSettings } from "../tools/kernel-settings.js";
import { createNamespace, deleteNamespace } from "../tools/namespaces.js";
import type { Namespace } from "../tools/namespaces.js";
import { Nft } from "../tools/nft.js";
import { exitsOf } from "./exits.js";
import type { Surroundings } from "./exits.js";
import { planFilter } from "./filter-plan.js";
import { resetStep, skeletonOf, stepsBetween, transactions } from "./filter-state.js";
import type { FilterState } from "./filter-state.js";
import { withFlowLogs } from "./flow-plan.js";
import type { LoggedRouter } from "./flow-reader.js";
import { Lane } from "./lane.js";
import { Memory } from "./memory.js";
import { identifier, RouterNames } from "./names.js";
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
  readonly around: Surroundings;
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

/** Routers made so far: one that is made again is another, whatever its name. */
let made = 0;

/** How many interfaces that are gone can still be told of by their counters. */
const GONE_REMEMBERED = 1000;

export class Router {
  readonly generation = ++made;
  readonly #options: RouterOptions;
  readonly #names: RouterNames;
  readonly #filterLane = new Lane(() => this.#applyFilter());
  readonly #topologyLane = new Lane(() => this.#applyTopology());
  #wanted: Vpc | undefined;
  #starting: Promise<Kernel> | undefined;
  #kernel: Kernel | undefined;
  /** What nftables holds; undefined when that is not known. */
  #filter: FilterState | undefined;
  /** What their counters tell of is read some time after they are gone. */
  readonly #logged = new Map<string, string>();
  #filterError: string | undefined;
  #failures: readonly Failure[] = [];
  #appliedFilter: Vpc | undefined;
  #appliedTopology: Vpc | undefined;
  /** Something around the VPC changed that its filter depends on. */
  #stale = false;
  /** Something beside the VPC changed that its links depend on, or the last attempt did not bring all of it about. */
  #disconnected = true;
  readonly #memory = new Memory();
  /** The namespaces of gateway endpoints' services. */
  readonly #services = new Set<string>();

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

  /** Looks at the other VPCs again. What fails is in the status. */
  async refresh(): Promise<void> {
    this.#disconnected = true;
    await Promise.all([this.refilter(), this.#topologyLane.kick()]);
  }

  /** Plans the filter again, for what it depends on beside the VPC. What fails is in the status. */
  async refilter(): Promise<void> {
    this.#stale = true;
    await this.#filterLane.kick();
  }

  /** Looks at the plugs again; rejects when the workload could not be connected. */
  async replug(workload: string): Promise<void> {
    this.#disconnected = true;
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
    await this.#keepServices(new Set());
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

  /** The VPC as it should be; undefined before the first `ensure` and after `destroy`. */
  model(): Vpc | undefined {
    return this.#wanted;
  }

  /** The router's end of an exit, and the far end's name in the other namespace. */
  exitDevice(exit: string): string {
    return this.#names.device(exit);
  }

  /** Undefined while nothing was ever logged. */
  logged(): LoggedRouter | undefined {
    return this.#kernel === undefined || this.#logged.size === 0 ? undefined : { namespace: this.#kernel.namespace, devices: this.#logged };
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
    if (vpc === undefined || (vpc === this.#appliedFilter && !this.#stale)) return;
    try {
      this.#stale = false;
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
    const exits = exitsOf(vpc);
    this.#names.keepDevices({ has: (id) => vpc.interfaces.has(id) || exits.has(id) });
    const desired = withFlowLogs(planFilter(vpc, this.#names, this.#options.around, this.#memory), vpc, this.#names);
    for (const { id, flowLogged } of vpc.interfaces.values()) if (flowLogged) this.#logged.set(this.#names.device(id), id);
    // What went first was read long since.
    for (const [device, id] of this.#logged) if (this.#logged.size > vpc.interfaces.size + GONE_REMEMBERED && !vpc.interfaces.has(id)) this.#logged.delete(device);
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
      if (this.#disconnected || !hasSameTopology(vpc, this.#appliedTopology)) {
        // Whoever says otherwise meanwhile gets another run.
        this.#disconnected = false;
        this.#failures = this.#isNeeded(vpc) ? await this.#connect(vpc) : [];
      }
      if (this.#failures.length === 0) this.#appliedTopology = vpc;
      else this.#disconnected = true;
    } catch (error) {
      this.#disconnected = true;
      this.#failures = [{ workload: undefined, reason: error instanceof Error ? error.message : String(error) }];
    } finally {
      this.#options.changed();
    }
  }

  async #connect(vpc: Vpc): Promise<readonly Failure[]> {
    const { topology } = await this.#start(vpc);
    this.#names.tables.keep(vpc.routeTables);
    const services = new Set([...exitsOf(vpc).values()].filter((exit) => exit.kind === "gateway-endpoint").map((exit) => identifier(exit.id)));
    for (const name of services) if (!this.#services.has(name)) await createNamespace(name).then(() => this.#services.add(name));
    const failures = await topology.apply(planTopology(vpc, this.#names, this.#options.plugOf, this.#options.around));
    await this.#keepServices(services);
    return failures;
  }

  async #keepServices(wanted: ReadonlySet<string>): Promise<void> {
    for (const name of [...this.#services].filter((one) => !wanted.has(one))) {
      await deleteNamespace(name);
      this.#services.delete(name);
    }
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
    const skeleton = skeletonOf(planFilter(vpc, this.#names, this.#options.around));
    await Promise.all([writeSettings(namespace, FORWARDING), nft.transaction(resetStep(skeleton))]);
    this.#filter = skeleton;
    this.#kernel = { namespace, ip, nft, topology: new Topology(internet, ip) };
    return this.#kernel;
  }
}

/** Rules of groups and ACLs make no difference to links and routes. */
function hasSameTopology(one: Vpc, other: Vpc | undefined): boolean {
  return other !== undefined && one.interfaces === other.interfaces && one.subnets === other.subnets && one.routeTables === other.routeTables
    && one.internetGateway === other.internetGateway && one.region === other.region && one.cidrs.join() === other.cidrs.join();
}
