/** exec and internet: commands that run inside, with this terminal's streams. */
import { Writable } from "node:stream";
import { control, dataDirectory, type ControlRequest } from "@hakoniwa/cloud/client";
import { api } from "../api.js";
import { optionsOf, UserError, type Given } from "../say.js";

export async function internet(command: readonly string[], given: Given): Promise<void> {
  await run({ do: "internet", command }, given);
}

/** @param called the instance's id, or its Name */
export async function exec(called: string, command: readonly string[], given: Given): Promise<void> {
  const instance = called.startsWith("i-") ? called : await idOf(called, given);
  try {
    await run({ do: "exec", instance, command }, given);
  } catch (error) {
    if (error instanceof Error && error.message === `${instance} does not run`) throw new UserError(`${instance} does not run: \`./hakoniwa status\` lists the instances`);
    throw error;
  }
}

/** @throws UserError when not exactly one running instance has this Name */
async function idOf(name: string, given: Given): Promise<string> {
  const { Reservations = [] } = await api(optionsOf(given)).ec2.DescribeInstances({
    Filters: [{ Name: "tag:Name", Values: [name] }, { Name: "instance-state-name", Values: ["running"] }],
  });
  const ids = Reservations.flatMap(({ Instances = [] }) => Instances).map(({ InstanceId = "" }) => InstanceId);
  const [id] = ids;
  if (id === undefined) throw new UserError(`no running instance is named "${name}": \`./hakoniwa status\` lists the instances`);
  if (ids.length > 1) throw new UserError(`${ids.length} running instances are named "${name}": give the id of one, ${ids.join(" or ")}`);
  return id;
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
