/** Listing what keys stand for now: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
import { S3, type S3Types } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { onBucket } from "./access.js";
import { invalidArgument } from "./errors.js";
import { bucketOf, isObject, type StoredObject } from "./find.js";
import { encoder, listPage, type Entry } from "./listing.js";
import { ownerOf, quoted } from "./names.js";
import { afterKey, prefixEnd } from "./order.js";
import { objects, type Bucket, type ObjectVersion } from "./state.js";

type ListInput = Pick<S3Types.ListObjectsV2Request, "Bucket" | "Prefix" | "Delimiter" | "MaxKeys" | "EncodingType">;

/** The condition keys of what lists. */
export const listConditions = (input: ListInput) => ({ "s3:prefix": input.Prefix ?? "", "s3:delimiter": input.Delimiter, "s3:max-keys": input.MaxKeys });

export const listOperations = operations(S3, {
  ListObjectsV2: {
    authorize: onBucket("s3:ListBucket", listConditions),
    handle(ctx, input) {
      const bucket = bucketOf(ctx, input);
      const max = pageSize(input.MaxKeys);
      const after = input.ContinuationToken === undefined ? (input.StartAfter ?? "") : positionOf(input.ContinuationToken);
      const { entries, truncated } = current(ctx, bucket, input, max, after);
      const encode = encoder(input.EncodingType);
      const show = (object: StoredObject): S3Types._Object => ({ ...showObject(object, encode), ...(input.FetchOwner ? { Owner: ownerOf(bucket.account) } : {}) });
      return {
        Name: bucket.name,
        Prefix: encode(input.Prefix ?? ""),
        Delimiter: input.Delimiter && encode(input.Delimiter),
        MaxKeys: max,
        EncodingType: input.EncodingType,
        KeyCount: entries.length,
        IsTruncated: truncated,
        ContinuationToken: input.ContinuationToken,
        NextContinuationToken: truncated ? tokenOf(nameOf(entries.at(-1)!)) : undefined,
        StartAfter: input.StartAfter && encode(input.StartAfter),
        ...showEntries(entries, show, encode),
      };
    },
  },

  ListObjects: {
    authorize: onBucket("s3:ListBucket", listConditions),
    handle(ctx, input) {
      const bucket = bucketOf(ctx, input);
      const max = pageSize(input.MaxKeys);
      const { entries, truncated } = current(ctx, bucket, input, max, input.Marker ?? "");
      const encode = encoder(input.EncodingType);
      return {
        Name: bucket.name,
        Prefix: encode(input.Prefix ?? ""),
        Marker: encode(input.Marker ?? ""),
        Delimiter: input.Delimiter && encode(input.Delimiter),
        MaxKeys: max,
        EncodingType: input.EncodingType,
        IsTruncated: truncated,
        // Without a delimiter the last key is what clients go on from.
        NextMarker: truncated && input.Delimiter ? encode(nameOf(entries.at(-1)!)) : undefined,
        ...showEntries(entries, (object) => ({ ...showObject(object, encode), Owner: ownerOf(bucket.account) }), encode),
      };
    },
  },
});

/** @throws InvalidArgument */
export function pageSize(asked: number | undefined, name = "max-keys"): number {
  if (asked === undefined) return 1000;
  if (!Number.isInteger(asked) || asked < 0 || asked > 2 ** 31 - 1) {
    throw invalidArgument(name, String(asked), `Argument ${name === "max-keys" ? "maxKeys" : name} must be an integer between 0 and 2147483647`);
  }
  return Math.min(asked, 1000);
}

function current(ctx: Context, bucket: Bucket, input: ListInput, max: number, after: string) {
  const delimiter = input.Delimiter || undefined;
  const isShownPrefix = delimiter !== undefined && after.endsWith(delimiter);
  return listPage<ObjectVersion>(
    (from, to) => ctx.db(objects).range(from, to),
    {
      bucket: bucket.name,
      prefix: input.Prefix ?? "",
      delimiter,
      max,
      from: after === "" ? undefined : isShownPrefix ? prefixEnd(bucket.name, after) : afterKey(bucket.name, after),
      shownPrefix: isShownPrefix ? after : undefined,
    },
    (version) => (isObject(version) ? "take" : "next-key"),
    false,
  );
}

function nameOf(entry: Entry<ObjectVersion>): string {
  return "record" in entry ? entry.record.key : entry.commonPrefix;
}

export function showEntries(entries: readonly Entry<ObjectVersion>[], show: (object: StoredObject) => S3Types._Object, encode: (text: string) => string) {
  return {
    Contents: entries.flatMap((entry) => ("record" in entry && isObject(entry.record) ? [show(entry.record)] : [])),
    CommonPrefixes: commonPrefixes(entries, encode),
  };
}

export function commonPrefixes(entries: readonly Entry<unknown>[], encode: (text: string) => string): readonly S3Types.CommonPrefix[] {
  return entries.flatMap((entry) => ("commonPrefix" in entry ? [{ Prefix: encode(entry.commonPrefix) }] : []));
}

function showObject({ key, modified, content }: StoredObject, encode: (text: string) => string): S3Types._Object {
  return {
    Key: encode(key),
    LastModified: new Date(modified),
    ETag: quoted(content.etag),
    Size: content.size,
    StorageClass: content.storageClass,
    ...(content.checksum ? { ChecksumAlgorithm: [content.checksum.algorithm], ChecksumType: content.checksum.type } : {}),
  };
}

const tokenOf = (name: string): string => Buffer.from(`1${name}`).toString("base64");

/** @throws InvalidArgument */
function positionOf(token: string): string {
  const text = Buffer.from(token, "base64").toString();
  if (!text.startsWith("1") || tokenOf(text.slice(1)) !== token) throw invalidArgument("continuation-token", token, "The continuation token provided is incorrect");
  return text.slice(1);
}
