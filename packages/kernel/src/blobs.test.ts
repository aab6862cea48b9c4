import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileBlobs } from "./blob-files.js";
import { BlobKeeper } from "./blob-keeper.js";
import { bytes, memoryBlobs, type BlobStore, type ByteStream } from "./blobs.js";
import { SortedKeys } from "./sorted.js";
import { Store } from "./store.js";
import { table } from "./table.js";

interface Page {
  readonly id: string;
  readonly blob: string;
}

const pages = table<Page>()({ name: "test.pages", key: (p) => p.id, blobs: (p) => [p.blob] });
const scope = { account: "1", region: "ap-northeast-1" };

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "blobs-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function textOf(stream: ByteStream): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
}

const files = (): string[] => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => entry.name);

async function* failing(): ByteStream {
  yield Buffer.from("half");
  throw new Error("the client went away");
}

describe.each([
  ["files", () => fileBlobs(folder)],
  ["files that survive a power cut", () => fileBlobs(folder, "power")],
  ["memory", () => memoryBlobs()],
] as const)("blobs in %s", (_name, make) => {
  let blobs: BlobStore;
  let store: Store;
  let keeper: BlobKeeper;
  beforeEach(() => {
    blobs = make();
    store = new Store([pages] as never);
    keeper = new BlobKeeper(store, blobs);
  });

  const write = async (id: string, text: string): Promise<string> => {
    const call = keeper.forCall();
    const blob = await call.write(bytes(text));
    store.transaction((tx) => tx.db(scope)(pages).put({ id, blob: blob.id }));
    call.end();
    return blob.id;
  };
  const read = (blob: string, start = 0, size = 10): Promise<string> => textOf(keeper.read([{ blob, start, size }]));

  it("are read back, whole and in ranges, and in a row", async () => {
    const a = await write("a", "0123456789");
    const b = await write("b", "abc");
    expect(await read(a)).toBe("0123456789");
    expect(await read(a, 3, 4)).toBe("3456");
    expect(await textOf(keeper.read([{ blob: b, start: 1, size: 2 }, { blob: a, start: 0, size: 1 }]))).toBe("bc0");
  });

  it("go when the last record that references them does", async () => {
    const a = await write("a", "0123456789");
    store.transaction((tx) => tx.db(scope)(pages).put({ id: "copy", blob: a }));
    store.transaction((tx) => tx.db(scope)(pages).delete("a"));
    await store.stored();
    expect(await read(a)).toBe("0123456789");
    store.transaction((tx) => tx.db(scope)(pages).delete("copy"));
    await store.stored();
    await expect(read(a)).rejects.toThrow();
  });

  it("that a rolled-back transaction let go stay", async () => {
    const a = await write("a", "0123456789");
    expect(() =>
      store.transaction((tx) => {
        tx.db(scope)(pages).delete("a");
        throw new Error("no");
      }),
    ).toThrow("no");
    await store.stored();
    expect(await read(a)).toBe("0123456789");
  });

  it("are kept for who reads them already, even before the first byte", async () => {
    const a = await write("a", "0123456789");
    const reading = keeper.read([{ blob: a, start: 0, size: 10 }]);
    const unread = keeper.read([{ blob: a, start: 0, size: 10 }]);
    store.transaction((tx) => tx.db(scope)(pages).delete("a"));
    await store.stored();
    expect(await textOf(reading)).toBe("0123456789");
    await unread[Symbol.asyncIterator]().return!();
    await expect(read(a)).rejects.toThrow();
  });

  it("of a call that references none of them go when it ends", async () => {
    const call = keeper.forCall();
    const { id } = await call.write(bytes("0123456789"));
    expect(await read(id)).toBe("0123456789");
    call.end();
    await expect(read(id)).rejects.toThrow();
  });
});

describe("blobs in files", () => {
  it("leave nothing behind when their stream or its watcher fails", async () => {
    const blobs = fileBlobs(folder);
    await expect(blobs.write(failing())).rejects.toThrow("the client went away");
    expect(files()).toEqual([]);
  });

  it("are swept at the start if no record references them, and what was never finished too", async () => {
    const before = fileBlobs(folder);
    const [kept, lost] = [await before.write(bytes("kept")), await before.write(bytes("lost"))];
    writeFileSync(join(folder, "unfinished", "half"), "half");
    expect(files().sort()).toEqual([kept.id, lost.id, "half"].sort());
    const store = new Store([pages] as never);
    store.transaction((tx) => tx.db(scope)(pages).put({ id: "a", blob: kept.id }));
    new BlobKeeper(store, fileBlobs(folder));
    expect(files()).toEqual([kept.id]);
  });

  it("may be large, in parts of any size", async () => {
    const blobs = fileBlobs(folder);
    const part = Buffer.alloc(100_000, "x");
    const { id, size } = await blobs.write((async function* () { for (let i = 0; i < 200; i++) yield part.subarray(0, 1 + ((i * 7919) % part.length)); })());
    expect(statSync(join(folder, id.slice(0, 2), id)).size).toBe(size);
    let read = 0;
    for await (const each of blobs.open(id, { start: 5, size: size - 5 })) read += each.length;
    expect(read).toBe(size - 5);
  });
});

describe("sorted keys", () => {
  it("give what a plain sort gives, whatever is set and deleted", () => {
    const step = fc.record({ key: fc.string({ maxLength: 3 }), keep: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 500, maxLength: 3000, size: "max" }), fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }), (steps, from, to) => {
        const sorted = new SortedKeys<string>();
        const plain = new Set<string>();
        for (const { key, keep } of steps) {
          if (keep) sorted.set(key, key);
          else sorted.delete(key);
          plain[keep ? "add" : "delete"](key);
        }
        expect([...sorted.range(from, to)]).toEqual([...plain].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).filter((key) => key >= from && key < to));
      }),
      { numRuns: 20 },
    );
  });
});
