/** One table of one scope in memory: its records by key, and by the values of its indexes. */
import { SortedKeys } from "./sorted.js";
import type { Table } from "./table.js";

export interface TableState {
  readonly definition: Table<object>;
  readonly records: Map<string, object>;
  readonly indexes: Map<string, Map<string, Set<string>>>;
  readonly sorted: SortedKeys<object> | undefined;
}

export function tableState(definition: Table<object>): TableState {
  const indexes = new Map(Object.keys(definition.indexes).map((index) => [index, new Map<string, Set<string>>()]));
  return { definition, records: new Map(), indexes, sorted: definition.order && new SortedKeys() };
}

/** Puts, replaces or (with undefined) deletes the record of a key. */
export function setRecord(state: TableState, key: string, record: object | undefined): void {
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
  sort(state, before, record);
  if (record) state.records.set(key, record);
  else state.records.delete(key);
}

function sort({ definition: { order }, sorted }: TableState, before: object | undefined, record: object | undefined): void {
  if (!order || !sorted) return;
  const old = before && order(before);
  const now = record && order(record);
  if (old !== undefined && old !== now) sorted.delete(old);
  if (record && now !== undefined) sorted.set(now, record);
}

/** LMDB's keys end at 1,978 bytes, of which ours take some: a longer one must fail its own call, and not the commit. */
const LONGEST_KEY = 1_800;

export function checkedKey(table: string, key: string): string {
  if (key.length * 3 > LONGEST_KEY && Buffer.byteLength(key) > LONGEST_KEY) throw new Error(`a key of ${table} has ${Buffer.byteLength(key)} bytes, but ${LONGEST_KEY} are the most`);
  return key;
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

/** Freezes plain data all the way down; parts that are frozen already are shared with an older record and need no visit. */
export function deepFreeze<T extends object>(value: T): T {
  if (Object.isFrozen(value) || ArrayBuffer.isView(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) {
    if (typeof part === "object" && part !== null) deepFreeze(part as object);
  }
  return value;
}
