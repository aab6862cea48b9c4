/** A stage's template. The CDK is slow to load, so it runs in a process of its own, and what it wrote is kept. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeDirectory } from "@hakoniwa/cloud/client";
import { UserError } from "./say.js";

/** @param given the stage's properties, as text */
export async function synthesize(stage: string, given: Readonly<Record<string, string>>): Promise<string> {
  const cacheDir = cacheDirectory();
  const script = fileURLToPath(new URL("./synth.js", import.meta.resolve("@hakoniwa/blueprint")));
  const text = JSON.stringify(typed(given));
  if (cacheDir === undefined) return run(script, stage, text);
  const cached = join(cacheDir, `${stage.replace(/[^\w-]/g, "_")}-${inputHash(script, text)}.json`);
  try {
    return readFileSync(cached, "utf8");
  } catch {
    // Not synthesized yet.
  }
  const body = await run(script, stage, text);
  try {
    makeDirectory(cacheDir);
    writeFileSync(`${cached}.${process.pid}`, body);
    renameSync(`${cached}.${process.pid}`, cached);
  } catch {
    // Without a cache the next time is only slower.
  }
  return body;
}

/** https://specifications.freedesktop.org/basedir-spec/latest/: relative paths are to be ignored. Undefined for a user without a home. */
function cacheDirectory(): string | undefined {
  const { XDG_CACHE_HOME: chosen = "" } = process.env;
  try {
    const caches = isAbsolute(chosen) ? chosen : join(homedir(), ".cache");
    return isAbsolute(caches) ? join(caches, "hakoniwa") : undefined;
  } catch {
    return undefined;
  }
}

/** `true`, `false` and numbers are meant as such. */
function typed(props: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(props).map(([key, value]) => [key, value === "true" ? true : value === "false" ? false : /^\d+$/.test(value) ? Number(value) : value]),
  );
}

/** The same blueprint, CDK and properties give the same template. */
function inputHash(script: string, props: string): string {
  const hash = createHash("sha256").update(props);
  const folder = fileURLToPath(new URL(".", `file://${script}`));
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".js")).sort()) {
    const { mtimeMs, size } = statSync(join(folder, file));
    hash.update(`${file}:${mtimeMs}:${size}\n`);
  }
  const cdk = createRequire(script).resolve("aws-cdk-lib/package.json");
  hash.update((JSON.parse(readFileSync(cdk, "utf8")) as { version: string }).version);
  return hash.digest("hex").slice(0, 16);
}

function run(script: string, stage: string, props: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // The CDK validates every template against its schemas, which costs seconds; our own engine does it when it deploys.
    const env = { ...process.env, CDK_VALIDATION: "false", JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION: "1" };
    execFile(process.execPath, [script, stage, props], { env, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error) reject(new UserError(stderr.trim() || error.message));
      else resolve(stdout);
    });
  });
}
