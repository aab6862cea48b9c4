/** Services: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-init.html#aws-resource-init-services */
import { isMap, type Json, type JsonMap } from "./config-sets.js";
import type { Log } from "./log.js";
import { run } from "./run.js";

/** What the config did before, for services that are to be restarted when something of it changed. */
export interface Changes {
  /** Paths of files that were written. */
  readonly files: ReadonlySet<string>;
  /** Directories that archives were unpacked to. */
  readonly sources: ReadonlySet<string>;
  readonly packages: ReadonlyMap<string, readonly string[]>;
  readonly commands: ReadonlySet<string>;
}

const MANAGERS = ["systemd", "sysvinit"];

/** @throws Error naming a service that can't be brought to what is wanted */
export async function keepServices(services: JsonMap, changes: Changes, log: Log): Promise<void> {
  for (const [manager, wanted] of Object.entries(services)) {
    if (!MANAGERS.includes(manager)) throw new Error(`Unsupported service manager: ${manager}. This image has ${MANAGERS.join(" and ")}.`);
    if (!isMap(wanted)) throw new Error(`services.${manager} must be a map of services`);
    for (const [name, options] of Object.entries(wanted)) await keepService(name, isMap(options) ? options : {}, changes, log);
  }
}

async function keepService(name: string, options: JsonMap, changes: Changes, log: Log): Promise<void> {
  const enabled = truth(options["enabled"]);
  if (enabled !== undefined) {
    await control(enabled ? "enable" : "disable", name);
    log("INFO", `${enabled ? "enabled" : "disabled"} service ${name}`);
  }
  const running = truth(options["ensureRunning"]);
  if (running === false) {
    await control("stop", name);
    log("INFO", `Stopped ${name}`);
    return;
  }
  const active = (await run(["systemctl", "is-active", name])).code === 0;
  const due = isDue(options, changes);
  if (active && due) {
    await control("restart", name);
    log("INFO", `Restarted ${name} successfully`);
  } else if (!active && (running || due)) {
    await control("start", name);
    log("INFO", `Started ${name} successfully`);
  }
}

/** Whether something that the service depends on changed. */
export function isDue({ files, sources, packages, commands }: JsonMap, changes: Changes): boolean {
  const named = (value: Json | undefined): readonly string[] => (Array.isArray(value) ? value.map(String) : []);
  if (named(files).some((path) => changes.files.has(path))) return true;
  if (named(sources).some((path) => changes.sources.has(path))) return true;
  if (named(commands).some((name) => changes.commands.has(name))) return true;
  return isMap(packages) && Object.entries(packages).some(([manager, names]) => named(names).some((name) => changes.packages.get(manager)?.includes(name)));
}

async function control(verb: string, name: string): Promise<void> {
  const { code, output } = await run(["systemctl", verb, name]);
  if (code !== 0) throw new Error(`Could not ${verb} service ${name}: ${output.trim()}`);
}

function truth(value: Json | undefined): boolean | undefined {
  return value === undefined || value === null ? undefined : value === true || value === "true";
}
