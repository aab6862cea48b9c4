/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjects.html */
import { AwsError } from "@hakoniwa/kernel";
import { S3, type S3Types } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { onVersion } from "./access.js";
import { malformedXml, noSuchKey, notYet, preconditionFailed } from "./errors.js";
import { bucketOf, newest } from "./find.js";
import { checkKey, checkVersionId, unquoted } from "./names.js";
import type { Bucket } from "./state.js";
import { deleteKey, deleteVersion, type Deletion } from "./write-object.js";

const onDeletion = onVersion("s3:DeleteObject", "s3:DeleteObjectVersion");
const MOST = 1000;

export const deleteOperations = operations(S3, {
  DeleteObject: {
    authorize: onDeletion,
    handle(ctx, input) {
      const bucket = bucketOf(ctx, input);
      const { versionId, deleteMarker } = remove(ctx, bucket, { ...input, ETag: input.IfMatch, LastModifiedTime: input.IfMatchLastModifiedTime, Size: input.IfMatchSize });
      return { VersionId: versionId, DeleteMarker: deleteMarker };
    },
  },

  DeleteObjects: {
    // Each key is judged for itself below: one that may not be deleted is an entry of the answer.
    authorize: () => [],
    handle(ctx, input) {
      const bucket = bucketOf(ctx, input);
      const { Objects: objects, Quiet: quiet } = input.Delete;
      if (objects.length === 0 || objects.length > MOST) throw malformedXml();
      const Deleted: S3Types.DeletedObject[] = [];
      const Errors: S3Types._Error[] = [];
      for (const object of objects) {
        try {
          const decision = ctx.judge(onDeletion({ ...object, Bucket: bucket.name }, ctx));
          if (!decision.allowed) throw decision.error;
          const deletion = remove(ctx, bucket, object);
          if (!quiet) Deleted.push(showDeletion(object, deletion));
        } catch (error) {
          if (!(error instanceof AwsError) || error.code === "NotImplemented") throw error;
          Errors.push({ Key: object.Key, VersionId: object.VersionId, Code: error.code, Message: error.message });
        }
      }
      return { Deleted, Errors };
    },
  },
});

function remove(ctx: Context, bucket: Bucket, object: S3Types.ObjectIdentifier): Deletion {
  checkKey(object.Key);
  if (object.LastModifiedTime !== undefined || object.Size !== undefined) throw notYet("deletions on condition of time or size, which are of directory buckets,");
  if (object.ETag !== undefined) checkMatch(ctx, bucket, object);
  if (object.VersionId === undefined) return deleteKey(ctx, bucket, object.Key);
  checkVersionId(object.VersionId);
  return deleteVersion(ctx, bucket, object.Key, object.VersionId);
}

function checkMatch(ctx: Context, bucket: Bucket, { Key: key, ETag: etag = "" }: S3Types.ObjectIdentifier): void {
  const current = newest(ctx.db, bucket.name, key)?.content;
  if (!current) throw noSuchKey(key);
  if (etag !== "*" && unquoted(etag) !== current.etag) throw preconditionFailed("If-Match");
}

function showDeletion({ Key, VersionId }: S3Types.ObjectIdentifier, { versionId, deleteMarker }: Deletion): S3Types.DeletedObject {
  return { Key, VersionId, ...(deleteMarker ? { DeleteMarker: true, DeleteMarkerVersionId: versionId } : {}) };
}
