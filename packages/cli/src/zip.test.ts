import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, inflateRawSync } from "node:zlib";
import { afterEach, beforeEach, expect, it } from "vitest";
import { zip } from "./zip.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zip-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Reads an archive from its end, as programs do. */
function read(archive: Buffer): Record<string, { readonly text: string; readonly mode: number }> {
  const end = archive.length - 22;
  expect(archive.readUInt32LE(end)).toBe(0x06054b50);
  const files: Record<string, { text: string; mode: number }> = {};
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    expect(archive.readUInt32LE(at)).toBe(0x02014b50);
    const [packed, size, nameLength] = [archive.readUInt32LE(at + 20), archive.readUInt32LE(at + 24), archive.readUInt16LE(at + 28)];
    const name = archive.subarray(at + 46, at + 46 + nameLength).toString();
    const local = archive.readUInt32LE(at + 42);
    expect(archive.readUInt32LE(local)).toBe(0x04034b50);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const content = inflateRawSync(archive.subarray(start, start + packed));
    expect([content.length, crc32(content)]).toEqual([size, archive.readUInt32LE(at + 16)]);
    files[name] = { text: content.toString(), mode: (archive.readUInt32LE(at + 38) >>> 16) & 0o777 };
    at += 46 + nameLength;
  }
  expect(at).toBe(end);
  return files;
}

it("packs a folder with all that is below it, and its modes", () => {
  mkdirSync(join(folder, "bin/箱庭"), { recursive: true });
  writeFileSync(join(folder, "index.html"), "hello!\n".repeat(1_000));
  writeFileSync(join(folder, "bin/箱庭/run"), "#!/bin/sh\n");
  writeFileSync(join(folder, "empty"), "");
  chmodSync(join(folder, "index.html"), 0o644);
  chmodSync(join(folder, "empty"), 0o644);
  chmodSync(join(folder, "bin/箱庭/run"), 0o755);
  expect(read(zip(folder))).toEqual({ "bin/箱庭/run": { text: "#!/bin/sh\n", mode: 0o755 }, empty: { text: "", mode: 0o644 }, "index.html": { text: "hello!\n".repeat(1_000), mode: 0o644 } });
});

it("gives the same bytes for the same files, whenever they were written", () => {
  writeFileSync(join(folder, "a"), "a");
  const before = zip(folder);
  utimesSync(join(folder, "a"), 1, 1);
  expect(zip(folder).equals(before)).toBe(true);
});
