/** The real CDK CLI against a cloud of a test's own, with nothing of this machine's configuration, and without the internet. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { REGION, type Cloud } from "./cloud.js";

const apps = fileURLToPath(new URL("cdk-apps", import.meta.url));
const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));
const cli = join(dirname(createRequire(import.meta.url).resolve("aws-cdk/package.json")), "bin/cdk");

export interface Outcome {
  readonly code: number;
  /** What it says to either of its outputs, without colours. */
  readonly text: string;
}

export interface Cdk {
  /** A folder of its own, with the sample apps. */
  readonly folder: string;
  run(...args: readonly string[]): Promise<Outcome>;
}

/** The CLI in a temporary folder, for the tests of one file or `describe`. */
export function useCdk(cloud: Cloud): Cdk {
  const cdk = {} as { folder: string; run: Cdk["run"] };
  beforeAll(() => {
    cdk.folder = mkdtempSync(join(tmpdir(), "cdk-"));
    cpSync(apps, cdk.folder, { recursive: true });
    symlinkSync(modules, join(cdk.folder, "node_modules"));
    mkdirSync(join(cdk.folder, "site"));
    writeFileSync(join(cdk.folder, "site/index.html"), "hello\n");
    writeFileSync(join(cdk.folder, "cdk.json"), JSON.stringify({ notices: false, context: { site: "site", "@aws-cdk/core:defaultCrossStackReferences": "strong" } }));
    cdk.run = (...args) => run(cdk.folder, cloud.url, args);
  });
  afterAll(() => rmSync(cdk.folder, { recursive: true, force: true }));
  return cdk;
}

function run(folder: string, url: string, args: readonly string[]): Promise<Outcome> {
  const env = {
    PATH: process.env["PATH"], HOME: folder, CDK_HOME: join(folder, ".cdk"),
    AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: REGION,
    CDK_DISABLE_CLI_TELEMETRY: "true",
    // The library checks templates against AWS's rules at every synthesis, for seconds; here the cloud does.
    CDK_VALIDATION: "false",
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args, "--no-color"], { cwd: folder, env, maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, text: stdout + stderr });
    });
  });
}
