/** Conditional requests: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html and RFC 9110, 13. */
import { headerNotImplemented, noSuchKey, notModified, preconditionFailed } from "./errors.js";
import { unquoted } from "./names.js";

interface Known {
  readonly etag: string;
  /** ms */
  readonly modified: number;
}

export interface ReadConditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

/** @throws PreconditionFailed, NotModified */
export function checkRead(conditions: ReadConditions, { etag, modified }: Known): void {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions;
  if (IfMatch !== undefined) {
    if (!names(IfMatch, etag)) throw preconditionFailed("If-Match");
  } else if (IfUnmodifiedSince !== undefined && modified > IfUnmodifiedSince.getTime()) {
    throw preconditionFailed("If-Unmodified-Since");
  }
  if (IfNoneMatch !== undefined) {
    if (names(IfNoneMatch, etag)) throw notModified(etag, modified);
  } else if (IfModifiedSince !== undefined && modified <= IfModifiedSince.getTime()) {
    throw notModified(etag, modified);
  }
}

/** The same for a copy's source, where everything that fails is a failed precondition. @throws PreconditionFailed */
export function checkCopySource(
  conditions: { readonly CopySourceIfMatch?: string | undefined; readonly CopySourceIfNoneMatch?: string | undefined; readonly CopySourceIfModifiedSince?: Date | undefined; readonly CopySourceIfUnmodifiedSince?: Date | undefined },
  { etag, modified }: Known,
): void {
  const { CopySourceIfMatch, CopySourceIfNoneMatch, CopySourceIfModifiedSince, CopySourceIfUnmodifiedSince } = conditions;
  if (CopySourceIfMatch !== undefined) {
    if (!names(CopySourceIfMatch, etag)) throw preconditionFailed("x-amz-copy-source-If-Match");
  } else if (CopySourceIfUnmodifiedSince !== undefined && modified > CopySourceIfUnmodifiedSince.getTime()) {
    throw preconditionFailed("x-amz-copy-source-If-Unmodified-Since");
  }
  if (CopySourceIfNoneMatch !== undefined) {
    if (names(CopySourceIfNoneMatch, etag)) throw preconditionFailed("x-amz-copy-source-If-None-Match");
  } else if (CopySourceIfModifiedSince !== undefined && modified <= CopySourceIfModifiedSince.getTime()) {
    throw preconditionFailed("x-amz-copy-source-If-Modified-Since");
  }
}

/** @param current what the key holds now, if anything @throws PreconditionFailed, NoSuchKey, NotImplemented */
export function checkWrite(conditions: { readonly IfMatch?: string | undefined; readonly IfNoneMatch?: string | undefined }, key: string, current: { readonly etag: string } | undefined): void {
  const { IfMatch, IfNoneMatch } = conditions;
  if (IfNoneMatch !== undefined) {
    if (IfNoneMatch !== "*") throw headerNotImplemented("If-None-Match");
    if (current) throw preconditionFailed("If-None-Match");
  }
  if (IfMatch !== undefined) {
    if (!current) throw noSuchKey(key);
    if (!names(IfMatch, current.etag)) throw preconditionFailed("If-Match");
  }
}

/** Whether a header's list of entity tags holds this one. */
function names(list: string, etag: string): boolean {
  return list.split(",").some((entry) => entry.trim() === "*" || unquoted(entry) === etag);
}
