/** The folder that a cloud keeps everything in. */
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const FORMAT = 1;
const MARKER = "hakoniwa.json";
/** Linux keeps socket paths in 108 bytes. */
const LONGEST_SOCKET_PATH = 107;

export class DataDirectoryError extends Error {
  override readonly name = "DataDirectoryError";
}

export interface DataDirectory {
  readonly path: string;
  readonly store: string;
  readonly blobs: string;
  readonly controlSocket: string;
  readonly lock: string;
  readonly log: string;
  /** The certificate authority's certificate and key. */
  readonly authority: string;
}

export function dataDirectory(path: string): DataDirectory {
  return {
    path,
    store: join(path, "store"),
    blobs: join(path, "blobs"),
    controlSocket: join(path, "control.sock"),
    lock: join(path, "lock"),
    log: join(path, "hakoniwa.log"),
    authority: join(path, "authority.pem"),
  };
}

/** What we keep in a data directory, beside its marker. */
const OURS = new Set(["authority.pem", "blobs", "console", "control.sock", "disks", "hakoniwa.log", "hakoniwa.log.1", "images", "keys", "lock", "snapshots", "store", "time.json"]);

/** Whether the folder was made by `openDataDirectory`, or is what is left of one after a deletion that failed half-way. */
export function isDataDirectory(path: string): boolean {
  if (existsSync(markerOf(path))) return true;
  const entries = existsSync(path) ? readdirSync(path) : [];
  return entries.length > 0 && entries.every(isOurs);
}

function isOurs(entry: string): boolean {
  return OURS.has(entry) || entry.startsWith(MARKER);
}

/** Makes a folder and those above it. (Node's own way never ends where a file system answers ENOENT, as /proc does.) */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Somebody else made it meanwhile: two clouds may start at once.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function markerOf(path: string): string {
  return join(path, MARKER);
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
  const marker = markerOf(path);
  try {
    if (!existsSync(marker)) {
      if (existsSync(path) && !readdirSync(path).every(isOurs)) {
        throw new DataDirectoryError(`${path} holds files that are not Hakoniwa's: choose an empty or new directory with --data-dir`);
      }
      makeDirectory(path);
      // In one step, so that a cloud that starts at the same moment never reads half of it.
      const written = `${marker}.${process.pid}`;
      writeFileSync(written, `${JSON.stringify({ format: FORMAT })}\n`, { mode: 0o600 });
      renameSync(written, marker);
    }
    const { format } = JSON.parse(readFileSync(marker, "utf8")) as { format?: number };
    if (format !== FORMAT) {
      throw new DataDirectoryError(`${path} was made by another version of Hakoniwa (format ${String(format)}, this one has ${FORMAT}): choose another directory with --data-dir`);
    }
    chmodSync(path, 0o700);
    mkdirSync(directory.store, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (error instanceof DataDirectoryError) throw error;
    throw new DataDirectoryError(`the data directory ${path} can't be used (${(error as Error).message}): choose another with --data-dir or HAKONIWA_DATA_DIR`);
  }
  return directory;
}

/** Forgets everything that was deployed, but for the base image and the logs. The data plane has let go of its disks before. */
export function emptyDataDirectory(directory: DataDirectory): void {
  for (const gone of [directory.store, directory.blobs]) rmSync(gone, { recursive: true, force: true });
  for (const kept of ["console", "keys", "snapshots"].map((name) => join(directory.path, name))) {
    for (const entry of existsSync(kept) ? readdirSync(kept) : []) rmSync(join(kept, entry), { recursive: true, force: true });
  }
}
