/** start, stop, reset. */
import { control, dataDirectory, isDataDirectory, launch, lockDataDirectory, NotRunningError, unlocked, type Options } from "@hakoniwa/cloud/client";
import { eraseDataDir } from "@hakoniwa/dataplane/sandbox";
import { optionsOf, speaker, UserError, type Given } from "../say.js";

/** How long a cloud may take to end, in seconds. */
const ENDING = 60;

/**
 * What the cloud on this data directory runs with, which may be other ports than this command was given; undefined when none runs.
 * The region is the command's: it says where to look, not how the cloud runs.
 */
export async function runningOptions(options: Options): Promise<Options | undefined> {
  try {
    const cloud = await control<{ options: Options }>(dataDirectory(options.dataDir).controlSocket, { do: "status" });
    return { ...cloud.options, region: options.region };
  } catch (error) {
    if (error instanceof NotRunningError) return undefined;
    throw error;
  }
}

export async function start(given: Given): Promise<void> {
  const options = optionsOf(given);
  const say = speaker(given.json);
  const running = await runningOptions(options);
  if (running) {
    if (given.foreground) throw new UserError(`a cloud runs already on ${options.dataDir}: stop it first with \`./hakoniwa stop\``);
    say({ event: "running", api: apiOf(running), options: running }, `The cloud runs already: ${apiOf(running)}`);
    return;
  }
  const cloud = await launch(options, given.foreground ? "foreground" : "background");
  say({ event: "started", api: apiOf(options), options }, `The cloud runs: ${apiOf(options)}  (data in ${options.dataDir})`);
  if (!given.foreground) return;
  // Ctrl-C reaches the cloud's own process too, which ends in order; we wait for it.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => process.kill(cloud.pid, "SIGTERM"));
  process.exitCode = await cloud.ended;
}

export function apiOf(options: Options): string {
  return `http://127.0.0.1:${options.port}`;
}

export async function stop(given: Given): Promise<void> {
  const options = optionsOf(given);
  const say = speaker(given.json);
  if (!(await runningOptions(options))) {
    say({ event: "absent", dataDir: options.dataDir }, "No cloud runs here.");
    return;
  }
  const directory = dataDirectory(options.dataDir);
  await control(directory.controlSocket, { do: "stop" });
  await ended(options);
  // It answers no more, but its last processes may still be there, and hold the disks.
  await unlocked(directory, ENDING);
  say({ event: "stopped", dataDir: options.dataDir }, "The cloud has stopped; what was deployed is kept.");
}

/** Resolves when nothing answers any more. */
async function ended(options: Options): Promise<void> {
  while (await runningOptions(options).catch(() => true)) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Empties a running cloud. Of a stopped one nothing is left: its data directory is deleted. */
export async function reset(given: Given): Promise<void> {
  const options = optionsOf(given);
  const say = speaker(given.json);
  const directory = dataDirectory(options.dataDir);
  if (await runningOptions(options)) {
    await control(directory.controlSocket, { do: "reset" });
    say({ event: "emptied", dataDir: directory.path }, "The cloud is empty.");
  } else if (isDataDirectory(directory.path)) {
    lockDataDirectory(directory);
    await eraseDataDir(directory.path);
    say({ event: "deleted", dataDir: directory.path }, `No cloud runs here; its data directory ${directory.path} is deleted.`);
  } else {
    say({ event: "absent", dataDir: directory.path }, `No cloud runs here, and ${directory.path} holds none.`);
  }
}
