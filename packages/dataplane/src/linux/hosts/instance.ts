/** One instance: a process tree in namespaces that its own nested user namespace owns. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import type { InstanceWorkload } from "@hakoniwa/network";
import { STAGE } from "../sandbox/enter.js";
import type { UidMode } from "../sandbox/uid-map.js";
import type { Consoles } from "./console.js";
import { withDescriptorsUpTo } from "../tools/descriptors.js";
import { createUserNamespace } from "./user-namespace.js";

/** The exit code by which `init` says that the instance rebooted itself. */
export const REBOOT = 64;
/** How long an instance may take to shut down, in milliseconds: AWS waits some minutes. */
const SHUTDOWN = 3_000;

export interface InstanceOptions {
  readonly id: string;
  readonly spec: InstanceWorkload;
  readonly image: string;
  readonly mode: UidMode;
  readonly consoles: Consoles;
  /** Puts the instance's interfaces into the network namespace of a process. */
  plug(pid: number): Promise<void>;
  /** Called when the instance has its own root file system, before it boots. */
  furnish(pid: number): Promise<void>;
}

export interface RunningInstance {
  /** The instance's first process, as seen in the sandbox. */
  readonly pid: number;
  /** Resolves when all of its processes are gone, with the first one's exit code or signal. */
  readonly ended: Promise<Ending>;
  /** Ends all its processes at once. */
  kill(): Promise<void>;
  /** Lets it shut down in good order; one that takes too long, or hangs, is killed. */
  shutDown(): Promise<void>;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * Starts an instance whose disk and seed are there. Resolves when its network is plugged in and it goes on to boot.
 * @throws Error when it could not; nothing of it is left then
 */
export async function startInstance(options: InstanceOptions): Promise<RunningInstance> {
  const { id, spec } = options;
  const users = await createUserNamespace(options.mode);
  const init = ["sh", `${STAGE}/init`, id, spec.rootDisk, options.image, spec.hostname, String(spec.memory), options.mode];
  const namespaces = ["--net", "--mount", "--propagation", "slave", "--pid", "--uts", "--ipc", "--fork", "--kill-child"];
  const [command = "", ...args] = withDescriptorsUpTo(4, [...users.enter, "unshare", ...namespaces, ...init]);
  const child = spawn(command, args, {
    // Nothing of our environment, which may hold the user's secrets, is the instance's business.
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
    cwd: "/",
    // A session of its own: through /dev/tty it would have the terminal of a cloud in the foreground, and could type on it.
    detached: true,
  });
  options.consoles.record(id, child.stdout as Readable);
  options.consoles.record(id, child.stderr as Readable);
  const ended = endingOf(child);
  const early = ended.then(({ code, signal }) => {
    throw new Error(`${id} ended before it could boot (${signal ?? `exit code ${code}`}): ${lastLine(options.consoles.read(id))}`);
  });
  early.catch(() => {});
  const go = child.stdio[4] as Writable;
  go.on("error", () => {});
  const word = wordsOf(child.stdio[3] as Readable);
  try {
    await Promise.race([word(), early]);
    users.release();
    const pid = childOf(child.pid ?? 0);
    const furnished = word().then(() => options.furnish(pid));
    // An instance that died can't be plugged in either: its own last words are the better reason.
    const made = Promise.all([options.plug(pid), furnished]).catch((error: unknown) => rejectAfter(pid, early, error));
    await Promise.race([made, early]);
    go.end("go\n");
    const kill = async (): Promise<void> => {
      // Its death is the death of its pid namespace; `unshare` ends only after that.
      if (child.exitCode === null && child.signalCode === null) {
        signal(pid, "SIGKILL");
      }
      await ended;
    };
    return {
      pid,
      ended,
      kill,
      async shutDown() {
        signal(pid, "SIGTERM");
        const patience = setTimeout(() => void kill(), SHUTDOWN);
        await ended;
        clearTimeout(patience);
      },
    };
  } catch (error) {
    users.release();
    child.kill("SIGKILL");
    await ended;
    throw error;
  }
}

/** Each call resolves at the next line that comes; lines may come before they are waited for. */
function wordsOf(source: Readable): () => Promise<void> {
  let said = 0;
  let heard = 0;
  const waiting: (() => void)[] = [];
  source.on("data", (chunk: Buffer) => {
    said += chunk.filter((byte) => byte === 0x0a).length;
    while (waiting.length > 0 && heard < said) {
      heard += 1;
      waiting.shift()?.();
    }
  });
  return () =>
    new Promise((resolve) => {
      if (heard === said) {
        waiting.push(resolve);
      } else {
        heard += 1;
        resolve();
      }
    });
}

/** Gives a first process that is already dead the turn to have its end seen. */
async function rejectAfter(pid: number, early: Promise<never>, error: unknown): Promise<never> {
  if (!existsSync(`/proc/${pid}/ns/net`)) {
    await early;
  }
  throw error;
}

function endingOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", () => resolve({ code: 127, signal: null }));
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in this very moment.
  }
}

/** The only child of a process: `unshare --fork` has one. */
function childOf(parent: number): number {
  const list = `/proc/${parent}/task/${parent}/children`;
  const children = existsSync(list) ? readFileSync(list, "utf8").trim().split(" ").map(Number) : searchChildren(parent);
  const [child] = children;
  if (child === undefined || child === 0) {
    throw new Error(`process ${parent} has no child`);
  }
  return child;
}

/** For kernels built without CONFIG_PROC_CHILDREN. */
function searchChildren(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/status`, "utf8").includes(`\nPPid:\t${parent}\n`);
      } catch {
        return false;
      }
    });
}

function lastLine(console: Buffer): string {
  return console.toString("utf8").trim().split("\n").at(-1) ?? "";
}
