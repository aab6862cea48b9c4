/** Servers, clients and specs that the balancer's and the edge's tests share. */
import { once } from "node:events";
import net from "node:net";
import type { BalancerListener, BalancerSpec, BalancerTarget, HealthCheck, HttpSettings, TargetGroup } from "@hakoniwa/network";
import { createProxy, type Proxy, type ProxyOptions } from "./proxy.js";

export const LOOPBACK = "127.0.0.1";

/** Checks by TCP often enough for tests: the interval is 5 s of cloud time. */
export function tcpCheck(port: number): HealthCheck {
  return { protocol: "TCP", port, path: undefined, matcher: "200", interval: 5_000, timeout: 2_000, healthyThreshold: 1, unhealthyThreshold: 2 };
}

export interface RunningProxy {
  readonly proxy: Proxy;
  readonly port: number;
}

/** A proxy with one listener whose targets are 127.0.0.1 at `targetPort`, once the first of them is healthy. */
export async function proxyTo(targetPort: number, change: SpecChange = {}, options: Partial<ProxyOptions> = {}): Promise<RunningProxy> {
  let healthy = (): void => undefined;
  const isHealthy = new Promise<void>((resolve) => {
    healthy = resolve;
  });
  const proxy = createProxy({
    host: LOOPBACK,
    ...options,
    onHealth: (health) => {
      options.onHealth?.(health);
      if ([...health.values()].some(({ state }) => state === "healthy")) {
        healthy();
      }
    },
  });
  await proxy.update(specTo(targetPort, change));
  await isHealthy;
  return { proxy, port: proxy.portOf(0) ?? 0 };
}

export const PLAIN: HttpSettings = {
  forwardedFor: "append",
  clientPort: false,
  preserveHost: true,
  dropInvalidHeaders: false,
  desync: "defensive",
  tlsHeaders: false,
};

/** What a test wants otherwise; `targets` and `healthCheck` are the one group's. */
export type SpecChange = Partial<BalancerSpec> & Partial<Pick<TargetGroup, "targets" | "healthCheck">>;

/** A Classic node: one listener that leads to the group `instances` at `targetPort`. */
export function specTo(targetPort: number, change: SpecChange = {}): BalancerSpec {
  const { targets = [targetAt()], healthCheck = tcpCheck(targetPort), ...rest } = change;
  return {
    generation: "classic",
    listeners: [listenerTo(targetPort)],
    groups: [groupTo(targets, { healthCheck })],
    idleTimeout: 10_000,
    http: PLAIN,
    logs: false,
    ...rest,
  };
}

/** A Classic listener. */
export function listenerTo(targetPort: number, change: Partial<BalancerListener> = {}, protocol: TargetGroup["protocol"] = "HTTP"): BalancerListener {
  const action = { kind: "forward", to: [{ group: "instances", weight: 1, at: { port: targetPort, protocol } }] } as const;
  return { port: 0, protocol: "HTTP", rules: [{ priority: 0, conditions: [], action }], ...change };
}

export function groupTo(targets: readonly BalancerTarget[], change: Partial<TargetGroup> = {}): TargetGroup {
  return { id: "instances", protocol: "HTTP", targets, healthCheck: undefined, algorithm: "least-outstanding", slowStart: 0, failOpen: false, ...change };
}

export function targetAt(change: Partial<BalancerTarget> = {}): BalancerTarget {
  return { id: "i-1", address: LOOPBACK, port: undefined, workload: undefined, draining: false, ...change };
}

/** Listens on a free port of the loopback. */
export async function listen(server: net.Server): Promise<number> {
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  return (server.address() as net.AddressInfo).port;
}

/** A server of raw bytes: what it does with each connection is the test's. */
export async function rawServer(serve: (socket: net.Socket) => void): Promise<{ server: net.Server; port: number }> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    serve(socket);
  });
  return { server, port: await listen(server) };
}

/** Answers each whole head on a connection; for requests without a body. */
export function answering(socket: net.Socket, answer: (head: string) => string | undefined): void {
  let text = "";
  socket.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1");
    for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
      const head = text.slice(0, end);
      text = text.slice(end + 4);
      const reply = answer(head);
      if (reply !== undefined) {
        socket.write(reply, "latin1");
      }
    }
  });
  socket.on("end", () => socket.end());
}

/** A client that writes what it is told and collects what comes. */
export class RawClient {
  readonly socket: net.Socket;
  #received = "";
  #changed: (() => void)[] = [];
  #closed = false;
  /** Whether the connection was reset rather than ended. */
  wasReset = false;

  constructor(port: number) {
    this.socket = net.connect({ port, host: LOOPBACK, noDelay: true, allowHalfOpen: true });
    this.socket.on("data", (bytes: Buffer) => {
      this.#received += bytes.toString("latin1");
      this.#wake();
    });
    this.socket.on("error", (error: NodeJS.ErrnoException) => {
      this.wasReset = error.code === "ECONNRESET";
    });
    this.socket.on("end", () => {
      this.#closed = true;
      this.#wake();
      this.socket.end();
    });
    this.socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
  }

  get received(): string {
    return this.#received;
  }

  write(text: string): this {
    this.socket.write(text, "latin1");
    return this;
  }

  /** Everything received so far, once it contains `text` `count` times. */
  async until(text: string, count = 1): Promise<string> {
    await this.#waitFor(() => this.#received.split(text).length > count);
    return this.#received;
  }

  /** Everything received, once the other side has ended or reset the connection. */
  async untilClosed(): Promise<string> {
    await this.#waitFor(() => this.#closed);
    return this.#received;
  }

  async #waitFor(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#closed) {
        throw new Error(`the connection closed after ${JSON.stringify(this.#received)}`);
      }
      await new Promise<void>((resolve) => {
        this.#changed.push(resolve);
      });
    }
  }

  #wake(): void {
    for (const changed of this.#changed.splice(0)) {
      changed();
    }
  }
}
