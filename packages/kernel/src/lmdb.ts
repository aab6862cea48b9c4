/** The durable store: one LMDB environment in the data directory. */
import { open, type RootDatabase } from "lmdb";
import type { Backend, Commit, StoredRecord } from "./store.js";
import type { Table } from "./table.js";

type Database = RootDatabase<unknown, (string | number)[]>;
type RecordKey = ["record", table: string, account: string, region: string, key: string];

/**
 * @param path the folder of the environment; made when missing
 * @param durability `process` survives a SIGKILL of any process, `power` a power cut too (it waits for the disk)
 */
export function lmdbBackend(path: string, durability: "process" | "power" = "process"): Backend {
  const db: Database = open({ path, noSync: durability === "process", compression: false });
  let queue: { readonly commit: Commit; readonly done: () => void; readonly failed: (error: Error) => void }[] = [];
  let flushing = false;

  const put = (commit: Commit): void => {
    for (const change of commit.changes) {
      const key: RecordKey = ["record", change.table, change.scope.account, change.scope.region, change.key];
      if (change.after) void db.put(key, change.after);
      else void db.remove(key);
    }
    commit.logs.forEach((entry, index) => void db.put(["log", entry.log, commit.sequence, index], entry.entry));
    void db.put(["meta", "sequence"], commit.sequence);
  };

  // Commits that arrive while one batch is being written go into the next batch together.
  const flush = async (): Promise<void> => {
    flushing = true;
    while (queue.length > 0) {
      const batch = queue;
      queue = [];
      try {
        await db.transaction(() => batch.forEach((entry) => put(entry.commit)));
        batch.forEach((entry) => entry.done());
      } catch (error) {
        const reason = new Error(`the state could not be written to ${path}: ${(error as Error).message}`, { cause: error });
        batch.forEach((entry) => entry.failed(reason));
      }
    }
    flushing = false;
  };

  return {
    load(tables) {
      upgrade(db, tables);
      return { records: recordsOf(db, tables), sequence: (db.get(["meta", "sequence"]) as number | undefined) ?? 0 };
    },
    write: (commit) =>
      new Promise((done, failed) => {
        queue.push({ commit, done, failed });
        if (!flushing) queueMicrotask(() => void (flushing || flush()));
      }),
    close: () => db.close(),
  };
}

function* recordsOf(db: Database, tables: readonly Table<object>[]): Iterable<StoredRecord> {
  for (const table of tables) {
    for (const { key, value } of under(db, "record", table.name)) {
      const [, name, account, region, id] = key as RecordKey;
      yield { table: name, scope: { account, region }, key: id, record: value as object };
    }
  }
}

/** Everything whose key begins with these two parts, in order. */
function* under(db: Database, kind: string, name: string): Iterable<{ readonly key: (string | number)[]; readonly value: unknown }> {
  for (const entry of db.getRange({ start: [kind, name] })) {
    if (entry.key[0] !== kind || entry.key[1] !== name) return;
    yield entry;
  }
}

/** Brings every table to the version that the program has, all in one LMDB transaction: interrupted, nothing has happened. */
function upgrade(db: Database, tables: readonly Table<object>[]): void {
  db.transactionSync(() => {
    for (const table of tables) {
      const stored = (db.get(["meta", "version", table.name]) as number | undefined) ?? table.version;
      if (stored > table.version) {
        throw new Error(`the data directory was written by a newer Hakoniwa (${table.name} version ${stored}, this one knows ${table.version})`);
      }
      for (let version = stored; version < table.version; version++) {
        const step = table.upgrades[version] as ((old: unknown) => unknown) | undefined;
        if (!step) throw new Error(`${table.name} has no upgrade from version ${version}`);
        for (const { key, value } of Array.from(under(db, "record", table.name))) {
          db.putSync(key, step(value));
        }
      }
      db.putSync(["meta", "version", table.name], table.version);
    }
  });
}

/** Reads a log back, oldest first. */
export function* readLog(path: string, log: string): Iterable<object> {
  const db: Database = open({ path, readOnly: true });
  try {
    for (const { value } of under(db, "log", log)) yield value as object;
  } finally {
    void db.close();
  }
}
