/** All state: tables in memory, changed in transactions, each commit numbered and handed to the durable backend. */
import type { Change, Database, Reader, Scope, Table, TableWriter } from "./table.js";

/** What keeps commits across a crash. `@hakoniwa/kernel/lmdb` is the real one; without one the store forgets. */
export interface Backend {
  /** Every stored record, and the highest sequence. */
  load(tables: readonly Table<object>[]): { readonly records: Iterable<StoredRecord>; readonly sequence: number };
  /** Keeps the commit. Resolves when no crash of this process can lose it; commits become durable in the order given. */
  write(commit: Commit): Promise<void>;
  close(): Promise<void>;
}

export interface StoredRecord {
  readonly table: string;
  readonly scope: Scope;
  readonly key: string;
  readonly record: object;
}

export interface Commit {
  readonly sequence: number;
  readonly changes: readonly Change[];
  /** Entries for append-only logs, e.g. the audit records of what the commit did. */
  readonly logs: readonly LogEntry[];
}

export interface LogEntry {
  readonly log: string;
  readonly entry: object;
}

export interface Transaction {
  db(scope: Scope): Database;
  /** Runs `part`; if it throws, exactly what it wrote is undone, and the error goes on. */
  savepoint<T>(part: () => T): T;
  /** Appends to a log together with this transaction. A rollback drops it. */
  log(entry: LogEntry): void;
}

interface TableState {
  readonly definition: Table<object>;
  readonly records: Map<string, object>;
  readonly indexes: Map<string, Map<string, Set<string>>>;
}

interface Undo {
  readonly state: TableState;
  readonly scope: Scope;
  readonly key: string;
  readonly before: object | undefined;
}

export class Store {
  readonly #tables = new Map<string, Table<object>>();
  readonly #scopes = new Map<string, { readonly scope: Scope; readonly tables: Map<string, TableState> }>();
  readonly #listeners: ((changes: readonly Change[]) => void)[] = [];
  readonly #backend: Backend | undefined;
  readonly #fail: (error: Error) => void;
  #open: { readonly undo: Undo[]; readonly logs: LogEntry[] } | undefined;
  #sequence = 0;
  #stored = 0;
  readonly #waiting: { readonly sequence: number; readonly resolve: () => void }[] = [];

