/** From a fresh clone to a running command: installs npm and system packages that are missing, builds what is older than its sources. */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { newestSource, stampOf } from "./sources.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const [command = ""] = process.argv.slice(2);

/** Commands that need the kernel's network, and the Debian package that each program comes in. */
const NEEDS_LINUX = new Set(["up", "start", "doctor", "test", "bench"]);
const PROGRAMS = { ip: "iproute2", nft: "nftables", unshare: "util-linux", nsenter: "util-linux", setpriv: "util-linux", mount: "mount", sysctl: "procps" };
const TEST_PROGRAMS = { ...PROGRAMS, curl: "curl", ping: "iputils-ping", dig: "dnsutils", newuidmap: "uidmap" };

checkNode();
// Debian keeps these out of an ordinary user's path.
process.env.PATH = [...new Set([...(process.env.PATH ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"])].join(delimiter);
installPackages();
if (NEEDS_LINUX.has(command) && process.platform === "linux") installPrograms(command === "test" ? TEST_PROGRAMS : PROGRAMS);
build();
if (command === "test") process.exit(run(process.execPath, ["tools/test.mjs", ...process.argv.slice(3)]));
else if (command === "bench") process.exit(run(process.execPath, ["bench/run.mjs", ...process.argv.slice(3)]));
else await import("../packages/cli/dist/main.js");

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  stop(`Node.js 20.19 or newer is needed, but this is ${process.versions.node}: https://nodejs.org`);
}

function installPackages() {
  const lock = join(root, "package-lock.json");
  const installed = join(root, "node_modules/.package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  tell("installing npm packages …");
  if (run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]) !== 0) stop("npm ci failed: its message is above. When that is mended, run the command again.");
}

function installPrograms(programs) {
  const path = (process.env.PATH ?? "").split(delimiter);
  const missing = Object.keys(programs).filter((program) => !path.some((folder) => existsSync(join(folder, program))));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => programs[program]))];
  const install = `apt-get install -y ${packages.join(" ")}`;
  const canInstall = process.getuid() === 0 && path.some((folder) => existsSync(join(folder, "apt-get")));
  if (!canInstall) {
    const sudo = process.getuid() === 0 ? "" : "sudo ";
    stop(`these programs are missing: ${missing.join(", ")}. On Debian and Ubuntu, type:\n\n    ${sudo}${install}\n\nthen run the command again.`);
  }
  tell(`installing ${packages.join(", ")} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const failed = () => run("apt-get", ["install", "-y", "-qq", ...packages], { env, quiet: true });
  // The first try may fail only because the package lists are old or absent.
  if (failed() !== 0 && (run("apt-get", ["update", "-qq"], { env, quiet: true }) !== 0 || failed() !== 0)) {
    stop(`the system's packages couldn't be installed. Type this to see why:\n\n    ${install}\n`);
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
