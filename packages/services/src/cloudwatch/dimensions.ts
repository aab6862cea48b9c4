/** Dimensions as callers give and read them. */
import type { CloudwatchTypes } from "@hakoniwa/wire";
import { invalidValue } from "./errors.js";
import type { Dimension } from "./state.js";

export const MOST_DIMENSIONS = 30;

/** Sorted by name, as their order means nothing. @throws AwsError InvalidParameterValue for what can't be dimensions */
export function dimensionsOf(given: readonly CloudwatchTypes.Dimension[] | undefined, path: string): readonly Dimension[] {
  const all = given ?? [];
  if (all.length > MOST_DIMENSIONS) throw invalidValue(`The collection ${path} must not have a size greater than ${MOST_DIMENSIONS}.`);
  all.forEach(({ Name, Value }, index) => {
    const at = `${path}.member.${index + 1}`;
    if (Name === "" || Name.length > 255 || Name.startsWith(":") || !isPlain(Name)) throw invalidValue(`The value ${Name} for parameter ${at}.Name is invalid.`);
    if (Value === "" || Value.length > 1024 || !isPlain(Value)) throw invalidValue(`The value ${Value} for parameter ${at}.Value is invalid.`);
    if (all.findIndex((other) => other.Name === Name) !== index) throw invalidValue(`The dimension name ${Name} occurs more than once in ${path}.`);
  });
  return all.map(({ Name, Value }) => ({ name: Name, value: Value })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** ASCII without control characters, and one character at least that is no space. */
function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text) && text.trim() !== "";
}

export function shownDimensions(dimensions: readonly Dimension[]): CloudwatchTypes.Dimension[] {
  return dimensions.map(({ name, value }) => ({ Name: name, Value: value }));
}
