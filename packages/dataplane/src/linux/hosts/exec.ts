import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";
import type { ExecIo, ExecResult } from "@hakoniwa/network";
import { TRUST_ENVIRONMENT } from "../images/trust.js";
import type { UidMode } from "../sandbox/uid-map.js";
import { withDescriptorsUpTo } from "../tools/descriptors.js";

const ENVIRONMENT = [
  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  "HOME=/root",
  "USER=root",
  "LOGNAME=root",
  "SHELL=/bin/bash",
  "LANG=C.UTF-8",
  "TERM=xterm-256color",
  ...TRUST_ENVIRONMENT,
];
/** The limits that `init` sets for what it starts; the first argument is the instance's memory, and the shell complains in the name of `exec`. */
const LIMITED = 'most=$(($1 / 262144)); [ $most -lt 4096 ] || most=4096; prlimit --pid $$ --nproc=$most --data="$1" --core=0; shift; echo 500 >/proc/self/oom_score_adj; cd /root || cd /; exec "$@"';
/** How long output may still come after a command ended whose daemons hold its output open. */
const DRAIN = 200;

export interface ExecTarget {
  /** The instance's first process. */
  readonly pid: number;
  /** Bytes. */
  readonly memory: number;
  readonly mode: UidMode;
}

/** Runs a command in all namespaces of an instance, as its root and within its limits. */
export function execIn(target: ExecTarget, command: readonly string[], io: ExecIo): Promise<ExecResult> {
  return runWith(insideInstance(target, ENVIRONMENT, command), io, OUTSIDE);
}

/** What a process that enters an instance has of our environment: for a moment nsenter is seen in there as it was started. */
export const OUTSIDE: NodeJS.ProcessEnv = { PATH: process.env["PATH"] };

/**
 * The command line that runs a command in all namespaces of an instance, as its root and within its limits.
 * @param environment all that the command gets, as `NAME=value`
 * @param lastDescriptor the highest descriptor that goes in with it: our terminal must not
 */
export function insideInstance({ pid, memory, mode }: ExecTarget, environment: readonly string[], command: readonly string[], lastDescriptor = 2): readonly string[] {
  if (command.length === 0) {
    throw new Error("exec: the command is empty");
  }
  const keep = mode === "range" ? [] : ["--preserve-credentials"];
  const enter = ["--target", String(pid), "--user", "--net", "--mount", "--pid", "--uts", "--ipc", "--root", "--wd", ...keep];
  return withDescriptorsUpTo(lastDescriptor, ["nsenter", ...enter, "--", "env", "-i", ...environment, "sh", "-c", LIMITED, "hakoniwa", String(memory), ...command]);
}

/**
 * Runs a command with the given streams.
 * @throws Error when it can't be started
 */
export function runWith(argv: readonly string[], io: ExecIo, env: NodeJS.ProcessEnv = process.env): Promise<ExecResult> {
  const [file = "", ...args] = argv;
  // A session of its own: away from our terminal, and a group that can be hung up on whole.
  const child = spawn(file, args, { env, detached: true, stdio: [io.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"] });
  if (io.stdin !== undefined && child.stdin !== null) {
    child.stdin.on("error", () => {});
    io.stdin.pipe(child.stdin);
  }
  io.abandoned?.addEventListener("abort", () => hangUp(child), { once: true });
  child.stdout?.pipe(io.stdout, { end: false });
  child.stderr?.pipe(io.stderr, { end: false });
  return resultOf(child);
}

/** Runs a command whose output and outcome nobody needs; it is ended when it takes too long, in milliseconds. */
export async function runQuietly(argv: readonly string[], patience: number): Promise<void> {
  const [file = "", ...args] = argv;
  const child = spawn(file, args, { env: OUTSIDE, detached: true, stdio: "ignore", timeout: patience, killSignal: "SIGKILL" });
  await resultOf(child).catch(() => {});
}

/** Ends a process that was started detached, and what it started. */
export function hangUp(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGHUP");
  } catch {
    // It ended meanwhile.
  }
}

/** Resolves when a process ended and its output came. */
export function resultOf(child: ChildProcess): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      const result = { exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]) };
      const drained = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve(result);
      }, DRAIN);
      child.once("close", () => {
        clearTimeout(drained);
        resolve(result);
      });
    });
  });
}
