/** A resource's properties against AWS's schema: names, requirements, types; scalars are made what the schema says. */
import { pointer, type Path, type Value, isList, isMap, textOf, UNKNOWN } from "./value.js";
import type { Properties, PropertyType, ResourceSchema } from "./schema.js";

/** What is wrong, and where below the properties. */
export interface PropertyProblem {
  readonly path: Path;
  readonly message: string;
}

/** @returns the properties with scalars of the schema's types, and every problem found */
export function checkProperties(schema: ResourceSchema, properties: Value): { readonly value: Value; readonly problems: readonly PropertyProblem[] } {
  const problems: PropertyProblem[] = [];
  const value = checkMembers(properties, schema.properties, { schema, problems }, []);
  return { value, problems };
}

/** AWS's wording of a failed check. */
export function describeProblem(problem: PropertyProblem): string {
  return `#${problem.path.length === 0 ? "" : pointer(problem.path)}: ${problem.message}`;
}

interface Check {
  readonly schema: ResourceSchema;
  readonly problems: PropertyProblem[];
}

function checkMembers(value: Value, properties: Properties, check: Check, path: Path): Value {
  if (value === UNKNOWN) return value;
  if (!isMap(value)) return wrong(check, path, "JSONObject", value);
  const out: Record<string, Value> = {};
  for (const [name, item] of Object.entries(value)) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property) out[name] = coerce(item, property.type, check, [...path, name]);
    else check.problems.push({ path: [...path, name], message: `extraneous key [${name}] is not permitted` });
  }
  for (const [name, property] of Object.entries(properties)) {
    if (property.required && !Object.hasOwn(value, name)) check.problems.push({ path, message: `required key [${name}] not found` });
  }
  return out;
}

function coerce(value: Value, type: PropertyType, check: Check, path: Path): Value {
  if (value === UNKNOWN) return value;
  if (typeof type === "string") return scalar(value, type, check, path);
  if ("list" in type) {
    // A single value is taken for a list of one, as AWS does.
    const items = isList(value) ? value : isMap(value) ? undefined : [value];
    return items ? items.map((item, i) => coerce(item, type.list, check, [...path, i])) : wrong(check, path, "JSONArray", value);
  }
  if ("map" in type) {
    if (!isMap(value)) return wrong(check, path, "JSONObject", value);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coerce(item, type.map, check, [...path, key])]));
  }
  if ("ref" in type) return checkMembers(value, check.schema.types[type.ref] ?? {}, check, path);
  return firstFit(value, type.union, check, path);
}

function firstFit(value: Value, types: readonly PropertyType[], check: Check, path: Path): Value {
  let first: readonly PropertyProblem[] | undefined;
  for (const type of types) {
    const attempt: Check = { schema: check.schema, problems: [] };
    const fitted = coerce(value, type, attempt, path);
    if (attempt.problems.length === 0) return fitted;
    first ??= attempt.problems;
  }
  check.problems.push(...(first ?? []));
  return value;
}

function scalar(value: Value, type: string, check: Check, path: Path): Value {
  const text = textOf(value);
  switch (type) {
    case "json":
      return value;
    case "tag":
      return checkMembers(value, { Key: { type: "string", required: true }, Value: { type: "string", required: true } }, check, path);
    case "boolean":
      if (typeof value === "boolean") return value;
      if (text === "true" || text === "True" || text === "TRUE" || text === "yes") return true;
      if (text === "false" || text === "False" || text === "FALSE" || text === "no") return false;
      return wrong(check, path, "Boolean", value);
    case "integer":
      return text !== undefined && /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : wrong(check, path, "Integer", value);
    case "number":
      return typeof value !== "boolean" && text !== undefined && text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : wrong(check, path, "Number", value);
    default:
      return text ?? wrong(check, path, "String", value);
  }
}

function wrong(check: Check, path: Path, expected: string, value: Value): Value {
  const found = isList(value) ? "JSONArray" : isMap(value) ? "JSONObject" : typeof value === "string" ? `String ${JSON.stringify(value)}` : `${typeof value} ${String(value)}`;
  check.problems.push({ path, message: `expected type: ${expected}, found: ${found}` });
  return value;
}
