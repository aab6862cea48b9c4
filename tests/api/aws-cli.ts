/** The AWS CLI as it is installed, against a cloud of a test's own, with nothing of this machine's configuration. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { REGION, type Cloud } from "./cloud.js";

/** Says so when it is not there: what needs it is skipped, never silently. */
export function isAwsCliInstalled(): boolean {
  try {
    execFileSync("aws", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    console.warn("the AWS CLI (`aws`) is not installed: its tests are skipped");
    return false;
  }
}

export interface CliOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface AwsCli {
  /** A folder of its own, where it runs. */
  readonly folder: string;
  run(...args: readonly string[]): Promise<CliOutcome>;
}

/** The CLI in a temporary folder, for the tests of one file or `describe`. */
export function useAwsCli(cloud: Cloud): AwsCli {
  const cli = {} as { folder: string; run: AwsCli["run"] };
  beforeAll(() => {
    cli.folder = mkdtempSync(join(tmpdir(), "aws-cli-"));
    cli.run = (...args) => run(cli.folder, cloud.url, args);
  });
  afterAll(() => rmSync(cli.folder, { recursive: true, force: true }));
  return cli;
}

function run(folder: string, url: string, args: readonly string[]): Promise<CliOutcome> {
  const env = {
    PATH: process.env["PATH"], HOME: folder, AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test",
    AWS_DEFAULT_REGION: REGION, AWS_PAGER: "", AWS_EC2_METADATA_DISABLED: "true", AWS_MAX_ATTEMPTS: "1",
    ...(process.env["PYENV_ROOT"] ? { PYENV_ROOT: process.env["PYENV_ROOT"] } : {}),
  };
  return new Promise((resolve) => {
    execFile("aws", [...args], { env, cwd: folder }, (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }));
  });
}
