/** Attributes of load balancers and target groups in templates: lists of keys with their values. */

export type KeyValues = readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[];

/** What the template gives, and of what it no longer gives the default. */
export function changedAttributes(next: KeyValues | undefined, previous: KeyValues | undefined, defaults: Readonly<Record<string, string>>): KeyValues {
  const leaving = (previous ?? []).filter(({ Key }) => !next?.some((other) => other.Key === Key));
  return [...(next ?? []), ...leaving.map(({ Key = "" }) => ({ Key, Value: defaults[Key] ?? "" }))];
}

/** Of all that a resource has, those that the template names. */
export function namedAttributes(live: KeyValues, given: KeyValues | undefined): KeyValues {
  return live.filter(({ Key }) => given?.some((other) => other.Key === Key));
}
