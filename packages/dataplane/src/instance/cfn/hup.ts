/** Carries out hooks when the metadata of resources changes: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-hup.html */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createApi, type Api, type StackResourceDetail } from "./api.js";
import { valueAt } from "./get-metadata.js";
import { readConfig, readHooks, type Event, type Hook } from "./hup-config.js";
import { openLog, type Log } from "./log.js";
import { helped, parseOptions, type OptionSpec } from "./options.js";
import { run } from "./run.js";

const SPECS: Readonly<Record<string, OptionSpec>> = {
  config: { short: "c" },
  "no-daemon": { flag: true },
  verbose: { short: "v", flag: true },
  help: { short: "h", flag: true },
};
const KNOWN = "/var/lib/cfn-hup/data/metadata_db.json";

/** What each hook saw last; nothing for what was not there. */
export type Seen = Readonly<Record<string, unknown>>;

export async function hup(args: readonly string[]): Promise<number> {
  const parsed = parseOptions(args, SPECS);
  if (helped(parsed, "cfn-hup [options]", SPECS)) return 0;
  // The system manager watches over what it started itself.
  if (parsed.options["no-daemon"] === undefined && process.env["INVOCATION_ID"] === undefined) return leave(args);
  const folder = parsed.options["config"] ?? "/etc/cfn";
  const log = openLog("/var/log/cfn-hup.log");
  const config = readConfig(readFileSync(join(folder, "cfn-hup.conf"), "utf8"));
  const hooks = hooksIn(folder);
  if (hooks.length === 0) throw new Error(`No hooks in ${folder}: cfn-hup has nothing to do`);
  const api = await createApi({ options: config.options });
  log("INFO", `cfn-hup watches the stack ${config.stack} every ${config.interval / 1000} s for ${hooks.map(({ name }) => name).join(", ")}`);
  for (;;) {
    await look(api, config.stack, hooks, log);
    await new Promise((resolve) => setTimeout(resolve, config.interval));
  }
}

/** Goes on in the background. */
function leave(args: readonly string[]): number {
  spawn(process.execPath, [process.argv[1] ?? "", "cfn-hup", "--no-daemon", ...args], { detached: true, stdio: "ignore" }).unref();
  return 0;
}

export function hooksIn(folder: string): readonly Hook[] {
  const more = join(folder, "hooks.d");
  const files = [join(folder, "hooks.conf"), ...(existsSync(more) ? readdirSync(more).filter((name) => name.endsWith(".conf")).toSorted().map((name) => join(more, name)) : [])];
  return files.filter((file) => existsSync(file)).flatMap((file) => readHooks(readFileSync(file, "utf8")));
}

async function look(api: Api, stack: string, hooks: readonly Hook[], log: Log): Promise<void> {
  try {
    const names = [...new Set(hooks.map(({ resource }) => resource))];
    const details = new Map(await Promise.all(names.map(async (name) => [name, await api.describe(stack, name)] as const)));
    const now: Seen = Object.fromEntries(hooks.map((hook) => [hook.name, valueOf(hook, details.get(hook.resource))]));
    const before = recall();
    // Before the actions, so that an end in the middle of one does not repeat the others.
    remember(now);
    if (!before) return;
    const failed: string[] = [];
    for (const { hook, event } of due(hooks, before, now)) if (!(await carryOut(hook, event, before, now, log))) failed.push(hook.name);
    if (failed.length > 0) remember({ ...now, ...Object.fromEntries(failed.map((name) => [name, before[name] ?? null])) });
  } catch (error) {
    log("ERROR", `Unhandled exception: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The hooks whose value came, changed or went. */
export function due(hooks: readonly Hook[], before: Seen, now: Seen): readonly { readonly hook: Hook; readonly event: Event }[] {
  return hooks.flatMap((hook) => {
    const [old, fresh] = [before[hook.name], now[hook.name]].map((value) => (value === undefined || value === null ? undefined : JSON.stringify(value)));
    if (old === fresh) return [];
    const event: Event = old === undefined ? "post.add" : fresh === undefined ? "post.remove" : "post.update";
    return hook.triggers.includes(event) ? [{ hook, event }] : [];
  });
}

function valueOf(hook: Hook, detail: StackResourceDetail | undefined): unknown {
  if (hook.path === undefined) return detail?.physicalId;
  return hook.path === "" ? detail?.metadata : valueAt(detail?.metadata, hook.path);
}

async function carryOut(hook: Hook, event: Event, before: Seen, now: Seen, log: Log): Promise<boolean> {
  log("INFO", `Data has changed from previous state; action for ${hook.name} will be run`);
  const env = {
    ...(process.env as Readonly<Record<string, string>>),
    CFN_OLD_METADATA: JSON.stringify(before[hook.name] ?? null),
    CFN_NEW_METADATA: JSON.stringify(now[hook.name] ?? null),
  };
  const line = hook.runAs === "root" ? hook.action : ["su", hook.runAs, "-c", hook.action];
  const { code, output } = await run(line, { env });
  if (code === 0) log("INFO", `Action for ${hook.name} (${event}) output: ${output.trim()}`);
  else log("WARNING", `Action for ${hook.name} exited with ${code}; will retry on next iteration\n${output.trim()}`);
  return code === 0;
}

function recall(): Seen | undefined {
  return existsSync(KNOWN) ? (JSON.parse(readFileSync(KNOWN, "utf8")) as Seen) : undefined;
}

function remember(seen: Seen): void {
  mkdirSync(dirname(KNOWN), { recursive: true, mode: 0o700 });
  writeFileSync(`${KNOWN}.new`, JSON.stringify(seen), { mode: 0o600 });
  renameSync(`${KNOWN}.new`, KNOWN);
}
