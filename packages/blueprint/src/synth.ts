/** Writes a stage's template to standard output: `synth.js STAGE [PROPS as JSON]`. Run as a process of its own, since the CDK is slow to load. */
import { App, LegacyStackSynthesizer, type Stack } from "aws-cdk-lib";
import { stages } from "./stages.js";

const [stage = "", props = "{}"] = process.argv.slice(2);
const make = stages[stage];
if (!make) {
  console.error(`there is no stage "${stage}": there are ${Object.keys(stages).join(", ")}`);
  process.exit(2);
}
// A plain template: no bootstrap stack, no assets, no metadata, so that any CloudFormation takes it.
const app = new App({ analyticsReporting: false, defaultStackSynthesizer: new LegacyStackSynthesizer() });
const stack: Stack = make(app, JSON.parse(props) as Record<string, unknown>);
const { template } = app.synth().getStackByName(stack.stackName);
console.log(JSON.stringify(template, null, 2));
