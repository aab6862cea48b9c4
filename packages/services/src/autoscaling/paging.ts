import { pageOf, type PageRequest } from "../paging.js";
import { invalidNextToken, validationError } from "./errors.js";

/**
 * Cuts a list into pages.
 * @param most the largest page; the usual one is of 50 records
 * @throws ValidationError, InvalidNextToken
 */
export function page<T>(
  all: readonly T[],
  input: { readonly MaxRecords?: number | undefined; readonly NextToken?: string | undefined },
  order: Pick<PageRequest<T>, "key" | "descending">,
  most = 100,
): { readonly records: readonly T[]; readonly NextToken: string | undefined } {
  const size = input.MaxRecords ?? Math.min(50, most);
  if (!Number.isInteger(size) || size < 1 || size > most) throw validationError(`MaxRecords '${size}' must be between 1 and ${most}.`);
  const { records, next } = pageOf(all, { ...order, input, size, token: input.NextToken, invalid: invalidNextToken });
  return { records, NextToken: next };
}
