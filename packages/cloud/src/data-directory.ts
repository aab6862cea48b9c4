/** The folder that a cloud keeps everything in. */
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FORMAT = 1;
/** Linux keeps socket paths in 108 bytes. */
const LONGEST_SOCKET_PATH = 107;

export class DataDirectoryError extends Error {
  override readonly name = "DataDirectoryError";
}

export interface DataDirectory {
  readonly path: string;
  readonly store: string;
  readonly controlSocket: string;
  readonly log: string;
  readonly accessLog: string;
}

export function dataDirectory(path: string): DataDirectory {
  return {
    path,
    store: join(path, "store"),
    controlSocket: join(path, "control.sock"),
    log: join(path, "hakoniwa.log"),
    accessLog: join(path, "reads.jsonl"),
  };
}

/**
 * Makes the folder, or checks that it is ours.
 * @throws DataDirectoryError when it is somebody else's, of a newer format, or can't be written
 */
export function openDataDirectory(path: string): DataDirectory {
  const directory = dataDirectory(path);
  if (Buffer.byteLength(directory.controlSocket) > LONGEST_SOCKET_PATH) {
    throw new DataDirectoryError(`the data directory's path is too long for a socket (${path}): choose one under ${LONGEST_SOCKET_PATH - 13} bytes with --data-dir`);
  }
  const marker = join(path, "hakoniwa.json");
  try {
    if (!existsSync(marker)) {
      if (existsSync(path) && readdirSync(path).length > 0) {
        throw new DataDirectoryError(`${path} holds files that are not Hakoniwa's: choose an empty or new directory with --data-dir`);
      }
      mkdirSync(path, { recursive: true, mode: 0o700 });
      writeFileSync(marker, `${JSON.stringify({ format: FORMAT })}\n`, { mode: 0o600 });
    }
    const { format } = JSON.parse(readFileSync(marker, "utf8")) as { format?: number };
    if (format !== FORMAT) {
      throw new DataDirectoryError(`${path} was made by another version of Hakoniwa (format ${String(format)}, this one has ${FORMAT}): choose another directory with --data-dir`);
    }
    chmodSync(path, 0o700);
    mkdirSync(directory.store, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (error instanceof DataDirectoryError) throw error;
    throw new DataDirectoryError(`the data directory ${path} can't be used: ${(error as Error).message}`);
  }
  return directory;
}
