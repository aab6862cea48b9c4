/** Keeps the user's kernel keys out of the sandbox. */
import { spawnSync } from "node:child_process";

/** The number of keyctl(2), which no program of the base system offers; perl is in Debian's. */
const KEYCTL: Readonly<Partial<Record<NodeJS.Architecture, number>>> = { x64: 250, arm64: 219, riscv64: 219 };

/** KEYCTL_JOIN_SESSION_KEYRING without a name: a new, empty one. */
const JOIN = "syscall($ARGV[0], 1, 0); shift; exec { $ARGV[0] } @ARGV";

/**
 * What to put before a command so that it begins with a session keyring of its own: a session's keys (of disks, of Kerberos) can be read by
 * whatever descends from it, an instance's root included. Nothing where it can't be done; a kernel or container that refuses it changes nothing.
 */
export function withOwnKeyring(): readonly string[] {
  const keyctl = KEYCTL[process.arch];
  if (keyctl === undefined || spawnSync("perl", ["-e", "1"], { stdio: "ignore" }).status !== 0) return [];
  return ["perl", "-e", JOIN, String(keyctl)];
}
