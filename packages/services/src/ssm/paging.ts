import { constraint, invalidNextToken } from "./errors.js";

interface PageRequest {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

/**
 * Cuts a list, sorted by `key`, into pages. A token names the last record of its page, so that records that come or go
 * between two calls make none appear twice.
 * @param most the largest page, and the default
 */
export function page<T>(sorted: readonly T[], input: PageRequest, most: number, key: (record: T) => string): { readonly records: readonly T[]; readonly NextToken: string | undefined } {
  const size = input.MaxResults ?? most;
  if (!Number.isInteger(size) || size < 1) throw constraint("maxResults", String(size), "Member must have value greater than or equal to 1");
  if (size > most) throw constraint("maxResults", String(size), `Member must have value less than or equal to ${most}`);
  const after = input.NextToken === undefined ? undefined : decode(input.NextToken);
  const rest = after === undefined ? sorted : sorted.filter((record) => key(record) > after);
  const records = rest.slice(0, size);
  const last = records.at(-1);
  return { records, NextToken: last !== undefined && rest.length > size ? encode(key(last)) : undefined };
}

const encode = (key: string): string => Buffer.from(`1:${key}`).toString("base64");

function decode(token: string): string {
  const text = Buffer.from(token, "base64").toString("utf8");
  if (!text.startsWith("1:") || encode(text.slice(2)) !== token) throw invalidNextToken();
  return text.slice(2);
}
