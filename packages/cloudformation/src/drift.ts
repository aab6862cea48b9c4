/** How a live resource differs from what its template says: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html */
import { checkProperties } from "./properties.js";
import type { Properties, PropertyType, ResourceSchema } from "./schema.js";
import { isList, isMap, pointer, textOf, type Path, type Value, type ValueMap } from "./value.js";

export interface PropertyDifference {
  /** A JSON pointer below the properties: `/Tags/0/Value`. */
  readonly path: string;
  readonly type: "ADD" | "REMOVE" | "NOT_EQUAL";
  /** As text; JSON for what is no scalar, `null` for nothing. */
  readonly expected: string;
  readonly actual: string;
}

export interface Drift {
  /** The live properties as far as the template sets them. */
  readonly actual: ValueMap;
  readonly differences: readonly PropertyDifference[];
}

interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/**
 * Compares what the template sets; what it leaves to defaults is not looked at. The order of lists does not count.
 * @param expected the properties that the resource was given
 * @param live what the resource type's `read` gave
 * @param stackTags tags that the stack adds to its resources: no drift
 */
export function driftOf(schema: ResourceSchema, expected: ValueMap, live: ValueMap, stackTags: readonly Tag[]): Drift {
  const told = Object.fromEntries(Object.entries(live).filter(([name]) => Object.hasOwn(expected, name)));
  const tagged = withoutStackTags(schema, expected, told, stackTags);
  const actual = checkProperties({ ...schema, properties: optional(schema.properties) }, parsed(schema, tagged)).value as ValueMap;
  const differences: PropertyDifference[] = [];
  compareMembers(schema, schema.properties, expected, actual, [], differences);
  return { actual, differences };
}

/** What `read` leaves out because it is not there is a difference, not a mistake. */
function optional(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, { ...property, required: false }]));
}

/** Services give JSON documents as text. */
function parsed(schema: ResourceSchema, live: ValueMap): ValueMap {
  return Object.fromEntries(
    Object.entries(live).map(([name, value]) => {
      if (typeof value !== "string" || schema.properties[name]?.type !== "json" || !/^\s*[{[]/.test(value)) return [name, value];
      try {
        return [name, JSON.parse(value) as Value];
      } catch {
        return [name, value];
      }
    }),
  );
}

function withoutStackTags(schema: ResourceSchema, expected: ValueMap, live: ValueMap, stackTags: readonly Tag[]): ValueMap {
  const name = schema.tags?.property;
  const tags = name === undefined ? undefined : live[name];
  if (name === undefined || tags === undefined) return live;
  const own = expected[name];
  const said = isList(own) ? own.map((tag) => (isMap(tag) ? tag["Key"] : undefined)) : isMap(own) ? Object.keys(own) : [];
  const strange = (key: Value | undefined, value: Value | undefined): boolean => {
    if (typeof key === "string" && key.startsWith("aws:")) return true;
    return !said.includes(key ?? null) && stackTags.some((tag) => tag.Key === key && tag.Value === value);
  };
  if (isList(tags)) return { ...live, [name]: tags.filter((tag) => !isMap(tag) || !strange(tag["Key"], tag["Value"])) };
  if (isMap(tags)) return { ...live, [name]: Object.fromEntries(Object.entries(tags).filter(([key, value]) => !strange(key, value))) };
  return live;
}

function compareMembers(schema: ResourceSchema, properties: Properties, expected: ValueMap, actual: ValueMap, path: Path, found: PropertyDifference[]): void {
  for (const [name, value] of Object.entries(expected)) {
    const at = [...path, name];
    if (!Object.hasOwn(actual, name)) {
      if (!isEmpty(value)) found.push({ path: pointer(at), type: "REMOVE", expected: shown(value), actual: "null" });
      continue;
    }
    compare(schema, Object.hasOwn(properties, name) ? properties[name]!.type : undefined, value, actual[name]!, at, found);
  }
}

function compare(schema: ResourceSchema, type: PropertyType | undefined, expected: Value, actual: Value, path: Path, found: PropertyDifference[]): void {
  if (isList(expected) && isList(actual)) return compareLists(schema, type, expected, actual, path, found);
  if (isMap(expected) && isMap(actual)) {
    compareMembers(schema, membersOf(schema, type), expected, actual, path, found);
    // Of structures, members that the template leaves out are defaults; documents and maps have none.
    if (!isStructure(type)) {
      for (const [key, value] of Object.entries(actual)) {
        if (!Object.hasOwn(expected, key)) found.push({ path: pointer([...path, key]), type: "ADD", expected: "null", actual: shown(value) });
      }
    }
    return;
  }
  if (textOf(expected) === undefined || textOf(expected) !== textOf(actual)) {
    found.push({ path: pointer(path), type: "NOT_EQUAL", expected: shown(expected), actual: shown(actual) });
  }
}

function compareLists(schema: ResourceSchema, type: PropertyType | undefined, expected: readonly Value[], actual: readonly Value[], path: Path, found: PropertyDifference[]): void {
  const element = type !== undefined && typeof type !== "string" && "list" in type ? type.list : undefined;
  const differences = (a: Value, b: Value, at: Path): readonly PropertyDifference[] => {
    const inner: PropertyDifference[] = [];
    compare(schema, element, a, b, at, inner);
    return inner;
  };
  const left = new Map(actual.map((item, i) => [i, item] as const));
  const missing: (readonly [number, Value])[] = [];
  expected.forEach((item, i) => {
    const same = [...left].find(([, other]) => differences(item, other, []).length === 0);
    if (same) left.delete(same[0]);
    else missing.push([i, item]);
  });
  for (const [i, item] of missing) {
    const changed = [...left].find(([, other]) => sameKey(item, other));
    if (changed) {
      left.delete(changed[0]);
      found.push(...differences(item, changed[1], [...path, i]));
    } else {
      found.push({ path: pointer([...path, i]), type: "REMOVE", expected: shown(item), actual: "null" });
    }
  }
  for (const [i, item] of left) found.push({ path: pointer([...path, i]), type: "ADD", expected: "null", actual: shown(item) });
}

/** Two items that are the same thing with another value: tags, attributes. */
function sameKey(a: Value, b: Value): boolean {
  return isMap(a) && isMap(b) && ["Key", "Name", "Id", "Sid", "DeviceName"].some((name) => typeof a[name] === "string" && a[name] === b[name]);
}

function membersOf(schema: ResourceSchema, type: PropertyType | undefined): Properties {
  return type !== undefined && typeof type !== "string" && "ref" in type ? (schema.types[type.ref] ?? {}) : {};
}

function isStructure(type: PropertyType | undefined): boolean {
  if (type === undefined || typeof type === "string") return type === "tag";
  if ("union" in type) return type.union.some((one) => isStructure(one));
  return "ref" in type;
}

/** Nothing said and an empty list are the same. */
function isEmpty(value: Value): boolean {
  return isList(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0;
}

function shown(value: Value): string {
  return textOf(value) ?? JSON.stringify(value);
}
