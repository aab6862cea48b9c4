/** Runs a program and collects what it says. */
import { spawn } from "node:child_process";

export interface RunOptions {
  readonly cwd?: string | undefined;
  /** The whole environment; by default this program's own. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export interface Ran {
  readonly code: number;
  /** Both streams, as they came. */
  readonly output: string;
}

/** How much of an output is kept, in characters. */
const KEPT = 1_000_000;
/** How long output is waited for when the program itself has ended. */
const LAST_WORDS = 500;

/**
 * @param command a line for the shell, or a program with its arguments
 * @throws Error when it can't be started
 */
export function run(command: string | readonly string[], { cwd, env }: RunOptions = {}): Promise<Ran> {
  const [program, ...args] = typeof command === "string" ? ["/bin/sh", "-c", command] : command;
  return new Promise((resolve, reject) => {
    const child = spawn(program ?? "", args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-KEPT);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("error", reject);
    let code = 1;
    const end = (): void => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ code, output });
    };
    let timer: NodeJS.Timeout | undefined;
    child.once("exit", (status, signal) => {
      code = status ?? (signal === null ? 1 : 128);
      // A daemon that the program leaves behind may hold the pipes for ever: what comes now is the last that is heard.
      timer = setTimeout(end, LAST_WORDS);
    });
    child.once("close", end);
  });
}
