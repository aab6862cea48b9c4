/** What was worked out last, kept for as long as what it came from is the same: models share what did not change. */
export class Memory {
  readonly #kept = new Map<string, { readonly from: readonly unknown[]; readonly value: unknown }>();

  /** The value of last time, if every one of `from` is the very same; else what `make` makes. */
  recall<Value>(key: string, from: readonly unknown[], make: () => Value): Value {
    const known = this.#kept.get(key);
    if (known !== undefined && known.from.length === from.length && known.from.every((one, at) => one === from[at])) return known.value as Value;
    const value = make();
    this.#kept.set(key, { from, value });
    return value;
  }

  /** Forgets all but these keys. */
  keep(keys: { has(key: string): boolean }): void {
    for (const key of this.#kept.keys()) if (!keys.has(key)) this.#kept.delete(key);
  }
}
