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
 * @param known paths such as `Tags` (with all below) or `Ebs.VolumeSize`; of a property that has such paths the others are refused
 * @throws AwsError NotImplemented, naming the first that is not `known` and asks for something: `NetworkInterfaces/0/Ipv6Addresses`
 */
export function refuseProperties(type: string, properties: object, known: readonly string[]): void {
  const refused = firstUnknown(properties, new Set(known), new Set(known.flatMap(parents)), "", "");
  if (refused !== undefined) throw propertyNotImplemented(type, refused);
}

/** @param path of `value` in the declaration, @param place in the template: lists' indices are told there only */
function firstUnknown(value: unknown, known: ReadonlySet<string>, open: ReadonlySet<string>, path: string, place: string): string | undefined {
  if (Array.isArray(value)) return value.map((item, i) => firstUnknown(item, known, open, path, `${place}${i}/`)).find((found) => found !== undefined);
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, item] of Object.entries(value)) {
    const own = `${path}${name}`;
    if (known.has(own) || asksForNothingBelow(item)) continue;
    if (!open.has(own)) return `${place}${name}`;
    const below = firstUnknown(item, known, open, `${own}.`, `${place}${name}/`);
    if (below !== undefined) return below;
  }
  return undefined;
}

/** `{ Enabled: false }` asks for nothing; what is empty may ask by being there. */
function asksForNothingBelow(value: unknown): boolean {
  if (asksForNothing(value) || typeof value !== "object" || value === null || Array.isArray(value)) return asksForNothing(value);
  const members = Object.values(value);
  return members.length > 0 && members.every(asksForNothingBelow);
}

/** `A.B.C` → `A`, `A.B`. */
function parents(path: string): readonly string[] {
  const parts = path.split(".");
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join("."));
}

export function propertyNotImplemented(type: string, property: string): AwsError {
  return notImplemented(`the property ${property} of ${type}`);
}
