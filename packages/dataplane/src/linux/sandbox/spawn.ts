import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess, StdioOptions } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import type { Readable, Writable } from "node:stream";
import { withOwnKeyring } from "./keyring.js";
import { formatMap, planUidMap } from "./uid-map.js";
import type { MapLine, UidMapPlan } from "./uid-map.js";

export interface SandboxOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input, output and error. An IPC channel (advanced serialization), which can carry listening sockets, is always added. */
  readonly stdio?: readonly ["ignore" | "inherit" | "pipe", "ignore" | "inherit" | "pipe", "ignore" | "inherit" | "pipe"];
}

/** The environment variable that tells the inside its `UidMode`. */
export const UID_MODE_VARIABLE = "HAKONIWA_UID_MODE";

/**
 * In the sandbox, before the command: waits until the user map is written. That costs the capabilities and with them the death
 * signal, so it is set again. Until then nobody would end it, so it waits to hear that it still has a parent.
 * The last `sh` stays as process 1, because Node does not reap strangers.
 */
const FIRST_PROCESS = `
echo >&4
read -r mapped <&5 || exit 1
exec setpriv --pdeathsig KILL sh -c '
  echo >&4
  read -r go <&5 || exit 1
  exec 4>&- 5<&-
  "$@" & wait $!' sh "$@"
`;

/**
 * Starts a command in namespaces of its own (user, net, mount, pid). When this process dies, however it dies, everything in there dies.
 * Resolves with the outermost process; its exit code is the command's.
 * @throws Error when the kernel refuses; `preflight` says which step and why
 */
export async function spawnSandbox(options: SandboxOptions): Promise<ChildProcess> {
  const plan = planUidMap(readUidFacts());
  const stdio: StdioOptions = [...(options.stdio ?? (["ignore", "inherit", "inherit"] as const)), "ipc", "pipe", "pipe"];
  const namespaces = ["--user", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const child = spawn(
    "setpriv",
    ["--pdeathsig", "KILL", ...withOwnKeyring(), "unshare", ...namespaces, "sh", "-c", FIRST_PROCESS, "sh", options.command, ...options.args],
    // A terminal's Ctrl-C is the launcher's to answer: in a session of its own, nothing in here gets it.
    { stdio, detached: true, serialization: "advanced", env: { ...process.env, ...options.env, [UID_MODE_VARIABLE]: plan.mode } },
  );
  // The child's type knows five descriptors only.
  const go = (child.stdio as readonly unknown[])[5] as Writable;
  const ready = child.stdio[4] as Readable;
  go.on("error", () => {});
  try {
    await word(child, ready);
    writeMaps(child.pid ?? 0, plan);
    go.write("mapped\n");
    await word(child, ready);
    if (!lives(child.pid ?? 0)) throw new Error("the sandbox was ended while it started");
  } catch (error) {
    child.kill("SIGKILL");
    go.destroy();
    throw error;
  }
  go.end("go\n");
  return child;
}

/** Whether the process is there, and no zombie. */
function lives(pid: number): boolean {
  return /^State:\s+[^ZX]/m.test(readOr(`/proc/${pid}/status`));
}

/** Resolves at the next byte from inside; at the first, the user namespace exists. */
function word(child: ChildProcess, ready: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Error(`the sandbox can't be started: ${error.message}`)));
    child.once("exit", (code, signal) => reject(new Error(`the sandbox ended at once (${signal ?? `exit code ${code}`})`)));
    ready.once("data", () => {
      child.removeAllListeners("exit");
      child.removeAllListeners("error");
      resolve();
    });
  });
}

function writeMaps(pid: number, plan: UidMapPlan): void {
  if (plan.writer === "newuidmap") {
    runMapTool("newuidmap", pid, plan.uid);
    runMapTool("newgidmap", pid, plan.gid);
    return;
  }
  if (plan.mode === "one") {
    // The kernel lets an ordinary user map a group only after setgroups is given up.
    writeFileSync(`/proc/${pid}/setgroups`, "deny");
  }
  writeFileSync(`/proc/${pid}/uid_map`, formatMap(plan.uid));
  writeFileSync(`/proc/${pid}/gid_map`, formatMap(plan.gid));
}

function runMapTool(tool: string, pid: number, lines: readonly MapLine[]): void {
  const result = spawnSync(tool, [String(pid), ...lines.flat().map(String)], { encoding: "utf8" });
  if (result.status !== 0) {
    throw new Error(`${tool} refused the user range: ${(result.stderr ?? "").trim()}`);
  }
}

function readUidFacts(): Parameters<typeof planUidMap>[0] {
  const [uid, gid] = [process.getuid?.() ?? -1, process.getgid?.() ?? -1];
  return {
    uid,
    gid,
    userName: userName(),
    subuid: readOr("/etc/subuid"),
    subgid: readOr("/etc/subgid"),
    uidMap: readOr("/proc/self/uid_map"),
    gidMap: readOr("/proc/self/gid_map"),
    newuidmap: uid !== 0 && spawnSync("sh", ["-c", "command -v newuidmap && command -v newgidmap"]).status === 0,
  };
}

/** Empty for a user without an account, as containers have them. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "";
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
