/** Records hold times as numbers; the API's timestamps are dates. The one place where EC2 turns one into the other. */

/** @param at milliseconds since the Unix epoch */
export function timestamp(at: number): Date {
  return new Date(at);
}

/** As EC2 writes times that are strings in its API, e.g. an image's CreationDate: `2026-01-01T00:00:00.000Z`. */
export function isoTime(at: number): string {
  return new Date(at).toISOString();
}
