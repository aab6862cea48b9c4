/** The rules of the tree that a linter of single files can't see: who may import whom, and how large files may grow. */
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The table of ARCHITECTURE.md. `types` names packages of which only types may be imported. */
export const MAY_IMPORT = {
  kernel: [],
  network: [],
  wire: ["kernel"],
  dataplane: ["kernel", "network"],
  cloudformation: ["kernel", "wire"],
  services: ["kernel", "network", "wire", "cloudformation"],
  cloud: ["kernel", "network", "wire", "dataplane", "cloudformation", "services"],
  blueprint: [],
  cli: ["kernel", "network", "wire", "dataplane", "cloud", "blueprint"],
};
const LONGEST_FILE = 320;
const LONGEST_INDEX = 45;
const BANNED_NAMES = /^(utils?|helpers?|misc|common)\.ts$/;

const root = fileURLToPath(new URL("..", import.meta.url));
const problems = [];

for (const name of Object.keys(MAY_IMPORT)) {
  for (const file of sources(join(root, "packages", name, "src"))) check(name, file);
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);

function check(name, file) {
  const path = relative(root, file);
  const text = readFileSync(file, "utf8");
  const lines = text.split("\n").length - 1;
  const isTest = /\.test\.ts$|\/testing\.ts$/.test(file);
  const base = path.slice(path.lastIndexOf("/") + 1);
  if (lines > LONGEST_FILE && !base.endsWith(".gen.ts") && !isTest) problems.push(`${path}: ${lines} lines, but ${LONGEST_FILE} are the most: split it by what it is about`);
  if (base === "index.ts" && lines > LONGEST_INDEX) problems.push(`${path}: ${lines} lines, but an index has ${LONGEST_INDEX} at most`);
  if (BANNED_NAMES.test(base)) problems.push(`${path}: name the file by what it holds`);
  if (isTest) return;
  for (const [, clause, specifier] of text.matchAll(/^\s*(?:import|export)\b([^;"]*?)from "([^"]+)"/gm)) {
    const other = /^@hakoniwa\/([^/]+)/.exec(specifier)?.[1];
    if (other && !MAY_IMPORT[name].includes(other)) problems.push(`${path}: ${name} may not import ${other} (${MAY_IMPORT[name].join(", ") || "nothing"} is all it may)`);
    if (name === "services") checkService(path, clause, specifier);
  }
}

/** A service imports its own folder, and of others the types only. */
function checkService(path, clause, specifier) {
  const own = /^packages\/services\/src\/([^/]+)\//.exec(path)?.[1];
  const other = specifier.startsWith(".") ? /^packages\/services\/src\/([^/]+)\//.exec(join(path, "..", specifier))?.[1] : undefined;
  if (own && other && own !== other && !/^\s+type\b/.test(clause)) problems.push(`${path}: the service ${own} may import only types of ${other}`);
}

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}
