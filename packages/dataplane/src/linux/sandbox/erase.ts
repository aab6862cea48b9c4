import { once } from "node:events";
import { rm } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { spawnSandbox } from "./spawn.js";

/**
 * Deletes a data directory. Files in it may belong to instances' users, whom only a sandbox may act for: `rm` outside fails.
 * Deleting what is not there is no error.
 * @throws Error saying what could not be deleted
 */
export async function eraseDataDir(dataDir: string): Promise<void> {
  try {
    await rm(dataDir, { recursive: true, force: true });
    return;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["EACCES", "EPERM"].includes(code)) throw error;
  }
  const child = await spawnSandbox({ command: "rm", args: ["-rf", "--", dataDir], stdio: ["ignore", "ignore", "pipe"] });
  const exit = once(child, "exit");
  const said = child.stderr === null ? "" : await text(child.stderr);
  const [code] = (await exit) as [number | null];
  if (code !== 0) {
    const first = said.trim().split("\n", 1)[0] ?? "";
    throw new Error(`${dataDir} could not be deleted (${first}): it holds files of users that only who made it, or root, may act for`);
  }
}
