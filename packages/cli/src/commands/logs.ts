/** logs: what an instance wrote while it booted, or the cloud's own log. */
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { Writable } from "node:stream";
import { control, dataDirectory, type Options } from "@hakoniwa/cloud/client";
import { api } from "../api.js";
import { optionsOf, speaker, UserError, type Given, type Say } from "../say.js";
import { runningOptions } from "./cloud.js";

const LOOK_EVERY = 200;
const CLOUD_INIT = "/var/log/cloud-init-output.log";

export async function logs(instance: string | undefined, given: Given): Promise<void> {
  const options = optionsOf(given);
  const say = speaker(given.json);
  const lines = given.lines ?? "100";
  if (!/^\d{1,6}$/.test(lines)) throw new UserError(`--lines is "${lines}", but must be a whole number; 0 is all`);
  if (instance === undefined) await ofCloud(options, { lines: Number(lines), follow: given.follow ?? false }, say);
  else if (given.console || !(await runs(options, instance))) await console(options, instance, { lines: Number(lines), follow: given.follow ?? false }, say);
  else await ofCloudInit(options, instance, { lines, follow: given.follow ?? false }, say);
}

interface Wanted {
  /** How many lines of what is there already; 0 is all. */
  readonly lines: number;
  readonly follow: boolean;
}

function last(lines: readonly string[], count: number): readonly string[] {
  return count === 0 ? lines : lines.slice(-count);
}

/** The cloud's log is a file, which is there when the cloud is not. */
async function ofCloud({ dataDir }: Options, { lines, follow }: Wanted, say: Say): Promise<void> {
  const { log } = dataDirectory(dataDir);
  if (!existsSync(log)) throw new UserError(`there is no log at ${log}: no cloud has run there in the background yet`);
  const tell = lineTeller((line) => say({ event: "log", line }, line));
  let at = statSync(log).size;
  for (const line of last(read(log, 0, at).toString("utf8").trimEnd().split("\n"), lines)) tell(`${line}\n`);
  while (follow) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    const { size } = statSync(log, { throwIfNoEntry: false }) ?? { size: 0 };
    // It was cut because it had grown too long.
    if (size < at) at = 0;
    if (size > at) tell(read(log, at, size).toString("utf8"));
    at = size;
  }
}

function read(path: string, from: number, to: number): Buffer {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(to - from);
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
  } finally {
    closeSync(file);
  }
}

/** Calls back for whole lines; a rest waits for its end. */
function lineTeller(tell: (line: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const all = `${rest}${text}`.split(/\r?\n/);
    rest = all.pop() ?? "";
    for (const line of all) tell(line);
  };
}

async function runs(options: Options, instance: string): Promise<boolean> {
  if (!/^i-[0-9a-f]+$/.test(instance)) throw new UserError(`the instance is "${instance}", but must be an id such as i-0123456789abcdef0: \`./hakoniwa status\` lists them`);
  const { Reservations = [] } = await api(options).ec2.DescribeInstances({ InstanceIds: [instance] });
  const state = Reservations[0]?.Instances?.[0]?.State?.Name;
  return state === "running" && (await runningOptions(options))?.dataplane === "linux";
}

/** What the instance wrote to its console, which EC2 keeps when it is stopped, too: the newest 64 kB. */
async function console(options: Options, instance: string, { lines, follow }: Wanted, say: Say): Promise<void> {
  const tell = (line: string): void => say({ event: "log", instance, source: "console", line }, line);
  let before = "";
  for (;;) {
    const { Output = "" } = await api(options).ec2.GetConsoleOutput({ InstanceId: instance, Latest: true });
    const text = Buffer.from(Output, "base64").toString("utf8");
    if (text !== before) {
      const whole = text.trimEnd().split(/\r?\n/);
      // Where the oldest lines have left it, what was told ends somewhere inside.
      const overlap = before === "" ? 0 : newLinesFrom(before.trimEnd().split(/\r?\n/), whole);
      for (const line of before === "" ? last(whole, lines) : whole.slice(overlap)) tell(line);
      before = text;
    }
    if (!follow) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

/** Where in `now` begins what `before` did not have: after the longest beginning of `now` that `before` ends with. */
function newLinesFrom(before: readonly string[], now: readonly string[]): number {
  for (let skip = 0; skip < before.length; skip += 1) {
    const left = before.slice(skip);
    if (left.every((line, at) => line === now[at])) return left.length;
  }
  return 0;
}

async function ofCloudInit({ dataDir }: Options, instance: string, { lines, follow }: { readonly lines: string; readonly follow: boolean }, say: Say): Promise<void> {
  const tell = lineTeller((line) => say({ event: "log", instance, source: CLOUD_INIT, line }, line));
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      tell(chunk.toString("utf8"));
      done();
    },
  });
  const command = ["tail", "-n", lines === "0" ? "+1" : lines, ...(follow ? ["-F"] : []), CLOUD_INIT];
  const { exitCode } = await control<{ exitCode: number }>(dataDirectory(dataDir).controlSocket, { do: "exec", instance, command }, { stdin: undefined, stdout, stderr: process.stderr });
  if (exitCode !== 0) throw new UserError(`${instance} has no ${CLOUD_INIT} yet: it was given no user data, or has not come that far. \`./hakoniwa logs ${instance} --console\` shows its console`);
}
