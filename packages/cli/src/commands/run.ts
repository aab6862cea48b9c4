/** exec and internet: commands that run inside, with this terminal's streams. */
import { control, dataDirectory, type ControlRequest } from "@hakoniwa/cloud/client";
import { optionsOf, UserError, type Given } from "../say.js";

export async function internet(command: readonly string[], given: Given): Promise<void> {
  await run({ do: "internet", command }, given);
}

export async function exec(instance: string, command: readonly string[], given: Given): Promise<void> {
  try {
    await run({ do: "exec", instance, command }, given);
  } catch (error) {
    if (error instanceof Error && error.message === `${instance} does not run`) throw new UserError(`${instance} does not run: \`./hakoniwa status\` lists the instances`);
    throw error;
  }
}

async function run(request: ControlRequest, given: Given): Promise<void> {
  const options = optionsOf(given);
  const io = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr };
  const { exitCode } = await control<{ exitCode: number }>(dataDirectory(options.dataDir).controlSocket, request, io);
  process.exitCode = exitCode;
  // An open terminal would keep us here.
  process.stdin.destroy();
}
