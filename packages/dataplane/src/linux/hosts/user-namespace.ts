/** The nested user namespace that owns everything of one instance: its root is root of nothing else. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { formatMap, instanceUidMap } from "../sandbox/uid-map.js";
import type { UidMode } from "../sandbox/uid-map.js";

export interface UserNamespace {
  /** The start of a command line that enters it as its root, with all capabilities in it. */
  readonly enter: readonly string[];
  /** It lives on while a process is in it; until one is, this keeps it. */
  release(): void;
}

/** @throws Error when the kernel refuses, e.g. at the limit of user namespaces */
export async function createUserNamespace(mode: UidMode): Promise<UserNamespace> {
  // Neither `unshare --map-users` (it needs newuidmap) nor a map from within (it may hold one user only) would do.
  const holder = spawn("unshare", ["--user", "sh", "-c", "echo; read -r end"], { stdio: ["pipe", "pipe", "pipe"] });
  const complaint: string[] = [];
  holder.stderr.on("data", (data: Buffer) => complaint.push(data.toString()));
  const failed = new Promise<never>((_, reject) => {
    holder.once("error", reject);
    holder.once("exit", (code) => reject(new Error(`no user namespace: ${complaint.join("").trim() || `exit code ${code}`}`)));
  });
  failed.catch(() => {});
  await Promise.race([once(holder.stdout, "data"), failed]);
  const map = formatMap(instanceUidMap(mode));
  writeFileSync(`/proc/${holder.pid}/uid_map`, map);
  writeFileSync(`/proc/${holder.pid}/gid_map`, map);
  const nsenter = ["nsenter", `--user=/proc/${holder.pid}/ns/user`];
  return {
    // In one-uid mode setgroups is given up, and our user is the one that is mapped anyway.
    enter: mode === "range" ? [...nsenter, "--"] : [...nsenter, "--preserve-credentials", "--"],
    release: () => holder.stdin.end(),
  };
}
