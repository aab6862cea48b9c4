/** Files that are shipped as they are; `dist` and `src` lie equally deep in the package. */
import { fileURLToPath } from "node:url";

/** The path of a shipped file, e.g. `instance/init`. */
export function asset(path: string): string {
  return fileURLToPath(new URL(`../../../assets/${path}`, import.meta.url));
}
