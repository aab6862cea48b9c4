import { invalidNextToken, validationError } from "./errors.js";

/** Cuts a list into pages; a token is the number of records before its page. */
export function page<T>(
  all: readonly T[],
  input: { readonly MaxRecords?: number | undefined; readonly NextToken?: string | undefined },
  most = 100,
): { readonly records: readonly T[]; readonly NextToken: string | undefined } {
  const size = input.MaxRecords ?? Math.min(50, most);
  if (!Number.isInteger(size) || size < 1 || size > most) throw validationError(`MaxRecords '${size}' must be between 1 and ${most}.`);
  const start = input.NextToken === undefined ? 0 : Number(input.NextToken);
  if (!Number.isInteger(start) || start < 0 || start > all.length) throw invalidNextToken(input.NextToken ?? "");
  const end = start + size;
  return { records: all.slice(start, end), NextToken: end < all.length ? String(end) : undefined };
}
