/** From a fresh clone to a running command: installs npm and system packages that are missing, builds what is older than its sources. */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeProblem, planInstallation, programsFor } from "./machine.mjs";
import { newestSource, stampOf } from "./sources.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const [command = "", ...rest] = process.argv.slice(2);

const problem = nodeProblem(process.versions.node);
if (problem) stop(problem);
// Debian keeps these out of an ordinary user's path.
const path = [...new Set([...(process.env.PATH ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"])];
process.env.PATH = path.join(delimiter);
const npm = !packagesAreInstalled();
// Programs first: they are missing at once, npm's packages take their time.
installPrograms(programsFor([command, ...rest], process.env, { platform: process.platform, npm }));
if (npm) installPackages();
build();
if (command === "test") process.exit(run(process.execPath, ["tools/test.mjs", ...rest]));
else if (command === "bench") process.exit(run(process.execPath, ["bench/run.mjs", ...rest]));
else await import("../packages/cli/dist/main.js");

function packagesAreInstalled() {
  const installed = join(root, "node_modules/.package-lock.json");
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs;
}

function installPackages() {
  tell("installing npm packages …");
  if (run("npm", ["ci", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]) !== 0) stop("npm ci failed: its message is above. When that is mended, run the command again.");
}

function installPrograms(programs) {
  const has = (program) => path.some((folder) => existsSync(resolve(folder, program)));
  const { packages, message } = planInstallation(programs, has, process.getuid());
  if (message) stop(message);
  if (packages.length === 0) return;
  tell(`installing ${packages.join(", ")} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const failed = () => run("apt-get", ["install", "-y", "-qq", ...packages], { env, quiet: true });
  // The first try may fail only because the package lists are old or absent.
  if (failed() !== 0 && (run("apt-get", ["update", "-qq"], { env, quiet: true }) !== 0 || failed() !== 0)) {
    stop(`the system's packages couldn't be installed. Type this to see why:\n\n    apt-get install -y ${packages.join(" ")}\n`);
  }
}

function build() {
  const stamp = stampOf(root);
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= newestSource(root)) return;
  tell("building …");
  if (run(process.execPath, ["tools/build.mjs"]) !== 0) stop("the build failed: its messages are above");
}

function run(program, args, { env = process.env, quiet = false } = {}) {
  return spawnSync(program, args, { cwd: root, stdio: quiet ? "ignore" : "inherit", env }).status ?? 1;
}

function tell(message) {
  process.stderr.write(`hakoniwa: ${message}\n`);
}

function stop(message) {
  tell(message);
  process.exit(1);
}
