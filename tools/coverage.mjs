/** Writes docs/coverage.md: every operation of every service's model, done or absent. `--check` only says whether it is current. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { services } from "@hakoniwa/services";
import { MODELS } from "@hakoniwa/wire";

const path = fileURLToPath(new URL("../docs/coverage.md", import.meta.url));
const lines = ["# Coverage", "", "What each service answers. Everything else of AWS's answers `NotImplemented`. Written by `npm run coverage`.", ""];
for (const service of [...services].sort((a, b) => a.id.localeCompare(b.id))) {
  const all = MODELS[service.id].schemas.operationNames();
  const done = all.filter((name) => Object.hasOwn(service.operations, name));
  lines.push(`## ${service.id}: ${done.length} of ${all.length}`, "");
  lines.push(...done.map((name) => `- ${name}`), "");
  if (service.resources.length > 0) lines.push(`Resource types: ${service.resources.map((resource) => `\`${resource.type}\``).join(", ")}`, "");
}
const text = `${lines.join("\n").trimEnd()}\n`;
if (!process.argv.includes("--check")) {
  writeFileSync(path, text);
} else if (read() !== text) {
  console.error("docs/coverage.md is not current: run `npm run coverage`");
  process.exit(1);
}

function read() {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
