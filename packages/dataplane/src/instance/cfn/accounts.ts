/** Groups and users: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-init.html#aws-resource-init-groups */
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { isMap, textOf, type Json, type JsonMap } from "./config-sets.js";
import type { Log } from "./log.js";

const PASSWD = "/etc/passwd";
const GROUP = "/etc/group";
const MODE = "/run/seed/uid-mode";

export interface Account {
  readonly name: string;
  readonly id: number;
  readonly rest: readonly string[];
}

export function makeGroups(groups: JsonMap, log: Log): void {
  for (const [name, options] of Object.entries(groups)) {
    const lines = linesOf(GROUP);
    if (find(lines, name)) {
      log("INFO", `Group ${name} already exists`);
      continue;
    }
    const gid = isMap(options) ? options["gid"] : undefined;
    append(GROUP, `${checkedName(name)}:x:${idOf(gid, lines, `gid of group ${name}`)}:`);
    log("INFO", `Group ${name} created successfully`);
  }
}

export function makeUsers(users: JsonMap, log: Log): void {
  for (const [name, given] of Object.entries(users)) {
    const options: JsonMap = isMap(given) ? given : {};
    const lines = linesOf(PASSWD);
    if (find(lines, name)) {
      log("INFO", `User ${name} already exists`);
      continue;
    }
    const alone = isAlone();
    const id = alone ? 0 : Number(idOf(options["uid"], lines, `uid of user ${name}`));
    const home = typeof options["homeDir"] === "string" ? options["homeDir"] : `/home/${name}`;
    if (!alone && !find(linesOf(GROUP), name)) append(GROUP, `${checkedName(name)}:x:${id}:`);
    const gid = alone ? "0" : (find(linesOf(GROUP), name)?.split(":")[2] ?? String(id));
    append(PASSWD, `${checkedName(name)}:x:${id}:${gid}::${checkedPath(home)}:/sbin/nologin`);
    const groups = Array.isArray(options["groups"]) ? options["groups"].map(String) : [];
    for (const group of groups) join(group, name);
    mkdirSync(home, { recursive: true, mode: 0o700 });
    giveTo(home, id, Number(gid));
    log("INFO", `User ${name} created successfully`);
  }
}

/** Makes a file somebody's, by their numbers. */
export function giveTo(path: string, user: number, group: number): void {
  if (!isAlone()) chownSync(path, user, group);
}

/** The root of an instance without users of its own is everyone in it. */
function isAlone(): boolean {
  return existsSync(MODE) && readFileSync(MODE, "utf8").trim() === "one";
}

/** The number of a user or group that a name or number means. @throws Error when there is none */
export function numberOf(kind: "user" | "group", name: string): number {
  if (/^\d+$/.test(name)) return Number(name);
  const id = find(linesOf(kind === "user" ? PASSWD : GROUP), name)?.split(":")[2];
  if (id === undefined) throw new Error(`${name} is not a valid ${kind}`);
  return Number(id);
}

function linesOf(path: string): readonly string[] {
  return readFileSync(path, "utf8").split("\n").filter((line) => line !== "");
}

function find(lines: readonly string[], name: string): string | undefined {
  return lines.find((line) => line.startsWith(`${name}:`));
}

function append(path: string, line: string): void {
  writeFileSync(path, [...linesOf(path), line, ""].join("\n"));
}

function join(group: string, user: string): void {
  const lines = linesOf(GROUP);
  if (!find(lines, group)) throw new Error(`Failed to create user ${user}: the group ${group} does not exist`);
  const joined = lines.map((line) => (line.startsWith(`${group}:`) ? `${line}${line.endsWith(":") ? "" : ","}${user}` : line));
  writeFileSync(GROUP, `${joined.join("\n")}\n`);
}

function idOf(given: Json | undefined, lines: readonly string[], what: string): string {
  if (given !== undefined) {
    const id = textOf(given, `The ${what}`);
    if (!/^\d{1,5}$/.test(id)) throw new Error(`The ${what} must be a number, not ${JSON.stringify(given)}`);
    return id;
  }
  const taken = lines.map((line) => Number(line.split(":")[2])).filter((id) => id >= 1000 && id < 60_000);
  return String(Math.max(999, ...taken) + 1);
}

/** A line of its own in these files must not be had by a name. */
function checkedName(name: string): string {
  if (!/^[a-z_][a-z0-9_-]{0,31}$/i.test(name)) throw new Error(`${JSON.stringify(name)} is not a valid name of a user or group`);
  return name;
}

function checkedPath(path: string): string {
  if (!/^\/[^:\n]*$/.test(path)) throw new Error(`${JSON.stringify(path)} is not a valid home directory`);
  return path;
}
