import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
let vpcId: string;
beforeEach(async () => {
  cloud = await createTestCloud();
  vpcId = (await cloud.aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!;
  await cloud.aws.s3.CreateBucket({ Bucket: "logs", CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
});
afterEach(() => cloud.close());

const ROLE = "arn:aws:iam::123456789012:role/flow";
const base = () => ({ ResourceIds: [vpcId], ResourceType: "VPC", TrafficType: "ALL" }) as const;
const toBucket = () => ({ ...base(), LogDestinationType: "s3", LogDestination: "arn:aws:s3:::logs/vpc" }) as const;

describe("a flow log", () => {
  test("to a bucket or a log group is described as it was asked for, and goes when it is deleted", async () => {
    const [toS3] = (await cloud.aws.ec2.CreateFlowLogs({ ...toBucket(), DestinationOptions: { PerHourPartition: true }, MaxAggregationInterval: 60 })).FlowLogIds!;
    const [toLogs] = (await cloud.aws.ec2.CreateFlowLogs({ ...base(), LogGroupName: "flow", DeliverLogsPermissionArn: ROLE, LogFormat: "${srcaddr}  ${action}", TagSpecifications: [{ ResourceType: "vpc-flow-log", Tags: [{ Key: "Name", Value: "x" }] }] })).FlowLogIds!;
    const { FlowLogs } = await cloud.aws.ec2.DescribeFlowLogs({ Filter: [{ Name: "resource-id", Values: [vpcId] }] });
    expect(FlowLogs).toMatchObject([
      { FlowLogId: toS3, LogDestination: "arn:aws:s3:::logs/vpc", MaxAggregationInterval: 60, LogFormat: expect.stringMatching(/^\$\{version\} /), DestinationOptions: { FileFormat: "plain-text", HiveCompatiblePartitions: false, PerHourPartition: true } },
      { FlowLogId: toLogs, LogGroupName: "flow", LogFormat: "${srcaddr} ${action}", MaxAggregationInterval: 600, FlowLogStatus: "ACTIVE", Tags: [{ Key: "Name", Value: "x" }] },
    ]);
    await expect(cloud.aws.ec2.CreateFlowLogs(toBucket())).rejects.toMatchObject({ code: "FlowLogAlreadyExists" });
    await cloud.aws.ec2.DeleteFlowLogs({ FlowLogIds: [toS3!] });
    await expect(cloud.aws.ec2.DescribeFlowLogs({ FlowLogIds: [toS3!] })).rejects.toMatchObject({ code: "InvalidFlowLogId.NotFound", message: `These flow log ids in the input list are not found: [TotalCount: 1] ${toS3}` });
    await cloud.aws.ec2.DeleteVpc({ VpcId: vpcId });
    expect((await cloud.aws.ec2.DescribeFlowLogs({})).FlowLogs).toEqual([]);
  });

  test("to a bucket that isn't makes none, and says so for each resource", async () => {
    const { FlowLogIds, Unsuccessful } = await cloud.aws.ec2.CreateFlowLogs({ ...toBucket(), LogDestination: "arn:aws:s3:::nobodys" });
    expect(FlowLogIds).toEqual([]);
    expect(Unsuccessful).toEqual([{ ResourceId: vpcId, Error: { Code: "400", Message: "LogDestination: nobodys does not exist" } }]);
  });

  test("adds to the bucket's policy what delivery needs, once, and leaves what was there", async () => {
    const own = { Sid: "Own", Effect: "Deny", Principal: "*", Action: "s3:DeleteBucket", Resource: "arn:aws:s3:::logs" };
    await cloud.aws.s3.PutBucketPolicy({ Bucket: "logs", Policy: JSON.stringify({ Version: "2012-10-17", Statement: own }) });
    await cloud.aws.ec2.CreateFlowLogs(toBucket());
    const policy = (await cloud.aws.s3.GetBucketPolicy({ Bucket: "logs" })).Policy!;
    const { Statement } = JSON.parse(policy) as { readonly Statement: readonly object[] };
    expect(Statement).toMatchObject([
      own,
      { Principal: { Service: "delivery.logs.amazonaws.com" }, Action: "s3:PutObject", Resource: "arn:aws:s3:::logs/vpc/AWSLogs/123456789012/*" },
      { Action: "s3:GetBucketAcl", Resource: "arn:aws:s3:::logs" },
    ]);
    await cloud.aws.ec2.CreateFlowLogs({ ...toBucket(), TrafficType: "REJECT" });
    expect((await cloud.aws.s3.GetBucketPolicy({ Bucket: "logs" })).Policy).toBe(policy);
  });

  test.each([
    ["without a role for a log group", { LogGroupName: "flow" }, "InvalidParameter", "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs."],
    ["with a role for a bucket", { LogDestinationType: "s3", LogDestination: "arn:aws:s3:::logs", DeliverLogsPermissionArn: ROLE }, "InvalidParameter", "DeliverLogsPermissionArn is not applicable for s3 delivery"],
    ["without a bucket", { LogDestinationType: "s3" }, "InvalidParameter", "LogDestination can't be empty if LogDestinationType is not cloud-watch-logs."],
    ["in AWS's own folder", { LogDestinationType: "s3", LogDestination: "arn:aws:s3:::logs/AWSLogs/" }, "InvalidParameter", "LogDestination can't have AWSLogs as a subfolder name."],
    ["with a field that isn't", { LogDestinationType: "s3", LogDestination: "arn:aws:s3:::logs", LogFormat: "${colour}" }, "InvalidParameter", /LogFormat has an unknown field: "\$\{colour\}"/],
    ["with an interval of its own", { LogDestinationType: "s3", LogDestination: "arn:aws:s3:::logs", MaxAggregationInterval: 61 }, "InvalidParameter", "Invalid Flow Log Max Aggregation Interval"],
    ["in Parquet", { LogDestinationType: "s3", LogDestination: "arn:aws:s3:::logs", DestinationOptions: { FileFormat: "parquet" } }, "NotImplemented", /parquet/],
    ["to Firehose", { LogDestinationType: "kinesis-data-firehose", LogDestination: "arn:aws:firehose:x" }, "NotImplemented", /kinesis-data-firehose/],
    ["of a VPC that isn't", { LogDestinationType: "s3", LogDestination: "arn:aws:s3:::logs", ResourceIds: ["vpc-00000000000000000"] }, "InvalidVpcID.NotFound", /does not exist/],
  ] as const)("%s is refused", async (_name, wrong, code, message) => {
    await expect(cloud.aws.ec2.CreateFlowLogs({ ...base(), ...wrong })).rejects.toMatchObject({ code, message: typeof message === "string" ? message : expect.stringMatching(message) });
    expect((await cloud.aws.ec2.DescribeFlowLogs({})).FlowLogs).toEqual([]);
  });
});
