/**
 * `#cloud-config`, parsed and checked: every value that is not as documented becomes a warning and is left out. Pure.
 * https://cloudinit.readthedocs.io/en/latest/reference/modules.html
 */
import { parse } from "yaml";
import { unpacked } from "./user-data.js";

export interface CloudConfig {
  readonly bootcmd: readonly string[];
  readonly runcmd: readonly string[];
  readonly packages: readonly string[];
  readonly packageUpdate: boolean;
  readonly files: readonly WrittenFile[];
  readonly fileSystems: readonly FileSystem[];
  /** Lines for /etc/fstab. */
  readonly mounts: readonly string[];
  readonly groups: readonly string[];
  readonly users: readonly User[];
  /** Of the default user. */
  readonly keys: readonly string[];
  readonly hostname: string | undefined;
  readonly timezone: string | undefined;
  readonly finalMessage: string | undefined;
  readonly powerState: "reboot" | "poweroff" | undefined;
}

export interface WrittenFile {
  readonly path: string;
  readonly content: Buffer;
  readonly owner: string;
  /** Octal digits. */
  readonly permissions: string;
  readonly append: boolean;
  /** Written after users and packages are there. */
  readonly deferred: boolean;
}

export interface FileSystem {
  readonly device: string;
  readonly type: string;
  readonly label: string;
}

export interface User {
  readonly name: string;
  readonly gecos: string;
  readonly shell: string;
  readonly groups: readonly string[];
  readonly sudo: boolean;
  readonly keys: readonly string[];
}

/** These ask for what is so anyway. */
const TRUE_ANYWAY: Readonly<Record<string, unknown>> = { ssh_pwauth: false, disable_root: true, package_upgrade: true, package_reboot_if_required: false, manage_etc_hosts: false };
const NAME = /^[a-z_][a-z0-9_-]{0,31}$/;
const LINE = /^[^\n\0]{0,1000}$/;

type Values = Readonly<Record<string, unknown>>;

/** @param texts the parts in their order: a later one's key replaces an earlier one's, as cloud-init merges by default */
export function readCloudConfig(texts: readonly string[]): { readonly config: CloudConfig; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const merged: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const text of texts) Object.assign(merged, parsed(text, warnings));
  const warn = (key: string, why: string): undefined => void warnings.push(`#cloud-config: ${key} ${why} and was left out`);
  const known = new Reader(merged, warn);
  const config: CloudConfig = {
    bootcmd: known.list("bootcmd", (value) => commandOf(value)),
    runcmd: known.list("runcmd", (value) => commandOf(value)),
    packages: known.list("packages", packageOf),
    packageUpdate: known.one("package_update", "boolean") ?? false,
    files: known.list("write_files", fileOf),
    fileSystems: known.list("fs_setup", fileSystemOf),
    mounts: known.list("mounts", mountOf),
    groups: known.list("groups", groupOf),
    users: known.list("users", (value) => (value === "default" ? "skip" : userOf(value))),
    keys: known.list("ssh_authorized_keys", keyOf),
    hostname: known.matching("fqdn", /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/) ?? known.matching("hostname", /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/),
    timezone: known.matching("timezone", /^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+){0,2}$/),
    finalMessage: known.one("final_message", "string"),
    powerState: known.record("power_state", powerOf),
  };
  known.rest();
  return { config, warnings };
}

function parsed(text: string, warnings: string[]): Values {
  try {
    // As PyYAML reads it: YAML 1.1, where a repeated key is the last one.
    const value: unknown = parse(text, { version: "1.1", uniqueKeys: false, maxAliasCount: 50, logLevel: "silent" });
    if (value === null) return {};
    if (isRecord(value)) return value;
    warnings.push("#cloud-config: it is no mapping of keys and was left out");
  } catch (error) {
    warnings.push(`#cloud-config: ${(error as Error).message.split("\n", 1)[0]}: it was left out`);
  }
  return {};
}

/** Takes keys one after the other, and tells of those that nobody asked for. */
class Reader {
  readonly #values: Values;
  readonly #warn: (key: string, why: string) => undefined;
  readonly #asked = new Set<string>();

  constructor(values: Values, warn: (key: string, why: string) => undefined) {
    this.#values = values;
    this.#warn = warn;
  }

