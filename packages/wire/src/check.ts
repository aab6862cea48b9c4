/** Holding values against the model: what a caller left out, and what the model doesn't have. */
import { AwsError } from "@hakoniwa/kernel";
import { isConstrained, violations, wording } from "./constraint.js";
import type { Path } from "./constraint.js";
import type { Model } from "./model.js";
import { protocolOf } from "./protocols/index.js";
import type { Protocol } from "./protocols/protocol.js";
import { shown } from "./scalar.js";
import { isStruct } from "./shape.js";
import type { Operation, Shape } from "./shape.js";

/** The required members that are absent, in the order of the model. */
export function missingMembers(shape: Shape, value: unknown, path: Path = []): Path[] {
  if (value === undefined || value === null) {
    return [];
  }
  if (isStruct(shape)) {
    const own = value as Readonly<Record<string, unknown>>;
    return shape.members.flatMap((member) => {
      const child = own[member.name];
      if (child === undefined || child === null) {
        return member.required ? [[...path, member.name]] : [];
      }
      return missingMembers(member.shape, child, [...path, member.name]);
    });
  }
  if (shape.kind === "list") {
    const item = shape.members[0]!.shape;
    return (value as readonly unknown[]).flatMap((child, index) => missingMembers(item, child, [...path, String(index + 1), "member"]));
  }
  if (shape.kind === "map") {
    const item = shape.members[1]!.shape;
    return Object.entries(value).flatMap(([key, child]) => missingMembers(item, child, [...path, key, "member"]));
  }
  return [];
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  boolean: "a boolean",
  bigint: "a bigint",
  timestamp: "a Date",
  blob: "bytes",
  list: "a list",
  map: "a map",
};

/** How scalars stand in a value: as handlers have them, or as JSON carries them (dates and bytes as text). */
export type Form = "typed" | "json";

function hasType(shape: Shape, value: unknown, form: Form): boolean {
  switch (shape.kind) {
    case "string":
    case "boolean":
      return typeof value === shape.kind;
    case "bigint":
      return typeof value === (form === "json" ? "number" : "bigint");
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "timestamp":
      return form === "json" ? typeof value === "string" || typeof value === "number" : value instanceof Date && !Number.isNaN(value.getTime());
    case "blob":
      if (shape.traits.streaming) {
        return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
      }
      return form === "json" ? typeof value === "string" : value instanceof Uint8Array;
    case "list":
      return Array.isArray(value);
    case "decimal":
    case "document":
      return true;
    default:
      return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
  }
}

/** The first thing in a value that the model doesn't have or has otherwise; `undefined` when there is nothing. */
export function firstMisfit(shape: Shape, value: unknown, path: string, form: Form = "typed"): string | undefined {
  if (!hasType(shape, value, form)) {
    return `'${shown(value)}' at '${path}' is not ${TYPES[shape.kind] ?? "a structure"}`;
  }
  if (isStruct(shape) || shape.kind === "unit") {
    const members = new Map(shape.members.map((member) => [member.name, member]));
    for (const [name, child] of Object.entries(value as object)) {
      const member = members.get(name);
      if (!member) {
        return `'${path}' has no member '${shown(name)}'`;
      }
      const misfit = child === undefined ? undefined : firstMisfit(member.shape, child, `${path}.${name}`, form);
      if (misfit !== undefined) {
        return misfit;
      }
    }
    return undefined;
  }
  if (shape.kind === "list" || shape.kind === "map") {
    const item = shape.members.at(-1)!.shape;
    for (const [key, child] of Object.entries(value as object)) {
      const misfit = shape.traits.sparse && child === null ? undefined : firstMisfit(item, child, `${path}[${key}]`, form);
      if (misfit !== undefined) {
        return misfit;
      }
    }
  }
  return undefined;
}

export function operationOf(model: Model, name: string): Operation {
  const operation = model.schemas.operation(name);
  if (!operation) {
    throw protocolOf(model).complaints.unknownOperation(model, shown(name));
  }
  return operation;
}

/**
 * Checks the input of a call that didn't come over the wire. Throws an AwsError: the service's own for an unknown
 * operation or a missing required member, `ValidationError` for a member the model doesn't have or of another type.
 */
export function checkInput(model: Model, operationName: string, input: unknown, form: Form = "typed"): void {
  const operation = operationOf(model, operationName);
  const misfit = firstMisfit(operation.input, input, operationName, form);
  if (misfit !== undefined) {
    throw new AwsError("ValidationError", misfit, { status: 400 });
  }
  checkMembers(model, protocolOf(model), operation, input);
}

/** Services whose code for a bad input is not their protocol's. */
const OWN_CODES: Readonly<Record<string, string>> = { logs: "InvalidParameterException" };

/**
 * Checks an input whose types are right: what is required is there, and lengths, ranges, patterns and enums are kept.
 * Throws the AwsError of the service.
 */
export function checkMembers(model: Model, protocol: Protocol, operation: Operation, input: unknown): void {
  const found = violations(model.id, operation.input, input);
  if (found.length === 0) {
    return;
  }
  const missing = protocol.complaints.missing(found.map(({ path }) => path));
  if (!isConstrained(model.id)) {
    throw missing;
  }
  // A protocol has one code for all of these.
  throw new AwsError(OWN_CODES[model.id] ?? missing.code, wording(found), { status: 400 });
}

/**
 * For tests and development: throws an Error, a bug of ours, when an output has members that the model doesn't have,
 * values of another type, or lacks what the model requires. Without it, a writer leaves unknown members out silently.
 */
export function strictOutput(model: Model, operationName: string, output: unknown): void {
  const { output: shape } = operationOf(model, operationName);
  const misfit = firstMisfit(shape, output, operationName);
  if (misfit !== undefined) {
    throw new Error(`the output of ${model.id}:${operationName} does not fit its model: ${misfit}`);
  }
  const missing = missingMembers(shape, output).map((path) => path.join("."));
  if (missing.length > 0) {
    throw new Error(`the output of ${model.id}:${operationName} lacks what its model requires: ${missing.join(", ")}`);
  }
}
