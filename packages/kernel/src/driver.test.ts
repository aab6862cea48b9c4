import { describe, expect, it } from "vitest";
import { virtualClocks } from "./clock.js";
import { Driver } from "./driver.js";
import type { World } from "./operation.js";
import type { Jobs, ReconcileKey, Reconciler, Wake } from "./reconciler.js";
import { Store } from "./store.js";
import { table } from "./table.js";

interface Item {
  readonly id: string;
  readonly value: number;
}
const items = table<Item>()({ name: "test.items", key: (i) => i.id });
const scope = { account: "1", region: "r" };

function setup(...reconcilers: Partial<Reconciler<World>>[]) {
  const store = new Store([items] as never);
  const clocks = virtualClocks(0);
  const errors: unknown[] = [];
  const driver = new Driver<World>({
    store,
    clock: clocks.cloud,
    reconcilers: reconcilers.map((r, index) => ({
      name: `test.${index}`,
      watches: [{ table: "test.items", keys: (record: Item) => [record.id] } as never],
      signals: [],
      judges: false,
      reconcile: () => Promise.resolve(),
      ...r,
    })),
    jobs: () => Promise.resolve({} as Jobs<World>),
    onError: (_name, _key, error) => errors.push(error),
  });
  const put = (id: string, value = 0): void => void store.transaction((tx) => tx.db(scope)(items).put({ id, value }));
  return { store, clocks, driver, put, errors };
}

describe("the reconciler driver", () => {
  it("runs once for many changes of one key, never twice at a time, and again for what changed meanwhile", async () => {
    const runs: number[] = [];
    let running = 0;
    const { driver, store, put } = setup({
      async reconcile(key: ReconcileKey) {
        expect(++running).toBe(1);
        runs.push(store.reader(scope)(items).get(key.id)!.value);
        if (runs.length === 1) put("a", 9);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
      },
    });
    driver.start();
    put("a", 1);
    put("a", 2);
    await driver.idle();
    expect(runs).toEqual([2, 9]);
  });

  it("holds what judges until the rest has converged once", async () => {
    const order: string[] = [];
    const { driver, put } = setup(
      { judges: true, reconcile: async () => void order.push("judged") },
      {
        async reconcile(key: ReconcileKey) {
          await new Promise((resolve) => setImmediate(resolve));
          order.push(`converged ${key.id}`);
        },
      },
    );
    put("a");
    put("b");
    driver.start();
    await driver.ready();
    await driver.idle();
    expect(order).toEqual(["converged a", "converged b", "judged", "judged"]);
  });

  it("wakes when a run asked to, once, and a newer run's wish replaces the older", async () => {
    const runs: number[] = [];
    const { driver, clocks, put } = setup({
      async reconcile(): Promise<Wake | void> {
        runs.push(clocks.cloud.now());
        return runs.length < 4 ? { at: clocks.cloud.now() + 1_000 } : undefined;
      },
    });
    driver.start();
    put("a");
    await driver.idle();
    await clocks.advance(500, () => driver.idle());
    put("a", 1);
    await clocks.advance(10_000, () => driver.idle());
    expect(runs).toEqual([0, 500, 1_500, 2_500]);
  });

  it("tries a failed run again with growing pauses, and other keys don't wait for it", async () => {
    const runs: string[] = [];
    const { driver, clocks, put, errors } = setup({
      async reconcile(key: ReconcileKey) {
        runs.push(`${key.id}@${clocks.cloud.now()}`);
        if (key.id === "bad" && runs.filter((r) => r.startsWith("bad")).length < 4) throw new Error("not yet");
      },
    });
    driver.start();
    put("bad");
    put("good");
    await driver.idle();
    await clocks.advance(60_000, () => driver.idle());
    expect(runs).toEqual(["bad@0", "good@0", "bad@100", "bad@300", "bad@700"]);
    expect(errors).toHaveLength(3);
  });

  it("runs for a signal of the data plane, in the scope where the key is found", async () => {
    const keys: ReconcileKey[] = [];
    const { driver, put } = setup({
      watches: [],
      signals: [{ port: "workloads", keys: (key, find) => [find(items, key)].flatMap((found) => (found ? [{ ...found.scope, id: key }] : [])) }],
      reconcile: async (key: ReconcileKey) => void keys.push(key),
    });
    put("i-1");
    driver.start();
    driver.signal("workloads", "i-1");
    driver.signal("workloads", "unknown");
    driver.signal("networks", "i-1");
    await driver.idle();
    expect(keys).toEqual([{ account: "1", region: "r", id: "i-1" }]);
  });
});
