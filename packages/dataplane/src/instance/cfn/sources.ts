/** Archives that are unpacked: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-init.html#aws-resource-init-sources */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve, sep } from "node:path";
import { textOf, type JsonMap } from "./config-sets.js";
import type { Fetcher } from "./fetching.js";
import type { Log } from "./log.js";
import { run } from "./run.js";
import { readZip } from "./zip.js";

/** @returns the directories that were unpacked to */
export async function unpackSources(sources: JsonMap, fetcher: Fetcher, log: Log): Promise<readonly string[]> {
  for (const [directory, given] of Object.entries(sources)) {
    const address = textOf(given, `sources.${directory}`);
    const archive = await fetcher.get(address);
    mkdirSync(directory, { recursive: true });
    if (archive.subarray(0, 2).toString("latin1") === "PK") unzip(archive, directory);
    else await untar(archive, directory);
    log("INFO", `Unpacked ${address} to ${directory}`);
  }
  return Object.keys(sources);
}

function unzip(archive: Buffer, directory: string): void {
  const root = resolve(directory);
  for (const entry of readZip(archive)) {
    const path = resolve(root, entry.name);
    // An archive must not write beside where it is unpacked.
    if (path !== root && !path.startsWith(root === sep ? sep : root + sep)) throw new Error(`${entry.name} lies outside of ${directory}`);
    if (entry.isDirectory) {
      mkdirSync(path, { recursive: true });
      continue;
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, entry.content(), { mode: entry.mode === 0 ? 0o644 : entry.mode });
  }
}

/** tar finds out by itself how it is packed. */
async function untar(archive: Buffer, directory: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cfn-source-"));
  const file = join(folder, "archive");
  try {
    writeFileSync(file, archive);
    const { code, output } = await run(["tar", "-xf", file, "-C", directory, "--no-same-owner"]);
    if (code !== 0) throw new Error(`Failed to unpack to ${directory}: ${output.trim()}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
