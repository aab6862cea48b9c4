/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_S3.html */
import { AwsError } from "@hakoniwa/kernel";
import type { ResourceRequest } from "@hakoniwa/cloudformation";
import type { Aws, S3Types } from "@hakoniwa/wire";
import { documentAs, documentText } from "../policy-documents.js";
import { alreadyExists, resourceType } from "../resource-type.js";
import { withStackTags } from "../stack-tags.js";
import { unlessGone } from "../unless-gone.js";
import { lifecycleRule, type RuleProperties } from "./cfn-lifecycle.js";
import { ifSet, readBucket } from "./cfn-read.js";
import { website, type WebsiteProperties } from "./cfn-website.js";
import { bucketArn } from "./names.js";

interface EncryptionProperties {
  readonly ServerSideEncryptionConfiguration: readonly { readonly ServerSideEncryptionByDefault?: { readonly SSEAlgorithm: S3Types.ServerSideEncryption; readonly KMSMasterKeyID?: string }; readonly BucketKeyEnabled?: boolean }[];
}

interface CorsRuleProperties {
  readonly Id?: string;
  readonly AllowedHeaders?: readonly string[];
  readonly AllowedMethods: readonly string[];
  readonly AllowedOrigins: readonly string[];
  readonly ExposedHeaders?: readonly string[];
  readonly MaxAge?: number;
}

export interface BucketProperties {
  readonly BucketName?: string;
  /** `Private`, `LogDeliveryWrite`: canned lists by their older names. */
  readonly AccessControl?: string;
  readonly Tags?: readonly S3Types.Tag[];
  readonly VersioningConfiguration?: { readonly Status: S3Types.BucketVersioningStatus };
  readonly PublicAccessBlockConfiguration?: S3Types.PublicAccessBlockConfiguration;
  readonly OwnershipControls?: { readonly Rules: readonly { readonly ObjectOwnership?: S3Types.ObjectOwnership }[] };
  readonly BucketEncryption?: EncryptionProperties;
  readonly CorsConfiguration?: { readonly CorsRules: readonly CorsRuleProperties[] };
  readonly WebsiteConfiguration?: WebsiteProperties;
  readonly LifecycleConfiguration?: { readonly Rules: readonly RuleProperties[]; readonly TransitionDefaultMinimumObjectSize?: S3Types.TransitionDefaultMinimumObjectSize };
}

const CARRIES = [
  "BucketName", "AccessControl", "Tags", "VersioningConfiguration", "PublicAccessBlockConfiguration", "OwnershipControls", "CorsConfiguration", "LifecycleConfiguration", "WebsiteConfiguration",
  "BucketEncryption.ServerSideEncryptionConfiguration.ServerSideEncryptionByDefault.SSEAlgorithm", "BucketEncryption.ServerSideEncryptionConfiguration.BucketKeyEnabled",
];

export const bucket = resourceType<BucketProperties>("AWS::S3::Bucket", CARRIES, {
  customName: "BucketName",
  create(aws, properties, request) {
    const name = properties.BucketName ?? request.physicalName(63).toLowerCase();
    // In us-east-1 S3 itself is content with a bucket that the account has.
    if (isThere(aws, name)) throw alreadyExists("AWS::S3::Bucket", name);
    const region = request.stackId.split(":")[3]!;
    aws.s3.CreateBucket({
      Bucket: name,
      ...(region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: region as S3Types.BucketLocationConstraint } }),
      ObjectOwnership: properties.OwnershipControls?.Rules[0]?.ObjectOwnership,
    });
    configure(aws, name, properties, request);
    return name;
  },

  update(aws, name, next, previous, request) {
    configure(aws, name, next, request);
    withdraw(aws, name, next, previous);
  },

  read(aws, name, given) {
    return unlessGone(() => aws.s3.HeadBucket({ Bucket: name })) && readBucket(aws, name, given);
  },

  delete(aws, name) {
    unlessGone(() => aws.s3.DeleteBucket({ Bucket: name }));
  },

  attributes(aws, name) {
    const region = aws.s3.GetBucketLocation({ Bucket: name }).LocationConstraint ?? "us-east-1";
    return {
      Arn: bucketArn(name),
      DomainName: `${name}.s3.amazonaws.com`,
      DualStackDomainName: `${name}.s3.dualstack.${region}.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
      WebsiteURL: `http://${name}.s3-website-${region}.amazonaws.com`,
    };
  },
});

