/** A bucket with something of each kind, and what every read of S3 asks about it. */
import {
  CreateBucketCommand, CreateMultipartUploadCommand, PutBucketCorsCommand, PutBucketLifecycleConfigurationCommand, PutBucketPolicyCommand, PutBucketTaggingCommand,
  PutBucketWebsiteCommand, PutObjectCommand, UploadPartCommand, type S3Client,
} from "@aws-sdk/client-s3";
import { REGION } from "./cloud.js";

const Bucket = "everything";
const Key = "a";

/** @returns the id of an upload that goes on */
export async function someBucket(client: S3Client): Promise<{ readonly upload: string }> {
  await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  await client.send(new PutObjectCommand({ Bucket, Key, Body: "hello", Tagging: "team=four" }));
  const { UploadId = "" } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: "part" }));
  await client.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: "team", Value: "four" }] } }));
  await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"] }] } }));
  const Rules = [{ ID: "old", Status: "Enabled" as const, Filter: { Prefix: "logs/" }, Expiration: { Days: 30 } }];
  await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
  const Statement = [{ Effect: "Allow", Principal: { Service: "logging.s3.amazonaws.com" }, Action: "s3:PutObject", Resource: `arn:aws:s3:::${Bucket}/*` }];
  await client.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) }));
  await client.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration: { IndexDocument: { Suffix: "index.html" } } }));
  return { upload: UploadId };
}

/** Settings that no bucket has here, by the error that says so. */
export const NEVER_SET: Readonly<Record<string, string>> = {
  "s3:GetObjectLockConfiguration": "ObjectLockConfigurationNotFoundError",
  "s3:GetBucketReplication": "ReplicationConfigurationNotFoundError",
};

/** Of every read of S3, which all ask about a bucket or an object. */
export const questionAboutS3 = (operation: string, upload: string): object => ({
  Bucket,
  ...(/^(GetObject(?!Lock)|ListParts)/.test(operation) ? { Key } : {}),
  ...(operation === "ListParts" ? { UploadId: upload } : {}),
  ...(operation === "GetObjectAttributes" ? { ObjectAttributes: ["ETag", "ObjectSize"] } : {}),
});
