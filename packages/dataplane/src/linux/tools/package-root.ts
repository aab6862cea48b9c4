/** Where the build of this package is, seen from its build and from its sources alike. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The path of a built script of this package, for a child process: tests run from the sources, but Node 20 can only start
 * JavaScript.
 * @param path below `dist`, e.g. `linux/tools/socket-factory.js`
 * @throws Error when the package is not built
 */
export function builtScript(path: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${fileURLToPath(import.meta.url)}`);
    folder = parent;
  }
  const script = join(folder, "dist", path);
  if (!existsSync(script)) throw new Error(`${script} is missing: run \`npm run build\``);
  return script;
}
