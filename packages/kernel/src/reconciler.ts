/** What a reconciler is. `driver.ts` runs them. */
import type { Caller } from "./caller.js";
import type { Time } from "./clock.js";
import type { Ids } from "./ids.js";
import type { World } from "./operation.js";
import type { LogEntry, Segments } from "./segments.js";
import type { Database, Reader, Scope, Table } from "./table.js";

/** What one run is about. */
export interface ReconcileKey extends Scope {
  readonly id: string;
}

/** Says which keys a changed record concerns. `table` is a table's name, or `*` for every commit. */
export interface Watch {
  readonly table: string;
  /** Called with the record as it was and as it is. Ids are in the record's own scope unless a whole key is given. */
  keys(record: never, scope: Scope, read: (scope: Scope) => Reader): readonly (string | ReconcileKey)[];
}

/** Says which keys a changed status of a data-plane port concerns. */
export interface Signal {
  readonly port: string;
  keys(key: string, find: Find, read: (scope: Scope) => Reader): readonly ReconcileKey[];
}

/** Finds the record of a key that is unique across accounts and regions. */
export type Find = <R extends object, Index extends string>(table: Table<R, Index>, key: string) => { readonly scope: Scope; readonly record: R } | undefined;

export interface Reconciler<W extends World> {
  /** `service.what-it-keeps`. */
  readonly name: string;
  readonly watches: readonly Watch[];
  readonly signals: readonly Signal[];
  /** It judges health, alarms or capacity, and so waits after a start until the data plane has converged once. */
  readonly judges: boolean;
  /**
   * Looks at state, decides, acts. It takes no event, may run twice, and does nothing the second time.
   * @returns when to look again although nothing changes
   */
  reconcile(key: ReconcileKey, jobs: Jobs<W>): Promise<Wake | void>;
}

export interface Wake {
  readonly at: Time;
}

export interface Jobs<W extends World> {
  readonly now: Time;
  /** What real peers' clocks say: for what they hold against their own, such as the validity of certificates. */
  readonly peerNow: Time;
  readonly ids: Ids;
  /** The key's account and region. */
  readonly db: Reader;
  /** Finds the record of a key that is unique across accounts and regions, such as the other half of a peering connection. */
  readonly find: Find;
  /** Streams of what must not live in memory; a reconciler of theirs trims them. */
  readonly segments: Segments;
  /** Appends to streams. Resolves when it is kept. */
  append(...entries: readonly LogEntry[]): Promise<void>;
  readonly facts: W["Facts"];
  /** All operations, as the service-linked role. Never inside a transaction. */
  readonly aws: W["AsyncAws"];
  readonly ports: W["Ports"];
  /** Writes own tables, in one transaction. Resolves when it is kept, so that effects may follow. */
  write<T>(body: (db: Database, aws: W["Aws"]) => T): Promise<T>;
  /** The same jobs, but the calls are made as `caller`, forwarded by this service: CloudFormation acts as the stack's caller. */
  as(caller: Caller): Jobs<W>;
  log(message: string): void;
}
