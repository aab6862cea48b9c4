/** How services answer for what AWS has and Hakoniwa does not: by name, and never by silently doing less. */
import { AwsError } from "@hakoniwa/kernel";

/** @param what e.g. `access logs of elb` */
export function notImplemented(what: string): AwsError {
  return new AwsError("NotImplemented", `Hakoniwa does not implement ${what} yet. docs/coverage.md lists what it does.`, { status: 501 });
}

/** A service's own `notYet("access logs")`. */
export function notYetIn(service: string): (what: string) => AwsError {
  return (what) => notImplemented(`${what} of ${service}`);
}

/** `false` and empty lists ask for nothing, so nothing is lost when they are passed over. */
function asksForNothing(value: unknown): boolean {
  return value === undefined || value === false || (Array.isArray(value) && value.length === 0);
}

/**
 * Refuses members that would be silently ignored.
 * @throws what `error` makes of the first of `names` that asks for something
 */
export function refuseMembers(input: object, names: readonly string[], error: (name: string) => AwsError): void {
  const values = input as Readonly<Record<string, unknown>>;
  for (const name of names) {
    if (!asksForNothing(values[name])) throw error(name);
  }
}

/**
 * Refuses properties of a resource type that we don't carry out.
 * @throws AwsError NotImplemented, naming the first that is not `known` and asks for something
 */
export function refuseProperties(type: string, properties: object, known: readonly string[]): void {
  const others = Object.keys(properties).filter((name) => !known.includes(name));
  refuseMembers(properties, others, (name) => propertyNotImplemented(type, name));
}

export function propertyNotImplemented(type: string, property: string): AwsError {
  return notImplemented(`the property ${property} of ${type}`);
}
