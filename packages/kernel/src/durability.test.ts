import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { lmdbBackend } from "./lmdb.js";
import { Store } from "./store.js";
import { table } from "./table.js";

const items = table<{ id: string }>()({ name: "test.items", key: (i) => i.id });
const built = (name: string): string => JSON.stringify(fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url)));

/** Writes for ever, and says each id when it is acknowledged. Runs on the build, as it is a process of its own. */
const writer = (folder: string, from: number): string => `
  import { Store } from ${built("store")};
  import { lmdbBackend } from ${built("lmdb")};
  import { table } from ${built("table")};
  const items = table()({ name: "test.items", key: (i) => i.id });
  const store = new Store([items], { backend: lmdbBackend(${JSON.stringify(folder)}) });
  for (let n = ${from}; ; n++) {
    store.transaction((tx) => tx.db({ account: "1", region: "r" })(items).put({ id: String(n) }));
    await store.stored();
    console.log(n);
  }`;

it("a SIGKILL at any moment loses nothing that was acknowledged", async () => {
  const folder = mkdtempSync(join(tmpdir(), "durability-"));
  try {
    let last = -1;
    for (let round = 0; round < 12; round++) {
      const child = spawn(process.execPath, ["--input-type=module", "-e", writer(folder, last + 1)], { stdio: ["ignore", "pipe", "inherit"] });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      const stopAt = last + 1 + round * 7;
      for await (const line of createInterface({ input: child.stdout })) {
        last = Number(line);
        if (last >= stopAt) child.kill("SIGKILL");
      }
      await ended;
      const store = new Store([items] as never, { backend: lmdbBackend(folder) });
      const found = new Set(store.reader({ account: "1", region: "r" })(items).list().map((i) => i.id));
      await store.close();
      for (let n = 0; n <= last; n++) expect(found.has(String(n))).toBe(true);
      last = Math.max(last, found.size - 1);
    }
    expect(last).toBeGreaterThan(50);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
