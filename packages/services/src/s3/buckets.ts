/** Making, listing and deleting buckets. */
import { S3, type S3Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { onBucket } from "./access.js";
import { bucketAlreadyExists, bucketAlreadyOwnedByYou, bucketNotEmpty, illegalLocation, invalidArgument, invalidLocation, notYet } from "./errors.js";
import { bucketOf } from "./find.js";
import { bucketArn, checkBucketName, ownerOf } from "./names.js";
import { prefixEnd, prefixStart } from "./order.js";
import { buckets, objects, parts, uploads, type Bucket } from "./state.js";
import { tagsOf } from "./tags.js";

export const bucketOperations = operations(S3, {
  CreateBucket: {
    authorize: (input, asked) => {
      const access = onBucket<typeof input>("s3:CreateBucket", ({ ACL, CreateBucketConfiguration: location }) => ({ "s3:x-amz-acl": ACL, "s3:LocationConstraint": location?.LocationConstraint }))(input, asked);
      // No bucket's policy says who may make it.
      return { ...access, resourcePolicy: undefined };
    },
    handle(ctx, input) {
      checkBucketName(input.Bucket);
      const region = locationOf(input.CreateBucketConfiguration?.LocationConstraint, ctx.region);
      refuseOptions(input);
      const existing = ctx.db(buckets).get(input.Bucket);
      if (existing && existing.account !== ctx.account) throw bucketAlreadyExists(input.Bucket);
      if (existing && (existing.region !== "us-east-1" || region !== "us-east-1")) throw bucketAlreadyOwnedByYou(input.Bucket);
      // In us-east-1 alone it succeeds again: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
      if (!existing) ctx.db(buckets).put(newBucket(ctx, input, region));
      return { Location: region === "us-east-1" ? `/${input.Bucket}` : `http://${input.Bucket}.s3.amazonaws.com/`, BucketArn: bucketArn(input.Bucket) };
    },
  },

  HeadBucket: {
    authorize: onBucket("s3:ListBucket"),
    handle(ctx, input) {
      const { region } = bucketOf(ctx, input);
      return { BucketArn: bucketArn(input.Bucket), BucketRegion: region, AccessPointAlias: false };
    },
  },

  DeleteBucket: {
    authorize: onBucket("s3:DeleteBucket"),
    handle(ctx, input) {
      const bucket = bucketOf(ctx, input);
      const range = [prefixStart(bucket.name, ""), prefixEnd(bucket.name, "")] as const;
      for (const _ of ctx.db(objects).range(...range)) throw bucketNotEmpty(bucket.name, bucket.versioning !== undefined);
      // Nothing may be deleted while a range is read.
      const begun = [...ctx.db(uploads).range(...range)];
      for (const upload of begun) removeUpload(ctx.db, upload.id);
      ctx.db(buckets).delete(bucket.name);
      return {};
    },
  },

  ListBuckets: {
    authorize: onEverything("s3:ListAllMyBuckets"),
    handle(ctx, input) {
      const size = input.MaxBuckets ?? 10_000;
      if (!Number.isInteger(size) || size < 1 || size > 10_000) throw invalidArgument("max-buckets", String(size), "Argument max-buckets must be an integer between 1 and 10000");
      const after = afterToken(input.ContinuationToken);
      const all = ctx
        .db(buckets)
        .list()
        .filter((bucket) => bucket.account === ctx.account && bucket.name.startsWith(input.Prefix ?? "") && bucket.name > after)
        .filter((bucket) => input.BucketRegion === undefined || bucket.region === input.BucketRegion)
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const page = all.slice(0, size);
      return {
        Buckets: page.map((bucket) => ({ Name: bucket.name, CreationDate: new Date(bucket.created), BucketRegion: bucket.region, BucketArn: bucketArn(bucket.name) })),
        Owner: ownerOf(ctx.account),
        ContinuationToken: page.length < all.length ? Buffer.from(page.at(-1)!.name).toString("base64url") : undefined,
        Prefix: input.Prefix,
      };
    },
  },

  GetBucketLocation: {
    authorize: onBucket("s3:GetBucketLocation"),
    handle(ctx, input) {
      const { region } = bucketOf(ctx, input);
      return region === "us-east-1" ? {} : { LocationConstraint: region as S3Types.BucketLocationConstraint };
    },
  },
});

/** Forgets an upload and its parts. */
export function removeUpload(db: Context["db"], id: string): void {
  for (const part of db(parts).where("upload", id)) db(parts).delete(`${id}/${part.number}`);
  db(uploads).delete(id);
}

/** @throws IllegalLocationConstraintException, InvalidLocationConstraint */
function locationOf(constraint: string | undefined, region: string): string {
  if (constraint === undefined || constraint === "") {
    if (region !== "us-east-1") throw illegalLocation("", region);
    return region;
  }
  const wanted = constraint === "EU" ? "eu-west-1" : constraint;
  if (wanted === "us-east-1" || !/^[a-z]{2}(-[a-z]+)+-\d$/.test(wanted)) throw invalidLocation(constraint);
  // The endpoint of us-east-1 is the global one and makes buckets everywhere.
  if (wanted !== region && region !== "us-east-1") throw illegalLocation(constraint, region);
  return wanted;
}

function refuseOptions(input: S3Types.CreateBucketRequest): void {
  const { CreateBucketConfiguration: configuration } = input;
  if (input.ObjectLockEnabledForBucket) throw notYet("Object Lock");
  if (input.BucketNamespace !== undefined && input.BucketNamespace !== "global") throw notYet(`the bucket namespace ${input.BucketNamespace}`);
  if (configuration?.Location || configuration?.Bucket) throw notYet("directory buckets");
  const grants = [input.GrantFullControl, input.GrantRead, input.GrantReadACP, input.GrantWrite, input.GrantWriteACP];
  if ((input.ACL !== undefined && input.ACL !== "private") || grants.some((grant) => grant !== undefined)) throw notYet("access control lists beyond private");
}

/** Since April 2023 new buckets block public access and have no access control lists. */
function newBucket(ctx: Context, input: S3Types.CreateBucketRequest, region: string): Bucket {
  const tags = tagsOf(input.CreateBucketConfiguration?.Tags ?? [], 50);
  return {
    name: input.Bucket,
    account: ctx.account,
    region,
    created: Math.floor(ctx.now / 1000) * 1000,
    publicAccess: { blockAcls: true, ignoreAcls: true, blockPolicy: true, restrict: true },
    ownership: input.ObjectOwnership ?? "BucketOwnerEnforced",
    ...(Object.keys(tags).length > 0 ? { tags } : {}),
  };
}

function afterToken(token: string | undefined): string {
  return token === undefined ? "" : Buffer.from(token, "base64url").toString();
}
