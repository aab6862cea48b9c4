/** Writing and deleting versions, as the bucket's versioning has it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html */
import type { Database, Ids } from "@hakoniwa/kernel";
import { newest } from "./find.js";
import { LETTERS } from "./names.js";
import { objects, versionKey, type Bucket, type Content, type ObjectVersion } from "./state.js";

interface Writing {
  readonly db: Database;
  readonly ids: Ids;
  readonly now: number;
}

/** Makes content what the key stands for. Without versioning it takes the place of what was there. */
export function putContent(ctx: Writing, bucket: Bucket, key: string, content: Content): ObjectVersion {
  return putVersion(ctx, bucket, key, content);
}

/** What a deletion did, as DeleteObject tells it. */
export interface Deletion {
  /** Of what was deleted, or of the delete marker that was made; absent where there is no versioning. */
  readonly versionId?: string;
  readonly deleteMarker?: boolean;
}

/** Deletes without naming a version: in a versioned bucket nothing goes, a delete marker hides it. */
export function deleteKey(ctx: Writing, bucket: Bucket, key: string): Deletion {
  if (bucket.versioning === undefined) {
    ctx.db(objects).delete(versionKey(bucket.name, key, "null"));
    return {};
  }
  const marker = putVersion(ctx, bucket, key, undefined);
  return { versionId: marker.versionId, deleteMarker: true };
}

/** Deletes one version for good; that there is none is no mistake. */
export function deleteVersion(ctx: Pick<Writing, "db">, bucket: Bucket, key: string, versionId: string): Deletion {
  const id = versionKey(bucket.name, key, versionId);
  const version = ctx.db(objects).get(id);
  ctx.db(objects).delete(id);
  return { versionId, ...(version && !version.content ? { deleteMarker: true } : {}) };
}

function putVersion(ctx: Writing, bucket: Bucket, key: string, content: Content | undefined): ObjectVersion {
  const versionId = bucket.versioning === "Enabled" ? ctx.ids.text(32, LETTERS) : "null";
  return ctx.db(objects).put({
    bucket: bucket.name,
    key,
    versionId,
    sequence: (newest(ctx.db, bucket.name, key)?.sequence ?? 0) + 1,
    modified: Math.floor(ctx.now / 1000) * 1000,
    ...(content ? { content } : {}),
  });
}

/** The `VersionId` of an answer: only buckets that were versioned once have it. */
export function shownVersion(bucket: Bucket, version: { readonly versionId: string }): string | undefined {
  return bucket.versioning === undefined ? undefined : version.versionId;
}
