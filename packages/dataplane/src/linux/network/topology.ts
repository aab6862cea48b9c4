/** Brings one VPC's links, addresses and routes from what was applied to what is planned. */
import { attemptOnce } from "../tools/ip-batch.js";
import type { IpBatch, LineFailure } from "../tools/ip-batch.js";
import { namespacePath } from "../tools/namespaces.js";
import { INTERNET } from "./topology-plan.js";
import type { ItemPlan, LinkPlan, Place, TopologyPlan } from "./topology-plan.js";

/** What could not be done, and for which workload. */
export interface Failure {
  readonly workload: string | undefined;
  readonly reason: string;
}

/** After a failure nobody knows what the kernel holds: it is removed and made again then. */
interface Applied<Plan> {
  readonly plan: Plan;
  readonly sure: boolean;
}

type RemovedLink = LinkPlan & { readonly place: Place };

interface Job {
  readonly key: string;
  readonly lines: readonly string[];
}

/** Adding again what is there. Only `rule add` answers it; the other lines replace. */
const THERE = /File exists/;
/** The kernel takes a link, and all that is on it, with the namespace of a workload that ended. */
const GONE = /Cannot find device|No such process|No such file or directory|No such device|Cannot assign requested address/;

/** The group that links are put into to be deleted together. */
const DOOMED = 77;

/** Milliseconds. A link whose other end is down, because its workload died, never settles. */
const SETTLE_LIMIT = 500;

export class Topology {
  readonly #internet: IpBatch;
  readonly #router: IpBatch;
  readonly #links = new Map<string, Applied<LinkPlan>>();
  readonly #items = new Map<string, Applied<ItemPlan>>();
  /** The links that were seen to carry packets. */
  readonly #settled = new Set<string>();

  constructor(internet: IpBatch, router: IpBatch) {
    this.#internet = internet;
    this.#router = router;
  }

