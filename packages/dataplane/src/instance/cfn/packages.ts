/** Packages: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-init.html#aws-resource-init-packages. The image has yum and dnf. */
import { existsSync } from "node:fs";
import { isMap, type JsonMap } from "./config-sets.js";
import type { Log } from "./log.js";
import { run } from "./run.js";

const MANAGERS = ["yum", "dnf"];
const INSTALLED = "/var/lib/hakoniwa/packages";

/** @returns what was installed now, by package manager @throws Error naming what can't be had */
export async function installPackages(packages: JsonMap, log: Log): Promise<ReadonlyMap<string, readonly string[]>> {
  const strange = Object.keys(packages).find((manager) => !MANAGERS.includes(manager));
  if (strange !== undefined) throw new Error(`Unsupported package manager: ${strange}. This image has ${MANAGERS.join(" and ")}.`);
  const changed = new Map<string, readonly string[]>();
  for (const [manager, wanted] of Object.entries(packages)) {
    if (!isMap(wanted)) throw new Error(`packages.${manager} must be a map of names and versions`);
    const missing = Object.entries(wanted).filter(([name]) => !existsSync(`${INSTALLED}/${name}`));
    if (missing.length === 0) {
      log("INFO", `All ${manager} packages are already installed`);
      continue;
    }
    const specs = missing.flatMap(([name, versions]) => specsOf(name, versions));
    const { code, output } = await run([manager, "-y", "install", ...specs]);
    if (code !== 0) {
      log("ERROR", output);
      throw new Error(`Could not successfully install ${manager} packages (return code ${code})\n${output.trim()}`);
    }
    changed.set(manager, missing.map(([name]) => name));
    log("INFO", `${manager === "yum" ? "Yum" : "Dnf"} installed ${JSON.stringify(specs)}`);
  }
  return changed;
}

function specsOf(name: string, versions: unknown): readonly string[] {
  const all = (Array.isArray(versions) ? versions : [versions]).map(String).filter((version) => version !== "");
  return all.length === 0 ? [name] : all.map((version) => `${name}-${version}`);
}
