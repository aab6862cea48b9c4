/** Blobs as files: written aside, brought to the disk as the durability asks, renamed, and only then referenced. */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync, unlinkSync } from "node:fs";
import { open, rename, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { newBlobId, type BlobRange, type BlobStore, type ByteStream } from "./blobs.js";

/** Bytes that one read asks for. */
const CHUNK = 1024 * 1024;
/** Bytes that are gathered for one write: clients send much smaller parts. */
const GATHERED = 512 * 1024;
/** So many parts are written however small they are: who sends byte after byte must not cost memory. */
const MOST_PARTS = 1024;
const UNFINISHED = "unfinished";

/**
 * @param path the folder; made when missing
 * @param durability `process` survives a SIGKILL of any process, `power` a power cut too
 */
export function fileBlobs(path: string, durability: "process" | "power" = "process"): BlobStore {
  const unfinished = join(path, UNFINISHED);
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  const folderOf = (id: string): string => join(path, id.slice(0, 2));
  const fileOf = (id: string): string => join(folderOf(id), id);
  const made = new Set<string>();
  const makeFolder = (folder: string): void => {
    if (made.has(folder)) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (durability === "power") flushFolder(path);
    made.add(folder);
  };
  return {
    async write(content) {
      const id = newBlobId();
      const aside = join(unfinished, id);
      const file = await open(aside, "wx", 0o600);
      let size: number;
      try {
        size = await writeAll(file, content);
        if (durability === "power") await file.sync();
      } catch (error) {
        await file.close();
        rmSync(aside, { force: true });
        throw error;
      }
      await file.close();
      makeFolder(folderOf(id));
      await rename(aside, fileOf(id));
      if (durability === "power") flushFolder(folderOf(id));
      return { id, size };
    },
    open: (id, range) => readFile(fileOf(id), range),
    remove: (id) => rmSync(fileOf(id), { force: true }),
    sweep(kept) {
      for (const left of readdirSync(unfinished)) unlinkSync(join(unfinished, left));
      for (const folder of readdirSync(path)) {
        if (folder === UNFINISHED) continue;
        for (const id of readdirSync(join(path, folder))) if (!kept(id)) unlinkSync(join(path, folder, id));
      }
    },
  };
}

/** Without it a power cut could forget the file's name. */
function flushFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** One write is under way while the next parts arrive. */
async function writeAll(file: FileHandle, content: ByteStream): Promise<number> {
  let size = 0;
  let gathered: Uint8Array[] = [];
  let waiting = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const flush = async (): Promise<void> => {
    const parts = gathered;
    gathered = [];
    waiting = 0;
    await writing;
    writing = writeFully(file, parts);
    // Whoever waits for it next hears of its failure.
    writing.catch(() => undefined);
  };
  try {
    for await (const part of content) {
      if (part.length === 0) continue;
      size += part.length;
      waiting += part.length;
      gathered.push(part);
      if (waiting >= GATHERED || gathered.length >= MOST_PARTS) await flush();
    }
    if (waiting > 0) await flush();
  } finally {
    await writing;
  }
  return size;
}

async function writeFully(file: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const { bytesWritten } = await file.writev(parts);
  // A full disk writes what still fits; the rest then says why.
  if (bytesWritten < total) await file.writeFile(Buffer.concat(parts).subarray(bytesWritten));
}

/** Each read is under way while the one before is taken. */
async function* readFile(path: string, range: BlobRange): ByteStream {
  const file = await open(path, "r");
  const end = range.start + range.size;
  let position = range.start;
  let reading = Promise.resolve<Uint8Array | undefined>(undefined);
  const readOn = (): void => {
    const wanted = Math.min(CHUNK, end - position);
    reading = wanted > 0 ? readFully(file, path, wanted, position) : Promise.resolve(undefined);
    position += wanted;
    // Whoever takes it hears of its failure, and nobody need take it.
    reading.catch(() => undefined);
  };
  try {
    readOn();
    for (let part = await reading; part; part = await reading) {
      readOn();
      yield part;
    }
  } finally {
    await reading.catch(() => undefined);
    await file.close();
  }
}

async function readFully(file: FileHandle, path: string, wanted: number, position: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(wanted);
  for (let filled = 0; filled < wanted; ) {
    const { bytesRead } = await file.read(buffer, filled, wanted - filled, position + filled);
    if (bytesRead === 0) throw new Error(`${path} ends at ${position + filled}, before the ${position + wanted} bytes that it should have`);
    filled += bytesRead;
  }
  return buffer;
}
