import { pageOf } from "../paging.js";
import { validationError } from "./errors.js";

interface Paged {
  readonly Marker?: string | undefined;
  readonly PageSize?: number | undefined;
}

const LARGEST_PAGE = 400;

/** @throws ValidationError for a marker that no page gave */
export function page<T>(all: readonly T[], { Marker, PageSize }: Paged): { readonly records: readonly T[]; readonly NextMarker: string | undefined } {
  const { records, next } = pageOf(all, PageSize ?? LARGEST_PAGE, Marker, (token) => validationError(`Marker '${token}' is not valid`));
  return { records, NextMarker: next };
}
