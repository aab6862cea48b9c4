/** What cloud-init does in one instance, as plain files that its shell script carries out: nothing there parses YAML or MIME. Pure. */
import { readCloudConfig } from "./cloud-config.js";
import type { CloudConfig, WrittenFile } from "./cloud-config.js";
import { partsOf } from "./user-data.js";

/** By path below `cloud-init/` of the seed; a list file has an entry a line. */
export type PlanFiles = Readonly<Record<string, string | Uint8Array>>;

export function planCloudInit(userData: Uint8Array | undefined): PlanFiles {
  const parts = partsOf(userData ?? new Uint8Array());
  const texts = parts.flatMap((part) => (part.kind === "config" ? [part.content.toString("utf8")] : []));
  const { config, warnings } = readCloudConfig(texts);
  const refused = parts.flatMap((part) => (part.kind === "refused" ? [part.reason] : []));
  const files: Record<string, string | Uint8Array> = {
    ...configFiles(config),
    warnings: lines([...refused, ...warnings].map((warning) => warning.replaceAll("\n", " "))),
  };
  for (const [index, part] of parts.entries()) {
    const number = String(index + 1).padStart(3, "0");
    if (part.kind === "script") files[`scripts/${part.name}`] = part.content;
    if (part.kind === "boothook") files[`boothooks/${number}`] = part.content;
  }
  // Nothing to do is no plan.
  return Object.fromEntries(Object.entries(files).filter(([, content]) => content.length > 0));
}

function configFiles(config: CloudConfig): PlanFiles {
  return {
    bootcmd: script(config.bootcmd),
    "scripts/runcmd": script(config.runcmd),
    packages: lines(config.packages),
    "package-update": config.packageUpdate ? "true\n" : "",
    ...writtenFiles("files", config.files.filter(({ deferred }) => !deferred)),
    ...writtenFiles("deferred", config.files.filter(({ deferred }) => deferred)),
    "file-systems": lines(config.fileSystems.map(({ device, type, label }) => `${device} ${type} ${label}`)),
    mounts: lines(config.mounts),
    groups: lines(config.groups),
    users: lines(config.users.map(({ name, shell, groups, sudo, gecos }) => [name, shell, [...groups, ...(sudo ? ["wheel"] : [])].join(",") || "-", gecos].join(":"))),
    ...Object.fromEntries(config.users.map(({ name, keys }) => [`keys/${name}`, lines(keys)])),
    "keys/ec2-user": lines([...config.users.filter(({ name }) => name === "ec2-user").flatMap(({ keys }) => keys), ...config.keys]),
    hostname: config.hostname === undefined ? "" : `${config.hostname}\n`,
    timezone: config.timezone === undefined ? "" : `${config.timezone}\n`,
    "final-message": config.finalMessage ?? "",
    "power-state": config.powerState === undefined ? "" : `${config.powerState}\n`,
  };
}

/** For each file its content, and its path, owner and mode on lines beside it. An empty file has but the lines. */
function writtenFiles(folder: string, files: readonly WrittenFile[]): PlanFiles {
  const entries = files.flatMap(({ path, content, owner, permissions, append }, index) => {
    const name = `${folder}/${String(index + 1).padStart(3, "0")}`;
    return [[`${name}.to`, lines([path, owner, permissions, append ? "append" : "replace"])] as const, [`${name}.content`, content] as const];
  });
  return Object.fromEntries(entries);
}

function script(commands: readonly string[]): string {
  return commands.length === 0 ? "" : `#!/bin/sh\n${lines(commands)}`;
}

function lines(values: readonly string[]): string {
  return values.map((value) => `${value}\n`).join("");
}