/** Who may make buckets need not be allowed to look at them; then it is S3's to refuse. */
function isThere(aws: Aws, Bucket: string): boolean {
  try {
    aws.s3.HeadBucket({ Bucket });
    return true;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}

/** Sets what the template speaks of; the rest is as in any new bucket. */
function configure(aws: Aws, Bucket: string, properties: BucketProperties, request: ResourceRequest): void {
  aws.s3.PutBucketTagging({ Bucket, Tagging: { TagSet: withStackTags(properties.Tags, request) } });
  const { VersioningConfiguration, PublicAccessBlockConfiguration, OwnershipControls, BucketEncryption, CorsConfiguration, LifecycleConfiguration, WebsiteConfiguration } = properties;
  if (VersioningConfiguration) aws.s3.PutBucketVersioning({ Bucket, VersioningConfiguration: { Status: VersioningConfiguration.Status } });
  if (PublicAccessBlockConfiguration) aws.s3.PutPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration });
  if (OwnershipControls) {
    const Rules = OwnershipControls.Rules.map(({ ObjectOwnership = "BucketOwnerEnforced" }) => ({ ObjectOwnership }));
    aws.s3.PutBucketOwnershipControls({ Bucket, OwnershipControls: { Rules } });
  }
  if (properties.AccessControl) setAccessControl(aws, Bucket, properties.AccessControl);
  if (BucketEncryption) {
    const Rules = BucketEncryption.ServerSideEncryptionConfiguration.map((rule) => ({ ApplyServerSideEncryptionByDefault: rule.ServerSideEncryptionByDefault, BucketKeyEnabled: rule.BucketKeyEnabled }));
    aws.s3.PutBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules } });
  }
  if (WebsiteConfiguration) aws.s3.PutBucketWebsite({ Bucket, WebsiteConfiguration: website(WebsiteConfiguration) });
  if (CorsConfiguration) aws.s3.PutBucketCors({ Bucket, CORSConfiguration: { CORSRules: CorsConfiguration.CorsRules.map(corsRule) } });
  if (LifecycleConfiguration) {
    const { Rules, TransitionDefaultMinimumObjectSize } = LifecycleConfiguration;
    aws.s3.PutBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules: Rules.map(lifecycleRule) }, TransitionDefaultMinimumObjectSize });
  }
}

/** Takes back what the template spoke of before and no longer does. */
function withdraw(aws: Aws, Bucket: string, next: BucketProperties, previous: BucketProperties): void {
  const left = (name: keyof BucketProperties): boolean => previous[name] !== undefined && next[name] === undefined;
  if (left("VersioningConfiguration")) aws.s3.PutBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Suspended" } });
  if (left("PublicAccessBlockConfiguration")) aws.s3.DeletePublicAccessBlock({ Bucket });
  if (left("OwnershipControls")) aws.s3.DeleteBucketOwnershipControls({ Bucket });
  if (left("BucketEncryption")) aws.s3.DeleteBucketEncryption({ Bucket });
  if (left("WebsiteConfiguration")) aws.s3.DeleteBucketWebsite({ Bucket });
  if (left("CorsConfiguration")) aws.s3.DeleteBucketCors({ Bucket });
  if (left("LifecycleConfiguration")) aws.s3.DeleteBucketLifecycle({ Bucket });
}

function corsRule(rule: CorsRuleProperties): S3Types.CORSRule {
  const { Id: ID, AllowedHeaders, AllowedMethods, AllowedOrigins, ExposedHeaders: ExposeHeaders, MaxAge: MaxAgeSeconds } = rule;
  return { ID, AllowedHeaders, AllowedMethods, AllowedOrigins, ExposeHeaders, MaxAgeSeconds };
}

export interface BucketPolicyProperties {
  readonly Bucket: string;
  readonly PolicyDocument: unknown;
}

const POLICY = "AWS::S3::BucketPolicy";

export const bucketPolicy = resourceType<BucketPolicyProperties>(POLICY, ["Bucket", "PolicyDocument"], {
  create(aws, properties) {
    const { Bucket } = properties;
    if (ifSet(() => aws.s3.GetBucketPolicy({ Bucket }))) throw alreadyExists(POLICY, Bucket);
    putPolicy(aws, properties);
    return Bucket;
  },
  update: (aws, _name, next) => putPolicy(aws, next),
  read(aws, Bucket, { PolicyDocument }) {
    const { Policy } = ifSet(() => aws.s3.GetBucketPolicy({ Bucket })) ?? {};
    return Policy === undefined ? undefined : { Bucket, PolicyDocument: documentAs(PolicyDocument, Policy) };
  },
  delete(aws, _name, { Bucket }) {
    unlessGone(() => aws.s3.DeleteBucketPolicy({ Bucket }));
  },
});

function putPolicy(aws: Aws, { Bucket, PolicyDocument }: BucketPolicyProperties): void {
  aws.s3.PutBucketPolicy({ Bucket, Policy: documentText(PolicyDocument) });
}

/** `LogDeliveryWrite` → `log-delivery-write`. A private bucket is what every bucket is, whoever may own its objects. */
function setAccessControl(aws: Aws, Bucket: string, name: string): void {
  if (name === "Private") return;
  const ACL = name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  aws.s3.PutBucketAcl({ Bucket, ACL: ACL as S3Types.BucketCannedACL });
}
