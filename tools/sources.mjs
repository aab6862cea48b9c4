/** What the build depends on, and the file that says when it last ran. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** @returns the path of the file that the build touches when it succeeded */
export function stampOf(root) {
  return join(root, "node_modules/.hakoniwa-built");
}

/** @returns the latest change of any source, in milliseconds */
export function newestSource(root) {
  let newest = Math.max(...["package-lock.json", "tsconfig.base.json", "tools/build.mjs"].map((file) => statSync(join(root, file)).mtimeMs));
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (!entry.name.endsWith(".test.ts")) newest = Math.max(newest, statSync(path).mtimeMs);
    }
  };
  for (const entry of readdirSync(join(root, "packages"), { withFileTypes: true })) {
    for (const folder of ["src", "tools"]) {
      try {
        visit(join(root, "packages", entry.name, folder));
      } catch (error) {
        if (error.code !== "ENOENT") throw error;
      }
    }
  }
  return newest;
}
