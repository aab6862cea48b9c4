/** The log of a cloud in the background: a file that its processes inherited, and that must not grow for ever. */
import { copyFileSync, fstatSync, statSync, truncateSync } from "node:fs";

/** Bytes. There are two of them at most: the log, and the one before it. */
export const LARGEST_LOG = 8 * 1024 * 1024;
/** How often its size is looked at, in bytes written. */
const LOOK_EVERY = 256 * 1024;

/**
 * Copies the file to `<path>.1` and empties it, when it has grown beyond `largest` bytes. All who write to it append, so they go on at its
 * new beginning. (A renamed file would keep them.)
 */
export function rotate(path: string, largest = LARGEST_LOG): void {
  try {
    if (statSync(path).size <= largest) return;
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
  } catch {
    // No log, or no room for the copy: logging must not end the cloud.
  }
}

/** Prints lines to standard output; when that is the log file, keeps it from growing for ever. */
export function logger(path: string): (line: string) => void {
  const isFile = isSame(path);
  let written = 0;
  return (line) => {
    console.log(line);
    if (!isFile || (written += line.length) < LOOK_EVERY) return;
    written = 0;
    rotate(path);
  };
}

function isSame(path: string): boolean {
  try {
    const [one, other] = [fstatSync(1), statSync(path)];
    return one.ino === other.ino && one.dev === other.dev;
  } catch {
    return false;
  }
}
