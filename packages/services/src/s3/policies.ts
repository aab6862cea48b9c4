/** Bucket policies, and what blocks public ones. */
import { S3 } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { onBucket } from "./access.js";
import { accessDenied, noSuchSetting } from "./errors.js";
import { bucketOf } from "./find.js";
import { bucketArn } from "./names.js";
import { checkPolicy } from "./policy-document.js";
import { isPublic } from "./public-policy.js";
import { change, forget } from "./settings.js";

export const policyOperations = operations(S3, {
  PutBucketPolicy: {
    authorize: onBucket("s3:PutBucketPolicy"),
    handle(ctx, input) {
      const bucket = bucketOf(ctx, input);
      checkPolicy(input.Policy, bucket.name);
      if (bucket.publicAccess?.blockPolicy && isPublic(input.Policy)) {
        throw accessDenied(
          `User: ${ctx.caller.principal.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "${bucketArn(bucket.name)}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`,
        );
      }
      return change(ctx, input, { policy: input.Policy });
    },
  },
  GetBucketPolicy: {
    authorize: onBucket("s3:GetBucketPolicy"),
    handle: (ctx, input) => ({ Policy: bucketOf(ctx, input).policy ?? none(input.Bucket) }),
  },
  DeleteBucketPolicy: {
    authorize: onBucket("s3:DeleteBucketPolicy"),
    handle: (ctx, input) => forget(ctx, input, "policy"),
  },
  GetBucketPolicyStatus: {
    authorize: onBucket("s3:GetBucketPolicyStatus"),
    handle: (ctx, input) => ({ PolicyStatus: { IsPublic: isPublic(bucketOf(ctx, input).policy ?? none(input.Bucket)) } }),
  },

  GetPublicAccessBlock: {
    authorize: onBucket("s3:GetBucketPublicAccessBlock"),
    handle(ctx, input) {
      const { publicAccess } = bucketOf(ctx, input);
      if (!publicAccess) throw noSuchSetting("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found", input.Bucket);
      return {
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: publicAccess.blockAcls,
          IgnorePublicAcls: publicAccess.ignoreAcls,
          BlockPublicPolicy: publicAccess.blockPolicy,
          RestrictPublicBuckets: publicAccess.restrict,
        },
      };
    },
  },
  PutPublicAccessBlock: {
    authorize: onBucket("s3:PutBucketPublicAccessBlock"),
    handle(ctx, input) {
      const { BlockPublicAcls = false, IgnorePublicAcls = false, BlockPublicPolicy = false, RestrictPublicBuckets = false } = input.PublicAccessBlockConfiguration;
      return change(ctx, input, { publicAccess: { blockAcls: BlockPublicAcls, ignoreAcls: IgnorePublicAcls, blockPolicy: BlockPublicPolicy, restrict: RestrictPublicBuckets } });
    },
  },
  DeletePublicAccessBlock: {
    authorize: onBucket("s3:PutBucketPublicAccessBlock"),
    handle: (ctx, input) => forget(ctx, input, "publicAccess"),
  },
});

function none(bucket: string): never {
  throw noSuchSetting("NoSuchBucketPolicy", "The bucket policy does not exist", bucket);
}
