import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lmdbBackend } from "./lmdb.js";
import { Store } from "./store.js";
import { table } from "./table.js";

interface Item {
  readonly id: string;
  readonly commit: number;
}
const items = table<Item>()({ name: "test.items", key: (i) => i.id });
const scope = { account: "1", region: "r" };
const built = (name: string): string => JSON.stringify(fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url)));

/** A program on the build, as it is a process of its own. */
const program = (body: string): string => `
  import { writeSync } from "node:fs";
  import { Store } from ${built("store")};
  import { lmdbBackend } from ${built("lmdb")};
  import { table } from ${built("table")};
  ${body}`;

/** For ever: replaces one record, adds one, takes away an older and logs; says each commit's number when it is acknowledged. */
const writer = (folder: string, from: number): string =>
  program(`
  const items = table()({ name: "test.items", key: (i) => i.id });
  const store = new Store([items], { backend: lmdbBackend(${JSON.stringify(folder)}) });
  for (let n = ${from}; ; n++) {
    store.transaction((tx) => {
      const db = tx.db({ account: "1", region: "r" })(items);
      db.put({ id: "latest", commit: n });
      db.put({ id: "n" + n, commit: n });
      db.delete("n" + (n - 5));
      tx.log({ stream: "log", time: n, record: { commit: n } });
    });
    await store.stored();
    writeSync(1, n + "\\n");
    if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
  }`);

/** Runs a program and kills it so long after its first word. Resolves with all it said. */
function killed(source: string, heard: (said: string) => number | undefined): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    let dying = false;
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const delay = dying ? undefined : heard(said);
      if (delay === undefined) return;
      dying = true;
      if (delay === 0) child.kill("SIGKILL");
      else setTimeout(() => child.kill("SIGKILL"), delay);
    });
    child.once("close", () => resolve(said));
  });
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "durability-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const KILLS = 200;
/** As many side by side as most machines have processors. */
const LINES = 2;

it(`${KILLS} SIGKILLs under a stream of writes lose nothing that was acknowledged, and leave no half of a commit`, { timeout: 180_000 }, async () => {
  const line = async (home: string): Promise<number> => {
    let acknowledged = 0;
    for (let round = 0; round < KILLS / LINES; round++) {
      const said = await killed(writer(home, acknowledged + 1), () => round % 4);
      const numbers = said.split("\n").slice(0, -1).map(Number);
      expect(numbers.length).toBeGreaterThan(0);
      const store = new Store([items] as never, { backend: lmdbBackend(home) });
      const db = store.reader(scope)(items);
      const latest = db.get("latest")!.commit;
      // The last one may be kept although nobody could be told any more.
      expect(latest).toBeGreaterThanOrEqual(numbers.at(-1)!);
      const kept = Array.from({ length: Math.min(5, latest) }, (_, back) => `n${latest - back}`);
      expect(new Set(db.list().map((item) => item.id))).toEqual(new Set(["latest", ...kept]));
      expect(store.segments.read<{ commit: number }>("log", { backward: true, limit: 1 })).toMatchObject([{ record: { commit: latest } }]);
      expect(store.segments.size("log")?.entries).toBe(latest);
      expect(store.sequence).toBe(latest);
      await store.close();
      acknowledged = latest;
    }
    return acknowledged;
  };
  const commits = await Promise.all(Array.from({ length: LINES }, (_, at) => line(join(folder, String(at)))));
  expect(Math.min(...commits)).toBeGreaterThan(KILLS);
});

describe("an upgrade of the store", { timeout: 60_000 }, () => {
  const RECORDS = 2_000;
  const old = table<Item>()({ name: "test.items", key: (i) => i.id });
  const newer = table<{ id: string; commits: readonly number[] }>()({
    name: "test.items",
    version: 2,
    key: (i) => i.id,
    upgrades: { 1: ({ id, commit }: Item) => ({ id, commits: [commit] }) },
  });
  /** The newer program, which stops for good in the middle of its upgrade, after so many records. */
  const upgrading = (reached: number): string =>
    program(`
  let n = 0;
  const stop = () => {
    writeSync(1, "half-way\\n");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  };
  const upgrades = { 1: ({ id, commit }) => (++n === ${reached} && stop(), { id, commits: [commit] }) };
  const items = table()({ name: "test.items", version: 2, key: (i) => i.id, upgrades });
  new Store([items], { backend: lmdbBackend(${JSON.stringify(folder)}) });`);

  it("that is killed half-way has changed nothing, and the next start carries it out", async () => {
    const store = new Store([old] as never, { backend: lmdbBackend(folder) });
    store.transaction((tx) => {
      for (let n = 0; n < RECORDS; n++) tx.db(scope)(old).put({ id: `n${n}`, commit: n });
    });
    await store.close();
    for (const reached of [1, 200, 1_000, RECORDS]) {
      expect(await killed(upgrading(reached), () => 0)).toBe("half-way\n");
      const before = new Store([old] as never, { backend: lmdbBackend(folder) });
      expect(before.reader(scope)(old).list().filter((item) => typeof item.commit === "number")).toHaveLength(RECORDS);
      await before.close();
    }
    const after = new Store([newer] as never, { backend: lmdbBackend(folder) });
    expect(after.reader(scope)(newer).get("n7")).toEqual({ id: "n7", commits: [7] });
    expect(after.reader(scope)(newer).list().filter((item) => item.commits.length === 1)).toHaveLength(RECORDS);
    await after.close();
  });
});
