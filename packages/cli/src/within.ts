/** Keeps what a folder names inside of it: whoever made the folder need not be whoever runs the command. */
import { existsSync, realpathSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { UserError } from "./say.js";

/**
 * @returns the path, whole
 * @throws UserError when it leads out of the folder, by its name or by links
 */
export function within(folder: string, path: string): string {
  const whole = resolve(path);
  const isInside = leadsInto(resolve(folder), whole) && (!existsSync(whole) || leadsInto(realpathSync(folder), realpathSync(whole)));
  if (!isInside) throw new UserError(`${whole} lies outside of ${folder}, which names it`);
  return whole;
}

function leadsInto(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
