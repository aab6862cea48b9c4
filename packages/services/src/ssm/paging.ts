import { pageOf, type SortKey } from "../paging.js";
import { constraint, invalidNextToken } from "./errors.js";

interface PageRequest {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

/**
 * Cuts a list, sorted by `key`, into pages.
 * @param most the largest page, and the default
 */
export function page<T>(sorted: readonly T[], input: PageRequest, most: number, key: (record: T) => SortKey): { readonly records: readonly T[]; readonly NextToken: string | undefined } {
  const size = input.MaxResults ?? most;
  if (!Number.isInteger(size) || size < 1) throw constraint("maxResults", String(size), "Member must have value greater than or equal to 1");
  if (size > most) throw constraint("maxResults", String(size), `Member must have value less than or equal to ${most}`);
  const { records, next } = pageOf(sorted, { input, size, token: input.NextToken, key, invalid: invalidNextToken });
  return { records, NextToken: next };
}
