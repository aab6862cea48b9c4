/** Reading objects: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
import { S3, type S3Types } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { onVersion } from "./access.js";
import { showAttributes, showChecksum } from "./attributes.js";
import { checkRead } from "./conditions.js";
import { invalidRequest, notYet } from "./errors.js";
import { bucketOf, checkReadable, readVersion, type StoredObject } from "./find.js";
import { expirationOf } from "./lifecycle-plan.js";
import { quoted } from "./names.js";
import { cut, parseRange, rangeOfPart, type Range } from "./ranges.js";
import { shownVersion } from "./write-object.js";

type ReadInput = Omit<S3Types.GetObjectRequest, "SSECustomerKey">;

export const readOperations = operations(S3, {
  GetObject: {
    authorize: onVersion("s3:GetObject", "s3:GetObjectVersion"),
    handle(ctx, input) {
      const { version, shown, range } = read(ctx, input);
      checkReadable(version);
      const { segments, size } = version.content;
      return { ...shown, Body: ctx.blobs.read(cut(segments, range ?? { start: 0, size })) };
    },
  },

  HeadObject: {
    authorize: onVersion("s3:GetObject", "s3:GetObjectVersion"),
    handle: (ctx, input) => read(ctx, input).shown,
  },
});

function read(ctx: Context, input: ReadInput): { readonly version: StoredObject; readonly range: Range | undefined; readonly shown: S3Types.HeadObjectOutput } {
  const bucket = bucketOf(ctx, input);
  if (input.SSECustomerAlgorithm !== undefined) throw notYet("encryption with the customer's keys");
  if (ctx.caller.principal.type === "anonymous" && overrides(input).some(([, value]) => value !== undefined)) {
    throw invalidRequest("Request specific response headers cannot be used for anonymous GET requests.");
  }
  if (input.PartNumber !== undefined && input.Range !== undefined) throw invalidRequest("Cannot specify both Range header and partNumber query parameter.");
  const version = readVersion(ctx, bucket, input.Key, input.VersionId);
  const { content } = version;
  checkRead(input, { etag: content.etag, modified: version.modified });
  const range = input.PartNumber === undefined ? parseRange(input.Range, content.size) : rangeOfPart(content, input.PartNumber);
  const whole = range === undefined || range.size === content.size;
  const shown = {
    ...showAttributes(content),
    ...Object.fromEntries(overrides(input).filter(([, value]) => value !== undefined)),
    AcceptRanges: "bytes",
    LastModified: new Date(version.modified),
    ETag: quoted(content.etag),
    ContentLength: range?.size ?? content.size,
    // An empty object has no range to name.
    ContentRange: range && content.size > 0 ? `bytes ${range.start}-${range.start + range.size - 1}/${content.size}` : undefined,
    VersionId: shownVersion(bucket, version),
    Expiration: input.VersionId === undefined ? expirationOf(bucket, version) : undefined,
    TagCount: Object.keys(content.tags).length || undefined,
    PartsCount: input.PartNumber === undefined ? undefined : content.parts?.length,
    // The checksum is of the whole; S3 tells none of a part of it.
    ...(input.ChecksumMode === "ENABLED" && whole ? showChecksum(content.checksum) : {}),
  };
  return { version, range, shown };
}

function overrides(input: ReadInput) {
  return [
    ["CacheControl", input.ResponseCacheControl],
    ["ContentDisposition", input.ResponseContentDisposition],
    ["ContentEncoding", input.ResponseContentEncoding],
    ["ContentLanguage", input.ResponseContentLanguage],
    ["ContentType", input.ResponseContentType],
    ["Expires", input.ResponseExpires],
  ] as const;
}
