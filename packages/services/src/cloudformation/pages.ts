import { pageOf, type PageRequest } from "../paging.js";
import { validationError } from "./errors.js";

const PAGE = 100;

/** One page of a list. @throws ValidationError for a token that no page of this operation with this input gave */
export function page<T>(
  all: readonly T[],
  input: { readonly NextToken?: string | undefined },
  order: Pick<PageRequest<T>, "key" | "descending">,
): { readonly items: readonly T[]; readonly next: string | undefined } {
  const invalid = (token: string) => validationError(`NextToken ${JSON.stringify(token)} is not valid`);
  const { records, next } = pageOf(all, { ...order, input, size: PAGE, token: input.NextToken, invalid });
  return { items: records, next };
}
