/** What a node counts. */
import { randomUUID } from "node:crypto";
import type { BalancerTraffic } from "@hakoniwa/network";

/** Requests that may wait for a connection to a target: https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-cloudwatch-metrics.html (SpilloverCount) */
const SURGE_LIMIT = 1024;

export interface GroupCounts {
  requests: number;
  readonly statuses: number[];
  latency: number;
  responses: number;
  connectionErrors: number;
}

export class Counts {
  readonly process = randomUUID();
  requests = 0;
  readonly own = [0, 0, 0, 0, 0];
  connectionErrors = 0;
  spillover = 0;
  surge = 0;
  surgePeak = 0;
  newConnections = 0;
  activeConnections = 0;
  rejectedConnections = 0;
  clientTlsErrors = 0;
  bytes = 0;
  redirects = 0;
  fixedResponses = 0;
  readonly groups = new Map<string, GroupCounts>();
  readonly #surgeLimit: number;

  /** @param surgeLimit how many may wait for a connection to a target */
  constructor(surgeLimit = SURGE_LIMIT) {
    this.#surgeLimit = surgeLimit;
  }

  /** Whether so many wait that the next is refused, which is counted. */
  spills(): boolean {
    const full = this.surge >= this.#surgeLimit;
    this.spillover += full ? 1 : 0;
    return full;
  }

  of(group: string): GroupCounts {
    let counts = this.groups.get(group);
    if (counts === undefined) {
      counts = { requests: 0, statuses: [0, 0, 0, 0, 0], latency: 0, responses: 0, connectionErrors: 0 };
      this.groups.set(group, counts);
    }
    return counts;
  }

  /** Forgets groups that are no more. */
  keep(groups: ReadonlySet<string>): void {
    for (const id of this.groups.keys()) {
      if (!groups.has(id)) {
        this.groups.delete(id);
      }
    }
  }

  /** Something waits for a connection to a target. */
  wait(): void {
    this.surge += 1;
    this.surgePeak = Math.max(this.surgePeak, this.surge);
  }

  snapshot(): BalancerTraffic {
    const groups = [...this.groups].map(([id, counts]) => [id, { ...counts, statuses: [...counts.statuses] }] as const);
    const { process, requests, connectionErrors, spillover, surge, surgePeak, newConnections, activeConnections } = this;
    const { rejectedConnections, clientTlsErrors, bytes, redirects, fixedResponses } = this;
    return {
      process,
      requests,
      own: [...this.own],
      connectionErrors,
      spillover,
      surge,
      surgePeak,
      newConnections,
      activeConnections,
      rejectedConnections,
      clientTlsErrors,
      bytes,
      redirects,
      fixedResponses,
      groups: Object.fromEntries(groups),
    };
  }
}

/** Counts a status in its hundred. */
export function countStatus(statuses: number[], status: number): void {
  const index = Math.floor(status / 100) - 1;
  statuses[index] = (statuses[index] ?? 0) + 1;
}
