/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
import { S3, type S3Types } from "@hakoniwa/wire";
import { operations, prepared } from "../define.js";
import { onObject, withTagging } from "./access.js";
import { attributesOf, showChecksum } from "./attributes.js";
import { checkWrite } from "./conditions.js";
import { showEncryption } from "./encryption.js";
import { headerNotImplemented } from "./errors.js";
import { bucketOf, currentObject } from "./find.js";
import { expirationOf } from "./lifecycle-plan.js";
import { checkKey, quoted } from "./names.js";
import { receive, type Received } from "./receive.js";
import { tagsOfHeader } from "./tags.js";
import { putContent, shownVersion } from "./write-object.js";

export const putOperations = operations(S3, {
  PutObject: prepared<S3Types.PutObjectRequest, S3Types.PutObjectOutput, Received>({
    authorize(input, asked) {
      const put = onObject<typeof input>("s3:PutObject", conditionsOf)(input, asked);
      return withTagging(put, input.Tagging, tagsOfHeader(input.Tagging));
    },
    async prepare(input, preparation) {
      // Before a long body is taken in for nothing.
      check(input, bucketOf(preparation, input));
      return receive(preparation, input);
    },
    handle(ctx, input, received) {
      const bucket = bucketOf(ctx, input);
      const attributes = check(input, bucket);
      checkWrite(input, input.Key, currentObject(ctx.db, bucket.name, input.Key)?.content);
      const version = putContent(ctx, bucket, input.Key, { ...attributes, ...received, tags: tagsOfHeader(input.Tagging) });
      return { ETag: quoted(received.etag), ...showChecksum(received.checksum), ...showEncryption(attributes), VersionId: shownVersion(bucket, version), Expiration: expirationOf(bucket, version) };
    },
  }),
});

function check(input: S3Types.PutObjectRequest, bucket: ReturnType<typeof bucketOf>) {
  checkKey(input.Key);
  if (input.WriteOffsetBytes !== undefined) throw headerNotImplemented("x-amz-write-offset-bytes");
  if (input.IfNoneMatch !== undefined && input.IfNoneMatch !== "*") throw headerNotImplemented("If-None-Match");
  tagsOfHeader(input.Tagging);
  return attributesOf(input, bucket);
}

/** The condition keys of what writes objects. */
export function conditionsOf(input: Pick<S3Types.PutObjectRequest, "ACL" | "ServerSideEncryption" | "StorageClass" | "IfMatch" | "IfNoneMatch">) {
  return {
    "s3:x-amz-acl": input.ACL,
    "s3:x-amz-server-side-encryption": input.ServerSideEncryption,
    "s3:x-amz-storage-class": input.StorageClass,
    "s3:if-match": input.IfMatch,
    "s3:if-none-match": input.IfNoneMatch,
  };
}
