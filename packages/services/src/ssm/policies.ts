/** Parameter policies: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-policies.html */
import { incompatiblePolicies, invalidPolicyAttribute, invalidPolicyType, notYet, tooManyPolicies, validation } from "./errors.js";
import type { ParameterPolicy } from "./state.js";

const MOST = 10;
const TYPES = ["Expiration", "ExpirationNotification", "NoChangeNotification"];

/** Whether the text names any policy; an empty list takes all away. */
export const asksForPolicies = (text: string): boolean => !/^\s*(\[\s*\]|\{\s*\})?\s*$/.test(text);

/**
 * Reads a request's policies.
 * @throws ValidationException, InvalidPolicyTypeException, InvalidPolicyAttributeException, IncompatiblePolicyException,
 * PoliciesLimitExceededException; NotImplemented for notifications, as there is nobody to notify
 */
export function parsePolicies(text: string): readonly ParameterPolicy[] {
  if (text.length > 4096) throw validation("1 validation error detected: Value at 'policies' failed to satisfy constraint: Member must have length less than or equal to 4096");
  const list = parse(text);
  if (list.length > MOST) throw tooManyPolicies(MOST);
  const policies = list.map(read);
  if (policies.length > 1) throw incompatiblePolicies("There is a conflict in the policies specified for this parameter. You can't, for example, specify two Expiration policies for a parameter.");
  return policies;
}

function parse(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [value];
  } catch {
    throw validation(`The policies are not valid JSON: ${text.slice(0, 100)}`);
  }
}

function read(value: unknown): ParameterPolicy {
  const { Type: type, Version: version, Attributes: attributes } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof type !== "string" || !TYPES.includes(type)) throw invalidPolicyType(shown(type));
  if (type !== "Expiration") throw notYet(`the parameter policy ${type}`);
  if (version !== "1.0") throw invalidPolicyAttribute(`The version ${shown(version)} of the policy Expiration is not valid: it must be 1.0.`);
  const timestamp = (attributes as Readonly<Record<string, unknown>> | undefined)?.Timestamp;
  const at = typeof timestamp === "string" && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/.test(timestamp) ? Date.parse(timestamp) : Number.NaN;
  if (Number.isNaN(at)) throw invalidPolicyAttribute(`The attribute Timestamp of the policy Expiration is not valid: ${shown(timestamp)}. It must be a time such as 2027-01-01T00:00:00.000Z.`);
  return { type, text: JSON.stringify(value), at };
}

const shown = (value: unknown): string => (typeof value === "string" ? `'${value.slice(0, 100)}'` : String(JSON.stringify(value)).slice(0, 100));
