/** One command, from start to end. */
import { spawn } from "node:child_process";

/**
 * Runs a command with `input` on its standard input.
 * @returns what it wrote to its standard output
 * @throws Error with the command and what it wrote to its standard error, when it cannot start or does not exit with 0
 */
export function run(argv: readonly [string, ...string[]], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0], argv.slice(1), { stdio: ["pipe", "pipe", "pipe"] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (data: Buffer) => stdout.push(data));
    child.stderr.on("data", (data: Buffer) => stderr.push(data));
    // A command that ends without reading its input is judged by its exit code, not by the broken pipe.
    child.stdin.on("error", () => {});
    child.on("error", (error) => reject(new Error(`${argv.join(" ")}: ${error.message}`)));
    child.on("close", (code, signal) => {
      if (code === 0) resolve(Buffer.concat(stdout).toString());
      else reject(new Error(`${argv.join(" ")}: ${Buffer.concat(stderr).toString().trim() || `ended with ${signal ?? code}`}`));
    });
    child.stdin.end(input);
  });
}
