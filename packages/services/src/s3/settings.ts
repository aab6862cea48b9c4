/** Small settings of buckets, and answers for settings that no bucket has here. */
import { S3, type S3Types } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { onBucket, onVersion } from "./access.js";
import { defaultEncryption } from "./encryption.js";
import { aclsNotSupported, malformedXml, noSuchSetting, notYet } from "./errors.js";
import { bucketOf, readVersion } from "./find.js";
import { canonicalId, ownerOf } from "./names.js";
import { buckets, type Bucket } from "./state.js";
import { checkSystemTags, MOST_BUCKET_TAGS, showTags, tagsOf } from "./tags.js";

interface NamesBucket {
  readonly Bucket: string;
  readonly ExpectedBucketOwner?: string | undefined;
}

/** Changes a bucket's record. @returns what an operation without an answer answers */
export function change(ctx: Context, input: NamesBucket, changed: Partial<Bucket>): Record<string, never> {
  ctx.db(buckets).put({ ...bucketOf(ctx, input), ...changed });
  return {};
}

/** Forgets a setting; that it was never made is no mistake. */
export function forget(ctx: Context, input: NamesBucket, name: keyof Bucket): Record<string, never> {
  const { [name]: _gone, ...rest } = bucketOf(ctx, input);
  ctx.db(buckets).put(rest as Bucket);
  return {};
}

const fullControl = (account: string): readonly S3Types.Grant[] => [{ Grantee: { Type: "CanonicalUser", ID: canonicalId(account) }, Permission: "FULL_CONTROL" }];

export const settingOperations = operations(S3, {
  GetBucketVersioning: {
    authorize: onBucket("s3:GetBucketVersioning"),
    handle: (ctx, input) => ({ Status: bucketOf(ctx, input).versioning }),
  },
  PutBucketVersioning: {
    authorize: onBucket("s3:PutBucketVersioning"),
    handle(ctx, input) {
      const { Status: versioning, MFADelete } = input.VersioningConfiguration;
      if (MFADelete === "Enabled") throw notYet("MFA delete");
      if (versioning !== "Enabled" && versioning !== "Suspended") throw malformedXml();
      return change(ctx, input, { versioning });
    },
  },

  GetBucketTagging: {
    authorize: onBucket("s3:GetBucketTagging"),
    handle(ctx, input) {
      const { tags } = bucketOf(ctx, input);
      if (!tags) throw noSuchSetting("NoSuchTagSet", "The TagSet does not exist", input.Bucket);
      return { TagSet: showTags(tags) };
    },
  },
  PutBucketTagging: {
    authorize: onBucket("s3:PutBucketTagging"),
    handle(ctx, input) {
      const tags = tagsOf(input.Tagging.TagSet, MOST_BUCKET_TAGS);
      checkSystemTags(ctx.caller, bucketOf(ctx, input).tags, tags);
      return change(ctx, input, { tags });
    },
  },
  DeleteBucketTagging: {
    authorize: onBucket("s3:PutBucketTagging"),
    handle(ctx, input) {
      checkSystemTags(ctx.caller, bucketOf(ctx, input).tags, {});
      return forget(ctx, input, "tags");
    },
  },

  GetBucketOwnershipControls: {
    authorize: onBucket("s3:GetBucketOwnershipControls"),
    handle(ctx, input) {
      const { ownership } = bucketOf(ctx, input);
      if (!ownership) throw noSuchSetting("OwnershipControlsNotFoundError", "The bucket ownership controls were not found", input.Bucket);
      return { OwnershipControls: { Rules: [{ ObjectOwnership: ownership }] } };
    },
  },
  PutBucketOwnershipControls: {
    authorize: onBucket("s3:PutBucketOwnershipControls"),
    handle(ctx, input) {
      const [rule, ...more] = input.OwnershipControls.Rules;
      if (!rule || more.length > 0 || !["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"].includes(rule.ObjectOwnership)) throw malformedXml();
      return change(ctx, input, { ownership: rule.ObjectOwnership });
    },
  },
  DeleteBucketOwnershipControls: {
    authorize: onBucket("s3:PutBucketOwnershipControls"),
    handle: (ctx, input) => forget(ctx, input, "ownership"),
  },

  GetBucketEncryption: {
    authorize: onBucket("s3:GetEncryptionConfiguration"),
    // Since 2023 every bucket encrypts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html
    handle: (ctx, input) => ({
      ServerSideEncryptionConfiguration: bucketOf(ctx, input).encryption ?? { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: false }] },
    }),
  },
  PutBucketEncryption: {
    authorize: onBucket("s3:PutEncryptionConfiguration"),
    handle(ctx, input) {
      return change(ctx, input, { encryption: defaultEncryption(input.ServerSideEncryptionConfiguration) });
    },
  },
  DeleteBucketEncryption: {
    authorize: onBucket("s3:PutEncryptionConfiguration"),
    handle: (ctx, input) => forget(ctx, input, "encryption"),
  },

  GetBucketAcl: {
    authorize: onBucket("s3:GetBucketAcl"),
    handle(ctx, input) {
      const { account } = bucketOf(ctx, input);
      return { Owner: ownerOf(account), Grants: fullControl(account) };
    },
  },
  PutBucketAcl: {
    authorize: onBucket("s3:PutBucketAcl", ({ ACL }) => ({ "s3:x-amz-acl": ACL })),
    handle(ctx, input) {
      if (bucketOf(ctx, input).ownership === "BucketOwnerEnforced") throw aclsNotSupported();
      if (input.ACL !== "private") throw notYet("access control lists beyond private");
      return {};
    },
  },
  GetObjectAcl: {
    authorize: onVersion("s3:GetObjectAcl", "s3:GetObjectVersionAcl"),
    handle(ctx, input) {
      const bucket = bucketOf(ctx, input);
      readVersion(ctx, bucket, input.Key, input.VersionId);
      return { Owner: ownerOf(bucket.account), Grants: fullControl(bucket.account) };
    },
  },

  GetBucketLogging: { authorize: onBucket("s3:GetBucketLogging"), handle: (ctx, input) => bucketOf(ctx, input) && {} },
  GetBucketNotificationConfiguration: { authorize: onBucket("s3:GetBucketNotification"), handle: (ctx, input) => bucketOf(ctx, input) && {} },
  GetBucketAccelerateConfiguration: { authorize: onBucket("s3:GetAccelerateConfiguration"), handle: (ctx, input) => bucketOf(ctx, input) && {} },
  GetBucketRequestPayment: { authorize: onBucket("s3:GetBucketRequestPayment"), handle: (ctx, input) => bucketOf(ctx, input) && { Payer: "BucketOwner" } },
  GetObjectLockConfiguration: {
    authorize: onBucket("s3:GetBucketObjectLockConfiguration"),
    handle(ctx, input) {
      bucketOf(ctx, input);
      throw noSuchSetting("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket", input.Bucket);
    },
  },
  GetBucketReplication: {
    authorize: onBucket("s3:GetReplicationConfiguration"),
    handle(ctx, input) {
      bucketOf(ctx, input);
      throw noSuchSetting("ReplicationConfigurationNotFoundError", "The replication configuration was not found", input.Bucket);
    },
  },
});
