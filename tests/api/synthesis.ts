/** The blueprint's templates, each synthesized once, in a process of its own as `up` does. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const script = fileURLToPath(new URL("../../packages/blueprint/dist/synth.js", import.meta.url));
const done = new Map<string, Promise<string>>();

/** The stage `minimal` with these options, as JSON. */
export function synthesize(options: Readonly<Record<string, string | number | boolean>> = {}): Promise<string> {
  const text = JSON.stringify(options);
  const running = done.get(text) ?? run(text);
  done.set(text, running);
  return running;
}

async function run(options: string): Promise<string> {
  // The CDK's own validation costs seconds, and what is tested is ours.
  const env = { ...process.env, CDK_VALIDATION: "false", JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION: "1" };
  const { stdout } = await promisify(execFile)(process.execPath, [script, "minimal", options], { env, maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}
