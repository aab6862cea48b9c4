/** The blueprint's templates, each synthesized once. */
import { templateOf } from "../../packages/blueprint/src/template.js";

const done = new Map<string, string>();

/** A stage with these options, as JSON. */
export async function synthesize(options: Readonly<Record<string, string | number | boolean>> = {}, stage = "minimal"): Promise<string> {
  const key = `${stage} ${JSON.stringify(options)}`;
  // The CDK's own validation costs seconds, and what is tested is ours.
  process.env["CDK_VALIDATION"] = "false";
  const template = done.get(key) ?? templateOf(stage, options);
  done.set(key, template);
  return template;
}
