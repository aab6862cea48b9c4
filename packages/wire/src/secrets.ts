/** Takes secrets out of what is written down about a call. */
import type { Model } from "./model.js";
import type { Shape } from "./shape.js";

/** CloudTrail's own word: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html */
export const HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS";

/** The input with every member that the model calls sensitive (passwords, parameter values, user data) replaced. An unknown operation's input is hidden whole. */
export function withoutSecrets(model: Model, operationName: string, input: Record<string, unknown>): Record<string, unknown> {
  const operation = model.schemas.operation(operationName);
  return operation ? (cleaned(operation.input, input) as Record<string, unknown>) : {};
}

function cleaned(shape: Shape, value: unknown): unknown {
  if (value === undefined || value === null) return value;
  if (shape.traits.sensitive) return HIDDEN;
  if (Array.isArray(value)) {
    const item = shape.members[0];
    return item ? value.map((part) => cleaned(withTraits(item.shape, item.traits.sensitive), part)) : value;
  }
  if (typeof value !== "object" || value instanceof Date || ArrayBuffer.isView(value)) return value;
  // What streams can be read but once, and by the operation.
  if (Symbol.asyncIterator in value) return undefined;
  const members = new Map(shape.members.map((member) => [member.name, member]));
  const entry = shape.kind === "map" ? members.get("value") : undefined;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => {
      const member = entry ?? members.get(name);
      return [name, member ? cleaned(withTraits(member.shape, member.traits.sensitive), part) : part];
    }),
  );
}

/** A member may be sensitive where its shape is not. */
function withTraits(shape: Shape, sensitive: 1 | undefined): Shape {
  return sensitive ? { ...shape, traits: { ...shape.traits, sensitive } } : shape;
}