  #take(key: string): unknown {
    this.#asked.add(key);
    return this.#values[key] ?? undefined;
  }

  one(key: string, type: "boolean"): boolean | undefined;
  one(key: string, type: "string"): string | undefined;
  one(key: string, type: "boolean" | "string"): unknown {
    const value = this.#take(key);
    return value === undefined || typeof value === type ? value : this.#warn(key, `is no ${type}`);
  }

  matching(key: string, pattern: RegExp): string | undefined {
    const value = this.#take(key);
    if (value === undefined || (typeof value === "string" && pattern.test(value))) return value;
    return this.#warn(key, `(${JSON.stringify(value)?.slice(0, 80)}) is not valid`);
  }

  record<T>(key: string, read: (value: Values) => T | undefined): T | undefined {
    const value = this.#take(key);
    if (value === undefined) return undefined;
    const made = isRecord(value) ? read(value) : undefined;
    return made ?? this.#warn(key, `(${JSON.stringify(value)?.slice(0, 80)}) is not valid or not supported`);
  }

  /** @param read the entry; `skip` for one that asks for nothing, undefined for one that is not valid */
  list<T>(key: string, read: (value: unknown) => T | "skip" | undefined): readonly T[] {
    const value = this.#take(key);
    if (value === undefined) return [];
    const entries = Array.isArray(value) ? value : key === "groups" && isRecord(value) ? [value] : undefined;
    if (entries === undefined) return this.#warn(key, "is no list") ?? [];
    return entries.flatMap((entry: unknown, index) => {
      const made = read(entry);
      if (made === "skip") return [];
      return made === undefined ? (this.#warn(`${key}[${index}]`, `(${JSON.stringify(entry)?.slice(0, 80)}) is not valid or not supported`) ?? []) : [made];
    });
  }

  rest(): void {
    for (const [key, value] of Object.entries(this.#values)) {
      if (this.#asked.has(key) || TRUE_ANYWAY[key] === value || key === "preserve_hostname") continue;
      this.#warn(key, "is not supported");
    }
  }
}

function isRecord(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A string is a line of shell, a list is a command with its arguments. */
function commandOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const words = Array.isArray(value) ? value.map((word) => (["string", "number", "boolean"].includes(typeof word) ? String(word) : undefined)) : [undefined];
  return words.includes(undefined) ? undefined : words.map((word) => `'${word?.replaceAll("'", "'\\''")}'`).join(" ");
}

/** `name`, or name and version, of which there is but one here. */
function packageOf(value: unknown): string | undefined {
  const name: unknown = Array.isArray(value) ? value[0] : value;
  return typeof name === "string" && /^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(name) ? name : undefined;
}

function fileOf(value: unknown): WrittenFile | undefined {
  if (!isRecord(value)) return undefined;
  const { path, content = "", owner = "root:root", permissions = "0644", append = false, defer = false, encoding = "text/plain", source } = value;
  const mode = typeof permissions === "number" ? permissions.toString(8) : permissions;
  const bytes = decodeContent(content, encoding);
  if (typeof path !== "string" || !path.startsWith("/") || !LINE.test(path) || source !== undefined || bytes === undefined) return undefined;
  if (typeof owner !== "string" || !/^[A-Za-z0-9_-]+(:[A-Za-z0-9_-]+)?$/.test(owner) || typeof mode !== "string" || !/^[0-7]{3,5}$/.test(mode)) return undefined;
  return { path, content: bytes, owner, permissions: mode, append: append === true, deferred: defer === true };
}

function decodeContent(content: unknown, encoding: unknown): Buffer | undefined {
  const raw = content instanceof Uint8Array ? Buffer.from(content) : typeof content === "string" ? Buffer.from(content) : undefined;
  const binary = (): Buffer => Buffer.from(String(raw), "base64");
  try {
    switch (encoding) {
      case "text/plain":
        return raw;
      case "b64":
      case "base64":
        return raw && binary();
      case "gz":
      case "gzip":
        return raw && unpacked(raw);
      case "gz+b64":
      case "gz+base64":
      case "gzip+b64":
      case "gzip+base64":
        return raw && unpacked(binary());
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}

function fileSystemOf(value: unknown): FileSystem | undefined {
  if (!isRecord(value)) return undefined;
  const { device, filesystem, label = "" } = value;
  const plain = (text: unknown): text is string => typeof text === "string" && /^[A-Za-z0-9._/-]*$/.test(text);
  return plain(device) && plain(filesystem) && plain(label) && filesystem !== "" ? { device, type: filesystem, label } : undefined;
}

/** A line of /etc/fstab; what is left out is as cloud-init has it. */
function mountOf(value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length < 2 || value.length > 6) return undefined;
  const given = value.map((field: unknown) => (typeof field === "string" || typeof field === "number" ? String(field) : undefined));
  const fields = ["", "", "auto", "defaults,nofail", "0", "2"].map((usual, index) => given[index] ?? usual);
  fields[0] = /^(sd|xvd)[a-z]/.test(fields[0] ?? "") ? `/dev/${fields[0]}` : (fields[0] ?? "");
  return fields.every((field) => /^[^\s#]+$/.test(field)) ? fields.join(" ") : undefined;
}

function groupOf(value: unknown): string | undefined {
  const name = isRecord(value) ? Object.keys(value)[0] : value;
  return typeof name === "string" && NAME.test(name) ? name : undefined;
}

function userOf(value: unknown): User | undefined {
  const user: Values = typeof value === "string" ? { name: value } : isRecord(value) ? value : {};
  const { name, gecos = "", shell = "/bin/bash", groups = [], sudo, ssh_authorized_keys: keys = [] } = user;
  const names = typeof groups === "string" ? groups.split(",").map((group) => group.trim()) : groups;
  if (typeof name !== "string" || !NAME.test(name) || typeof gecos !== "string" || !/^[^:\n]*$/.test(gecos)) return undefined;
  if (typeof shell !== "string" || !/^\/[\w./-]+$/.test(shell) || !Array.isArray(names) || !Array.isArray(keys)) return undefined;
  const checkedKeys = keys.map(keyOf);
  if (checkedKeys.includes(undefined) || names.some((group) => typeof group !== "string" || !NAME.test(group))) return undefined;
  const mayAll = typeof sudo === "string" ? /ALL/.test(sudo) : Array.isArray(sudo) && sudo.some((line) => /ALL/.test(String(line)));
  return { name, gecos, shell, groups: names as string[], sudo: mayAll, keys: checkedKeys as string[] };
}

function keyOf(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" && LINE.test(value.trim()) ? value.trim() : undefined;
}

function powerOf({ mode, condition = true }: Values): "reboot" | "poweroff" | undefined {
  if (condition !== true) return undefined;
  if (mode === "reboot") return "reboot";
  return mode === "poweroff" || mode === "halt" ? "poweroff" : undefined;
}
