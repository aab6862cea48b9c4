#!/usr/bin/env node
/** The commands that a user types. Each is loaded when it is asked for: most need little. */
import { Command, CommanderError, Option } from "commander";
import { isOn, OPTIONS, type OptionName } from "@hakoniwa/cloud/client";
import { explain, type Given } from "./say.js";

// `hakoniwa status | head` closes our output early: that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

const program = new Command("hakoniwa")
  .description("A secure, highly available web platform in miniature: an AWS on this machine, whose network is real.")
  .helpCommand(false)
  .enablePositionalOptions()
  .exitOverride()
  .configureHelp({ sortSubcommands: false })
  .addHelpText("after", "\n  test [options] [path]                   install what the tests need, and run them all, or those whose path matches\n  bench                                   measure the figures\n\nEvery option can be given by its environment variable too. AWS clients need AWS_ENDPOINT_URL=http://127.0.0.1:4566 and the key test / test.");

/** The options that say which cloud is meant, or how it runs. */
function withOptions(command: Command, names: readonly OptionName[]): Command {
  for (const name of names) {
    const { flag, value, variable, help } = OPTIONS[name];
    command.addOption(new Option(value === undefined ? flag : `${flag} <${value}>`, `${help}; ${variable}`));
  }
  return command;
}

function json(help: string): Option {
  return new Option("--json", `${help}; HAKONIWA_JSON`);
}

/** The options of commands, as those of the cloud, can be given by environment variables. */
const SWITCHES = { json: "HAKONIWA_JSON", foreground: "HAKONIWA_FOREGROUND" };
program.hook("preAction", (_program, command) => {
  for (const [name, variable] of Object.entries(SWITCHES)) {
    const known = command.options.some((option) => option.attributeName() === name);
    if (known && isOn(process.env[variable])) command.setOptionValue(name, true);
  }
});

const all = Object.keys(OPTIONS) as OptionName[];
const where: OptionName[] = ["dataDir", "region"];
const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

withOptions(program.command("up"), all)
  .argument("[what]", "a stage of the platform, or a CloudFormation template (.yaml, .yml, .json)", "minimal")
  .option("--stack-name <NAME>", "the stack's name (default: the stage's, or the template file's)")
  .option("--parameters <KEY=VALUE>", "a parameter of the template; may be repeated", collect)
  .option("--set <KEY=VALUE>", "a property of the stage: size=2, bastion=true, nat=instance, service=NAME, environment=NAME; may be repeated", collect)
  .addOption(json("one JSON object a line"))
  .description("start the cloud if it doesn't run, deploy, wait, and print the site's address")
  .action(async (what: string, given: Given) => (await import("./commands/up.js")).up(what, given));

withOptions(program.command("down"), where)
  .argument("[stack]", "the stack's name", "minimal")
  .addOption(json("one JSON object a line"))
  .description("delete what `up` deployed; the cloud goes on")
  .action(async (stack: string, given: Given) => (await import("./commands/down.js")).down(stack, given));

withOptions(program.command("start"), all)
  .option("--foreground", "stay attached, print the log, end with Ctrl-C; HAKONIWA_FOREGROUND")
  .addOption(json("a JSON object"))
  .description("start the cloud; everything that was deployed comes back")
  .action(async (given: Given) => (await import("./commands/cloud.js")).start(given));

withOptions(program.command("stop"), where)
  .addOption(json("a JSON object"))
  .description("stop the cloud; everything that was deployed is kept")
  .action(async (given: Given) => (await import("./commands/cloud.js")).stop(given));

withOptions(program.command("reset"), where)
  .addOption(json("a JSON object"))
  .description("empty the cloud: every resource, disk and record is gone; of a stopped cloud, its data directory too")
  .action(async (given: Given) => (await import("./commands/cloud.js")).reset(given));

withOptions(program.command("status"), where)
  .addOption(json("a JSON object"))
  .description("what runs: the cloud, its stacks, instances and sites")
  .action(async (given: Given) => (await import("./commands/status.js")).status(given));

withOptions(program.command("doctor"), ["dataDir"])
  .addOption(json("a JSON object"))
  .description("check whether this machine can run the cloud, and say what to do if not")
  .action(async (given: Given) => (await import("./commands/doctor.js")).doctor(given));

withOptions(program.command("internet"), where)
  .addOption(json("a JSON object with the exit code and both outputs, when it has ended"))
  .argument("<command...>", "e.g. curl http://…, ping 8.8.8.8, dig NAME")
  .passThroughOptions()
  .description("run a command as a machine on the cloud's own internet")
  .action(async (command: string[], given: Given) => (await import("./commands/run.js")).internet(command, given));

withOptions(program.command("exec"), where)
  .addOption(json("a JSON object with the exit code and both outputs, when it has ended"))
  .argument("<instance>", "the instance's id, e.g. i-0123456789abcdef0")
  .argument("<command...>", "e.g. cat /etc/resolv.conf")
  .passThroughOptions()
  .description("run a command in an instance, as its root")
  .action(async (instance: string, command: string[], given: Given) => (await import("./commands/run.js")).exec(instance, command, given));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else process.exitCode = explain(error, process.argv.includes("--json") || isOn(process.env.HAKONIWA_JSON));
}
