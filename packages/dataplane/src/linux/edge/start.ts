/** Starts the edge's process and hands it the host's listening sockets. */
import { fork, type ChildProcess } from "node:child_process";
import type net from "node:net";
import { builtScript } from "../tools/package-root.js";
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

const COMPLAINT_LIMIT = 4096;

export function startEdge({ http, https }: EdgeSockets): EdgeProcess {
  const child = fork(builtScript("linux/edge/main.js"), [], { execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let complaint = "";
  let stopping = false;
  child.stderr?.on("data", (bytes: Buffer) => {
    complaint = (complaint + bytes.toString()).slice(-COMPLAINT_LIMIT);
  });
  const exited = new Promise<string>((resolve) => {
    child.on("error", (error) => {
      complaint = error.message;
      if (child.pid === undefined) {
        resolve(complaint);
      }
    });
    child.on("close", (code, signal) => {
      resolve(stopping ? "stopped" : complaint.trim() || `the edge's process ended with ${signal ?? `exit code ${code}`}`);
    });
  });
  const awaited = new Set<"http" | "https">();
  const ready = new Promise<void>((resolve, reject) => {
    child.on("message", ({ protocol }: FromEdge) => {
      awaited.delete(protocol);
      if (awaited.size === 0) {
        resolve();
      }
    });
    void exited.then((reason) => reject(new Error(reason)));
    for (const [protocol, server] of [["http", http] as const, ["https", https] as const]) {
      if (server !== undefined) {
        awaited.add(protocol);
        handOver(child, protocol, server);
      }
    }
    if (awaited.size === 0) {
      resolve();
    }
  });
  // Whoever waits for it sees the rejection; one who only watches `exited` must not crash by it.
  ready.catch(() => undefined);

  return {
    setSites(sites, defaultSite) {
      const message: ToEdge = { kind: "sites", sites: [...sites].map(([name, site]) => [name.toLowerCase(), site]), defaultSite };
      if (child.connected) {
        child.send(message, () => undefined);
      }
    },
    ready,
    exited,
    async stop() {
      stopping = true;
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** A listening socket kept here too would steal connections: what it still gets goes after it, unread, and then it is closed. */
function handOver(child: ChildProcess, protocol: "http" | "https", server: net.Server): void {
  const pausing: net.Server & { pauseOnConnect?: boolean } = server;
  pausing.pauseOnConnect = true;
  server.on("connection", (socket) => {
    const stray: ToEdge = { kind: "connection", protocol };
    child.send(stray, socket, () => undefined);
  });
  const message: ToEdge = { kind: "listen", protocol };
  child.send(message, server, () => server.close());
}
