/** Uploads in parts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html */
import { S3, type S3Types } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { onObject, withTagging } from "./access.js";
import { algorithmOf, attributesOf, showChecksum } from "./attributes.js";
import { showEncryption } from "./encryption.js";
import { removeUpload } from "./buckets.js";
import { checkWrite } from "./conditions.js";
import { assemble, checksumTypeOf } from "./complete-plan.js";
import { bucketOf, currentObject, uploadOf } from "./find.js";
import { checkKey, LETTERS, quoted } from "./names.js";
import { conditionsOf } from "./put-object.js";
import { parts, uploads } from "./state.js";
import { tagsOfHeader } from "./tags.js";
import { putContent, shownVersion } from "./write-object.js";

export const multipartOperations = operations(S3, {
  CreateMultipartUpload: {
    authorize(input, asked) {
      const put = onObject<typeof input>("s3:PutObject", (given) => conditionsOf(given as S3Types.PutObjectRequest))(input, asked);
      return withTagging(put, input.Tagging, tagsOfHeader(input.Tagging));
    },
    handle(ctx, input) {
      const bucket = bucketOf(ctx, input);
      checkKey(input.Key);
      const algorithm = input.ChecksumAlgorithm === undefined ? undefined : algorithmOf(input.ChecksumAlgorithm);
      const type = checksumTypeOf(algorithm, input.ChecksumType);
      const upload = ctx.db(uploads).put({
        id: ctx.ids.text(64, LETTERS),
        bucket: bucket.name,
        key: input.Key,
        initiated: ctx.now,
        initiator: ctx.caller.principal.arn,
        attributes: attributesOf(input, bucket),
        tags: tagsOfHeader(input.Tagging),
        ...(algorithm ? { algorithm } : {}),
        ...(type ? { checksumType: type } : {}),
      });
      return { Bucket: bucket.name, Key: upload.key, UploadId: upload.id, ...showEncryption(upload.attributes), ChecksumAlgorithm: algorithm, ChecksumType: type };
    },
  },

  CompleteMultipartUpload: {
    authorize: onObject("s3:PutObject", ({ IfMatch, IfNoneMatch }) => ({ "s3:if-match": IfMatch, "s3:if-none-match": IfNoneMatch })),
    handle(ctx, input) {
      const bucket = bucketOf(ctx, input);
      const upload = uploadOf(ctx, input);
      const known = new Map(ctx.db(parts).where("upload", upload.id).map((part) => [part.number, part]));
      const content = assemble(upload, known, input);
      checkWrite(input, input.Key, currentObject(ctx.db, bucket.name, input.Key)?.content);
      const version = putContent(ctx, bucket, upload.key, content);
      removeUpload(ctx.db, upload.id);
      return {
        Location: `http://${bucket.name}.s3.${bucket.region}.amazonaws.com/${encodeURIComponent(upload.key)}`,
        Bucket: bucket.name,
        Key: upload.key,
        ETag: quoted(content.etag),
        VersionId: shownVersion(bucket, version),
        ...showEncryption(content),
        ...showChecksum(content.checksum),
      };
    },
  },

  AbortMultipartUpload: {
    authorize: onObject("s3:AbortMultipartUpload"),
    handle(ctx, input) {
      bucketOf(ctx, input);
      removeUpload(ctx.db, uploadOf(ctx, input).id);
      return {};
    },
  },
});
