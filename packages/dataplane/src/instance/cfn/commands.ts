/** Commands, in the order of their names: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-init.html#aws-resource-init-commands */
import { isMap, textOf, type Json, type JsonMap } from "./config-sets.js";
import { RULE, type Log } from "./log.js";
import { run, type RunOptions } from "./run.js";

/** @returns the names of those that ran @throws Error when one fails that may not */
export async function runCommands(commands: JsonMap, log: Log, told: Log): Promise<readonly string[]> {
  const ran: string[] = [];
  for (const name of Object.keys(commands).toSorted()) {
    const command = commands[name];
    if (!isMap(command) || command["command"] === undefined) throw new Error(`commands.${name} has no command`);
    told("INFO", `${"=".repeat(60)}\nCommand ${name}`);
    const options = optionsOf(name, command);
    if (!(await passes(name, command["test"], options, log, told))) continue;
    const { code, output } = await run(lineOf(command["command"]), options);
    told("INFO", `${RULE}Command Output${RULE}\n${output.trimEnd().split("\n").map((line) => `\t${line}`).join("\n")}\n${"-".repeat(60)}`);
    if (code === 0) {
      told("INFO", "Completed successfully.");
      log("INFO", `Command ${name} succeeded`);
    } else {
      told("ERROR", `Exited with error code ${code}`);
      if (command["ignoreErrors"] !== true && command["ignoreErrors"] !== "true") {
        log("ERROR", `Command ${name} (${JSON.stringify(command["command"])}) failed`);
        throw new Error(`Command ${name} failed`);
      }
      log("INFO", `ignoreErrors set to true, continuing build`);
    }
    ran.push(name);
  }
  return ran;
}

async function passes(name: string, test: Json | undefined, options: RunOptions, log: Log, told: Log): Promise<boolean> {
  if (test === undefined || test === true || test === "true") return true;
  const code = test === false || test === "false" ? 1 : (await run(lineOf(test), options)).code;
  if (code === 0) {
    log("DEBUG", `Test for Command ${name} passed`);
    return true;
  }
  log("INFO", `Test failed with code ${code}`);
  told("INFO", `Test failed with code ${code}; the command is skipped`);
  return false;
}

function optionsOf(name: string, { env, cwd }: JsonMap): RunOptions {
  if (env !== undefined && !isMap(env)) throw new Error(`commands.${name}.env must be a map`);
  // What is given replaces the whole environment, as in AWS's.
  const environment = isMap(env) ? Object.fromEntries(Object.entries(env).map(([key, value]) => [key, textOf(value, `commands.${name}.env.${key}`)])) : undefined;
  return { env: environment, cwd: typeof cwd === "string" ? cwd : undefined };
}

function lineOf(command: Json): string | readonly string[] {
  return Array.isArray(command) ? command.map((part: Json) => textOf(part, "a command's argument")) : textOf(command, "a command");
}
