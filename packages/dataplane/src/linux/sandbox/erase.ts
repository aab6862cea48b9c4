import { once } from "node:events";
import { text } from "node:stream/consumers";
import { spawnSandbox } from "./spawn.js";

/**
 * Deletes a data directory. Files in it may belong to instances' users, whom only a sandbox may act for: `rm` outside fails.
 * Deleting what is not there is no error.
 * @throws Error saying what could not be deleted
 */
export async function eraseDataDir(dataDir: string): Promise<void> {
  const child = await spawnSandbox({ command: "rm", args: ["-rf", "--", dataDir], stdio: ["ignore", "ignore", "pipe"] });
  const exit = once(child, "exit");
  const said = child.stderr === null ? "" : await text(child.stderr);
  const [code] = (await exit) as [number | null];
  if (code !== 0) {
    throw new Error(`${dataDir} could not be deleted: ${said.trim()}`);
  }
}
