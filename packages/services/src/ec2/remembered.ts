/** What was made of records before. Records are immutable, so nothing here can go stale; it goes with its record. */

interface Remembered {
  readonly dependencies: readonly unknown[];
  readonly value: unknown;
}

/** By record, then by what was made of it. */
const memory = new WeakMap<object, Map<string, Remembered>>();

/** What was made of a record before, if everything else that it was made of is the same; else what `make` makes. */
export function remembered<T>(record: object, name: string, dependencies: readonly unknown[], make: () => T): T {
  let made = memory.get(record);
  if (!made) memory.set(record, (made = new Map()));
  const before = made.get(name);
  const same = before?.dependencies.length === dependencies.length && before.dependencies.every((d, i) => d === dependencies[i]);
  if (same) return before.value as T;
  const value = make();
  made.set(name, { dependencies, value });
  return value;
}

/** Parts by their id: the map of before when every part is the same. */
export function sharedMap<T extends { readonly id: string }>(owner: object, name: string, parts: readonly T[]): ReadonlyMap<string, T> {
  return remembered(owner, name, parts, () => new Map(parts.map((part) => [part.id, part])));
}
