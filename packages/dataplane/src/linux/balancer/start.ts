/** Starts the process of one load-balancer node in its namespace, and speaks with it. */
import type { AccessNote } from "../../access-notes.js";
import type { BalancerSpec, BalancerTraffic, TargetHealth } from "@hakoniwa/network";
import { readiness, startProcess } from "../tools/child-process.js";
import type { Namespace } from "../tools/namespaces.js";
import type { FromBalancer, ToBalancer } from "./messages.js";

export interface BalancerProcess {
  /** Sets what the node does; requests under way are finished. A port that can't be listened on ends the process: see `exited`. */
  update(spec: BalancerSpec): void;
  /** What it counted, a second old at most while there is traffic. */
  traffic(): BalancerTraffic | undefined;
  /** Resolves when the first spec's listeners listen; rejects when the process ends before. */
  readonly ready: Promise<void>;
  /** Ends the process; resolves when it is gone. */
  stop(): Promise<void>;
  /** Resolves with the reason, for people, when the process has ended. */
  readonly exited: Promise<string>;
}

export interface StartBalancerOptions {
  /** How many times faster than the wall the cloud's time runs: health-check intervals shrink by it. @default 1 */
  readonly timeScale?: number;
  /** Called with what was noted of requests, when the spec asks for logs. */
  readonly onRequests?: (notes: readonly AccessNote[]) => void;
}

/**
 * Starts a node's process.
 * @param namespace where it listens and connects; undefined is our own
 * @param onHealth called with every target's health after each change
 */
export function startBalancer(
  namespace: Namespace | undefined,
  spec: BalancerSpec,
  onHealth: (health: ReadonlyMap<string, TargetHealth>) => void,
  options: StartBalancerOptions = {},
): BalancerProcess {
  const timeScale = options.timeScale ?? 1;
  const node = startProcess("linux/balancer/main.js", "the balancer", namespace);
  let version = 0;
  let traffic: BalancerTraffic | undefined;
  const ready = readiness(node, (listening) => {
    node.child.on("message", (message: FromBalancer) => {
      if (message.kind === "health") {
        // JSON leaves undefined members out.
        onHealth(new Map(message.health.map(([id, { state, reason }]) => [id, { state, reason }])));
      } else if (message.kind === "traffic") {
        traffic = message.traffic;
      } else if (message.kind === "requests") {
        options.onRequests?.(message.notes);
      } else if (message.kind === "listening") {
        listening();
      } else {
        node.fail(message.reason);
      }
    });
  });

  function update(next: BalancerSpec): void {
    version += 1;
    const { generation, listeners, groups, idleTimeout, http, logs } = next;
    const message: ToBalancer = { version, timeScale, spec: { generation, listeners, groups, idleTimeout, http, logs } };
    node.send(message);
  }

  update(spec);
  return { update, traffic: () => traffic, ready, exited: node.exited, stop: () => node.stop() };
}
