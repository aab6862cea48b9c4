/** A stage as a CloudFormation template. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, LegacyStackSynthesizer } from "aws-cdk-lib";
import { stages } from "./stages.js";

/**
 * A plain template, as JSON: no bootstrap stack, no assets, no metadata, so that any CloudFormation takes it.
 * @throws Error that names an unknown stage, or a wrong property and its value
 */
export function templateOf(stage: string, props: Record<string, unknown>): string {
  const make = Object.hasOwn(stages, stage) ? stages[stage] : undefined;
  if (!make) throw new Error(`there is no stage "${stage}": there are ${Object.keys(stages).join(", ")}; a template's name ends in .yaml, .yml or .json`);
  // The CDK writes a whole assembly where we want one template; what it leaves must not litter the user's machine.
  const outdir = mkdtempSync(join(tmpdir(), "hakoniwa-synth-"));
  try {
    const app = new App({ outdir, analyticsReporting: false, defaultStackSynthesizer: new LegacyStackSynthesizer() });
    const { stackName } = make(app, props);
    return JSON.stringify(app.synth().getStackByName(stackName).template, null, 2);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
