/** Generates what comes from AWS's models, compiles every package, and puts the services into one file. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { stampOf } from "./sources.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const steps = [
  ["packages/wire/tools/generate.mjs"],
  ["packages/cloudformation/tools/schemas.mjs"],
  ["node_modules/typescript/bin/tsc", "-b"],
  ["tools/bundle.mjs"],
];
for (const step of steps) {
  const { status } = spawnSync(process.execPath, step, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
writeFileSync(stampOf(root), "");
