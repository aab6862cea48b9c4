import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lmdbBackend, readLog } from "./lmdb.js";
import { Store } from "./store.js";
import { table, type Change } from "./table.js";

interface Vpc {
  readonly id: string;
  readonly cidr: string;
  readonly tags?: readonly string[];
}

const vpcs = table<Vpc>()({ name: "test.vpcs", key: (v) => v.id, indexes: { cidr: (v) => v.cidr, tag: (v) => v.tags } });
const tokyo = { account: "1", region: "ap-northeast-1" };
const virginia = { account: "1", region: "us-east-1" };

describe("a transaction", () => {
  it("keeps what it wrote, with its indexes", () => {
    const store = new Store([vpcs] as never);
    store.transaction((tx) => tx.db(tokyo)(vpcs).put({ id: "a", cidr: "10.0.0.0/16", tags: ["x", "y"] }));
    const db = store.reader(tokyo)(vpcs);
    expect(db.get("a")?.cidr).toBe("10.0.0.0/16");
    expect(db.where("tag", "y").map((v) => v.id)).toEqual(["a"]);
    store.transaction((tx) => tx.db(tokyo)(vpcs).put({ id: "a", cidr: "10.1.0.0/16" }));
    expect(db.where("tag", "y")).toEqual([]);
    expect(db.where("cidr", "10.0.0.0/16")).toEqual([]);
    expect(store.reader(virginia)(vpcs).list()).toEqual([]);
  });

  it("undoes everything when it throws, a savepoint exactly its own part", () => {
    const store = new Store([vpcs] as never);
    store.transaction((tx) => {
      const db = tx.db(tokyo)(vpcs);
      db.put({ id: "kept", cidr: "a" });
      expect(() =>
        tx.savepoint(() => {
          db.put({ id: "kept", cidr: "b" });
          db.put({ id: "lost", cidr: "c" });
          throw new Error("no");
        }),
      ).toThrow("no");
    });
    const db = store.reader(tokyo)(vpcs);
    expect(db.list()).toEqual([{ id: "kept", cidr: "a" }]);
    expect(() =>
      store.transaction((tx) => {
        tx.db(tokyo)(vpcs).delete("kept");
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(db.where("cidr", "a").map((v) => v.id)).toEqual(["kept"]);
  });

  it("refuses a body that returns a promise, and writes outside of it", () => {
    const store = new Store([vpcs] as never);
    expect(() => store.transaction((tx) => Promise.resolve(tx.db(tokyo)(vpcs).put({ id: "a", cidr: "" })))).toThrow(/synchronous/);
    expect(store.reader(tokyo)(vpcs).list()).toEqual([]);
    const writer = store.transaction((tx) => tx.db(tokyo)(vpcs));
    expect(() => writer.put({ id: "a", cidr: "" })).toThrow(/outside a transaction/);
  });

  it("freezes records all the way down", () => {
    const store = new Store([vpcs] as never);
    const put = store.transaction((tx) => tx.db(tokyo)(vpcs).put({ id: "a", cidr: "", tags: ["x"] }));
    expect(() => (put.tags as string[]).push("y")).toThrow();
  });

  it("tells watchers each record once, with what it was and what it is", () => {
    const store = new Store([vpcs] as never);
    const seen: Change[] = [];
    store.onCommit((changes) => seen.push(...changes));
    store.transaction((tx) => {
      const db = tx.db(tokyo)(vpcs);
      db.put({ id: "a", cidr: "1" });
      db.put({ id: "a", cidr: "2" });
      db.put({ id: "b", cidr: "3" });
      db.delete("b");
    });
    expect(seen).toEqual([{ table: "test.vpcs", scope: tokyo, key: "a", before: undefined, after: { id: "a", cidr: "2" } }]);
  });

  it("behaves like a map with undo, whatever is done", () => {
    const step = fc.record({ key: fc.constantFrom("a", "b", "c"), cidr: fc.constantFrom("1", "2"), what: fc.constantFrom("put", "delete", "fail") });
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 8 }), (transactions) => {
        const store = new Store([vpcs] as never);
        let model = new Map<string, Vpc>();
        for (const steps of transactions) {
          const next = new Map(model);
          try {
            store.transaction((tx) => {
              const db = tx.db(tokyo)(vpcs);
              for (const { key, cidr, what } of steps) {
                if (what === "fail") throw new Error("fail");
                if (what === "put") next.set(key, db.put({ id: key, cidr }));
                else expect(db.delete(key)).toBe(next.delete(key));
              }
            });
            model = next;
          } catch (error) {
            expect((error as Error).message).toBe("fail");
          }
          const db = store.reader(tokyo)(vpcs);
          expect(new Map(db.list().map((v) => [v.id, v]))).toEqual(model);
          for (const cidr of ["1", "2"]) {
            expect(new Set(db.where("cidr", cidr))).toEqual(new Set([...model.values()].filter((v) => v.cidr === cidr)));
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("the durable store", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "store-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("gives back every record, log entry and the sequence after it was closed", async () => {
    const first = new Store([vpcs] as never, { backend: lmdbBackend(folder) });
    first.transaction((tx) => {
      tx.db(tokyo)(vpcs).put({ id: "a", cidr: "10.0.0.0/16", tags: ["x"] });
      tx.db(virginia)(vpcs).put({ id: "b", cidr: "10.1.0.0/16" });
      tx.log({ log: "audit", entry: { eventName: "CreateVpc" } });
    });
    first.transaction((tx) => tx.db(tokyo)(vpcs).delete("a"));
    await first.close();
    const second = new Store([vpcs] as never, { backend: lmdbBackend(folder) });
    expect(second.reader(tokyo)(vpcs).list()).toEqual([]);
    expect(second.reader(virginia)(vpcs).where("cidr", "10.1.0.0/16").map((v) => v.id)).toEqual(["b"]);
    expect(second.sequence).toBe(2);
    await second.close();
    expect([...readLog(folder, "audit")]).toEqual([{ eventName: "CreateVpc" }]);
  });

  it("upgrades records of an older version, and refuses a newer one", async () => {
    const store = new Store([vpcs] as never, { backend: lmdbBackend(folder) });
    store.transaction((tx) => tx.db(tokyo)(vpcs).put({ id: "a", cidr: "10.0.0.0/16" }));
    await store.close();
    const newer = table<{ id: string; cidrs: string[] }>()({
      name: "test.vpcs",
      version: 2,
      key: (v) => v.id,
      upgrades: { 1: (old: Vpc) => ({ id: old.id, cidrs: [old.cidr] }) },
    });
    const upgraded = new Store([newer] as never, { backend: lmdbBackend(folder) });
    expect(upgraded.reader(tokyo)(newer).get("a")).toEqual({ id: "a", cidrs: ["10.0.0.0/16"] });
    await upgraded.close();
    expect(() => new Store([vpcs] as never, { backend: lmdbBackend(folder) })).toThrow(/newer Hakoniwa/);
  });
});
