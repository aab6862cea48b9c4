/** A target group: its targets, and the choice among them. */
import type { BalancerTarget, TargetGroup, TargetHealth } from "@hakoniwa/network";
import { Backend, type At } from "./backends.js";
import type { GroupCounts } from "./counts.js";
import { slowStartShare, SlowStarts } from "./slow-start.js";

/** What a choice may depend on. */
export interface Choice {
  /** Where a Classic listener says that it goes; the group and its targets say it otherwise. */
  readonly at: At | undefined;
  /** Backends that this request could not reach. */
  readonly tried: ReadonlySet<Backend> | undefined;
  /** The target that the client is kept with. */
  readonly mark?: string | undefined;
}

type HealthOf = (target: string) => TargetHealth["state"];

/** The backends of one place (port and protocol), and whose turn it is. */
interface Pool {
  readonly backends: readonly Backend[];
  turn: number;
}

export class Group {
  spec: TargetGroup;
  readonly #healthOf: HealthOf;
  readonly #counts: GroupCounts;
  readonly #backends = new Map<string, Backend>();
  readonly #slowStarts = new SlowStarts();
  /** Where each pool's turn is outlives the pool, which is made anew after each change. */
  readonly #turns = new Map<string, number>();
  #pools = new Map<string, Pool>();
  /** The places of targets that were draining at the last update. */
  #draining: ReadonlySet<string> = new Set();

  constructor(spec: TargetGroup, healthOf: HealthOf, counts: GroupCounts) {
    this.spec = spec;
    this.#healthOf = healthOf;
    this.#counts = counts;
  }

  /** Sets the targets. What goes on with those that left goes on to its end, unless they were draining before. */
  update(spec: TargetGroup): void {
    this.spec = spec;
    const kept = new Map(spec.targets.map((target) => [placeOf(target), target]));
    for (const [key, backend] of this.#backends) {
      const place = placeOf(backend.target);
      const target = kept.get(place);
      if (target === undefined) {
        if (this.#draining.has(place)) {
          backend.cut();
        } else {
          backend.leave();
        }
        this.#backends.delete(key);
      } else if (target.draining) {
        backend.closeIdle();
      }
    }
    this.#draining = new Set(spec.targets.filter(({ draining }) => draining).map(placeOf));
    this.healthChanged();
  }

  /** Looks again at who is healthy; gives up kept connections to those who are not: whatever took them out may have broken these as well. */
  healthChanged(): void {
    for (const [key, { turn }] of this.#pools) {
      this.#turns.set(key, turn);
    }
    this.#pools = new Map();
    this.#slowStarts.update(
      this.spec.slowStart,
      this.spec.targets.filter(({ id, draining }) => !draining && this.#healthOf(id) === "healthy").map(({ id }) => id),
    );
    for (const backend of this.#backends.values()) {
      if (this.#healthOf(backend.target.id) !== "healthy") {
        backend.closeIdle();
      }
    }
  }

  /**
   * The target for a request or connection: the one that the client is kept with, else by the group's algorithm.
   * https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html (routing algorithm)
   */
  choose({ at, tried, mark }: Choice): Backend | undefined {
    const key = at === undefined ? "" : `${at.port} ${at.protocol}`;
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = { backends: this.#usable(at), turn: this.#turns.get(key) ?? 0 };
      this.#pools.set(key, pool);
    }
    const { backends } = pool;
    const own = mark === undefined ? undefined : backends.find((backend) => backend.mark === mark && tried?.has(backend) !== true);
    if (own !== undefined) {
      return own;
    }
    if (this.#slowStarts.some) {
      return this.#weighted(backends, tried);
    }
    const byLoad = this.spec.algorithm === "least-outstanding" && isHttp(at?.protocol ?? this.spec.protocol);
    return pick(pool, tried, byLoad);
  }

  close(): void {
    for (const backend of this.#backends.values()) {
      backend.leave();
    }
  }

  #usable(at: At | undefined): readonly Backend[] {
    const listed = this.spec.targets.filter(({ draining }) => !draining);
    const healthy = listed.filter(({ id }) => this.#healthOf(id) === "healthy");
    const usable = healthy.length === 0 && this.spec.failOpen ? listed.filter(({ id }) => this.#healthOf(id) === "unhealthy") : healthy;
    return usable.flatMap((target) => this.#backend(target, at) ?? []);
  }

  #backend(target: BalancerTarget, at: At | undefined): Backend | undefined {
    const port = at?.port ?? target.port;
    if (port === undefined) {
      return undefined;
    }
    const protocol = at?.protocol ?? this.spec.protocol;
    const key = `${placeOf(target)} ${port} ${protocol}`;
    let backend = this.#backends.get(key);
    if (backend === undefined) {
      backend = new Backend(target, { port, protocol }, this.#counts);
      this.#backends.set(key, backend);
    }
    return backend;
  }

  /** While a target starts slowly: a smooth weighted round robin, in which it has a growing share. */
  #weighted(backends: readonly Backend[], tried: ReadonlySet<Backend> | undefined): Backend | undefined {
    let best: Backend | undefined;
    let sum = 0;
    for (const backend of backends) {
      if (tried?.has(backend) !== true) {
        const share = slowStartShare(this.#slowStarts.since(backend.target.id), this.spec.slowStart, performance.now());
        backend.credit += share;
        sum += share;
        best = best === undefined || backend.credit > best.credit ? backend : best;
      }
    }
    if (best !== undefined) {
      best.credit -= sum;
    }
    return best;
  }
}

function pick(pool: Pool, tried: ReadonlySet<Backend> | undefined, byLoad: boolean): Backend | undefined {
  const { backends } = pool;
  const count = backends.length;
  let best: Backend | undefined;
  let bestIndex = 0;
  for (let i = 0; i < count; i += 1) {
    const index = (pool.turn + i) % count;
    const backend = backends[index];
    if (backend === undefined || tried?.has(backend) === true) {
      continue;
    }
    if (best === undefined || backend.outstanding < best.outstanding) {
      best = backend;
      bestIndex = index;
    }
    if (!byLoad || best.outstanding === 0) {
      break;
    }
  }
  if (best !== undefined) {
    pool.turn = bestIndex + 1;
  }
  return best;
}

function placeOf({ id, address, port }: BalancerTarget): string {
  return `${id} ${address} ${port ?? ""}`;
}

function isHttp(protocol: TargetGroup["protocol"]): boolean {
  return protocol === "HTTP" || protocol === "HTTPS";
}
