/** Tables of immutable records, kept per account and region. */

export interface Scope {
  readonly account: string;
  /** A region's code, or `global` for services that have one state for all regions. */
  readonly region: string;
}

export interface Table<R extends object, Index extends string = string> {
  /** `service.noun`, e.g. `ec2.instances`. */
  readonly name: string;
  /** The shape's version; a stored record of an older one passes through `upgrades`. */
  readonly version: number;
  readonly key: (record: R) => string;
  readonly indexes: Readonly<Record<Index, (record: R) => string | readonly string[] | undefined>>;
  /** What `range` goes by, in the order of UTF-16 code units; unlike for each record. */
  readonly order?: ((record: R) => string) | undefined;
  /** The blobs that a record references: they are kept for as long as any record does. */
  readonly blobs?: ((record: R) => readonly string[]) | undefined;
  /** `upgrades[n]` turns a record of version n into one of version n + 1. */
  readonly upgrades: Readonly<Record<number, (old: never) => unknown>>;
}

/**
 * Defines a table: `const vpcs = table<Vpc>()({ name: "ec2.vpcs", key: (v) => v.id, indexes: { cidr: (v) => v.cidr } })`.
 * Records hold plain data only: strings, numbers, booleans, arrays, plain objects, Uint8Array, undefined.
 */
export function table<R extends object>() {
  return <Index extends string = never>(definition: {
    readonly name: string;
    readonly key: (record: R) => string;
    readonly version?: number;
    readonly indexes?: Readonly<Record<Index, (record: R) => string | readonly string[] | undefined>>;
    readonly order?: (record: R) => string;
    readonly blobs?: (record: R) => readonly string[];
    readonly upgrades?: Readonly<Record<number, (old: never) => unknown>>;
  }): Table<R, Index> => ({
    version: 1,
    upgrades: {},
    ...definition,
    indexes: definition.indexes ?? ({} as Record<Index, (record: R) => string>),
  });
}

export interface TableReader<R extends object, Index extends string> {
  get(key: string): R | undefined;
  /** In the order in which the keys were first put. */
  list(): readonly R[];
  /** The records whose index holds `value`, in the order in which they were put. */
  where(index: Index, value: string): readonly R[];
  /** The records whose `order` is at or after `from` and before `to`, in order. Nothing may be written while it is read. */
  range(from: string, to?: string): IterableIterator<R>;
}

export interface TableWriter<R extends object, Index extends string> extends TableReader<R, Index> {
  /** Adds or replaces the record of its key. Returns it, frozen. */
  put(record: R): R;
  /** @returns whether there was one */
  delete(key: string): boolean;
}

/** Reads one scope: `db(vpcs).get(id)`. */
export type Reader = <R extends object, Index extends string>(table: Table<R, Index>) => TableReader<R, Index>;
/** Reads and writes one scope, inside a transaction. */
export type Database = <R extends object, Index extends string>(table: Table<R, Index>) => TableWriter<R, Index>;

/** One record that a commit changed. */
export interface Change {
  readonly table: string;
  readonly scope: Scope;
  readonly key: string;
  readonly before: object | undefined;
  readonly after: object | undefined;
}
