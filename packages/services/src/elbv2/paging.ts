import type { AwsError } from "@hakoniwa/kernel";
import { pageOf, type SortKey } from "../paging.js";
import { validationError } from "./errors.js";

interface Paged {
  readonly Marker?: string | undefined;
  readonly PageSize?: number | undefined;
}

const LARGEST_PAGE = 400;

/** @throws ValidationError for a marker that no page of this operation with these filters gave */
export function page<T>(all: readonly T[], input: Paged, key: (record: T) => SortKey): { readonly records: readonly T[]; readonly NextMarker: string | undefined } {
  const invalid = (token: string): AwsError => validationError(`Marker '${token}' is not valid`);
  const { records, next } = pageOf(all, { input, size: input.PageSize ?? LARGEST_PAGE, token: input.Marker, key, invalid });
  return { records, NextMarker: next };
}
