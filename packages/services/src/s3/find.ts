/** Finding what a request names. */
import type { Reader } from "@hakoniwa/kernel";
import type { Asked } from "../define.js";
import { onBucket } from "./access.js";
import { accessDenied, deleted, deleteMarkerNotAllowed, invalidObjectState, noSuchBucket, noSuchKey, noSuchUpload, noSuchVersion, wrongRegion } from "./errors.js";
import { checkVersionId } from "./names.js";
import { afterKey, keyOrder } from "./order.js";
import { objects, uploads, versionKey, type Bucket, type Content, type ObjectVersion, type Upload } from "./state.js";

interface NamesBucket {
  readonly Bucket: string;
  readonly ExpectedBucketOwner?: string | undefined;
}

/** @throws NoSuchBucket, AuthorizationHeaderMalformed for another region's, AccessDenied for another owner's */
export function bucketOf(asked: Asked, input: NamesBucket): Bucket {
  const bucket = asked.facts.s3.bucket(input.Bucket);
  if (!bucket) throw noSuchBucket(input.Bucket);
  const { via, principal } = asked.caller;
  // Services write to buckets wherever they are, and who doesn't sign names no region.
  if (bucket.region !== asked.region && via.kind === "user" && principal.type !== "anonymous") throw wrongRegion(asked.region, bucket.region);
  if (input.ExpectedBucketOwner !== undefined && input.ExpectedBucketOwner !== bucket.account) throw accessDenied();
  return bucket;
}

/** The newest version of a key; it may be a delete marker. */
export function newest(db: Reader, bucket: string, key: string): ObjectVersion | undefined {
  for (const version of db(objects).range(keyOrder(bucket, key), afterKey(bucket, key))) return version;
  return undefined;
}

/** The object that a key stands for now. */
export function currentObject(db: Reader, bucket: string, key: string): StoredObject | undefined {
  const version = newest(db, bucket, key);
  return version && isObject(version) ? version : undefined;
}

export type StoredObject = ObjectVersion & { readonly content: Content };

export function isObject(version: ObjectVersion): version is StoredObject {
  return version.content !== undefined;
}

interface Reading extends Asked {
  readonly db: Reader;
}

/**
 * The version that a request reads.
 * @throws NoSuchKey, AccessDenied, NoSuchVersion, MethodNotAllowed for a delete marker that is named, InvalidArgument
 */
export function readVersion(asked: Reading, { name: bucket }: Bucket, key: string, versionId: string | undefined): StoredObject {
  if (versionId === undefined) {
    const version = newest(asked.db, bucket, key);
    if (version && isObject(version)) return version;
    // Who may not list a bucket doesn't hear what isn't there: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    const decision = asked.judge(onBucket("s3:ListBucket")({ Bucket: bucket }, asked));
    if (!decision.allowed) throw decision.error;
    throw version ? deleted(key, version.versionId) : noSuchKey(key);
  }
  checkVersionId(versionId);
  const version = asked.db(objects).get(versionKey(bucket, key, versionId));
  if (!version) throw noSuchVersion(key, versionId);
  if (!isObject(version)) throw deleteMarkerNotAllowed(key, versionId, version.modified);
  return version;
}

/** @throws InvalidObjectState for what is archived: it would have to be restored first */
export function checkReadable({ content }: StoredObject): void {
  if (content.storageClass === "GLACIER" || content.storageClass === "DEEP_ARCHIVE") throw invalidObjectState(content.storageClass);
}

/** @throws NoSuchUpload */
export function uploadOf(ctx: { readonly db: Reader }, input: { readonly Bucket: string; readonly Key: string; readonly UploadId: string }): Upload {
  const upload = ctx.db(uploads).get(input.UploadId);
  if (!upload || upload.bucket !== input.Bucket || upload.key !== input.Key) throw noSuchUpload(input.UploadId);
  return upload;
}