  /** Applies the difference. One line that fails leaves the others done; it is tried again at the next call. */
  async apply(plan: TopologyPlan): Promise<readonly Failure[]> {
    const failures: Failure[] = [...(await this.#removeLinks(plan.links)), ...(await this.#createLinks(plan.links))];
    const created = [...plan.links.keys()].filter((key) => this.#hasLink(key) && !this.#settled.has(key));
    const toAdd = [...plan.items].filter(([key, item]) => this.#hasLink(item.link) && !sameItem(this.#items.get(key), item));
    const added = await Promise.all(byPlace(toAdd).map(([place, items]) => this.#add(place, items)));
    const toRemove = [...this.#items].filter(([key]) => !plan.items.has(key)).map(([key, { plan: item }]): [string, ItemPlan] => [key, item]);
    const removed = await Promise.all(byPlace(toRemove).map(([place, items]) => this.#remove(place, items)));
    await this.#settle(created);
    return [...failures, ...added.flat(), ...removed.flat()];
  }

  /** Takes all links away, and with them whatever is on them. */
  removeLinks(): Promise<readonly Failure[]> {
    return this.#removeLinks(new Map());
  }

  /** Whether an interface's link is made and configured. */
  isLinked(networkInterface: string): boolean {
    for (const [key, { plan, sure }] of this.#links) {
      if (plan.networkInterface === networkInterface) return sure && [...this.#items.values()].every((item) => item.plan.link !== key || item.sure);
    }
    return false;
  }

  #hasLink(link: string | undefined): boolean {
    return link === undefined || this.#links.get(link)?.sure === true;
  }

  async #removeLinks(wanted: ReadonlyMap<string, LinkPlan>): Promise<Failure[]> {
    const gone = [...this.#links].filter(([key, applied]) => {
      const plan = wanted.get(key);
      return plan === undefined || !applied.sure || plan.create !== applied.plan.create || plan.generation !== applied.plan.generation;
    });
    const failures: Failure[] = [];
    for (const [place, links] of byPlace(gone.map(([key, { plan }]): [string, RemovedLink] => [key, { ...plan, place: plan.remove.place }]))) {
      const failed = await this.#deleteLinks(place, links);
      for (const [key, link] of links) {
        const reason = failed.get(key);
        if (reason === undefined) this.#forget(key);
        else failures.push({ workload: link.workload, reason });
      }
    }
    return failures;
  }

  /** The kernel waits some 20 ms for every deletion; a group of links goes in one. */
  async #deleteLinks(place: Place, links: readonly [string, RemovedLink][]): Promise<Map<string, string>> {
    if (links.length === 1) return this.#carryOut(place, links.map(([key, link]) => ({ key, lines: [`link del ${link.remove.device}`] })), GONE);
    const failed = await this.#carryOut(place, links.map(([key, link]) => ({ key, lines: [`link set dev ${link.remove.device} group ${DOOMED}`] })), GONE);
    const [all] = (await this.#carryOut(place, [{ key: "all", lines: [`link del group ${DOOMED}`] }], GONE)).values();
    return all === undefined ? failed : new Map(links.map(([key]) => [key, all]));
  }

  /**
   * Waits until links carry packets. The kernel starts their queues in the background after both ends are up, and drops in
   * silence what is sent before; a SYN would be repeated only after a second.
   */
  async #settle(links: readonly string[]): Promise<void> {
    const deadline = performance.now() + SETTLE_LIMIT;
    let waiting = links;
    while (waiting.length > 0 && performance.now() < deadline) {
      // In a large network the list of all links is long.
      const [only, ...more] = waiting;
      const states = await this.#router.ask(only !== undefined && more.length === 0 ? `link show dev ${only}` : "link show");
      const up = new Set([...states.matchAll(/^\d+: (\S+?)@.* state UP /gm)].map((match) => match[1]));
      for (const link of waiting) if (up.has(link)) this.#settled.add(link);
      waiting = waiting.filter((link) => !up.has(link));
      if (waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    for (const link of waiting) this.#settled.add(link);
  }

  #forget(link: string): void {
    this.#links.delete(link);
    this.#settled.delete(link);
    for (const [key, { plan }] of this.#items) if (plan.link === link) this.#items.delete(key);
  }

  async #createLinks(wanted: ReadonlyMap<string, LinkPlan>): Promise<Failure[]> {
    const missing = [...wanted].filter(([key]) => !this.#links.has(key));
    const failed = await this.#carryOut(INTERNET, missing.map(([key, link]) => ({ key, lines: [link.create] })));
    const failures: Failure[] = [];
    for (const [key, plan] of missing) {
      const reason = failed.get(key);
      this.#links.set(key, { plan, sure: reason === undefined });
      if (reason !== undefined) failures.push({ workload: plan.workload, reason });
    }
    return failures;
  }

  async #add(place: Place, items: readonly [string, ItemPlan][]): Promise<Failure[]> {
    const failed = await this.#carryOut(place, items.map(([key, item]) => ({ key, lines: item.add })), THERE);
    const failures: Failure[] = [];
    for (const [key, plan] of items) {
      const reason = failed.get(key);
      this.#items.set(key, { plan, sure: reason === undefined });
      if (reason !== undefined) failures.push({ workload: plan.workload, reason });
    }
    return failures;
  }

  async #remove(place: Place, items: readonly [string, ItemPlan][]): Promise<Failure[]> {
    const failed = await this.#carryOut(place, items.map(([key, item]) => ({ key, lines: item.remove })), GONE);
    const failures: Failure[] = [];
    for (const [key, item] of items) {
      const reason = failed.get(key);
      // A workload's namespace may be gone already, with everything in it.
      if (reason === undefined || place.kind === "guest") this.#items.delete(key);
      else failures.push({ workload: item.workload, reason });
    }
    return failures;
  }

  /** @returns the reasons of the jobs that failed, by key */
  async #carryOut(place: Place, jobs: readonly Job[], tolerated?: RegExp): Promise<Map<string, string>> {
    const failed = new Map<string, string>();
    const lines = jobs.flatMap((job) => job.lines);
    if (lines.length === 0) return failed;
    const owners = jobs.flatMap((job) => job.lines.map(() => job.key));
    try {
      for (const failure of await this.#attempt(place, lines)) {
        const owner = owners[failure.index];
        if (owner !== undefined && !tolerated?.test(failure.reason)) failed.set(owner, `ip ${failure.line}: ${failure.reason}`);
      }
    } catch (error) {
      // `ip` ended over a line: halving finds it, so that it alone carries the error. Lines may be carried out twice.
      const [first] = jobs;
      if (first === undefined) return failed;
      if (jobs.length === 1 || place.kind === "guest") return new Map(jobs.map((job) => [job.key, error instanceof Error ? error.message : String(error)]));
      const again = new RegExp([tolerated?.source, THERE.source, GONE.source].filter((source) => source !== undefined).join("|"));
      const middle = Math.ceil(jobs.length / 2);
      const halves = [await this.#carryOut(place, jobs.slice(0, middle), again), await this.#carryOut(place, jobs.slice(middle), again)];
      return new Map(halves.flatMap((half) => [...half]));
    }
    return failed;
  }

  #attempt(place: Place, lines: readonly string[]): Promise<readonly LineFailure[]> {
    if (place.kind === "guest") return attemptOnce(place.namespace, lines);
    return place.kind === "internet" ? this.#internet.attempt(lines) : this.#router.attempt(lines);
  }
}

function sameItem(applied: Applied<ItemPlan> | undefined, plan: ItemPlan): boolean {
  return applied !== undefined && applied.sure && applied.plan.add.length === plan.add.length && applied.plan.add.every((line, at) => line === plan.add[at]);
}

function byPlace<Plan extends { readonly place: Place }>(plans: readonly (readonly [string, Plan])[]): [Place, [string, Plan][]][] {
  const places = new Map<string, [Place, [string, Plan][]]>();
  for (const [key, plan] of plans) {
    const name = plan.place.kind === "guest" ? namespacePath(plan.place.namespace) : plan.place.kind;
    const entry = places.get(name) ?? [plan.place, []];
    entry[1].push([key, plan]);
    places.set(name, entry);
  }
  return [...places.values()];
}
