/** CloudFormation's helper scripts, run by an instance's own Node: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-helper-scripts-reference.html */
import { getMetadata } from "./get-metadata.js";
import { hup } from "./hup.js";
import { init } from "./init.js";
import { UsageError } from "./options.js";
import { signal } from "./signal.js";

/** Each gives its exit code. */
const TOOLS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  "cfn-get-metadata": getMetadata,
  "cfn-hup": hup,
  "cfn-init": init,
  "cfn-signal": signal,
};

const [name = "", ...args] = process.argv.slice(2);
const tool = TOOLS[name];
if (tool === undefined) {
  console.error(`${name} is not one of ${Object.keys(TOOLS).join(", ")}`);
  process.exitCode = 2;
} else {
  try {
    process.exitCode = await tool(args);
  } catch (error) {
    console.error(error instanceof UsageError ? `${name}: error: ${error.message}` : error instanceof Error ? error.message : String(error));
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
