/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-init.html */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeGroups, makeUsers } from "./accounts.js";
import { createApi } from "./api.js";
import { runCommands } from "./commands.js";
import { isMap, orderOf, type JsonMap, type Step } from "./config-sets.js";
import { Fetcher } from "./fetching.js";
import { writeFiles } from "./files.js";
import { openLog, RULE, type Log } from "./log.js";
import { COMMON, helped, parseOptions, UsageError, type OptionSpec } from "./options.js";
import { installPackages } from "./packages.js";
import { keepServices } from "./services.js";
import { unpackSources } from "./sources.js";

const SPECS: Readonly<Record<string, OptionSpec>> = {
  ...COMMON,
  stack: { short: "s" },
  resource: { short: "r" },
  configsets: { short: "c" },
  resume: { flag: true },
};
const SECTIONS = ["commands", "files", "groups", "packages", "services", "sources", "users"];
const DATA = "/var/lib/cfn-init/data/metadata.json";

export async function init(args: readonly string[]): Promise<number> {
  const parsed = parseOptions(args, SPECS);
  if (helped(parsed, "cfn-init [options]", SPECS)) return 0;
  const { stack, resource, configsets = "default", resume } = parsed.options;
  if (resume !== undefined) throw new UsageError("--resume is not supported: nothing here goes on after a reboot");
  if (stack === undefined || resource === undefined) throw new UsageError("You must specify a stack (--stack) and a logical resource id (--resource)");
  const log = openLog("/var/log/cfn-init.log");
  const told = openLog("/var/log/cfn-init-cmd.log", `P${process.pid}`);
  log("INFO", `${RULE}Starting build${RULE}`);
  try {
    const { metadata } = await (await createApi(parsed)).describe(stack, resource);
    keep(metadata);
    const sets = configsets.split(",").map((name) => name.trim());
    log("INFO", `Running configSets: ${sets.join(", ")}`);
    const all: JsonMap = isMap(metadata) ? metadata : {};
    const found = all["AWS::CloudFormation::Init"];
    if (!isMap(found)) throw new Error("Could not find 'AWS::CloudFormation::Init' key in template metadata");
    const fetcher = new Fetcher(all["AWS::CloudFormation::Authentication"]);
    for (const step of orderOf(found, sets)) await build(step, fetcher, log, told);
    log("INFO", `ConfigSets completed\n${RULE}Build complete${RULE}`);
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    log("ERROR", `${RULE}BUILD FAILED!${"-".repeat(24)}`);
    log("ERROR", `Unhandled exception during build: ${message}`);
    console.error(`Error occurred during build: ${message}`);
    return 1;
  }
}

async function build({ set, name, config }: Step, fetcher: Fetcher, log: Log, told: Log): Promise<void> {
  log("INFO", `Running configSet ${set}\nRunning config ${name}`);
  told("INFO", `${"*".repeat(60)}\nConfigSet ${set}\n${"*".repeat(60)}\nConfig ${name}`);
  const strange = Object.keys(config).find((section) => !SECTIONS.includes(section));
  if (strange !== undefined) throw new Error(`The config ${name} has a section ${strange}: ${SECTIONS.join(", ")} are those that there are`);
  const section = (key: string): JsonMap => {
    const value = config[key] ?? {};
    if (!isMap(value)) throw new Error(`The section ${key} of the config ${name} must be a map`);
    return value;
  };
  try {
    const packages = await installPackages(section("packages"), log);
    makeGroups(section("groups"), log);
    makeUsers(section("users"), log);
    const sources = await unpackSources(section("sources"), fetcher, log);
    const files = await writeFiles(section("files"), fetcher, log);
    const commands = await runCommands(section("commands"), log, told);
    await keepServices(section("services"), { packages, sources: new Set(sources), files: new Set(files), commands: new Set(commands) }, log);
  } catch (error) {
    log("ERROR", `Error encountered during build of ${name}: ${error instanceof Error ? error.message : String(error)}`);
    throw error;
  }
}

/** Where people look for what was asked. */
function keep(metadata: unknown): void {
  mkdirSync(dirname(DATA), { recursive: true, mode: 0o700 });
  writeFileSync(DATA, JSON.stringify(metadata, undefined, 4), { mode: 0o600 });
}
