/** The durable store: one LMDB environment in the data directory. */
import { open, type RootDatabase } from "lmdb";
import { lmdbSegments } from "./lmdb-segments.js";
import type { LogEntry } from "./segments.js";
import type { Backend, Commit, StoredRecord } from "./store.js";
import type { Table } from "./table.js";

type Database = RootDatabase<unknown, (string | number)[]>;
type RecordKey = ["record", table: string, account: string, region: string, key: string];

/** How long entries that nobody waits for may wait for each other, in real milliseconds, and how many of them. */
const LATER = 500;
const MANY = 1_000;

interface Work {
  readonly run: () => void;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

/**
 * @param path the folder of the environment; made when missing
 * @param durability `process` survives a SIGKILL of any process, `power` a power cut too (it waits for the disk)
 */
export function lmdbBackend(path: string, durability: "process" | "power" = "process"): Backend {
  const db: Database = open({ path, noSync: durability === "process", overlappingSync: false, compression: false });
  let queue: Work[] = [];
  let flushing = false;

  // Everything asked for in one turn goes into one transaction. A synchronous one: it takes a tenth of the time of one in LMDB's
  // own thread, and when it throws nothing of it is kept.
  const flush = (): void => {
    flushing = false;
    const batch = queue;
    queue = [];
    try {
      db.transactionSync(() => batch.forEach(({ run }) => run()));
    } catch (error) {
      const reason = new Error(`the state could not be written to ${path}: ${(error as Error).message}`, { cause: error });
      batch.forEach(({ failed }) => failed(reason));
      return;
    }
    batch.forEach(({ done }) => done());
  };
  const transact = (run: () => void): Promise<void> =>
    new Promise((done, failed) => {
      queue.push({ run, done, failed });
      if (flushing) return;
      flushing = true;
      // Whoever waits for the disk waits once for all of a turn.
      if (durability === "power") setImmediate(flush);
      else queueMicrotask(flush);
    });

  const segments = lmdbSegments(db, transact);
  let later: LogEntry[] = [];
  let timer: NodeJS.Timeout | undefined;
  const keepLater = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const entries = later;
    later = [];
    return entries.length === 0 ? Promise.resolve() : transact(() => segments.write(entries));
  };

  return {
    load(tables) {
      upgrade(db, tables);
      return { records: recordsOf(db, tables), sequence: (db.get(["meta", "sequence"]) as number | undefined) ?? 0 };
    },
    async write(commit) {
      await transact(() => put(db, commit, segments.write));
      // Nobody waits for it, and what is left over is found at the next drop.
      if (commit.logs.some((step) => "dropped" in step)) segments.sweep().catch(() => undefined);
    },
    segments: {
      ...segments,
      appendLater(entry, failed) {
        later.push(entry);
        if (later.length >= MANY) keepLater().catch(failed);
        else timer ??= setTimeout(() => void keepLater().catch(failed), LATER).unref();
      },
    },
    async close() {
      await keepLater();
      await db.close();
    },
  };
}

function put(db: Database, commit: Commit, log: (steps: Commit["logs"]) => void): void {
  for (const change of commit.changes) {
    const key: RecordKey = ["record", change.table, change.scope.account, change.scope.region, change.key];
    if (change.after) db.putSync(key, change.after);
    else db.removeSync(key);
  }
  log(commit.logs);
  db.putSync(["meta", "sequence"], commit.sequence);
}

function* recordsOf(db: Database, tables: readonly Table<object>[]): Iterable<StoredRecord> {
  for (const table of tables) {
    for (const { key, value } of recordsUnder(db, table.name)) {
      const [, name, account, region, id] = key;
      yield { table: name, scope: { account, region }, key: id, record: value };
    }
  }
}

/** Every record of one table, in the order of its key. */
function* recordsUnder(db: Database, table: string): Iterable<{ readonly key: RecordKey; readonly value: object }> {
  for (const { key, value } of db.getRange({ start: ["record", table] })) {
    if (key[0] !== "record" || key[1] !== table) return;
    yield { key: key as RecordKey, value: value as object };
  }
}

/** Brings every table to the version that the program has, all in one LMDB transaction: interrupted, nothing has happened. */
function upgrade(db: Database, tables: readonly Table<object>[]): void {
  db.transactionSync(() => {
    for (const table of tables) {
      const stored = (db.get(["meta", "version", table.name]) as number | undefined) ?? table.version;
      if (stored > table.version) {
        throw new Error(`the data directory was written by a newer Hakoniwa (${table.name} version ${stored}, this one knows ${table.version}): use that one, or another directory with --data-dir`);
      }
      if (stored < table.version) upgradeTable(db, table, stored);
      db.putSync(["meta", "version", table.name], table.version);
    }
  });
}

function upgradeTable(db: Database, table: Table<object>, stored: number): void {
  // All are read before the first is written: a record may get another key.
  for (const { key, value } of Array.from(recordsUnder(db, table.name))) {
    let record: unknown = value;
    for (let version = stored; version < table.version; version++) {
      const step = table.upgrades[version] as ((old: unknown) => unknown) | undefined;
      if (!step) throw new Error(`${table.name} has no upgrade from version ${version}`);
      record = step(record);
    }
    const [kind, name, account, region, id] = key;
    const newId = table.key(record as object);
    if (newId !== id) db.removeSync(key);
    db.putSync([kind, name, account, region, newId], record);
  }
}
