/** A shell that types a page's commands one after another, against a cloud of its own. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Garden, Ran } from "./garden.js";
import { root } from "./garden.js";

export interface Shell {
  /** Runs a command to its end; both its outputs are one, as on a terminal. Variables, the folder and jobs stay. */
  type(command: string): Promise<Pick<Ran, "code" | "stdout">>;
  close(): Promise<void>;
}

/** The ports that pages are written with, and their variables. */
const PORTS = [["4566", "HAKONIWA_PORT"], ["8080", "HAKONIWA_HTTP_PORT"], ["8443", "HAKONIWA_HTTPS_PORT"]] as const;
/** Stands around a command's exit code, where it has ended. */
const END = "-=page=-";
/** How long one command may take, in milliseconds. */
const PATIENCE = 60_000;

export function openShell(garden: Garden, scale: number): Shell {
  const folder = mkdtempSync(join(tmpdir(), "page-"));
  // What a page's commands write must not land in the tree.
  for (const name of ["hakoniwa", "docs", "node_modules", "packages"]) symlinkSync(join(root, name), join(folder, name));
  mkdirSync(join(folder, "home"));
  // On a terminal curl shows no meter.
  writeFileSync(join(folder, "home/.curlrc"), "no-progress-meter\n");
  // Nothing of this machine's own configuration of AWS or SSH.
  const env = Object.fromEntries(Object.entries(garden.env).filter(([name]) => !/^AWS_|^NO_COLOR$/.test(name)));
  const child = spawn("bash", ["--noprofile", "--norc"], {
    cwd: folder,
    env: { ...env, HOME: join(folder, "home"), PYENV_ROOT: garden.env["PYENV_ROOT"] ?? "", AWS_PAGER: "", AWS_EC2_METADATA_DISABLED: "true", HAKONIWA_TIME_SCALE: String(scale) },
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
  });
  let output = "";
  let heard: () => void = () => undefined;
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    heard();
  });
  child.stdin.write("exec 2>&1\n");
  const ours = (text: string): string => PORTS.reduce((made, [port, variable]) => made.replaceAll(new RegExp(`(?<=:)${port}\\b`, "g"), garden.env[variable]!), text);
  const theirs = (text: string): string => PORTS.reduce((made, [port, variable]) => made.replaceAll(new RegExp(`(?<=:)${garden.env[variable]}\\b`, "g"), port), text);
  const ended = () => new RegExp(`${END}(\\d+)${END}$`).exec(output);
  return {
    async type(command) {
      output = "";
      writeFileSync(join(folder, "home/command"), `${ours(command)}\n`);
      // Sourced, so that variables stay; its input is nobody's, or a command would read ours.
      child.stdin.write(`. ~/command < /dev/null; printf -- '${END}%s${END}' $?\n`);
      const until = performance.now() + PATIENCE;
      while (!ended()) {
        if (performance.now() > until) throw new Error(`after ${PATIENCE / 1000} s still running: ${command}\n${output}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 1_000);
          heard = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      const code = Number(ended()![1]);
      return { code, stdout: theirs(output.slice(0, ended()!.index)) };
    },
    async close() {
      const gone = new Promise((resolve) => child.once("close", resolve));
      // Its jobs too.
      process.kill(-child.pid!, "SIGKILL");
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
