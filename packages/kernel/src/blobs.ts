/** Contents too large for records: written as streams, then referenced by records, and removed when no record does any more. */
import { randomBytes } from "node:crypto";

/** Bytes as they come or go. Whoever gets one reads it, or calls its iterator's `return`; it can be read once. */
export type ByteStream = AsyncIterable<Uint8Array>;

/** From the byte `start` on, `size` bytes. */
export interface BlobRange {
  readonly start: number;
  readonly size: number;
}

/** Some of a blob's bytes. */
export interface BlobPart extends BlobRange {
  readonly blob: string;
}

export interface WrittenBlob {
  readonly id: string;
  /** Bytes. */
  readonly size: number;
}

/** What keeps blobs. */
export interface BlobStore {
  /** Keeps what comes, in flat memory. Resolves when a record may reference it: as safe from a crash as a commit is. */
  write(content: ByteStream): Promise<WrittenBlob>;
  open(id: string, range: BlobRange): ByteStream;
  /** Accepts that it is gone. */
  remove(id: string): void;
  /** Removes what a crash left behind: everything but `kept`. Called once, before the first write. */
  sweep(kept: (id: string) => boolean): void;
}

export interface BlobReader {
  /** Reads these parts in a row. What reads is not broken by records that are deleted meanwhile. */
  read(parts: readonly BlobPart[]): ByteStream;
}

export type Blobs = BlobReader & Pick<BlobStore, "write">;

/** A stream of these bytes. */
export function bytes(content: Uint8Array | string): ByteStream {
  return partsOf([typeof content === "string" ? new TextEncoder().encode(content) : content]);
}

export function newBlobId(): string {
  // Not from `Ids`: a seed repeats those, but what a run before left on the disk must never be met again.
  return randomBytes(16).toString("hex");
}

/** Blobs that are forgotten with the process: for tests. */
export function memoryBlobs(): BlobStore {
  const blobs = new Map<string, Uint8Array>();
  return {
    async write(content) {
      const parts: Uint8Array[] = [];
      for await (const part of content) parts.push(part);
      const id = newBlobId();
      const whole = Buffer.concat(parts);
      blobs.set(id, whole);
      return { id, size: whole.length };
    },
    open(id, { start, size }) {
      const blob = blobs.get(id);
      if (!blob) throw new Error(`there is no blob ${id}`);
      return partsOf([blob.subarray(start, start + size)]);
    },
    remove: (id) => void blobs.delete(id),
    sweep(kept) {
      for (const id of blobs.keys()) if (!kept(id)) blobs.delete(id);
    },
  };
}

async function* partsOf(parts: readonly Uint8Array[]): ByteStream {
  for (const part of parts) if (part.length > 0) yield part;
}
