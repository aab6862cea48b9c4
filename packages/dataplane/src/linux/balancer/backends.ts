import type { BalancerTarget, TargetGroup } from "@hakoniwa/network";
import type { GroupCounts } from "./counts.js";
import { markOf } from "./cookies.js";
import { TargetSocket } from "./target-socket.js";

/** Connections kept idle to one port of one target. */
const IDLE_LIMIT = 64;
/** Milliseconds after which an idle connection is no longer trusted with a request that can't be sent twice. */
const FRESH = 1_000;

/** Where on a target something goes. */
export interface At {
  readonly port: number;
  readonly protocol: TargetGroup["protocol"];
}

/** One port of one target, with the connections that are kept to it. */
export class Backend {
  readonly target: BalancerTarget;
  readonly at: At;
  readonly counts: GroupCounts;
  /** What stands for the target in a cookie. */
  readonly mark: string;
  /** Requests or connections under way. */
  outstanding = 0;
  /** Its share of the round robin that is not used up; see `weightedTurn`. */
  credit = 0;
  #leaving = false;
  readonly #secure: boolean;
  readonly #idle: TargetSocket[] = [];
  readonly #open = new Set<TargetSocket>();

  constructor(target: BalancerTarget, at: At, counts: GroupCounts) {
    this.target = target;
    this.at = at;
    this.counts = counts;
    this.mark = markOf(target.id);
    this.#secure = at.protocol === "HTTPS" || at.protocol === "SSL";
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
    const socket = new TargetSocket(this.target.address, this.at.port, this.#secure, (gone) => this.#forget(gone));
    this.#open.add(socket);
    return socket;
  }

  /** Takes back a connection that has served a whole request. */
  release(socket: TargetSocket): void {
    if (this.#leaving || this.#idle.length >= IDLE_LIMIT || socket.socket.destroyed) {
      socket.discard();
      return;
    }
    socket.user = undefined;
    socket.reused = true;
    socket.idleSince = performance.now();
    this.#idle.push(socket);
  }

  /** Closes what is idle now, and later what is under way once it is done. */
  leave(): void {
    this.#leaving = true;
    this.closeIdle();
  }

  /** Ends what is under way too. */
  cut(): void {
    this.leave();
    for (const socket of this.#open) {
      socket.socket.destroy();
    }
  }

  closeIdle(): void {
    for (const socket of this.#idle.splice(0)) {
      socket.discard();
    }
  }

  #forget(gone: TargetSocket): void {
    this.#open.delete(gone);
    const index = this.#idle.indexOf(gone);
    if (index >= 0) {
      this.#idle.splice(index, 1);
    }
  }
}
