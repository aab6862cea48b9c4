/** The template that `up` deploys: a stage of the blueprint, synthesized in a process of its own, or a file. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, isAbsolute, join } from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { makeDirectory } from "@hakoniwa/cloud/client";
import { UserError } from "./say.js";

export interface Template {
  readonly body: string;
  /** What the stack is called unless the user says otherwise. */
  readonly name: string;
}

const FILE = /\.(ya?ml|json|template)$/;
/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const LARGEST = 51_200;

/**
 * @param what a stage's name or a file's path
 * @param props the stage's properties, as text
 */
export async function template(what: string, props: Readonly<Record<string, string>>): Promise<Template> {
  if (FILE.test(what)) return fromFile(what, props);
  return { body: await synthesize(what, typed(props), cacheDirectory()), name: what };
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

function fromFile(path: string, props: Readonly<Record<string, string>>): Template {
  if (Object.keys(props).length > 0) throw new UserError("--set is for stages: a template takes --parameters KEY=VALUE");
  let body: string;
  try {
    body = readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`the template ${path} can't be read: ${(error as Error).message}`);
  }
  if (Buffer.byteLength(body) > LARGEST) throw new UserError(`the template ${path} has ${Buffer.byteLength(body)} bytes, but CloudFormation takes ${LARGEST} at most`);
  return { body, name: basename(path).replace(FILE, "").replace(/[^A-Za-z0-9-]/g, "-").replace(/^[^A-Za-z]+/, "") || "stack" };
}

/** `true`, `false` and numbers are meant as such. */
function typed(props: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(props).map(([key, value]) => [key, value === "true" ? true : value === "false" ? false : /^\d+$/.test(value) ? Number(value) : value]),
  );
}

async function synthesize(stage: string, props: Record<string, unknown>, cacheDir: string | undefined): Promise<string> {
  const script = fileURLToPath(new URL("./synth.js", import.meta.resolve("@hakoniwa/blueprint")));
  const text = JSON.stringify(props);
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
