/** What templates are made of. */

/** Stands for a value that only the running stack will know: another resource's id, a parameter without a value. */
export const UNKNOWN: unique symbol = Symbol("known only when the stack runs");

export type Value = string | number | boolean | null | typeof UNKNOWN | readonly Value[] | ValueMap;
export interface ValueMap {
  readonly [key: string]: Value;
}

/** Where in a template: `["Resources", "Web", "Properties"]`. */
export type Path = readonly (string | number)[];

export function isMap(value: Value | undefined): value is ValueMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** Scalars as CloudFormation writes them into strings; undefined for everything else. */
export function textOf(value: Value | undefined): string | undefined {
  return typeof value === "string" ? value : typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** The same value; the order of keys does not count. */
export function equal(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (!isMap(a) || !isMap(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
}

/** `/Resources/Web/Properties` */
export function pointer(path: Path): string {
  return `/${path.join("/")}`;
}
