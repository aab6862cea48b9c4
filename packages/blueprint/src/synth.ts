/** Writes a stage's template to standard output: `synth.js STAGE [PROPS as JSON]`. Run as a process of its own, since the CDK is slow to load. */
import { App, LegacyStackSynthesizer, type Stack } from "aws-cdk-lib";
import { stages } from "./stages.js";

const [stage = "", props = "{}"] = process.argv.slice(2);
const make = Object.hasOwn(stages, stage) ? stages[stage] : undefined;
if (!make) fail(`there is no stage "${stage}": there ${Object.keys(stages).length === 1 ? "is" : "are"} ${Object.keys(stages).join(", ")}; a template's name ends in .yaml, .yml or .json`);
// A plain template: no bootstrap stack, no assets, no metadata, so that any CloudFormation takes it.
const app = new App({ analyticsReporting: false, defaultStackSynthesizer: new LegacyStackSynthesizer() });
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
