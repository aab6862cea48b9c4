import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lmdbBackend } from "./lmdb.js";
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

describe("waiting for what is stored", () => {
  it("waits for nothing when nothing is on its way, and for its own commit when there is", async () => {
    let keep!: () => void;
    const written = new Promise<void>((resolve) => (keep = resolve));
    const store = new Store([vpcs] as never, { backend: { load: () => ({ records: [], sequence: 0 }), write: () => written, close: () => Promise.resolve() } });
    const order: string[] = [];
    const idle = store.stored().then(() => order.push("idle"));
    await idle;
    store.transaction((tx) => tx.db(tokyo)(vpcs).put({ id: "a", cidr: "" }));
    const waiting = store.stored().then(() => order.push("stored"));
    await new Promise((resolve) => setImmediate(resolve));
    order.push("later");
    keep();
    await waiting;
    expect(order).toEqual(["idle", "later", "stored"]);
  });

  it("once closed refuses everything as AWS does when it can't serve, and the cloud need not stop for it", async () => {
    const store = new Store([vpcs] as never);
    await store.close();
    expect(() => store.transaction((tx) => tx.db(tokyo)(vpcs).put({ id: "a", cidr: "" }))).toThrow(expect.objectContaining({ code: "ServiceUnavailable", status: 503 }));
    expect(() => store.append({ stream: "s", time: 0, record: {} })).toThrow(/stopped or reset/);
    expect(store.reader(tokyo)(vpcs).list()).toEqual([]);
  });

  it("refuses a key that the disk could not hold, with the whole transaction, and goes on", async () => {
    const store = new Store([vpcs] as never);
    expect(() =>
      store.transaction((tx) => {
        tx.db(tokyo)(vpcs).put({ id: "a", cidr: "" });
        tx.db(tokyo)(vpcs).put({ id: "é".repeat(1_000), cidr: "" });
      }),
    ).toThrow(/2000 bytes/);
    expect(store.reader(tokyo)(vpcs).list()).toEqual([]);
  });
});

