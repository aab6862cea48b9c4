/** Templates hold policies as JSON or as its text. */

/** What the services' operations take. */
export function documentText(document: unknown): string {
  return typeof document === "string" ? document : JSON.stringify(document);
}

/** A policy as a service tells it, in the form that the template has it in. */
export function documentAs(given: unknown, text: string): unknown {
  if (typeof given === "string") return text;
  return JSON.parse(text) as unknown;
}

/** @returns `given` when `text` says the same, whatever its blanks; else `text` */
export function sameJson(given: string | undefined, text: string): string {
  const plain = (json: string): string => JSON.stringify(JSON.parse(json));
  return given !== undefined && plain(given) === plain(text) ? given : text;
}
