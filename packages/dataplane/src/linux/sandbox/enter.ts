import { execFileSync } from "node:child_process";
import { mkdirSync, readlinkSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { UID_MODE_VARIABLE } from "./spawn.js";
import type { UidMode } from "./uid-map.js";

/** What an instance may pass through on its way to its own root: nothing here is secret, the data directory itself stays 0700. */
export const STAGE = "/run/hakoniwa";

/** The resolver on the box's internet, which `./hakoniwa internet` uses. */
export const INTERNET_RESOLVER = "8.8.8.8";

/**
 * The first thing inside the sandbox: a `/run` of its own (network namespaces are kept there), and the resolver of the box's internet.
 * @returns how users are mapped here
 * @throws Error when this process was not started by `spawnSandbox`
 */
export function enterSandbox(): UidMode {
  const mode = process.env[UID_MODE_VARIABLE];
  if (mode !== "range" && mode !== "one") {
    throw new Error(`${UID_MODE_VARIABLE} is ${JSON.stringify(mode)}: this process was not started in a sandbox`);
  }
  // The machine's own resolver file is often a link into the /run that is about to be covered.
  const resolver = resolverFile();
  // Whatever the user's own mask: instances' roots are others here, and must pass what is meant for them.
  process.umask(0o022);
  execFileSync("mount", ["-t", "tmpfs", "-o", "mode=755,nosuid,nodev", "tmpfs", "/run"]);
  mkdirSync(STAGE, { mode: 0o755 });
  const ours = `${STAGE}/resolv.conf`;
  writeFileSync(ours, `nameserver ${INTERNET_RESOLVER}\n`);
  if (resolver.startsWith("/run/")) {
    mkdirSync(dirname(resolver), { recursive: true });
    writeFileSync(resolver, `nameserver ${INTERNET_RESOLVER}\n`);
  } else {
    execFileSync("mount", ["--bind", ours, resolver]);
  }
  return mode;
}

/** Where /etc/resolv.conf really lies, even when it is a link that leads nowhere. */
function resolverFile(): string {
  const path = "/etc/resolv.conf";
  try {
    return realpathSync(path);
  } catch {
    try {
      return resolve("/etc", readlinkSync(path));
    } catch {
      throw new Error("/etc/resolv.conf is missing: create an empty one");
    }
  }
}

/**
 * Shows a host directory or file as `name` below `STAGE`, so that an instance's root, who may not pass the data directory, can mount it.
 * @returns the path it is shown at
 */
export function expose(path: string, name: string, options: { readonly readOnly: boolean }): string {
  const target = `${STAGE}/${name}`;
  if (statSync(path).isDirectory()) {
    mkdirSync(target, { mode: 0o755, recursive: true });
  } else {
    writeFileSync(target, "");
  }
  execFileSync("mount", ["--bind", path, target]);
  if (options.readOnly) {
    execFileSync("mount", ["-o", "remount,bind,ro", target]);
  }
  return target;
}
