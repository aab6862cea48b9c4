/** A process of ours that speaks over IPC, and how it ended. */
import { fork, type ChildProcess } from "node:child_process";
import { inNamespace, type Namespace } from "./namespaces.js";
import { builtScript } from "./package-root.js";

/** How much of the process's complaints is kept for `exited`. */
const COMPLAINT_LIMIT = 4096;

export interface OwnProcess {
  readonly child: ChildProcess;
  /** Resolves with the reason, for people, when the process has ended. */
  readonly exited: Promise<string>;
  /** Sends a message; one to a process that has ended is lost, and `exited` tells of that. */
  send(message: object): void;
  /** Ends the process over what it can't do, which becomes the reason. */
  fail(reason: string): void;
  /** Ends the process; resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts a built script as a process.
 * @param namespace where it listens and connects; undefined is our own
 * @param noun what it is called in the reason for its end, e.g. `the edge`
 */
export function startProcess(script: string, noun: string, namespace: Namespace | undefined): OwnProcess {
  const [execPath, ...execArgv] = inNamespace(namespace, [process.execPath]);
  const child = fork(builtScript(script), [], { execPath, execArgv, stdio: ["ignore", "ignore", "pipe", "ipc"] });
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
      resolve(stopping ? "stopped" : complaint.trim() || `${noun}'s process ended with ${signal ?? `exit code ${code}`}`);
    });
  });
  return {
    child,
    exited,
    send(message) {
      if (child.connected) {
        child.send(message, () => undefined);
      }
    },
    fail(reason) {
      complaint = reason;
      child.kill("SIGKILL");
    },
    async stop() {
      stopping = true;
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** Resolves when `begin` says so, and rejects when the process ends before. */
export function readiness(process: OwnProcess, begin: (ready: () => void) => void): Promise<void> {
  const ready = new Promise<void>((resolve, reject) => {
    begin(resolve);
    void process.exited.then((reason) => reject(new Error(reason)));
  });
  // Whoever waits for it sees the rejection; one who only watches `exited` must not crash by it.
  ready.catch(() => undefined);
  return ready;
}
