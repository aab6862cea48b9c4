import type { BalancerTarget } from "@hakoniwa/network";
import { TargetSocket } from "./target-socket.js";

/** Connections kept idle to one port of one target. */
const IDLE_LIMIT = 64;
/** Milliseconds after which an idle connection is no longer trusted with a request that can't be sent twice. */
const FRESH = 1_000;

/** One port of one target, with the connections that are kept to it. */
export class Backend {
  readonly target: BalancerTarget;
  readonly port: number;
  /** Requests or connections under way. */
  outstanding = 0;
  #draining = false;
  readonly #idle: TargetSocket[] = [];

  constructor(target: BalancerTarget, port: number) {
    this.target = target;
    this.port = port;
  }

  /** An idle connection, the one used last first; `fresh` asks for one that the target surely still keeps. */
  takeIdle(fresh: boolean): TargetSocket | undefined {
    const socket = this.#idle.at(-1);
    if (socket === undefined || (fresh && performance.now() - socket.idleSince > FRESH)) {
      return undefined;
    }
    this.#idle.pop();
    return socket;
  }

  connect(): TargetSocket {
    return new TargetSocket(this.target.address, this.port, (gone) => this.#forget(gone));
  }

  /** Takes back a connection that has served a whole request. */
  release(socket: TargetSocket): void {
    if (this.#draining || this.#idle.length >= IDLE_LIMIT || socket.socket.destroyed) {
      socket.discard();
      return;
    }
    socket.user = undefined;
    socket.reused = true;
    socket.idleSince = performance.now();
    this.#idle.push(socket);
  }

  /** Closes what is idle now, and later what is under way once it is done. */
  drain(): void {
    this.#draining = true;
    this.closeIdle();
  }

  closeIdle(): void {
    for (const socket of this.#idle.splice(0)) {
      socket.discard();
    }
  }

  #forget(gone: TargetSocket): void {
    const index = this.#idle.indexOf(gone);
    if (index >= 0) {
      this.#idle.splice(index, 1);
    }
  }
}

/** The targets, and the choice among them. */
export class Backends {
  #targets: readonly BalancerTarget[] = [];
  #backends = new Map<string, Backend>();
  #turn = 0;
  readonly #isHealthy: (id: string) => boolean;

  constructor(isHealthy: (id: string) => boolean) {
    this.#isHealthy = isHealthy;
  }

  /** Sets the targets; what goes on with those that left goes on to its end. */
  update(targets: readonly BalancerTarget[]): void {
    this.#targets = targets;
    const kept = new Set(targets.map((target) => `${target.id} ${target.address}`));
    for (const [key, backend] of this.#backends) {
      if (!kept.has(`${backend.target.id} ${backend.target.address}`)) {
        backend.drain();
        this.#backends.delete(key);
      }
    }
  }

  /** Gives up kept connections to targets that are not healthy: whatever took them out may have broken these as well. */
  healthChanged(): void {
    for (const backend of this.#backends.values()) {
      if (!this.#isHealthy(backend.target.id)) {
        backend.closeIdle();
      }
    }
  }

  /**
   * The healthy target with the fewest requests under way, in turn among equals.
   * https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html (routing algorithm)
   * @param tried backends that this request could not reach
   */
  choose(port: number, tried: ReadonlySet<Backend> | undefined): Backend | undefined {
    return this.#pick(port, tried, (backend) => backend.outstanding);
  }

  /** The next healthy target in turn, as Classic does for TCP listeners. */
  next(port: number, tried: ReadonlySet<Backend> | undefined): Backend | undefined {
    return this.#pick(port, tried, () => 0);
  }

  close(): void {
    this.update([]);
  }

  #pick(port: number, tried: ReadonlySet<Backend> | undefined, load: (backend: Backend) => number): Backend | undefined {
    const count = this.#targets.length;
    let best: Backend | undefined;
    let bestIndex = 0;
    for (let i = 0; i < count; i += 1) {
      const index = (this.#turn + i) % count;
      const target = this.#targets[index];
      if (target === undefined || !this.#isHealthy(target.id)) {
        continue;
      }
      const backend = this.#backend(target, port);
      if (tried?.has(backend) !== true && (best === undefined || load(backend) < load(best))) {
        best = backend;
        bestIndex = index;
      }
    }
    if (best !== undefined) {
      this.#turn = bestIndex + 1;
    }
    return best;
  }

  #backend(target: BalancerTarget, port: number): Backend {
    const key = `${target.id} ${target.address} ${port}`;
    let backend = this.#backends.get(key);
    if (backend === undefined) {
      backend = new Backend(target, port);
      this.#backends.set(key, backend);
    }
    return backend;
  }
}
