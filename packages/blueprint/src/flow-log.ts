/** The network's log, in a bucket that later logs may share (S0-44 to S0-46). */
import { CfnDeletionPolicy, Fn, type Stack } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as s3 from "aws-cdk-lib/aws-s3";
import type { Naming } from "./naming.js";

/** @returns the bucket. It is kept when the stack is deleted: logs are wanted most when something is gone. */
export function addFlowLog(stack: Stack, name: Naming, vpc: ec2.CfnVPC): s3.CfnBucket {
  const bucket = new s3.CfnBucket(stack, "LogBucket", {
    // Unnamed, as names of buckets are the whole world's.
    publicAccessBlockConfiguration: { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    bucketEncryption: { serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault: { sseAlgorithm: "AES256" } }] },
    lifecycleConfiguration: { rules: [{ id: "forget", status: "Enabled", expirationInDays: 365 }] },
    tags: [{ key: "Name", value: name("bucket", "log") }],
  });
  bucket.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE;
  bucket.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
  const policy = new s3.CfnBucketPolicy(stack, "LogBucketPolicy", { bucket: bucket.ref, policyDocument: { Version: "2012-10-17", Statement: statements(stack, bucket.attrArn) } });
  policy.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE;
  const log = new ec2.CfnFlowLog(stack, "FlowLog", {
    resourceId: vpc.ref,
    resourceType: "VPC",
    trafficType: "ALL",
    logDestinationType: "s3",
    logDestination: bucket.attrArn,
    maxAggregationInterval: 60,
    tags: [{ key: "Name", value: name("flow-log") }],
  });
  log.addResourceDependency(policy);
  return bucket;
}

/** Who may write: log delivery (https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html), for this account alone; and nobody without TLS. */
function statements(stack: Stack, bucket: string): readonly object[] {
  const delivery = { Effect: "Allow", Principal: { Service: "delivery.logs.amazonaws.com" } };
  const mine = { "aws:SourceAccount": stack.account };
  const source = { ArnLike: { "aws:SourceArn": `arn:${stack.partition}:logs:${stack.region}:${stack.account}:*` } };
  const objects = Fn.join("", [bucket, "/AWSLogs/", stack.account, "/*"]);
  return [
    { ...delivery, Sid: "AWSLogDeliveryWrite", Action: "s3:PutObject", Resource: objects, Condition: { StringEquals: { ...mine, "s3:x-amz-acl": "bucket-owner-full-control" }, ...source } },
    { ...delivery, Sid: "AWSLogDeliveryAclCheck", Action: "s3:GetBucketAcl", Resource: bucket, Condition: { StringEquals: mine, ...source } },
    {
      Sid: "OnlyTls", Effect: "Deny", Principal: { AWS: "*" }, Action: "s3:*", Resource: [bucket, Fn.join("", [bucket, "/*"])],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ];
}
