/** Turns the static schemas that a client exports into plain JSON. */

const OPERATION = 9;
const ERROR = -3;

/** Public schemas are exported as `Name$`; sorted, so that the output depends on the client alone. */
export function publicSchemas(sdk) {
  return Object.keys(sdk)
    .filter((key) => key.endsWith("$") && Array.isArray(sdk[key]))
    .sort()
    .map((key) => sdk[key]);
}

export const isOperation = (schema) => schema[0] === OPERATION;

/** An error that the service's model names, not the SDK's own base class. */
export const isModelledError = (schema) => schema[0] === ERROR && !schema[1].startsWith("smithy.ts.sdk.synthetic");

/**
 * References between schemas are thunks or arrays; here they become numbers: -1 the unit type, 0–255 a simple type,
 * 256 + i the i-th shape, and `[reference, traits]` a reference with traits of its own.
 */
export function flatten(sdk) {
  const shapes = [];
  const indexes = new Map();

  const reference = (given) => {
    const schema = typeof given === "function" ? given() : given;
    if (schema === "unit" || schema === undefined) {
      return -1;
    }
    if (typeof schema === "number") {
      return schema;
    }
    if (schema.length === 2) {
      return [reference(schema[0]), schema[1]];
    }
    let index = indexes.get(schema);
    if (index === undefined) {
      index = shapes.push(undefined) - 1;
      indexes.set(schema, index);
      shapes[index] = shape(schema);
    }
    return 256 + index;
  };

  const shape = ([kind, , name, traits, first, second, required]) => {
    switch (kind) {
      case 0:
      case 1:
        return [kind, name, traits, reference(first)];
      case 2:
        return [kind, name, traits, reference(first), reference(second)];
      default:
        return [kind, name, traits, first, second.map(reference), required ?? 0];
    }
  };

  const operations = {};
  const errors = {};
  for (const schema of publicSchemas(sdk)) {
    if (isOperation(schema)) {
      operations[schema[2]] = [reference(schema[4]), reference(schema[5]), schema[3]];
    } else if (isModelledError(schema)) {
      errors[schema[2]] = reference(schema);
    }
  }
  return { operations, errors, shapes };
}
