/** AWS's schemas of the resource types we implement, cut from its registry by `tools/schemas.mjs`. */
import { readFileSync } from "node:fs";

export type PropertyType = string | { readonly list: PropertyType } | { readonly map: PropertyType } | { readonly ref: string } | { readonly union: readonly PropertyType[] };

export interface PropertySchema {
  readonly type: PropertyType;
  readonly required?: boolean;
  /** A change makes a new physical resource: always, or depending on what else changed. */
  readonly replaces?: "yes" | "maybe";
}

export type Properties = Readonly<Record<string, PropertySchema>>;

export interface ResourceSchema {
  readonly properties: Properties;
  /** The property types that `{ ref }` names. */
  readonly types: Readonly<Record<string, Properties>>;
  /** The properties or attributes that make the physical id, joined by `|` when there are more; absent where the registry names none. */
  readonly identifier?: readonly string[];
  /** What `Fn::GetAtt` can give. */
  readonly attributes: readonly string[];
  readonly tags?: { readonly property: string; readonly variant: "standard" | "asg" | "map" };
}

export type Schemas = ReadonlyMap<string, ResourceSchema>;

let loaded: Schemas | undefined;

/** By resource type. Read on first use. */
export function registrySchemas(): Schemas {
  if (!loaded) {
    const text = readFileSync(new URL("../schemas/schemas.json", import.meta.url), "utf8");
    loaded = new Map(Object.entries(JSON.parse(text) as Readonly<Record<string, ResourceSchema>>));
  }
  return loaded;
}

let types: ReadonlySet<string> | undefined;

/** The names of all resource types that AWS has, also of those that have no behaviour here. Read on first use. */
export function registryTypes(): ReadonlySet<string> {
  types ??= new Set(JSON.parse(readFileSync(new URL("../schemas/types.json", import.meta.url), "utf8")) as readonly string[]);
  return types;
}
