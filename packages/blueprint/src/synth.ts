/** Writes a stage's template to standard output: `synth.js STAGE [PROPS as JSON]`. Run as a process of its own, since the CDK is slow to load. */
import { templateOf } from "./template.js";

const [stage = "", props = "{}"] = process.argv.slice(2);
try {
  console.log(templateOf(stage, JSON.parse(props) as Record<string, unknown>));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}
