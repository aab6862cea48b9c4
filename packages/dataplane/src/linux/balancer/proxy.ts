/** A load-balancer node: its listeners, its targets and their health, in one process. */
import net from "node:net";
import type { BalancerListener, BalancerWorkload, TargetHealth } from "@hakoniwa/network";
import { Backends } from "./backends.js";
import { HealthChecker } from "./checker.js";
import { HttpConnection } from "./http-connection.js";
import { pipeToTarget } from "./tcp-connection.js";

/** What a node does; where it stands is its namespace's matter. */
export type ProxySpec = Pick<BalancerWorkload, "listeners" | "healthCheck" | "targets" | "idleTimeout">;

export interface ProxyOptions {
  /** The address to listen on. @default every address of the namespace */
  readonly host?: string;
  /** How many times faster than the wall the cloud's time runs: health-check intervals shrink by it. @default 1 */
  readonly timeScale?: number;
  /** Called with every target's health after each change. */
  readonly onHealth: (health: ReadonlyMap<string, TargetHealth>) => void;
}

export interface Proxy {
  /**
   * Sets what the node does. Requests under way are finished, with targets and on listeners that left too.
   * @returns when every listener listens
   * @throws Error when a port can't be listened on
   */
  update(spec: ProxySpec): Promise<void>;
  /** The port that a listener really has: another than its own only when that is 0. */
  portOf(listenerPort: number): number | undefined;
  /** Ends everything at once. */
  close(): Promise<void>;
}

interface Listening {
  spec: BalancerListener;
  readonly server: net.Server;
  readonly connections: Set<HttpConnection>;
  readonly sockets: Set<net.Socket>;
}

const BACKLOG = 1024;

/** Makes a node that listens on nothing yet. */
export function createProxy(options: ProxyOptions): Proxy {
  const listening = new Map<number, Listening>();
  const checker = new HealthChecker(options.timeScale ?? 1, () => {
    backends.healthChanged();
    options.onHealth(checker.health());
  });
  const backends = new Backends((id) => checker.isHealthy(id));
  let idleTimeout = 60_000;

  async function update(spec: ProxySpec): Promise<void> {
    idleTimeout = spec.idleTimeout;
    backends.update(spec.targets);
    checker.update(spec.targets, spec.healthCheck);
    const wanted = new Map(spec.listeners.map((listener) => [listener.port, listener]));
    for (const [port, known] of listening) {
      const listener = wanted.get(port);
      if (listener === undefined || listener.protocol !== known.spec.protocol) {
        listening.delete(port);
        retire(known);
      } else {
        known.spec = listener;
      }
    }
    await Promise.all([...wanted.values()].filter(({ port }) => !listening.has(port)).map(open));
  }

  async function open(spec: BalancerListener): Promise<void> {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true });
    const opened: Listening = { spec, server, connections: new Set(), sockets: new Set() };
    listening.set(spec.port, opened);
    server.on("connection", (socket) => accept(opened, socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => {
        listening.delete(spec.port);
        reject(new Error(`port ${spec.port} can't be listened on: ${error.message}`));
      });
      server.listen({ host: options.host ?? "0.0.0.0", port: spec.port, backlog: BACKLOG }, resolve);
    });
  }

  function accept(at: Listening, socket: net.Socket): void {
    at.sockets.add(socket);
    if (at.spec.protocol === "TCP") {
      socket.on("close", () => at.sockets.delete(socket));
      pipeToTarget(socket, { idleTimeout, next: (tried) => backends.next(at.spec.targetPort, tried) });
      return;
    }
    const connection = new HttpConnection(socket, {
      port: at.spec.port,
      get idleTimeout() {
        return idleTimeout;
      },
      choose: (tried) => backends.choose(at.spec.targetPort, tried),
    });
    at.connections.add(connection);
    socket.on("close", () => {
      at.sockets.delete(socket);
      at.connections.delete(connection);
    });
  }

  /** Accepts no more: the port is free at once, while what is under way goes on. */
  function retire(at: Listening): void {
    at.server.close();
    for (const connection of at.connections) {
      connection.retire();
    }
  }

  return {
    update,
    portOf(listenerPort) {
      const address = listening.get(listenerPort)?.server.address();
      return typeof address === "object" && address !== null ? address.port : undefined;
    },
    async close() {
      checker.close();
      const closing = [...listening.values()].map(
        ({ server, sockets }) =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
            for (const socket of sockets) {
              socket.destroy();
            }
          }),
      );
      listening.clear();
      backends.close();
      await Promise.all(closing);
    },
  };
}
