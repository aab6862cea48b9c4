/** Ranges of bytes: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html and RFC 9110, 14. */
import { invalidArgument, invalidPartNumber, invalidRequest, notSatisfiable } from "./errors.js";
import type { Content, Segment } from "./state.js";

export interface Range {
  readonly start: number;
  readonly size: number;
}

/**
 * What a `Range` header asks for; undefined for all: S3 serves no several ranges at once, and passes over what it can't read.
 * @throws InvalidRange
 */
export function parseRange(header: string | undefined, size: number): Range | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "") ?? [];
  if (header === undefined || first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  if (first === "") {
    const wanted = Math.min(Number(last), size);
    if (wanted === 0) throw notSatisfiable(header, size);
    return { start: size - wanted, size: wanted };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return undefined;
  if (start >= size) throw notSatisfiable(header, size);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return { start, size: end - start + 1 };
}

/**
 * What `x-amz-copy-source-range` asks for: both ends, inside the source.
 * @throws InvalidArgument, InvalidRequest
 */
export function parseCopyRange(header: string | undefined, size: number): Range | undefined {
  if (header === undefined) return undefined;
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(header) ?? [];
  const start = Number(first);
  const end = Number(last);
  if (first === undefined || end < start) {
    throw invalidArgument("x-amz-copy-source-range", header, "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy");
  }
  if (start >= size) throw invalidRequest("The specified copy range is invalid for the source object size");
  if (end >= size) throw invalidArgument("x-amz-copy-source-range", header, `Range specified is not valid for source object of size: ${size}`);
  return { start, size: end - start + 1 };
}

/** The bytes of one part, as they were uploaded. @throws InvalidPartNumber, InvalidArgument */
export function rangeOfPart({ parts, size }: Content, number: number): Range {
  if (!Number.isInteger(number) || number < 1 || number > 10_000) throw invalidArgument("partNumber", String(number), "Part number must be an integer between 1 and 10000, inclusive");
  const all = parts ?? [{ size }];
  const part = all[number - 1];
  if (!part) throw invalidPartNumber(number, all.length);
  return { start: all.slice(0, number - 1).reduce((sum, { size: before }) => sum + before, 0), size: part.size };
}

/** The segments that hold a range of an object's bytes. */
export function cut(segments: readonly Segment[], range: Range): readonly Segment[] {
  const end = range.start + range.size;
  const kept: Segment[] = [];
  let position = 0;
  for (const segment of segments) {
    const from = Math.max(range.start, position);
    const to = Math.min(end, position + segment.size);
    if (from < to) kept.push({ blob: segment.blob, start: segment.start + from - position, size: to - from });
    position += segment.size;
  }
  return kept;
}
