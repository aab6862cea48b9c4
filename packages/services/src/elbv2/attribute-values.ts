/** Attributes are texts by their names; each name knows its default and what it may be. */
import type { AwsError } from "@hakoniwa/kernel";
import { notYet, validationError } from "./errors.js";
import type { Attributes } from "./state.js";

export interface AttributeKind {
  readonly standard: string;
  /** What is wrong with a value, if anything. */
  readonly check: (name: string, value: string) => AwsError | undefined;
}

export type AttributeKinds = Readonly<Record<string, AttributeKind>>;

export function oneOf(standard: string, ...others: readonly string[]): AttributeKind {
  const all = [standard, ...others];
  return { standard, check: (name, value) => (all.includes(value) ? undefined : validationError(`'${name}' value '${value}' must be one of [${all.join(", ")}]`)) };
}

export const flag = (standard: boolean): AttributeKind => oneOf(String(standard), String(!standard));

/** Whole numbers of a range; 0 is one besides when it is the default, for what is switched off. */
export function between(standard: number, least: number, most: number): AttributeKind {
  return {
    standard: String(standard),
    check(name, value) {
      const number = Number(value);
      const fits = /^\d{1,9}$/.test(value) && ((number >= least && number <= most) || number === standard);
      return fits ? undefined : validationError(`'${name}' value '${value}' must be between '${least}-${most}' inclusive`);
    },
  };
}

/** AWS has other values, which would have no effect here. */
export function only(standard: string, ...others: readonly string[]): AttributeKind {
  const kind = oneOf(standard, ...others);
  return { standard, check: (name, value) => kind.check(name, value) ?? (value === standard ? undefined : notYet(`${name}=${value}`)) };
}

export const text = (pattern: RegExp): AttributeKind => ({
  standard: "",
  check: (name, value) => (value === "" || pattern.test(value) ? undefined : validationError(`'${name}' value '${value}' is not valid`)),
});

interface KeyValue {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** @throws ValidationError for an attribute that is not known, or may not be so */
export function changed(kinds: AttributeKinds, before: Attributes, change: readonly KeyValue[]): Attributes {
  const after: Record<string, string> = { ...before };
  for (const { Key: name = "", Value: value = "" } of change) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (!kind) throw validationError(`Attribute key '${name}' is not recognized`);
    const wrong = kind.check(name, value);
    if (wrong) throw wrong;
    after[name] = value;
  }
  return after;
}

/** All of them, the defaults of what was not set included. */
export function complete(kinds: AttributeKinds, set: Attributes): Attributes {
  return { ...Object.fromEntries(Object.entries(kinds).map(([name, { standard }]) => [name, standard])), ...set };
}

export function show(attributes: Attributes): { readonly Key: string; readonly Value: string }[] {
  return Object.entries(attributes).map(([Key, Value]) => ({ Key, Value }));
}
