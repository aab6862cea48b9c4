#!/usr/bin/env node
/** The commands that a user types. Each is loaded when it is asked for: most need little. */
import { Command, CommanderError, Option } from "commander";
import { isOn, OPTIONS, type OptionName } from "@hakoniwa/cloud/client";
import type { TraceGiven } from "./commands/trace.js";
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
const SWITCHES = { json: "HAKONIWA_JSON", foreground: "HAKONIWA_FOREGROUND", follow: "HAKONIWA_FOLLOW", console: "HAKONIWA_CONSOLE" };
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
  .argument("[what]", "a stage (minimal, rebuild, wordpress-1 to -3), a CloudFormation template (.yaml, .yml, .json), or the folder that `cdk synth` writes (cdk.out)", "minimal")
  .option("--stack-name <NAME>", "the stack's name (default: the stage's, or the template file's); of a cdk.out, the one stack to deploy, with those that it depends on")
  .option("--parameters <KEY=VALUE>", "a parameter of the template, of one stack among several STACK:KEY=VALUE; may be repeated. Those not given keep their values", collect)
  .option("--set <KEY=VALUE>", "a property of the stage: zones=2, size=2, bastion=true, nat=instance, image=AMI, domain=NAME, …; a wrong one lists them all; may be repeated", collect)
  .addOption(json("one JSON object a line"))
  .description("start the cloud if it doesn't run, deploy, wait, and print the site's address")
  .action(async (what: string, given: Given) => (await import("./commands/up.js")).up(what, given));

withOptions(program.command("down"), where)
  .argument("[stack]", "the stack's name, or the folder of a cdk.out", "minimal")
  .addOption(json("one JSON object a line"))
  .description("delete what `up` deployed, wait, and say what is kept and why; the cloud goes on")
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

withOptions(program.command("events"), where)
  .argument("[stack]", "the stack's name, or the ARN of one that is gone (default: all stacks)")
  .option("--follow", "go on with what happens, until Ctrl-C; HAKONIWA_FOLLOW")
  .addOption(json("one JSON object a line"))
  .description("what happened to stacks, oldest first")
  .action(async (stack: string | undefined, given: Given) => (await import("./commands/events.js")).events(stack, given));

withOptions(program.command("logs"), where)
  .argument("[instance]", "the instance's id: what its user data wrote (default: the log of the cloud itself)")
  .option("--console", "of an instance, its console; HAKONIWA_CONSOLE")
  .option("--lines <N>", "how many lines of what is there already (default 100; 0: all)")
  .option("--follow", "go on with what is written, until Ctrl-C; HAKONIWA_FOLLOW")
  .addOption(json("one JSON object a line"))
  .description("what an instance wrote while it booted, or the log of the cloud")
  .action(async (instance: string | undefined, given: Given) => (await import("./commands/logs.js")).logs(instance, given));

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
  .argument("<instance>", "the instance's id, e.g. i-0123456789abcdef0, or its Name")
  .argument("<command...>", "e.g. cat /etc/resolv.conf")
  .passThroughOptions()
  .description("run a command in an instance, as its root")
  .action(async (instance: string, command: string[], given: Given) => (await import("./commands/run.js")).exec(instance, command, given));

withOptions(program.command("outbox"), where)
  .option("--follow", "go on with what is sent from now on, until Ctrl-C")
  .addOption(json("one JSON object a line"))
  .description("the emails and text messages that the cloud sent, the latest last")
  .action(async (given: Given) => (await import("./commands/outbox.js")).outbox(given));

withOptions(program.command("trace"), where)
  .argument("<source>", "who sends: an instance's id or Name, a load balancer's name, an address, or internet")
  .argument("<destination>", "who shall get it: the same")
  .option("--port <N>", "the port, of tcp (default 80) and udp")
  .option("--protocol <NAME>", "tcp, udp, icmp (a ping) or a protocol's number", "tcp")
  .addOption(json("a JSON object"))
  .description("would this packet arrive, and why not; exit code 0: it would, 1: not, 2: no answer")
  .action(async (source: string, destination: string, given: TraceGiven) => (await import("./commands/trace.js")).trace(source, destination, given));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else process.exitCode = explain(error, process.argv.includes("--json") || isOn(process.env.HAKONIWA_JSON));
}
