/** Starts the host's process for a command, and waits until the API answers. */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openDataDirectory } from "./data-directory.js";
import { rotate } from "./log-file.js";
import { OPTIONS_VARIABLE, type CloudMessage } from "./messages.js";
import type { Options } from "./options.js";

export interface LaunchedCloud {
  readonly pid: number;
  /** Resolves with the host process's exit code. Only for a cloud in the foreground. */
  readonly ended: Promise<number>;
}

const HOST = fileURLToPath(new URL("./host.js", import.meta.url));

/**
 * Starts a cloud. In the background it outlives the calling process; its output goes to the data directory's log.
 * @throws Error with the reason, in one message for people, when it can't start
 */
export async function launch(options: Options, mode: "background" | "foreground"): Promise<LaunchedCloud> {
  const directory = openDataDirectory(options.dataDir);
  if (mode === "background") rotate(directory.log);
  const log = mode === "background" ? openSync(directory.log, "a", 0o600) : undefined;
  const output = log ?? "inherit";
  const child = spawn(process.execPath, [HOST], {
    detached: mode === "background",
    stdio: ["ignore", output, output, "ipc"],
    env: { ...process.env, [OPTIONS_VARIABLE]: JSON.stringify(options) },
  });
  if (log !== undefined) closeSync(log);
  const ended = new Promise<number>((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
  await firstWord(child, ended, directory.log);
  if (mode === "background") {
    child.disconnect();
    child.unref();
  }
  return { pid: child.pid!, ended };
}

function firstWord(child: ChildProcess, ended: Promise<number>, log: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.on("message", (message: CloudMessage) => {
      if (message.state === "ready") resolve();
      else if (message.state === "failed") reject(new Error(message.message));
    });
    void ended.then((code) => reject(new Error(`the cloud ended before it was ready (exit code ${code}): ${log} says why`)));
  });
}
