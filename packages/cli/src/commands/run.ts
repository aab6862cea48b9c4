/** exec and internet: commands that run inside, with this terminal's streams. */
import { Writable } from "node:stream";
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
  const kept = given.json ? { stdout: keeper(), stderr: keeper() } : undefined;
  const io = { stdin: process.stdin, stdout: kept?.stdout.stream ?? process.stdout, stderr: kept?.stderr.stream ?? process.stderr };
  const { exitCode } = await control<{ exitCode: number }>(dataDirectory(options.dataDir).controlSocket, request, io);
  if (kept) console.log(JSON.stringify({ event: "ended", exitCode, stdout: kept.stdout.text(), stderr: kept.stderr.text() }));
  process.exitCode = exitCode;
  // An open terminal would keep us here.
  process.stdin.destroy();
}

/** Keeps what is written, to tell it in the end. */
function keeper(): { readonly stream: Writable; text(): string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString("utf8") };
}
