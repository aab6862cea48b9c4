import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lmdbBackend } from "./lmdb.js";
import type { LogEntry } from "./segments.js";
import { Store } from "./store.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "segments-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const event = (stream: string, time: number, message = `at ${time}`): LogEntry => ({ stream, time, record: { message } });
const messages = (store: Store, stream: string, ...range: Parameters<Store["segments"]["read"]> extends [string, (infer R)?] ? [R?] : never): string[] =>
  store.segments.read<{ message: string }>(stream, ...range).map(({ record }) => record.message);

describe.each([
  ["on disk", () => new Store([], { backend: lmdbBackend(folder) })],
  ["in memory", () => new Store([])],
])("streams %s", (where, make) => {
  let store: Store;
  beforeEach(() => {
    store = make();
  });
  afterEach(() => store.close());

  it("are read by time, forward and backward; late entries find their place, those of one time keep their order", async () => {
    store.append(event("a", 10, "one"), event("a", 20, "two"), event("a", 20, "three"), event("b", 15, "another's"));
    store.append(event("a", 5, "late"));
    await store.stored();
    expect(messages(store, "a")).toEqual(["late", "one", "two", "three"]);
    expect(messages(store, "a", { backward: true })).toEqual(["three", "two", "one", "late"]);
    expect(messages(store, "a", { from: 10, to: 20 })).toEqual(["one"]);
    expect(messages(store, "a", { from: 10, to: 20, backward: true })).toEqual(["one"]);
    expect(messages(store, "nobody's")).toEqual([]);
    expect(store.segments.size("a")?.entries).toBe(4);
    expect(store.segments.size("nobody's")).toBeUndefined();
  });

  it("are written with their transaction or not at all", async () => {
    store.transaction((tx) => {
      tx.log(event("a", 1, "kept"));
      expect(() =>
        tx.savepoint(() => {
          tx.log(event("a", 2, "lost"));
          tx.dropStream("a");
          throw new Error("no");
        }),
      ).toThrow("no");
    });
    await store.stored();
    expect(messages(store, "a")).toEqual(["kept"]);
  });

  it("can be dropped and begun again, in one transaction too", async () => {
    store.append(event("a", 1, "old"), event("b", 1, "stays"));
    await store.stored();
    store.transaction((tx) => {
      tx.log(event("a", 2, "old too"));
      tx.dropStream("a");
      tx.log(event("a", 3, "new"));
    });
    await store.stored();
    expect(messages(store, "a")).toEqual(["new"]);
    expect(messages(store, "b")).toEqual(["stays"]);
  });

  it("are trimmed by age and by size, the oldest first", async () => {
    for (let n = 0; n < 1_200; n++) store.append(event("a", n, "x".repeat(100)));
    store.append(event("b", 0));
    await store.stored();
    await store.segments.trim("a", { from: 700 });
    expect(store.segments.read("a", { limit: 1 })[0]?.time).toBe(700);
    expect(store.segments.size("a")?.entries).toBe(500);
    const { bytes } = store.segments.size("a")!;
    await store.segments.trim("a", { bytes: bytes / 5 });
    expect(store.segments.size("a")!.bytes).toBeLessThanOrEqual(bytes / 5);
    expect(store.segments.size("a")!.entries).toBe(100);
    expect(store.segments.read("a", { limit: 1 })[0]?.time).toBe(1_100);
    await store.segments.trim("a", { from: Infinity });
    expect(store.segments.size("a")?.entries).toBe(0);
    expect(messages(store, "b")).toEqual(["at 0"]);
  });

  it("refuse a name that the disk could not hold, before anything is written", async () => {
    expect(() => store.append(event("x".repeat(501), 0))).toThrow(/1 to 500 bytes/);
    expect(() => store.transaction((tx) => tx.log(event("", 0)))).toThrow(/1 to 500 bytes/);
    await store.stored();
  });

  it("give every entry exactly once, page by page, whatever was appended and however it is read", async () => {
    let run = 0;
    const entry = fc.record({ time: fc.integer({ min: 0, max: 6 }), stream: fc.constantFrom("s", "t") });
    const window = fc.record({ from: fc.option(fc.integer({ min: 0, max: 7 }), { nil: undefined }), to: fc.option(fc.integer({ min: 0, max: 7 }), { nil: undefined }) });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(entry, { maxLength: 6 }), { maxLength: 5 }), window, fc.boolean(), fc.integer({ min: 1, max: 4 }), async (batches, { from = -Infinity, to = Infinity }, backward, limit) => {
        run++;
        const all: (LogEntry & { n: number })[] = [];
        for (const batch of batches) {
          const entries = batch.map(({ time, stream }) => ({ ...event(`${stream}${run}`, time, `${stream}${all.length}`), n: all.length }));
          for (const one of entries) all.push({ ...one, n: all.length, record: { n: all.length } });
          store.append(...all.slice(all.length - entries.length).map(({ stream, time, record }) => ({ stream, time, record })));
        }
        await store.stored();
        const expected = all.filter((one) => one.stream === `s${run}` && one.time >= from && one.time < to).sort((a, b) => a.time - b.time || a.n - b.n).map((one) => one.n);
        const found: number[] = [];
        let after: { time: number; number: number } | undefined;
        for (;;) {
          const page = store.segments.read<{ n: number }>(`s${run}`, { from, to, backward, limit, ...(after ? { after } : {}) });
          expect(page.length).toBeLessThanOrEqual(limit);
          if (page.length === 0) break;
          found.push(...page.map(({ record }) => record.n));
          after = page.at(-1)!;
        }
        expect(found).toEqual(backward ? expected.reverse() : expected);
      }),
      { numRuns: 60 },
    );
  });

  it(`take ten thousand streams in small batches (${where})`, { timeout: 30_000 }, async () => {
    for (let n = 0; n < 30_000; n++) {
      store.append(event(`group/${n % 10_000}`, n));
      if (n % 100 === 0) await store.stored();
    }
    await store.stored();
    expect(store.segments.read("group/777").map(({ time }) => time)).toEqual([777, 10_777, 20_777]);
  });
});

describe("streams on disk", () => {
  it("are there after a restart, also what nobody waited for; what a drop left over is swept", async () => {
    const first = new Store([], { backend: lmdbBackend(folder) });
    first.append(event("a", 1));
    first.appendLater(event("a", 2));
    for (let n = 0; n < 2_000; n++) first.append(event("gone", n));
    first.transaction((tx) => tx.dropStream("gone"));
    await first.close();
    const second = new Store([], { backend: lmdbBackend(folder) });
    expect(messages(second, "a")).toEqual(["at 1", "at 2"]);
    expect(messages(second, "gone")).toEqual([]);
    second.append(event("a", 3));
    await second.stored();
    expect(messages(second, "a", { backward: true, limit: 1 })).toEqual(["at 3"]);
    await second.close();
  });

  it("that are trimmed all the time let the file stay as it is", async () => {
    const store = new Store([], { backend: lmdbBackend(folder) });
    const { size } = await churn(store, 3);
    expect((await churn(store, 6)).size).toBeLessThan(size * 1.5);
    await store.close();
  });
});

/** Appends and trims so many times; gives the file's size. */
async function churn(store: Store, rounds: number): Promise<{ readonly size: number }> {
  const { statSync } = await import("node:fs");
  for (let round = 0; round < rounds; round++) {
    for (let n = 0; n < 2_000; n++) store.append(event("a", n, "x".repeat(200)));
    await store.stored();
    await store.segments.trim("a", { bytes: 100_000 });
  }
  return { size: statSync(join(folder, "data.mdb")).size };
}
