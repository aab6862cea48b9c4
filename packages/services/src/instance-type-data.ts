/** The instance types' facts, which `tools/instance-types.mjs` cut from AWS's answers. It lies here because its path to the data is the same in the bundle. */
import { readFileSync } from "node:fs";

interface Family {
  readonly common: object;
  readonly sizes: Readonly<Record<string, object>>;
}

/** What a type is, by its name. Read when first asked for: most runs never list them. */
export function readInstanceTypes(): ReadonlyMap<string, object> {
  const families = JSON.parse(readFileSync(new URL("../data/instance-types.json", import.meta.url), "utf8")) as Readonly<Record<string, Family>>;
  return new Map(
    Object.entries(families).flatMap(([family, { common, sizes }]) =>
      Object.entries(sizes).map(([size, own]): readonly [string, object] => [`${family}.${size}`, merged(common, own)]),
    ),
  );
}

function merged(common: object, own: object): object {
  const members = new Map<string, unknown>(Object.entries(common));
  for (const [name, value] of Object.entries(own) as readonly (readonly [string, unknown])[]) {
    const shared = members.get(name);
    members.set(name, isObject(shared) && isObject(value) ? merged(shared, value) : value);
  }
  return Object.fromEntries(members);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
