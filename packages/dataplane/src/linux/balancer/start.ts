/** Starts the process of one load-balancer node in its namespace, and speaks with it. */
import { fork } from "node:child_process";
import type { TargetHealth } from "@hakoniwa/network";
import { inNamespace, type Namespace } from "../tools/namespaces.js";
import { builtScript } from "../tools/package-root.js";
import type { FromBalancer, ToBalancer } from "./messages.js";
import type { ProxySpec } from "./proxy.js";

export interface BalancerProcess {
  /** Sets what the node does; requests under way are finished. A port that can't be listened on ends the process: see `exited`. */
  update(spec: ProxySpec): void;
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
}

/** How much of the process's complaints is kept for `exited`. */
const COMPLAINT_LIMIT = 4096;

/**
 * Starts a node's process.
 * @param namespace where it listens and connects; undefined is our own
 * @param onHealth called with every target's health after each change
 */
export function startBalancer(
  namespace: Namespace | undefined,
  spec: ProxySpec,
  onHealth: (health: ReadonlyMap<string, TargetHealth>) => void,
  options: StartBalancerOptions = {},
): BalancerProcess {
  const timeScale = options.timeScale ?? 1;
  const [execPath, ...execArgv] = inNamespace(namespace, [process.execPath]);
  const child = fork(builtScript("linux/balancer/main.js"), [], { execPath, execArgv, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let version = 0;
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
      resolve(stopping ? "stopped" : complaint.trim() || `the balancer's process ended with ${signal ?? `exit code ${code}`}`);
    });
  });
  const ready = new Promise<void>((resolve, reject) => {
    child.on("message", (message: FromBalancer) => {
      if (message.kind === "health") {
        // JSON leaves undefined members out.
        onHealth(new Map(message.health.map(([id, { state, reason }]) => [id, { state, reason }])));
      } else if (message.kind === "listening") {
        resolve();
      } else {
        complaint = message.reason;
        child.kill("SIGKILL");
      }
    });
    void exited.then((reason) => reject(new Error(reason)));
  });
  // Whoever waits for it sees the rejection; one who only watches `exited` must not crash by it.
  ready.catch(() => undefined);

  function update(next: ProxySpec): void {
    version += 1;
    const { listeners, healthCheck, targets, idleTimeout } = next;
    const message: ToBalancer = { version, timeScale, spec: { listeners, healthCheck, targets, idleTimeout } };
    if (child.connected) {
      child.send(message, () => undefined);
    }
  }

  update(spec);
  return {
    update,
    ready,
    exited,
    async stop() {
      stopping = true;
      child.kill("SIGKILL");
      await exited;
    },
  };
}
