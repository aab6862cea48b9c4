/** A bucket's settings as S3 tells them, in the words of templates. */
import { AwsError } from "@hakoniwa/kernel";
import type { Aws, S3Types } from "@hakoniwa/wire";
import type { BucketProperties } from "./cfn.js";
import { readRules } from "./cfn-lifecycle.js";
import { readWebsite } from "./cfn-website.js";

/** @param given tells what can be said in several ways */
export function readBucket(aws: Aws, Bucket: string, given: BucketProperties): BucketProperties {
  const versioning = aws.s3.GetBucketVersioning({ Bucket }).Status;
  const access = ifSet(() => aws.s3.GetPublicAccessBlock({ Bucket }))?.PublicAccessBlockConfiguration;
  const ownership = ifSet(() => aws.s3.GetBucketOwnershipControls({ Bucket }))?.OwnershipControls;
  const cors = ifSet(() => aws.s3.GetBucketCors({ Bucket }))?.CORSRules;
  const site = ifSet(() => aws.s3.GetBucketWebsite({ Bucket }));
  const lifecycle = ifSet(() => aws.s3.GetBucketLifecycleConfiguration({ Bucket }));
  const encryption = aws.s3.GetBucketEncryption({ Bucket }).ServerSideEncryptionConfiguration?.Rules ?? [];
  return {
    BucketName: Bucket,
    // Its grants do not tell by which name they were given.
    ...(given.AccessControl === undefined ? {} : { AccessControl: given.AccessControl }),
    Tags: ifSet(() => aws.s3.GetBucketTagging({ Bucket }))?.TagSet ?? [],
    ...(versioning === undefined ? {} : { VersioningConfiguration: { Status: versioning } }),
    ...(access ? { PublicAccessBlockConfiguration: access } : {}),
    ...(ownership ? { OwnershipControls: { Rules: ownership.Rules } } : {}),
    BucketEncryption: {
      ServerSideEncryptionConfiguration: encryption.map((rule) => ({
        ServerSideEncryptionByDefault: rule.ApplyServerSideEncryptionByDefault as { readonly SSEAlgorithm: S3Types.ServerSideEncryption },
        BucketKeyEnabled: rule.BucketKeyEnabled ?? false,
      })),
    },
    ...(cors ? { CorsConfiguration: { CorsRules: cors.map(readCorsRule) } } : {}),
    ...(site ? { WebsiteConfiguration: readWebsite(site) } : {}),
    ...(lifecycle
      ? {
          LifecycleConfiguration: {
            Rules: readRules(lifecycle.Rules ?? [], given.LifecycleConfiguration?.Rules ?? []),
            ...(lifecycle.TransitionDefaultMinimumObjectSize === undefined ? {} : { TransitionDefaultMinimumObjectSize: lifecycle.TransitionDefaultMinimumObjectSize }),
          },
        }
      : {}),
  };
}

/** S3 answers for each setting that nobody made with an error of its own. */
export function ifSet<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof AwsError && /^NoSuch\w+$|NotFoundError$/.test(error.code)) return undefined;
    throw error;
  }
}

function readCorsRule(rule: S3Types.CORSRule) {
  const { ID: Id, AllowedHeaders, AllowedMethods, AllowedOrigins, ExposeHeaders: ExposedHeaders, MaxAgeSeconds: MaxAge } = rule;
  return {
    AllowedMethods,
    AllowedOrigins,
    ...(Id === undefined ? {} : { Id }),
    ...(AllowedHeaders ? { AllowedHeaders } : {}),
    ...(ExposedHeaders ? { ExposedHeaders } : {}),
    ...(MaxAge === undefined ? {} : { MaxAge }),
  };
}
