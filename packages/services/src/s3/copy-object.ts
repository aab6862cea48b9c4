/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html: a copy shares its source's bytes. */
import { S3, type S3Types } from "@hakoniwa/wire";
import { operations, type Asked, type Context, type Preparation } from "../define.js";
import { onObject, onVersion, withTagging } from "./access.js";
import { attributesOf, showChecksum } from "./attributes.js";
import { checkCopySource, checkWrite } from "./conditions.js";
import { showEncryption } from "./encryption.js";
import { invalidArgument, invalidRequest, notYet } from "./errors.js";
import { bucketOf, checkReadable, currentObject, readVersion, type StoredObject } from "./find.js";
import { checkKey, quoted } from "./names.js";
import { conditionsOf } from "./put-object.js";
import { LARGEST_PUT } from "./receive.js";
import type { Attributes, Bucket } from "./state.js";
import { tagsOfHeader } from "./tags.js";
import { putContent, shownVersion } from "./write-object.js";

interface Source {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId?: string;
}

/** Reads `x-amz-copy-source`: `bucket/key?versionId=…`, percent-encoded. A bucket or key that it doesn't name is empty. */
function read(header: string): Source {
  const [path = "", versionId] = header.replace(/^\//, "").split("?versionId=");
  const text = decoded(path);
  const slash = text.indexOf("/");
  return { Bucket: text.slice(0, Math.max(0, slash)), Key: text.slice(slash + 1), ...(versionId === undefined ? {} : { VersionId: versionId }) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** @throws InvalidArgument */
function copySourceOf(header: string): Source {
  const source = read(header);
  if (source.Bucket.startsWith("arn:")) throw notYet("access points");
  if (source.Bucket === "" || source.Key === "") throw invalidArgument("x-amz-copy-source", header, "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  return source;
}

export const onSource = (input: { readonly CopySource: string }, asked: Asked) => onVersion<Source>("s3:GetObject", "s3:GetObjectVersion")(read(input.CopySource), asked);

type SourceInput = Parameters<typeof checkCopySource>[0] & { readonly CopySource: string; readonly ExpectedSourceBucketOwner?: string | undefined };

/** What a copy copies, its conditions checked. */
export function sourceObject(ctx: Context | Preparation, input: SourceInput): { readonly object: StoredObject; readonly bucket: Bucket } {
  const source = copySourceOf(input.CopySource);
  // Copies go from region to region, so only the destination's counts.
  const from = ctx.facts.s3.bucket(source.Bucket);
  const bucket = bucketOf({ ...ctx, region: from?.region ?? ctx.region }, { Bucket: source.Bucket, ExpectedBucketOwner: input.ExpectedSourceBucketOwner });
  const object = readVersion(ctx, bucket, source.Key, source.VersionId);
  checkReadable(object);
  checkCopySource(input, { etag: object.content.etag, modified: object.modified });
  return { object, bucket };
}

export const copyOperations = operations(S3, {
  CopyObject: {
    authorize(input, asked) {
      const put = onObject<typeof input>("s3:PutObject", (given) => ({
        ...conditionsOf(given),
        "s3:x-amz-copy-source": given.CopySource,
        "s3:x-amz-metadata-directive": given.MetadataDirective,
      }))(input, asked);
      return [onSource(input, asked), ...withTagging(put, input.Tagging, tagsOfHeader(input.Tagging))];
    },
    handle(ctx, input) {
      const bucket = bucketOf(ctx, input);
      checkKey(input.Key);
      const { object, bucket: from } = sourceObject(ctx, input);
      if (object.content.size > LARGEST_PUT) throw invalidRequest("The specified copy source is larger than the maximum allowable size for a copy source: 5368709120");
      const attributes = copiedAttributes(input, bucket, object);
      if (isOnItself(input, object, bucket) && !changes(input, object, attributes)) {
        throw invalidRequest(
          "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
        );
      }
      checkWrite(input, input.Key, currentObject(ctx.db, bucket.name, input.Key)?.content);
      const { size, etag, segments, checksum } = object.content;
      if (input.ChecksumAlgorithm !== undefined && input.ChecksumAlgorithm !== checksum?.algorithm) throw notYet(`another checksum (${input.ChecksumAlgorithm}) for copies`);
      const tags = input.TaggingDirective === "REPLACE" ? tagsOfHeader(input.Tagging) : object.content.tags;
      const version = putContent(ctx, bucket, input.Key, { ...attributes, size, etag, segments, tags, ...(checksum ? { checksum } : {}) });
      return {
        CopyObjectResult: { ETag: quoted(etag), LastModified: new Date(version.modified), ...showChecksum(checksum) },
        CopySourceVersionId: shownVersion(from, object),
        VersionId: shownVersion(bucket, version),
        ...showEncryption(attributes),
      };
    },
  },
});

function isOnItself(input: S3Types.CopyObjectRequest, object: StoredObject, bucket: Bucket): boolean {
  return object.bucket === bucket.name && object.key === input.Key && copySourceOf(input.CopySource).VersionId === undefined;
}

function changes(input: S3Types.CopyObjectRequest, { content }: StoredObject, next: Attributes): boolean {
  return input.MetadataDirective === "REPLACE" || next.storageClass !== content.storageClass || next.redirect !== content.redirect || input.ServerSideEncryption !== undefined;
}

/** Metadata is the source's unless replaced; storage class and redirect are always the request's. */
function copiedAttributes(input: S3Types.CopyObjectRequest, bucket: Bucket, { content }: StoredObject): Attributes {
  const asked = attributesOf(input, bucket);
  if (input.MetadataDirective === "REPLACE") return asked;
  const { contentType, cacheControl, contentDisposition, contentEncoding, contentLanguage, expires, metadata } = content;
  return {
    contentType,
    metadata,
    storageClass: asked.storageClass,
    ...(asked.encryption === undefined ? {} : { encryption: asked.encryption }),
    ...(asked.redirect === undefined ? {} : { redirect: asked.redirect }),
    ...(cacheControl === undefined ? {} : { cacheControl }),
    ...(contentDisposition === undefined ? {} : { contentDisposition }),
    ...(contentEncoding === undefined ? {} : { contentEncoding }),
    ...(contentLanguage === undefined ? {} : { contentLanguage }),
    ...(expires === undefined ? {} : { expires }),
  };
}
