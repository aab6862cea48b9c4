/** Tags and attributes of objects. */
import type { Database } from "@hakoniwa/kernel";
import { S3, type S3Types } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { onVersion, requestedTags } from "./access.js";
import { invalidArgument } from "./errors.js";
import { bucketOf, readVersion, type StoredObject } from "./find.js";
import { objects, type Content } from "./state.js";
import { MOST_OBJECT_TAGS, showTags, tagsOf } from "./tags.js";
import { shownVersion } from "./write-object.js";

/** What GetObjectAttributes can be asked for; anything else is a mistake. */
const ATTRIBUTES = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];

export const objectTagOperations = operations(S3, {
  GetObjectTagging: {
    authorize: onVersion("s3:GetObjectTagging", "s3:GetObjectVersionTagging"),
    handle(ctx, input) {
      const bucket = bucketOf(ctx, input);
      const version = readVersion(ctx, bucket, input.Key, input.VersionId);
      return { TagSet: showTags(version.content.tags), VersionId: shownVersion(bucket, version) };
    },
  },
  PutObjectTagging: {
    authorize(input, asked) {
      const access = onVersion<typeof input>("s3:PutObjectTagging", "s3:PutObjectVersionTagging")(input, asked);
      return { ...access, conditions: { ...access.conditions, ...requestedTags(tagsOf(input.Tagging.TagSet, MOST_OBJECT_TAGS)) } };
    },
    handle(ctx, input) {
      const bucket = bucketOf(ctx, input);
      const version = readVersion(ctx, bucket, input.Key, input.VersionId);
      changeContent(ctx.db, version, { tags: tagsOf(input.Tagging.TagSet, MOST_OBJECT_TAGS) });
      return { VersionId: shownVersion(bucket, version) };
    },
  },
  DeleteObjectTagging: {
    authorize: onVersion("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"),
    handle(ctx, input) {
      const bucket = bucketOf(ctx, input);
      const version = readVersion(ctx, bucket, input.Key, input.VersionId);
      changeContent(ctx.db, version, { tags: {} });
      return { VersionId: shownVersion(bucket, version) };
    },
  },

  GetObjectAttributes: {
    authorize: onVersion("s3:GetObjectAttributes", "s3:GetObjectVersionAttributes"),
    handle(ctx, input) {
      const bucket = bucketOf(ctx, input);
      const asked = input.ObjectAttributes;
      const stranger = asked.find((name) => !ATTRIBUTES.includes(name));
      if (stranger !== undefined) throw invalidArgument("x-amz-object-attributes", stranger, "Invalid attribute name specified.");
      const version = readVersion(ctx, bucket, input.Key, input.VersionId);
      const { etag, size, storageClass, checksum } = version.content;
      return {
        LastModified: new Date(version.modified),
        VersionId: shownVersion(bucket, version),
        ...(asked.includes("ETag") ? { ETag: etag } : {}),
        ...(asked.includes("ObjectSize") ? { ObjectSize: size } : {}),
        ...(asked.includes("StorageClass") ? { StorageClass: storageClass } : {}),
        ...(asked.includes("Checksum") && checksum ? { Checksum: { [`Checksum${checksum.algorithm}`]: checksum.value.replace(/-\d+$/, ""), ChecksumType: checksum.type } } : {}),
        ...(asked.includes("ObjectParts") && version.content.parts ? { ObjectParts: showParts(version.content, input) } : {}),
      };
    },
  },
});

export function changeContent(db: Database, version: StoredObject, changed: Partial<Content>): void {
  db(objects).put({ ...version, content: { ...version.content, ...changed } });
}

function showParts({ parts = [], checksum }: Content, input: S3Types.GetObjectAttributesRequest): S3Types.GetObjectAttributesParts {
  const max = Math.min(input.MaxParts ?? 1000, 1000);
  const after = Number(input.PartNumberMarker ?? 0);
  const page = parts.map((part, index) => ({ ...part, number: index + 1 })).slice(after, after + max);
  return {
    TotalPartsCount: parts.length,
    PartNumberMarker: String(after),
    NextPartNumberMarker: String(page.at(-1)?.number ?? 0),
    MaxParts: max,
    IsTruncated: after + page.length < parts.length,
    // S3 names the parts only where each has a checksum.
    Parts: page.flatMap((part) =>
      part.checksum !== undefined && checksum ? [{ PartNumber: part.number, Size: part.size, [`Checksum${checksum.algorithm}`]: part.checksum }] : [],
    ),
  };
}
