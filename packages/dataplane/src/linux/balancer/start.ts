/** Starts the process of one load-balancer node in its namespace, and speaks with it. */
import { isDeepStrictEqual } from "node:util";
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
  let health: ReadonlyMap<string, TargetHealth> = new Map();
  /** With which version each target came, this time. What was found before that says nothing of it. */
  let since: ReadonlyMap<string, number> = new Map();
  const ready = readiness(node, (listening) => {
    node.child.on("message", (message: FromBalancer) => {
      if (message.kind === "health") {
        // JSON leaves undefined members out.
        learn(new Map(message.health.flatMap(([id, found]) => (message.version >= (since.get(id) ?? Infinity) ? [[id, { ...found, reason: found.reason }] as const] : []))));
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

  /** Only what is new is told on: each telling may lead to another update, and each update to another finding. */
  function learn(found: typeof health): void {
    if (!isDeepStrictEqual(found, health)) {
      health = found;
      onHealth(health);
    }
  }

  function update(next: BalancerSpec): void {
    version += 1;
    since = new Map(next.groups.flatMap(({ targets }) => targets.map(({ id }) => [id, since.get(id) ?? version] as const)));
    // At once: a target that comes back before the process has heard of its leaving must not count as healthy still.
    learn(new Map([...health].filter(([id]) => since.has(id))));
    const { generation, listeners, groups, idleTimeout, http, logs } = next;
    const message: ToBalancer = { version, timeScale, spec: { generation, listeners, groups, idleTimeout, http, logs } };
    node.send(message);
  }

  update(spec);
  return { update, traffic: () => traffic, ready, exited: node.exited, stop: () => node.stop() };
}
