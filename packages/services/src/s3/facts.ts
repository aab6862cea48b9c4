/** What other services may know of S3. */
import type { Reader } from "@hakoniwa/kernel";
import { corsHeaders, type CorsQuestion } from "./cors-plan.js";
import { newest } from "./find.js";
import { buckets, objects, versionKey, type Bucket, type Tags } from "./state.js";

export interface S3Facts {
  /** A bucket of any account and region, by its name. */
  bucket(name: string): Bucket | undefined;
  /** The tags of an object, or of one version of it; undefined where there is none. */
  objectTags(bucket: string, key: string, versionId?: string): Tags | undefined;
  /** The headers that let a web page of another origin have an answer, if the bucket's CORS configuration does. */
  cors(question: CorsQuestion): Readonly<Record<string, string>> | undefined;
}

export function s3Facts(db: Reader): S3Facts {
  return {
    bucket: (name) => db(buckets).get(name),
    objectTags(bucket, key, versionId) {
      const version = versionId === undefined ? newest(db, bucket, key) : db(objects).get(versionKey(bucket, key, versionId));
      return version?.content?.tags;
    },
    cors: (question) => corsHeaders(db(buckets).get(question.bucket)?.cors ?? [], question),
  };
}
