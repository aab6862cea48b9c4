/** Starts the edge's process and hands it the host's listening sockets. */
import type { ChildProcess } from "node:child_process";
import type net from "node:net";
import { readiness, startProcess } from "../tools/child-process.js";
import type { FromEdge, ToEdge } from "./messages.js";
import type { Site } from "./route.js";

export interface EdgeProcess {
  /**
   * Sets what the host's site ports lead to, at once for new connections.
   * @param sites by AWS name; `NAME.localhost` on the host leads there
   * @param defaultSite the name that `localhost` and 127.0.0.1 lead to
   */
  setSites(sites: ReadonlyMap<string, Site>, defaultSite?: string): void;
  /** Resolves when the edge accepts on every socket it was given; rejects when the process ends before. */
  readonly ready: Promise<void>;
  /** Ends the process and its sockets; resolves when it is gone. */
  stop(): Promise<void>;
  /** Resolves with the reason, for people, when the process has ended. */
  readonly exited: Promise<string>;
}

/** The listening sockets are handed over: the caller must not use them afterwards. */
export interface EdgeSockets {
  readonly http?: net.Server | undefined;
  readonly https?: net.Server | undefined;
}

/** Starts it. A socket left out is one that it does not serve. */
export function startEdge({ http, https }: EdgeSockets): EdgeProcess {
  const edge = startProcess("linux/edge/main.js", "the edge", undefined);
  const sockets = [["http", http] as const, ["https", https] as const].flatMap(([protocol, server]) => (server === undefined ? [] : [{ protocol, server }]));
  const awaited = new Set(sockets.map(({ protocol }) => protocol));
  for (const { protocol, server } of sockets) {
    passOnStrays(edge.child, protocol, server);
  }
  const ready = readiness(edge, (accepting) => {
    edge.child.on("message", (message: FromEdge) => {
      if (message.kind === "booted") {
        for (const { protocol, server } of sockets) {
          handOver(edge.child, protocol, server);
        }
      } else {
        awaited.delete(message.protocol);
      }
      if (awaited.size === 0) {
        accepting();
      }
    });
  });

  return {
    setSites(sites, defaultSite) {
      const message: ToEdge = { kind: "sites", sites: [...sites].map(([name, site]) => [name.toLowerCase(), site]), defaultSite };
      edge.send(message);
    },
    ready,
    exited: edge.exited,
    stop: () => edge.stop(),
  };
}

/** What is accepted here before the socket is handed over goes after it, unread. */
function passOnStrays(child: ChildProcess, protocol: "http" | "https", server: net.Server): void {
  const pausing: net.Server & { pauseOnConnect?: boolean } = server;
  pausing.pauseOnConnect = true;
  server.on("connection", (socket) => {
    const stray: ToEdge = { kind: "connection", protocol };
    child.send(stray, socket, () => undefined);
  });
}

/** A listening socket kept here too would steal connections: it is closed as soon as it has been sent. */
function handOver(child: ChildProcess, protocol: "http" | "https", server: net.Server): void {
  const message: ToEdge = { kind: "listen", protocol };
  child.send(message, server, () => server.close());
}