  /** @param options.onFailure is told when a commit could not be kept: the cloud must stop, as it can no longer hold its word. */
  constructor(tables: readonly Table<never>[], options: { readonly backend?: Backend; readonly onFailure?: (error: Error) => void } = {}) {
    this.#backend = options.backend;
    this.#fail =
      options.onFailure ??
      ((error) => {
        throw error;
      });
    for (const table of tables as unknown as Table<object>[]) {
      if (this.#tables.has(table.name)) throw new Error(`two tables are named ${table.name}`);
      this.#tables.set(table.name, table);
    }
    if (!this.#backend) return;
    const loaded = this.#backend.load([...this.#tables.values()]);
    for (const stored of loaded.records) {
      this.#set(this.#state(stored.scope, stored.table), stored.key, deepFreeze(stored.record));
    }
    this.#sequence = this.#stored = loaded.sequence;
  }

  /** The number of the latest commit. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Every scope that holds, or held, a record. */
  scopes(): readonly Scope[] {
    return [...this.#scopes.values()].map((entry) => entry.scope);
  }

  /** A live view of one scope. */
  reader(scope: Scope): Reader {
    return this.#database(scope);
  }

  /** Every record of one table in one scope; of all tables for `*`. */
  all(scope: Scope, table: string): readonly object[] {
    const states = this.#scopes.get(`${scope.account}/${scope.region}`)?.tables;
    if (!states) return [];
    if (table !== "*") return [...(states.get(table)?.records.values() ?? [])];
    return [...states.values()].flatMap((state) => [...state.records.values()]);
  }

  /** The first scope whose table holds the key: for names that are unique across scopes, such as an instance's id. */
  find<R extends object, Index extends string>(table: Table<R, Index>, key: string): { readonly scope: Scope; readonly record: R } | undefined {
    for (const { scope, tables } of this.#scopes.values()) {
      const record = tables.get(table.name)?.records.get(key);
      if (record) return { scope, record: record as R };
    }
    return undefined;
  }

  /** Calls back after every commit, in order, before anyone who waits for the commit goes on. */
  onCommit(listener: (changes: readonly Change[]) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Runs `body` and commits, or rolls everything back if it throws. Inside another transaction it joins it under a
   * savepoint. `body` must be synchronous: one that returns a promise is refused and rolled back.
   */
  transaction<T>(body: (tx: Transaction) => T): T {
    if (this.#open) return this.#savepoint(() => this.#checked(body));
    this.#open = { undo: [], logs: [] };
    let value: T;
    try {
      value = this.#checked(body);
    } catch (error) {
      this.#rollback(0);
      this.#open = undefined;
      throw error;
    }
    const { undo, logs } = this.#open;
    this.#open = undefined;
    this.#commit(undo, logs);
    return value;
  }

  /** Appends to a log outside any transaction: what failed or was denied leaves its record too. */
  append(entry: LogEntry): void {
    this.#commit([], [entry]);
  }

  /** Resolves when every commit up to `sequence` is kept. */
  stored(sequence: number = this.#sequence): Promise<void> {
    if (sequence <= this.#stored) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ sequence, resolve }));
  }

  async close(): Promise<void> {
    await this.stored();
    await this.#backend?.close();
  }

  #checked<T>(body: (tx: Transaction) => T): T {
    const value = body({
      db: (scope) => this.#database(scope),
      savepoint: (part) => this.#savepoint(part),
      log: (entry) => void this.#open!.logs.push(entry),
    });
    if (value instanceof Promise) throw new Error("a transaction must be synchronous, but its body returned a promise");
    return value;
  }

  #savepoint<T>(part: () => T): T {
    const { undo, logs } = this.#open!;
    const marks = [undo.length, logs.length] as const;
    try {
      return part();
    } catch (error) {
      this.#rollback(marks[0]);
      logs.length = marks[1];
      throw error;
    }
  }

  #rollback(mark: number): void {
    const { undo } = this.#open!;
    while (undo.length > mark) {
      const last = undo.pop()!;
      this.#set(last.state, last.key, last.before);
    }
  }

  #commit(undo: readonly Undo[], logs: readonly LogEntry[]): void {
    const changes = netChanges(undo);
    if (changes.length === 0 && logs.length === 0) return;
    const sequence = ++this.#sequence;
    if (this.#backend) {
      this.#backend.write({ sequence, changes, logs }).then(() => this.#keep(sequence), this.#fail);
    } else {
      this.#keep(sequence);
    }
    if (changes.length > 0) for (const listener of this.#listeners) listener(changes);
  }

  #keep(sequence: number): void {
    this.#stored = Math.max(this.#stored, sequence);
    while (this.#waiting.length > 0 && this.#waiting[0]!.sequence <= this.#stored) this.#waiting.shift()!.resolve();
  }

  #database(scope: Scope): Database {
    const writers = new Map<string, TableWriter<never, never>>();
    return ((table: Table<object>) => {
      let writer = writers.get(table.name);
      if (!writer) writers.set(table.name, (writer = this.#writer(scope, table) as never));
      return writer;
    }) as unknown as Database;
  }

  #writer(scope: Scope, table: Table<object>): TableWriter<object, string> {
    const state = this.#state(scope, table.name);
    const change = (key: string, after: object | undefined): void => {
      if (!this.#open) throw new Error(`${table.name} was written outside a transaction`);
      this.#open.undo.push({ state, scope, key, before: state.records.get(key) });
      this.#set(state, key, after);
    };
    return {
      get: (key) => state.records.get(key),
      list: () => [...state.records.values()],
      where: (index, value) => [...(state.indexes.get(index)?.get(value) ?? [])].map((key) => state.records.get(key)!),
      put(record) {
        const frozen = deepFreeze(record);
        change(table.key(frozen), frozen);
        return frozen;
      },
      delete(key) {
        if (!state.records.has(key)) return false;
        change(key, undefined);
        return true;
      },
    };
  }

  #state(scope: Scope, name: string): TableState {
    const definition = this.#tables.get(name);
    if (!definition) throw new Error(`no service declares the table ${name}`);
    const id = `${scope.account}/${scope.region}`;
    let entry = this.#scopes.get(id);
    if (!entry) this.#scopes.set(id, (entry = { scope: { account: scope.account, region: scope.region }, tables: new Map() }));
    let state = entry.tables.get(name);
    if (!state) {
      const indexes = new Map(Object.keys(definition.indexes).map((index) => [index, new Map<string, Set<string>>()]));
      entry.tables.set(name, (state = { definition, records: new Map(), indexes }));
    }
    return state;
  }

  #set(state: TableState, key: string, record: object | undefined): void {
    const before = state.records.get(key);
    for (const [name, index] of state.indexes) {
      const value = state.definition.indexes[name]!;
      const old = before ? valuesOf(value(before)) : [];
      const now = record ? valuesOf(value(record)) : [];
      for (const v of old) if (!now.includes(v)) drop(index, v, key);
      for (const v of now) {
        const keys = index.get(v);
        if (keys) keys.add(key);
        else index.set(v, new Set([key]));
      }
    }
    if (record) state.records.set(key, record);
    else state.records.delete(key);
  }
}

function valuesOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
}

function drop(index: Map<string, Set<string>>, value: string, key: string): void {
  const keys = index.get(value);
  keys?.delete(key);
  if (keys?.size === 0) index.delete(value);
}

/** The first `before` and the latest `after` of every record: what a watcher or the disk needs to know. */
function netChanges(undo: readonly Undo[]): readonly Change[] {
  const first = new Map<TableState, Map<string, Undo>>();
  for (const entry of undo) {
    let keys = first.get(entry.state);
    if (!keys) first.set(entry.state, (keys = new Map()));
    if (!keys.has(entry.key)) keys.set(entry.key, entry);
  }
  const changes: Change[] = [];
  for (const [state, keys] of first) {
    for (const { scope, key, before } of keys.values()) {
      const after = state.records.get(key);
      if (after !== before) changes.push({ table: state.definition.name, scope, key, before, after });
    }
  }
  return changes;
}

/** Freezes plain data all the way down; parts that are frozen already are shared with an older record and need no visit. */
export function deepFreeze<T extends object>(value: T): T {
  if (Object.isFrozen(value) || ArrayBuffer.isView(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) {
    if (typeof part === "object" && part !== null) deepFreeze(part as object);
  }
  return value;
}
