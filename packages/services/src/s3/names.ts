/** Names: of buckets, keys, owners and versions. */
import { createHash } from "node:crypto";
import { invalidBucketName, keyTooLong, invalidArgument } from "./errors.js";

const NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const RESERVED_START = /^(xn--|sthree-|amzn-s3-demo-)/;
const RESERVED_END = /(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/;

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 * @throws InvalidBucketName
 */
export function checkBucketName(name: string): void {
  const isAddress = /^\d{1,3}(\.\d{1,3}){3}$/.test(name);
  if (!NAME.test(name) || name.includes("..") || isAddress || RESERVED_START.test(name) || RESERVED_END.test(name)) throw invalidBucketName(name);
}

/** @throws KeyTooLongError, InvalidArgument */
export function checkKey(key: string): void {
  const size = Buffer.byteLength(key);
  if (size > 1024) throw keyTooLong(size);
  if (size === 0) throw invalidArgument("key", key, "The object key must not be empty");
}

export const bucketArn = (bucket: string): string => `arn:aws:s3:::${bucket}`;
export const objectArn = (bucket: string, key: string): string => `arn:aws:s3:::${bucket}/${key}`;

/** An account's canonical user id. AWS's tells nothing of the account either. */
export const canonicalId = (account: string): string => createHash("sha256").update(`canonical user ${account}`).digest("hex");

export const ownerOf = (account: string): { readonly ID: string } => ({ ID: canonicalId(account) });

const VERSION_ID = /^[A-Za-z0-9._-]{1,1024}$/;

/** @throws InvalidArgument for what no version can be called */
export function checkVersionId(versionId: string): void {
  if (!VERSION_ID.test(versionId)) throw invalidArgument("versionId", versionId, "Invalid version id specified");
}

export const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export const quoted = (etag: string): string => `"${etag}"`;
export const unquoted = (etag: string): string => etag.trim().replace(/^W\//, "").replace(/^"(.*)"$/, "$1");
