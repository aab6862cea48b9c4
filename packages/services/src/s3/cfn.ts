/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_S3.html */
import { resource } from "@hakoniwa/cloudformation";
import type { Aws, S3Types } from "@hakoniwa/wire";
import { refuseProperties } from "../not-implemented.js";
import { unlessGone } from "../unless-gone.js";
import { lifecycleRule, type RuleProperties } from "./cfn-lifecycle.js";
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
  readonly Tags?: readonly S3Types.Tag[];
  readonly VersioningConfiguration?: { readonly Status: S3Types.BucketVersioningStatus };
  readonly PublicAccessBlockConfiguration?: S3Types.PublicAccessBlockConfiguration;
  readonly OwnershipControls?: { readonly Rules: readonly { readonly ObjectOwnership?: S3Types.ObjectOwnership }[] };
  readonly BucketEncryption?: EncryptionProperties;
  readonly CorsConfiguration?: { readonly CorsRules: readonly CorsRuleProperties[] };
  readonly WebsiteConfiguration?: WebsiteProperties;
  readonly LifecycleConfiguration?: { readonly Rules: readonly RuleProperties[]; readonly TransitionDefaultMinimumObjectSize?: S3Types.TransitionDefaultMinimumObjectSize };
}

const KNOWN = [
  "BucketName", "Tags", "VersioningConfiguration", "PublicAccessBlockConfiguration", "OwnershipControls", "BucketEncryption", "CorsConfiguration", "LifecycleConfiguration", "WebsiteConfiguration",
] satisfies (keyof BucketProperties)[];

type StackTags = readonly S3Types.Tag[];

export const bucket = resource<BucketProperties>("AWS::S3::Bucket", {
  create(aws, properties, request) {
    refuseProperties("AWS::S3::Bucket", properties, KNOWN);
    const name = properties.BucketName ?? request.physicalName(63).toLowerCase();
    const region = request.stackId.split(":")[3]!;
    aws.s3.CreateBucket({
      Bucket: name,
      ...(region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: region as S3Types.BucketLocationConstraint } }),
      ObjectOwnership: properties.OwnershipControls?.Rules[0]?.ObjectOwnership,
    });
    configure(aws, name, properties, request.tags);
    return name;
  },

  update(aws, name, next, previous, request) {
    refuseProperties("AWS::S3::Bucket", next, KNOWN);
    configure(aws, name, next, request.tags);
    withdraw(aws, name, next, previous);
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

/** Sets what the template speaks of; the rest is as in any new bucket. */
function configure(aws: Aws, Bucket: string, properties: BucketProperties, stackTags: StackTags): void {
  const own = properties.Tags ?? [];
  const tags = [...own, ...stackTags.filter((tag) => !own.some(({ Key }) => Key === tag.Key))];
  aws.s3.PutBucketTagging({ Bucket, Tagging: { TagSet: tags } });
  const { VersioningConfiguration, PublicAccessBlockConfiguration, OwnershipControls, BucketEncryption, CorsConfiguration, LifecycleConfiguration, WebsiteConfiguration } = properties;
  if (VersioningConfiguration) aws.s3.PutBucketVersioning({ Bucket, VersioningConfiguration: { Status: VersioningConfiguration.Status } });
  if (PublicAccessBlockConfiguration) aws.s3.PutPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration });
  if (OwnershipControls) {
    const Rules = OwnershipControls.Rules.map(({ ObjectOwnership = "BucketOwnerEnforced" }) => ({ ObjectOwnership }));
    aws.s3.PutBucketOwnershipControls({ Bucket, OwnershipControls: { Rules } });
  }
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

export const bucketPolicy = resource<BucketPolicyProperties>("AWS::S3::BucketPolicy", {
  create(aws, properties) {
    putPolicy(aws, properties);
    return properties.Bucket;
  },
  update: (aws, _name, next) => putPolicy(aws, next),
  delete(aws, _name, { Bucket }) {
    unlessGone(() => aws.s3.DeleteBucketPolicy({ Bucket }));
  },
});

function putPolicy(aws: Aws, { Bucket, PolicyDocument }: BucketPolicyProperties): void {
  aws.s3.PutBucketPolicy({ Bucket, Policy: typeof PolicyDocument === "string" ? PolicyDocument : JSON.stringify(PolicyDocument) });
}
