/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html */
import { S3, type S3Types } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { onBucket } from "./access.js";
import { invalidArgument } from "./errors.js";
import { bucketOf, isObject, newest } from "./find.js";
import { encoder, listPage } from "./listing.js";
import { commonPrefixes, listConditions, pageSize } from "./list-objects.js";
import { ownerOf, quoted } from "./names.js";
import { afterKey, keyOrder, prefixEnd } from "./order.js";
import { objects, versionKey, type Bucket, type ObjectVersion } from "./state.js";

export const versionListOperations = operations(S3, {
  ListObjectVersions: {
    authorize: onBucket("s3:ListBucketVersions", listConditions),
    handle(ctx, input) {
      const bucket = bucketOf(ctx, input);
      const max = pageSize(input.MaxKeys);
      if (input.VersionIdMarker !== undefined && input.KeyMarker === undefined) {
        throw invalidArgument("version-id-marker", input.VersionIdMarker, "A version-id marker cannot be specified without a key marker.");
      }
      const { entries, truncated } = versions(ctx, bucket, input, max);
      const encode = encoder(input.EncodingType);
      const records = entries.flatMap((entry) => ("record" in entry ? [entry.record] : []));
      const last = entries.at(-1);
      return {
        Name: bucket.name,
        Prefix: encode(input.Prefix ?? ""),
        KeyMarker: encode(input.KeyMarker ?? ""),
        VersionIdMarker: input.VersionIdMarker ?? "",
        Delimiter: input.Delimiter && encode(input.Delimiter),
        MaxKeys: max,
        EncodingType: input.EncodingType,
        IsTruncated: truncated,
        NextKeyMarker: truncated && last ? encode("record" in last ? last.record.key : last.commonPrefix) : undefined,
        NextVersionIdMarker: truncated && last && "record" in last ? last.record.versionId : undefined,
        Versions: records.filter((version) => isObject(version)).map((version) => showVersion(ctx, bucket, version, encode)),
        DeleteMarkers: records.filter((version) => !isObject(version)).map((version) => describe(ctx, bucket, version, encode)),
        CommonPrefixes: commonPrefixes(entries, encode),
      };
    },
  },
});

function versions(ctx: Context, bucket: Bucket, input: S3Types.ListObjectVersionsRequest, max: number) {
  const delimiter = input.Delimiter || undefined;
  const marker = input.KeyMarker ?? "";
  const shownPrefix = delimiter !== undefined && input.VersionIdMarker === undefined && marker.endsWith(delimiter) ? marker : undefined;
  const after = marker === "" || input.VersionIdMarker === undefined ? undefined : ctx.db(objects).get(versionKey(bucket.name, marker, input.VersionIdMarker));
  return listPage<ObjectVersion>(
    (from, to) => ctx.db(objects).range(from, to),
    { bucket: bucket.name, prefix: input.Prefix ?? "", delimiter, max, from: beginning(bucket, input, marker, shownPrefix), shownPrefix },
    (version) => (after && version.key === after.key && version.sequence >= after.sequence ? "skip" : "take"),
    true,
  );
}

function beginning(bucket: Bucket, input: S3Types.ListObjectVersionsRequest, marker: string, shownPrefix: string | undefined): string | undefined {
  if (marker === "") return undefined;
  if (shownPrefix !== undefined) return prefixEnd(bucket.name, shownPrefix);
  // A version that was deleted between two pages leaves its key's others to be shown.
  return input.VersionIdMarker === undefined ? afterKey(bucket.name, marker) : keyOrder(bucket.name, marker);
}

function describe(ctx: Context, bucket: Bucket, version: ObjectVersion, encode: (text: string) => string): S3Types.DeleteMarkerEntry {
  return {
    Key: encode(version.key),
    VersionId: version.versionId,
    IsLatest: newest(ctx.db, bucket.name, version.key)?.sequence === version.sequence,
    LastModified: new Date(version.modified),
    Owner: ownerOf(bucket.account),
  };
}

function showVersion(ctx: Context, bucket: Bucket, version: ObjectVersion, encode: (text: string) => string): S3Types.ObjectVersion {
  const { content } = version;
  if (!content) return describe(ctx, bucket, version, encode);
  return {
    ...describe(ctx, bucket, version, encode),
    ETag: quoted(content.etag),
    Size: content.size,
    StorageClass: content.storageClass as S3Types.ObjectVersionStorageClass,
    ...(content.checksum ? { ChecksumAlgorithm: [content.checksum.algorithm], ChecksumType: content.checksum.type } : {}),
  };
}
