/** Files: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-init.html#aws-resource-init-files */
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { giveTo, numberOf } from "./accounts.js";
import { isMap, textOf, type Json, type JsonMap } from "./config-sets.js";
import type { Fetcher } from "./fetching.js";
import type { Log } from "./log.js";
import { render } from "./mustache.js";

/** The kind of file in a mode of six digits. */
const LINK = 0o120000;
const KIND = 0o170000;

/** @returns the paths of those that changed */
export async function writeFiles(files: JsonMap, fetcher: Fetcher, log: Log): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const [path, options] of Object.entries(files)) {
    if (!isMap(options)) throw new Error(`files.${path} must be a map`);
    if (!path.startsWith("/")) throw new Error(`files.${path}: the path must be absolute`);
    if (await writeOne(path, options, fetcher)) {
      changed.push(path);
      log("DEBUG", `${path} was written`);
    }
  }
  return changed;
}

async function writeOne(path: string, options: JsonMap, fetcher: Fetcher): Promise<boolean> {
  const mode = modeOf(path, options["mode"]);
  const content = await contentOf(path, options, fetcher);
  mkdirSync(dirname(path), { recursive: true });
  if (mode !== undefined && (mode & KIND) === LINK) return link(path, content.toString("utf8"));
  const same = existsSync(path) && lstatSync(path).isFile() && readFileSync(path).equals(content);
  if (!same) writeFileSync(path, content);
  chmodSync(path, (mode ?? 0o644) & 0o7777);
  const owner = numberOf("user", textOf(options["owner"] ?? "root", `files.${path}.owner`));
  const group = numberOf("group", textOf(options["group"] ?? "root", `files.${path}.group`));
  giveTo(path, owner, group);
  return !same;
}

function link(path: string, target: string): boolean {
  rmSync(path, { force: true });
  symlinkSync(target.trim(), path);
  return true;
}

async function contentOf(path: string, { content, source, encoding, context, authentication }: JsonMap, fetcher: Fetcher): Promise<Buffer> {
  if ((content === undefined) === (source === undefined)) throw new Error(`files.${path}: either content or source must be given`);
  const plain = content === undefined ? await fetcher.get(textOf(source, `files.${path}.source`), authentication) : Buffer.from(typeof content === "string" ? decode(path, content, encoding) : JSON.stringify(content, undefined, 4));
  return isMap(context) ? Buffer.from(render(plain.toString("utf8"), context)) : plain;
}

function decode(path: string, content: string, encoding: unknown): Buffer {
  if (encoding === undefined || encoding === "plain") return Buffer.from(content);
  if (encoding === "base64") return Buffer.from(content, "base64");
  throw new Error(`files.${path}: the encoding ${JSON.stringify(encoding)} is neither plain nor base64`);
}

/** Six octal digits: the first three are for symbolic links (120), the others the permissions. */
function modeOf(path: string, mode: Json | undefined): number | undefined {
  if (mode === undefined) return undefined;
  const digits = textOf(mode, `files.${path}.mode`);
  if (!/^[0-7]{3,6}$/.test(digits)) throw new Error(`files.${path}: the mode ${digits} is not octal`);
  return Number.parseInt(digits, 8);
}
