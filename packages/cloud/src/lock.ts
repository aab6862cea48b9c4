/** One cloud at a time in a data directory: the kernel holds the lock for as long as the process that took it lives. */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { DataDirectoryError, type DataDirectory } from "./data-directory.js";

/** What `flock` exits with when another process holds the lock; chosen unlike any code of its own failures. */
const HELD = 75;
const EXCLUSIVE = ["--exclusive", "--conflict-exit-code", String(HELD)];

/**
 * Takes the data directory's lock for this process, until it ends. Where there is no `flock` (it is part of Linux), nothing is locked.
 * @throws DataDirectoryError when a cloud runs on it, or is still ending
 */
export function lockDataDirectory(directory: DataDirectory): void {
  const file = openSync(directory.lock, "a", 0o600);
  // The lock belongs to the open file, which `flock` shares with us: it stays when `flock` has ended.
  const { status } = spawnSync("flock", [...EXCLUSIVE, "--nonblock", "3"], { stdio: ["ignore", "ignore", "ignore", file] });
  if (status !== HELD) return;
  closeSync(file);
  throw new DataDirectoryError(`another cloud runs on ${directory.path}, or is just ending: stop it, or choose another directory with --data-dir`);
}

/**
 * Resolves when no process holds the lock any more.
 * @throws DataDirectoryError when that takes longer than `seconds`
 */
export async function unlocked(directory: DataDirectory, seconds: number): Promise<void> {
  if (!existsSync(directory.lock)) return;
  const waiting = spawn("flock", [...EXCLUSIVE, "--timeout", String(seconds), directory.lock, "true"], { stdio: "ignore" });
  const code = await new Promise<number | null>((resolve) => waiting.once("exit", resolve).once("error", () => resolve(null)));
  if (code === HELD) throw new DataDirectoryError(`the cloud on ${directory.path} has not ended after ${seconds} s: ${directory.log} may say why`);
}
