/** What a change of properties means for the resource that has them. */
import type { Properties, PropertySchema, PropertyType, ResourceSchema } from "./schema.js";
import { equal, isMap, type Value, type ValueMap } from "./value.js";

/** How a property's change acts on the physical resource, as the registry tells. */
export type Replacement = "no" | "maybe" | "yes";

export interface PropertyChange {
  readonly name: string;
  readonly replaces: Replacement;
}

/** The properties that differ, each with what its change means. */
export function diff(schema: ResourceSchema, before: ValueMap, after: ValueMap): readonly PropertyChange[] {
  return changesIn(schema, schema.properties, before, after);
}

function changesIn(schema: ResourceSchema, properties: Properties, before: ValueMap, after: ValueMap): readonly PropertyChange[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names]
    .filter((name) => !equal(before[name], after[name]))
    .map((name) => ({ name, replaces: replacementOf(schema, Object.hasOwn(properties, name) ? properties[name] : undefined, before[name], after[name]) }));
}

function replacementOf(schema: ResourceSchema, property: PropertySchema | undefined, before: Value | undefined, after: Value | undefined): Replacement {
  if (!property) return "no";
  if (property.replaces) return property.replaces;
  const nested = nestedProperties(schema, property.type);
  if (!nested || !isMap(before) || !isMap(after)) return "no";
  const all = changesIn(schema, nested, before, after).map((change) => change.replaces);
  return all.includes("yes") ? "yes" : all.includes("maybe") ? "maybe" : "no";
}

function nestedProperties(schema: ResourceSchema, type: PropertyType): Properties | undefined {
  return typeof type !== "string" && "ref" in type ? schema.types[type.ref] : undefined;
}

/**
 * Whether the changes need a new physical resource.
 * @param decide answers for properties of which the registry says "maybe"; without it they are taken to change in place
 * @param updatable whether the resource type can change in place at all
 */
export function needsReplacement(changes: readonly PropertyChange[], updatable: boolean, decide?: (names: readonly string[]) => boolean): boolean {
  if (changes.length === 0) return false;
  if (!updatable || changes.some((change) => change.replaces === "yes")) return true;
  const open = changes.filter((change) => change.replaces === "maybe").map((change) => change.name);
  return open.length > 0 && (decide?.(open) ?? false);
}
