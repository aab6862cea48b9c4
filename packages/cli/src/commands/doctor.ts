import { preflight } from "@hakoniwa/dataplane/sandbox";
import { green, optionsOf, red, type Given } from "../say.js";

export async function doctor(given: Given): Promise<void> {
  const options = optionsOf(given);
  const problem = process.platform === "linux" ? await preflight({ dataDir: options.dataDir }) : noLinux();
  if (given.json) console.log(JSON.stringify({ ok: problem === undefined, ...problem }));
  else if (problem) console.log(`${red("✗")} ${problem.step}: ${problem.message}\n  what to do: ${problem.cure}`);
  else console.log(`${green("✓")} this machine can run the cloud with a real network`);
  if (problem) process.exitCode = 1;
}

function noLinux() {
  return { step: "operating system", message: `${process.platform} has no Linux network`, cure: "start with --dataplane paper, or in a Linux virtual machine" };
}