describe.each(["process", "power"] as const)("the durable store that survives a cut of the %s", (durability) => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "store-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("gives back every record, log entry and the sequence after it was closed", async () => {
    const first = new Store([vpcs] as never, { backend: lmdbBackend(folder, durability) });
    first.transaction((tx) => {
      tx.db(tokyo)(vpcs).put({ id: "a", cidr: "10.0.0.0/16", tags: ["x"] });
      tx.db(virginia)(vpcs).put({ id: "b", cidr: "10.1.0.0/16" });
      tx.log({ stream: "audit", time: 1, record: { eventName: "CreateVpc" } });
    });
    first.transaction((tx) => tx.db(tokyo)(vpcs).delete("a"));
    await first.close();
    const second = new Store([vpcs] as never, { backend: lmdbBackend(folder, durability) });
    expect(second.reader(tokyo)(vpcs).list()).toEqual([]);
    expect(second.reader(virginia)(vpcs).where("cidr", "10.1.0.0/16").map((v) => v.id)).toEqual(["b"]);
    expect(second.sequence).toBe(2);
    expect(second.segments.read("audit")).toEqual([{ time: 1, number: 0, record: { eventName: "CreateVpc" } }]);
    await second.close();
  });

  it("upgrades records of an older version, and refuses a newer one", async () => {
    const store = new Store([vpcs] as never, { backend: lmdbBackend(folder, durability) });
    store.transaction((tx) => tx.db(tokyo)(vpcs).put({ id: "a", cidr: "10.0.0.0/16" }));
    await store.close();
    const newer = table<{ id: string; cidrs: string[] }>()({
      name: "test.vpcs",
      version: 2,
      key: (v) => v.id,
      upgrades: { 1: (old: Vpc) => ({ id: old.id, cidrs: [old.cidr] }) },
    });
    const upgraded = new Store([newer] as never, { backend: lmdbBackend(folder, durability) });
    expect(upgraded.reader(tokyo)(newer).get("a")).toEqual({ id: "a", cidrs: ["10.0.0.0/16"] });
    await upgraded.close();
    expect(() => new Store([vpcs] as never, { backend: lmdbBackend(folder, durability) })).toThrow(/newer Hakoniwa \(test.vpcs version 2, this one knows 1\).*--data-dir/);
  });

  it("gives an upgraded record its new key, and passes it through every version between", async () => {
    const store = new Store([vpcs] as never, { backend: lmdbBackend(folder, durability) });
    store.transaction((tx) => ["a", "b"].forEach((id) => tx.db(tokyo)(vpcs).put({ id, cidr: "10.0.0.0/16" })));
    await store.close();
    const third = table<{ arn: string; steps: string }>()({
      name: "test.vpcs",
      version: 3,
      key: (v) => v.arn,
      upgrades: { 1: (old: Vpc) => ({ ...old, steps: "1" }), 2: (old: { id: string; steps: string }) => ({ arn: `arn:${old.id}`, steps: `${old.steps}2` }) },
    });
    for (const _again of [1, 2]) {
      const upgraded = new Store([third] as never, { backend: lmdbBackend(folder, durability) });
      expect(upgraded.reader(tokyo)(third).list()).toEqual([{ arn: "arn:a", steps: "12" }, { arn: "arn:b", steps: "12" }]);
      await upgraded.close();
    }
  });

  it("upgrades all or nothing: when a record can't be, the data stays as it was, for the program that wrote it", async () => {
    const store = new Store([vpcs] as never, { backend: lmdbBackend(folder, durability) });
    store.transaction((tx) => ["a", "b", "c"].forEach((id) => tx.db(tokyo)(vpcs).put({ id, cidr: id })));
    await store.close();
    const upgrades = { 1: (old: Vpc) => { if (old.id === "c") throw new Error("no way up"); return { ...old, cidr: "changed" }; } };
    const newer = table<Vpc>()({ name: "test.vpcs", version: 2, key: (v) => v.id, upgrades });
    expect(() => new Store([newer] as never, { backend: lmdbBackend(folder, durability) })).toThrow("no way up");
    const older = new Store([vpcs] as never, { backend: lmdbBackend(folder, durability) });
    expect(older.reader(tokyo)(vpcs).list().map((v) => v.cidr)).toEqual(["a", "b", "c"]);
    await older.close();
  });

  it("keeps a transaction whole: when one write of it can't be kept, none is", async () => {
    const backend = lmdbBackend(folder, durability);
    backend.load([vpcs] as never);
    const change = (key: string) => ({ table: "test.vpcs", scope: tokyo, key, before: undefined, after: { id: key, cidr: "" } });
    await expect(backend.write({ sequence: 1, changes: [change("a"), change("x".repeat(3_000))], logs: [] })).rejects.toThrow(/could not be written/);
    await backend.close();
    const store = new Store([vpcs] as never, { backend: lmdbBackend(folder, durability) });
    expect([store.sequence, store.reader(tokyo)(vpcs).list()]).toEqual([0, []]);
    await store.close();
  });

  it("does not grow when one record changes all the time", { timeout: 60_000 }, async () => {
    const store = new Store([vpcs] as never, { backend: lmdbBackend(folder, durability) });
    const bytes = () => statSync(join(folder, "data.mdb")).size;
    const change = async (times: number) => {
      for (let n = 0; n < times; n++) {
        store.transaction((tx) => tx.db(tokyo)(vpcs).put({ id: "a", cidr: "10.0.0.0/16", tags: [String(n), "x".repeat(500)] }));
        if (n % 10 === 0) await store.stored();
      }
      await store.stored();
    };
    // A power cut's store waits for the disk each time: fewer rounds show the same.
    const rounds = durability === "power" ? 300 : 20_000;
    await change(rounds / 10);
    const before = bytes();
    await change(rounds);
    expect(bytes()).toBeLessThan(before + 200_000);
    await store.close();
  });
});
