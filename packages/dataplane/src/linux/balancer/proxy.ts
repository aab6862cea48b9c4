/** A load-balancer node: its listeners, its target groups and their health, in one process. */
import type net from "node:net";
import type { BalancerListener, BalancerSpec, BalancerTraffic, TargetHealth } from "@hakoniwa/network";
import type { AccessNote } from "../../access-notes.js";
import { HealthChecker } from "./checker.js";
import { Counts } from "./counts.js";
import { Group } from "./group.js";
import type { NodeView } from "./listener-view.js";
import { openListener, type OpenListener } from "./listener.js";

export interface ProxyOptions {
  /** The address to listen on. @default every address of the namespace */
  readonly host?: string;
  /** How many times faster than the wall the cloud's time runs: health-check intervals and slow starts shrink by it. @default 1 */
  readonly timeScale?: number;
  /** How many may wait for a connection to a target. @default 1,024, as on AWS */
  readonly surgeLimit?: number;
  /** Called with every target's health after each change. */
  readonly onHealth: (health: ReadonlyMap<string, TargetHealth>) => void;
  /** Called with what each request came to, when the spec asks for logs. */
  readonly onRequest?: (note: AccessNote) => void;
}

export interface Proxy {
  /**
   * Sets what the node does. Requests under way are finished, with targets and on listeners that left too.
   * @returns when every listener listens
   * @throws Error when a port can't be listened on, or a certificate can't be used
   */
  update(spec: BalancerSpec): Promise<void>;
  /** The port that a listener really has: another than its own only when that is 0. */
  portOf(listenerPort: number): number | undefined;
  traffic(): BalancerTraffic;
  /** Ends everything at once. */
  close(): Promise<void>;
}

interface Checked {
  readonly group: Group;
  readonly checker: HealthChecker;
}

/** Makes a node that listens on nothing yet. */
export function createProxy(options: ProxyOptions): Proxy {
  const timeScale = options.timeScale ?? 1;
  const counts = new Counts(options.surgeLimit);
  const listening = new Map<number, OpenListener>();
  const checked = new Map<string, Checked>();
  const groups = new Map<string, Group>();
  let spec: BalancerSpec | undefined;

  const node: NodeView = {
    counts,
    get generation() {
      return current().generation;
    },
    get idleTimeout() {
      return current().idleTimeout;
    },
    get http() {
      return current().http;
    },
    get log() {
      return current().logs ? options.onRequest : undefined;
    },
  };

  function current(): BalancerSpec {
    if (spec === undefined) {
      throw new Error("a node was asked before it was told what to do");
    }
    return spec;
  }

  function tellHealth(): void {
    options.onHealth(new Map([...checked.values()].flatMap(({ checker }) => [...checker.health()])));
  }

  function setGroups(next: BalancerSpec): void {
    const wanted = new Set(next.groups.map(({ id }) => id));
    for (const [id, { group, checker }] of checked) {
      if (!wanted.has(id)) {
        group.close();
        checker.close();
        checked.delete(id);
        groups.delete(id);
      }
    }
    counts.keep(wanted);
    for (const wantedGroup of next.groups) {
      const groupSpec = { ...wantedGroup, slowStart: wantedGroup.slowStart / timeScale };
      const { group, checker } = checked.get(groupSpec.id) ?? addGroup(next, groupSpec);
      checker.update(groupSpec.targets, groupSpec.healthCheck);
      group.update(groupSpec);
    }
  }

  function addGroup(next: BalancerSpec, groupSpec: BalancerSpec["groups"][number]): Checked {
    const checker = new HealthChecker(timeScale, next.generation, () => {
      groups.get(groupSpec.id)?.healthChanged();
      tellHealth();
    });
    const group = new Group(groupSpec, (id) => checker.stateOf(id), counts.of(groupSpec.id));
    const made = { group, checker };
    checked.set(groupSpec.id, made);
    groups.set(groupSpec.id, group);
    return made;
  }

  async function update(next: BalancerSpec): Promise<void> {
    spec = next;
    setGroups(next);
    const wanted = new Map(next.listeners.map((listener) => [listener.port, listener]));
    for (const [port, open] of listening) {
      const listener = wanted.get(port);
      if (listener === undefined || listener.protocol !== open.spec.protocol) {
        listening.delete(port);
        open.retire();
      } else {
        open.update(listener);
      }
    }
    await Promise.all([...wanted.values()].filter(({ port }) => !listening.has(port)).map(open));
  }

  async function open(listener: BalancerListener): Promise<void> {
    const opened = openListener(listener, node, groups);
    listening.set(listener.port, opened);
    try {
      await opened.listen(options.host ?? "0.0.0.0");
    } catch (error) {
      listening.delete(listener.port);
      throw error;
    }
  }

  return {
    update,
    portOf(listenerPort) {
      const address = listening.get(listenerPort)?.address();
      return typeof address === "object" && address !== null ? (address as net.AddressInfo).port : undefined;
    },
    traffic: () => counts.snapshot(),
    async close() {
      for (const { checker, group } of checked.values()) {
        checker.close();
        group.close();
      }
      const closing = [...listening.values()].map((open) => open.close());
      listening.clear();
      await Promise.all(closing);
    },
  };
}
