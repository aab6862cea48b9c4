/** The condition keys of one request, by their names, in which case does not count. */

export type Values = readonly string[];

export interface RequestContext {
  /** @param key in small letters */
  get(key: string): Values | undefined;
}

export type ContextEntries = Readonly<Record<string, string | Values | undefined>>;

/** A context of known values. */
export function contextOf(entries: ContextEntries): RequestContext {
  const values = new Map<string, Values>();
  for (const [key, value] of Object.entries(entries)) {
    if (value !== undefined) values.set(key.toLowerCase(), typeof value === "string" ? [value] : value);
  }
  return { get: (key) => values.get(key) };
}
