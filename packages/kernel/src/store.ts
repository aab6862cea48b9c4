/** All state: tables in memory, changed in transactions, each commit numbered and handed to the durable backend. */
import { AwsError } from "./errors.js";
import { checkStream, memorySegments, type LogEntry, type LogStep, type Segments } from "./segments.js";
import { checkedKey, deepFreeze, setRecord, tableState, type TableState } from "./table-state.js";
import type { Change, Database, Reader, Scope, Table, TableWriter } from "./table.js";

/** What keeps commits across a crash. `@hakoniwa/kernel/lmdb` is the real one; without one the store forgets. */
export interface Backend {
  /** Every stored record, and the highest sequence. */
  load(tables: readonly Table<object>[]): { readonly records: Iterable<StoredRecord>; readonly sequence: number };
  /** Keeps the commit. Resolves when no crash of this process can lose it; commits become durable in the order given. */
  write(commit: Commit): Promise<void>;
  /** Keeps streams; a backend without forgets them with the process. */
  readonly segments?: DurableSegments;
  close(): Promise<void>;
}

export interface DurableSegments extends Segments {
  /** Keeps an entry that nobody waits for, soon. */
  appendLater(entry: LogEntry, failed: (error: Error) => void): void;
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
  /** What goes to append-only streams with it, e.g. the audit records of what the commit did. */
  readonly logs: readonly LogStep[];
}

export interface Transaction {
  db(scope: Scope): Database;
  /** Runs `part`; if it throws, exactly what it wrote is undone, and the error goes on. */
  savepoint<T>(part: () => T): T;
  /** Appends to a stream together with this transaction. A rollback takes it back. */
  log(entry: LogEntry): void;
  /** Forgets a whole stream together with this transaction. */
  dropStream(stream: string): void;
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
  #open: { readonly undo: Undo[]; readonly logs: LogStep[] } | undefined;
  readonly #memory = memorySegments();
  /** Append-only streams: what `log` and `append` wrote, once it is stored. */
  readonly segments: Segments;
  #sequence = 0;
  #stored = 0;
  #closed = false;
  readonly #waiting: { readonly sequence: number; readonly resolve: () => void }[] = [];

  /** @param options.onFailure is told when a commit could not be kept: the cloud must stop, as it can no longer hold its word. */
  constructor(tables: readonly Table<never>[], options: { readonly backend?: Backend; readonly onFailure?: (error: Error) => void } = {}) {
    this.#backend = options.backend;
    this.segments = options.backend?.segments ?? this.#memory;
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
      setRecord(this.#state(stored.scope, stored.table), stored.key, deepFreeze(stored.record));
    }
    this.#sequence = this.#stored = loaded.sequence;
  }

  /** The number of the latest commit. */
  get sequence(): number {
    return this.#sequence;
  }

  get tables(): readonly Table<object>[] {
    return [...this.#tables.values()];
  }

  table(name: string): Table<object> | undefined {
    return this.#tables.get(name);
  }

  /** Every scope that holds, or held, a record. */
  scopes(): readonly Scope[] {
    return [...this.#scopes.values()].map((entry) => entry.scope);
  }

  /** The regions in which an account has, or had, something. */
  regionsOf(account: string): readonly Scope[] {
    return this.scopes().filter((scope) => scope.account === account && scope.region !== "global");
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
    this.#refuseWhenClosed();
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

  /** Appends to streams outside any transaction, as one commit: what failed or was denied leaves its record too. */
  append(...entries: readonly LogEntry[]): void {
    this.#refuseWhenClosed();
    this.#commit([], entries.map(checked));
  }

  /** Appends what nobody waits for: it is no commit, is stored within a second, and a SIGKILL before that loses it. */
  appendLater(entry: LogEntry): void {
    if (this.#closed) return;
    const durable = this.#backend?.segments;
    if (durable) durable.appendLater(checked(entry), this.#fail);
    else this.#memory.write([checked(entry)]);
  }

  /** Resolves when every commit up to `sequence` is kept. */
  stored(sequence: number = this.#sequence): Promise<void> {
    if (sequence <= this.#stored) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ sequence, resolve }));
  }

  /** Stores what is committed, and refuses everything after it: a call that was still being prepared fails, and changes nothing. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.stored();
    await this.#backend?.close();
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new AwsError("ServiceUnavailable", "The cloud was stopped or reset while it carried this call out; nothing was changed.", { status: 503 });
  }

  #checked<T>(body: (tx: Transaction) => T): T {
    const value = body({
      db: (scope) => this.#database(scope),
      savepoint: (part) => this.#savepoint(part),
      log: (entry) => void this.#open!.logs.push(checked(entry)),
      dropStream: (stream) => void this.#open!.logs.push({ dropped: stream }),
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
      setRecord(last.state, last.key, last.before);
    }
  }

  #commit(undo: readonly Undo[], logs: readonly LogStep[]): void {
    const changes = netChanges(undo);
    if (changes.length === 0 && logs.length === 0) return;
    const sequence = ++this.#sequence;
    if (this.#backend) {
      this.#backend.write({ sequence, changes, logs }).then(() => this.#keep(sequence), this.#fail);
    } else {
      this.#keep(sequence);
    }
    if (!this.#backend?.segments) this.#memory.write(logs);
    if (changes.length > 0) for (const listener of this.#listeners) listener(changes);
  }

  #keep(sequence: number): void {
    this.#stored = Math.max(this.#stored, sequence);
    let met = 0;
    while (met < this.#waiting.length && this.#waiting[met]!.sequence <= this.#stored) met++;
    for (const { resolve } of this.#waiting.splice(0, met)) resolve();
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
      setRecord(state, key, after);
    };
    return {
      get: (key) => state.records.get(key),
      list: () => [...state.records.values()],
      where: (index, value) => [...(state.indexes.get(index)?.get(value) ?? [])].map((key) => state.records.get(key)!),
      range: (from, to) => {
        if (!state.sorted) throw new Error(`${table.name} has no order`);
        return state.sorted.range(from, to);
      },
      put(record) {
        const frozen = deepFreeze(record);
        change(checkedKey(table.name, table.key(frozen)), frozen);
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
    if (!state) entry.tables.set(name, (state = tableState(definition)));
    return state;
  }
}

function checked(entry: LogEntry): LogEntry {
  checkStream(entry.stream);
  return entry;
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
