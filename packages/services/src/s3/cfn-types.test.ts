import { describeResourceTypes, type ResourceCase } from "../cloudformation/cases/testing.js";
import { s3 } from "./index.js";

const policy = (Action: string) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "delivery.logs.amazonaws.com" }, Action, Resource: { "Fn::Sub": "${Bucket.Arn}/*" } }],
});
const Bucket = { Type: "AWS::S3::Bucket" };

const cases: Readonly<Record<string, ResourceCase>> = {
  "AWS::S3::Bucket": {
    minimal: {},
    maximal: {
      BucketName: "everything-in-one",
      AccessControl: "Private",
      Tags: [{ Key: "team", Value: "four" }],
      VersioningConfiguration: { Status: "Enabled" },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: false, IgnorePublicAcls: true, RestrictPublicBuckets: false },
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerPreferred" }] },
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }] },
      CorsConfiguration: { CorsRules: [{ Id: "web", AllowedHeaders: ["*"], AllowedMethods: ["GET"], AllowedOrigins: ["https://example.com"], ExposedHeaders: ["ETag"], MaxAge: 60 }] },
      WebsiteConfiguration: {
        IndexDocument: "index.html",
        ErrorDocument: "404.html",
        RoutingRules: [
          { RoutingRuleCondition: { KeyPrefixEquals: "old/", HttpErrorCodeReturnedEquals: "404" }, RedirectRule: { HostName: "example.com", HttpRedirectCode: "302", Protocol: "https", ReplaceKeyPrefixWith: "new/" } },
          { RedirectRule: { ReplaceKeyWith: "sorry.html" } },
        ],
      },
      LifecycleConfiguration: {
        TransitionDefaultMinimumObjectSize: "all_storage_classes_128K",
        Rules: [
          {
            Id: "logs",
            Status: "Enabled",
            Prefix: "logs/",
            TagFilters: [{ Key: "kind", Value: "log" }],
            ObjectSizeGreaterThan: 1024,
            ObjectSizeLessThan: 1_000_000,
            ExpirationInDays: 365,
            Transitions: [{ StorageClass: "STANDARD_IA", TransitionInDays: 30 }, { StorageClass: "GLACIER", TransitionInDays: 90 }],
            NoncurrentVersionExpiration: { NoncurrentDays: 30, NewerNoncurrentVersions: 3 },
            NoncurrentVersionTransitions: [{ StorageClass: "GLACIER", TransitionInDays: 10, NewerNoncurrentVersions: 1 }],
          },
          { Status: "Disabled", Prefix: "tmp/", ExpirationDate: "2099-01-01T00:00:00.000Z", Transition: { StorageClass: "GLACIER", TransitionDate: "2098-01-01T00:00:00.000Z" } },
          { Status: "Enabled", ExpiredObjectDeleteMarker: true, NoncurrentVersionExpirationInDays: 5, NoncurrentVersionTransition: { StorageClass: "GLACIER", TransitionInDays: 2, NewerNoncurrentVersions: 1 } },
          { Id: "once", Status: "Enabled", Transition: { StorageClass: "GLACIER", TransitionInDays: 2 } },
          { Id: "then", Status: "Enabled", Transitions: [{ StorageClass: "GLACIER", TransitionDate: "2098-01-01T00:00:00.000Z" }] },
          { Id: "parts", Status: "Enabled", AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
        ],
      },
    },
    changed: {
      BucketName: "everything-in-one",
      Tags: [{ Key: "env", Value: "prod" }],
      WebsiteConfiguration: { RedirectAllRequestsTo: { HostName: "example.com", Protocol: "https" } },
      LifecycleConfiguration: { Rules: [{ Id: "logs", Status: "Disabled", Prefix: "logs/", ExpirationInDays: 30 }] },
    },
    replaced: { BucketName: "another-one" },
    lacks: METADATA(),
    // A bucket that had versions can never be as one that had none, and what new buckets are given is not given again.
    keeps: ["VersioningConfiguration", "PublicAccessBlockConfiguration", "OwnershipControls"],
    failing: { properties: { BucketName: "Not_a_bucket" }, says: "The specified bucket is not valid" },
    drift: { by: ({ aws }, Bucket) => aws.s3.PutBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Suspended" } }), at: "VersioningConfiguration" },
  },
  "AWS::S3::BucketPolicy": {
    around: { Bucket, Other: Bucket },
    minimal: { Bucket: { Ref: "Bucket" }, PolicyDocument: policy("s3:PutObject") },
    maximal: { Bucket: { Ref: "Bucket" }, PolicyDocument: policy("s3:PutObject") },
    changed: { Bucket: { Ref: "Bucket" }, PolicyDocument: policy("s3:GetObject") },
    replaced: { Bucket: { Ref: "Other" }, PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Deny", Principal: "*", Action: "s3:*", Resource: { "Fn::Sub": "${Other.Arn}/secret/*" } }] } },
    failing: { properties: { Bucket: { Ref: "Bucket" }, PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Maybe", Principal: "*", Action: "s3:*", Resource: "*" }] } }, says: 'Invalid effect: "Maybe"' },
    drift: {
      by: ({ aws }, Bucket) => aws.s3.PutBucketPolicy({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Deny", Principal: "*", Action: "s3:DeleteObject", Resource: `arn:aws:s3:::${Bucket}/*` }] }) }),
      at: "PolicyDocument",
    },
  },
};

/** Of S3 Tables, which are refused by name. */
function METADATA(): readonly string[] {
  const tables = ["JournalTableConfiguration", "InventoryTableConfiguration", "AnnotationTableConfiguration"];
  return [
    ...["TableNamespace", "TableArn"].map((name) => `MetadataTableConfiguration.S3TablesDestination.${name}`),
    "MetadataConfiguration.Destination",
    ...tables.flatMap((table) => ["TableName", "TableArn"].map((name) => `MetadataConfiguration.${table}.${name}`)),
  ];
}

describeResourceTypes(s3.resources, cases);
