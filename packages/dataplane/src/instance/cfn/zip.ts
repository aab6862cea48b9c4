/** Reads zip archives, for images without `unzip`: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, stored and deflated entries. */
import { inflateRawSync } from "node:zlib";

export interface ZipEntry {
  readonly name: string;
  /** Unix permissions; 0 when the archive has none. */
  readonly mode: number;
  readonly isDirectory: boolean;
  content(): Buffer;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;

/** @throws Error when it is no such archive */
export function readZip(archive: Buffer): readonly ZipEntry[] {
  const end = findEnd(archive);
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  const entries: ZipEntry[] = [];
  for (let i = 0; i < count; i += 1) {
    if (archive.readUInt32LE(at) !== CENTRAL) throw new Error("the zip archive is damaged");
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset)) as [number, number, number];
    entries.push(entryAt(archive, at, nameLength));
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}

function findEnd(archive: Buffer): number {
  for (let at = archive.length - 22; at >= Math.max(0, archive.length - 65_557); at -= 1) if (archive.readUInt32LE(at) === END) return at;
  throw new Error("it is no zip archive");
}

function entryAt(archive: Buffer, at: number, nameLength: number): ZipEntry {
  const name = archive.subarray(at + 46, at + 46 + nameLength).toString("utf8");
  const method = archive.readUInt16LE(at + 10);
  const size = archive.readUInt32LE(at + 20);
  const local = archive.readUInt32LE(at + 42);
  return {
    name,
    mode: (archive.readUInt32LE(at + 38) >>> 16) & 0o777,
    isDirectory: name.endsWith("/"),
    content() {
      const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
      const data = archive.subarray(start, start + size);
      if (method === 0) return data;
      if (method === 8) return inflateRawSync(data);
      throw new Error(`${name} is packed by the method ${method}: stored and deflated are supported`);
    },
  };
}
