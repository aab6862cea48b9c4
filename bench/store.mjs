/** What the store's promises cost: a commit until it is kept, and a start with many records. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Store, table } from "@hakoniwa/kernel";
import { lmdbBackend } from "@hakoniwa/kernel/lmdb";
import { at, print } from "./figures.mjs";

const RECORDS = 50_000;
const COMMITS = 5_000;
const scope = { account: "123456789012", region: "ap-northeast-1" };
const things = table()({ name: "bench.things", key: (thing) => thing.id, indexes: { group: (thing) => thing.group } });
const thing = (n, text = "x".repeat(300)) => ({ id: `thing-${n}`, group: `group-${n % 1000}`, text, tags: [{ key: "Name", value: `thing ${n}` }], created: n });

export async function store() {
  for (const [durability, commits, budget] of [["process", COMMITS, 1], ["power", 200, 50]]) {
    const folder = mkdtempSync(join(tmpdir(), "bench-store-"));
    const first = new Store([things], { backend: lmdbBackend(folder, durability) });
    for (let n = 0; n < RECORDS; n += 1000) first.transaction((tx) => Array.from({ length: 1000 }, (_, at) => tx.db(scope)(things).put(thing(n + at))));
    await first.stored();
    const times = [];
    for (let n = 0; n < commits; n++) {
      const began = performance.now();
      first.transaction((tx) => {
        tx.db(scope)(things).put(thing((n * 7919) % RECORDS, `changed ${n}`));
        tx.log({ stream: "audit", time: n, record: { eventName: "ChangeThing", requestParameters: { n } } });
      });
      await first.stored();
      times.push(performance.now() - began);
    }
    print(`a commit until it is kept (${durability}), p99`, at(times, 0.99), budget, { note: `p50 ${at(times, 0.5).toFixed(3)} ms` });
    await first.close();
    if (durability === "process") {
      const began = performance.now();
      const second = new Store([things], { backend: lmdbBackend(folder, durability) });
      print("the store opens with 50,000 records", performance.now() - began, 1000);
      await second.close();
    }
    rmSync(folder, { recursive: true, force: true });
  }
}
