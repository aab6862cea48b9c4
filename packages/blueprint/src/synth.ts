/** Writes a stage's template to standard output: `synth.js STAGE [PROPS as JSON]`. Run as a process of its own, since the CDK is slow to load. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, LegacyStackSynthesizer, type Stack } from "aws-cdk-lib";
import { stages } from "./stages.js";

const [stage = "", props = "{}"] = process.argv.slice(2);
const make = Object.hasOwn(stages, stage) ? stages[stage] : undefined;
if (!make) fail(`there is no stage "${stage}": there ${Object.keys(stages).length === 1 ? "is" : "are"} ${Object.keys(stages).join(", ")}; a template's name ends in .yaml, .yml or .json`);
// The CDK writes a whole assembly where we want one template; what it leaves must not litter the user's machine.
const outdir = mkdtempSync(join(tmpdir(), "hakoniwa-synth-"));
process.on("exit", () => rmSync(outdir, { recursive: true, force: true }));
// A plain template: no bootstrap stack, no assets, no metadata, so that any CloudFormation takes it.
const app = new App({ outdir, analyticsReporting: false, defaultStackSynthesizer: new LegacyStackSynthesizer() });
const stack = synthesized();
const { template } = app.synth().getStackByName(stack.stackName);
console.log(JSON.stringify(template, null, 2));

function synthesized(): Stack {
  try {
    return make!(app, JSON.parse(props) as Record<string, unknown>);
  } catch (error) {
    fail((error as Error).message);
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
