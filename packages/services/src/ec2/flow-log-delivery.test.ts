import { gunzipSync } from "node:zlib";
import { memoryBlobs } from "@hakoniwa/kernel";
import type { FlowCount } from "@hakoniwa/network";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
let vpc: string;
let subnet: string;
let eni: string;
let address: string;
beforeEach(async () => {
  cloud = await createTestCloud({ blobs: memoryBlobs(), start: Date.UTC(2026, 0, 1, 12, 0, 0) });
  const { aws } = cloud;
  vpc = (await aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!;
  subnet = (await aws.ec2.CreateSubnet({ VpcId: vpc, CidrBlock: "10.0.0.0/24" })).Subnet!.SubnetId!;
  const made = (await aws.ec2.CreateNetworkInterface({ SubnetId: subnet })).NetworkInterface!;
  eni = made.NetworkInterfaceId!;
  address = made.PrivateIpAddress!;
  await aws.s3.CreateBucket({ Bucket: "logs", CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
});
afterEach(() => cloud.close());

const TRUST = { Version: "2012-10-17", Statement: { Effect: "Allow", Principal: { Service: "vpc-flow-logs.amazonaws.com" }, Action: "sts:AssumeRole" } };
const MAY = { Version: "2012-10-17", Statement: { Effect: "Allow", Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], Resource: "*" } };

async function role(trust: object = TRUST): Promise<string> {
  const { Role } = await cloud.aws.iam.CreateRole({ RoleName: "flow", AssumeRolePolicyDocument: JSON.stringify(trust) });
  await cloud.aws.iam.PutRolePolicy({ RoleName: "flow", PolicyName: "deliver", PolicyDocument: JSON.stringify(MAY) });
  return Role.Arn;
}

const flow = (change: Partial<FlowCount> = {}): void =>
  cloud.paper.flow(vpc, {
    networkInterface: eni, direction: "ingress", action: "ACCEPT", source: "10.0.0.77", destination: address, sourcePort: 40000, destinationPort: 80, protocol: 6, packets: 5, bytes: 600, tcpFlags: 3, ...change,
  });

const toBucket = (more: object = {}) =>
  cloud.aws.ec2.CreateFlowLogs({ ResourceIds: [vpc], ResourceType: "VPC", TrafficType: "ALL", LogDestinationType: "s3", LogDestination: "arn:aws:s3:::logs", MaxAggregationInterval: 60, ...more });
const toLogs = async (more: object = {}) =>
  cloud.aws.ec2.CreateFlowLogs({ ResourceIds: [vpc], ResourceType: "VPC", TrafficType: "ALL", LogGroupName: "flow", DeliverLogsPermissionArn: await role(), MaxAggregationInterval: 60, ...more });

const keys = async (): Promise<string[]> => ((await cloud.aws.s3.ListObjectsV2({ Bucket: "logs" })).Contents ?? []).map((object) => object.Key!);
const lines = async (key: string): Promise<string[]> => {
  const { Body } = await cloud.aws.s3.GetObject({ Bucket: "logs", Key: key });
  const parts: Uint8Array[] = [];
  for await (const part of Body!) parts.push(part);
  return gunzipSync(Buffer.concat(parts)).toString().trimEnd().split("\n");
};
const messages = async (logStreamName = `${eni}-all`) =>
  (await cloud.aws.logs.GetLogEvents({ logGroupName: "flow", logStreamName, startFromHead: true })).events!.map((event) => event.message!);
const status = async () => (await cloud.aws.ec2.DescribeFlowLogs({})).FlowLogs!.map((log) => [log.DeliverLogsStatus, log.DeliverLogsErrorMessage]);

const at = Date.UTC(2026, 0, 1, 12, 0, 0) / 1000;

describe("flow logs to S3 (S0-45)", () => {
  it("are gzip objects under AWS's prefix, with a header and a line for each flow of the window (S0-46)", async () => {
    await toBucket();
    await cloud.advance("15s");
    flow();
    await cloud.advance("10s");
    flow({ packets: 1, bytes: 40, tcpFlags: 1 });
    flow({ direction: "egress", source: address, destination: "10.0.0.77", sourcePort: 80, destinationPort: 40000, action: "REJECT", packets: 1, bytes: 60, tcpFlags: 18 });
    await cloud.advance("40s");
    const [key, ...others] = await keys();
    expect(others).toEqual([]);
    expect(key).toMatch(/^AWSLogs\/123456789012\/vpcflowlogs\/ap-northeast-1\/2026\/01\/01\/123456789012_vpcflowlogs_ap-northeast-1_fl-[0-9a-f]{17}_20260101T1200Z_[0-9a-f]{8}\.log\.gz$/);
    expect(await lines(key!)).toEqual([
      "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status",
      `2 123456789012 ${eni} 10.0.0.77 ${address} 40000 80 6 6 640 ${at + 10} ${at + 30} ACCEPT OK`,
      `2 123456789012 ${eni} ${address} 10.0.0.77 80 40000 6 1 60 ${at + 20} ${at + 30} REJECT OK`,
    ]);
    expect(cloud.logs).toEqual([]);
  });

  it("says NODATA of an interface without traffic, and writes the fields that were asked for", async () => {
    await toBucket({ LogFormat: "${version} ${vpc-id} ${interface-id} ${instance-id} ${tcp-flags} ${type} ${pkt-srcaddr} ${az-id} ${flow-direction} ${traffic-path} ${ecs-task-id} ${log-status}", DestinationOptions: { HiveCompatiblePartitions: true, PerHourPartition: true } });
    await cloud.advance("61s");
    flow({ direction: "egress", source: address, destination: "10.0.0.9" });
    await cloud.advance("60s");
    const [silent, busy] = await keys();
    expect(silent).toContain("AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/aws-region=ap-northeast-1/year=2026/month=01/day=01/hour=12/123456789012_vpcflowlogs_");
    const all = [await lines(silent!), await lines(busy!)].map((file) => file[1]).sort();
    expect(all).toEqual([`7 - ${eni} - - - - - - - - NODATA`, `7 ${vpc} ${eni} - 3 IPv4 ${address} apne1-az4 egress 1 - OK`]);
  });

  it("are of the traffic type, and of the resource, that were asked for", async () => {
    const other = (await cloud.aws.ec2.CreateNetworkInterface({ SubnetId: subnet })).NetworkInterface!.NetworkInterfaceId!;
    await toBucket({ ResourceIds: [eni], ResourceType: "NetworkInterface", TrafficType: "REJECT" });
    await cloud.settle();
    flow();
    flow({ action: "REJECT" });
    flow({ networkInterface: other, action: "REJECT" });
    await cloud.advance("61s");
    expect(await lines((await keys())[0]!)).toEqual([expect.stringContaining("version"), expect.stringMatching(/REJECT OK$/)]);
  });

  it("tell Access error once the bucket's policy is gone, and go on when it is back", async () => {
    await toBucket();
    const { Policy } = await cloud.aws.s3.GetBucketPolicy({ Bucket: "logs" });
    await cloud.aws.s3.DeleteBucketPolicy({ Bucket: "logs" });
    await cloud.advance("61s");
    expect([await keys(), await status()]).toEqual([[], [["FAILED", "Access error"]]]);
    await cloud.aws.s3.PutBucketPolicy({ Bucket: "logs", Policy: Policy! });
    await cloud.advance("60s");
    expect([(await keys()).length, await status()]).toEqual([1, [["SUCCESS", undefined]]]);
  });
});

describe("flow logs to CloudWatch Logs (S3-43)", () => {
  it("are a stream for each interface, in a group that is made when it isn't there", async () => {
    await toLogs();
    await cloud.settle();
    flow();
    await cloud.advance("61s");
    expect(await status()).toEqual([["SUCCESS", undefined]]);
    expect(await messages()).toEqual([`2 123456789012 ${eni} 10.0.0.77 ${address} 40000 80 6 5 600 ${at} ${at + 10} ACCEPT OK`]);
    const { events } = await cloud.aws.logs.FilterLogEvents({ logGroupName: "flow", filterPattern: "[..., action=ACCEPT, status]" });
    expect(events).toMatchObject([{ logStreamName: `${eni}-all`, timestamp: at * 1000 }]);
    await cloud.advance("60s");
    expect(await messages()).toHaveLength(2);
  });

  it("wait for ten minutes when they are asked for so", async () => {
    await toLogs({ MaxAggregationInterval: 600, TrafficType: "ACCEPT" });
    await cloud.advance("5m");
    flow();
    await cloud.advance("299s");
    expect((await cloud.aws.logs.DescribeLogGroups({})).logGroups).toEqual([]);
    await cloud.advance("2s");
    expect(await messages(`${eni}-accept`)).toEqual([expect.stringMatching(/ACCEPT OK$/)]);
  });

  it("tell Access error of a role that doesn't trust the service, or may not write", async () => {
    const LogGroupName = "flow";
    const permissionArn = await role({ ...TRUST, Statement: { ...TRUST.Statement, Principal: { Service: "ec2.amazonaws.com" } } });
    await cloud.aws.ec2.CreateFlowLogs({ ResourceIds: [vpc], ResourceType: "VPC", TrafficType: "ALL", LogGroupName, DeliverLogsPermissionArn: permissionArn, MaxAggregationInterval: 60 });
    await cloud.advance("61s");
    expect(await status()).toEqual([["FAILED", "Access error"]]);
    await cloud.aws.iam.UpdateAssumeRolePolicy({ RoleName: "flow", PolicyDocument: JSON.stringify(TRUST) });
    await cloud.aws.iam.DeleteRolePolicy({ RoleName: "flow", PolicyName: "deliver" });
    await cloud.advance("60s");
    expect(await status()).toEqual([["FAILED", "Access error"]]);
    expect((await cloud.aws.logs.DescribeLogGroups({})).logGroups).toEqual([]);
    await cloud.aws.iam.PutRolePolicy({ RoleName: "flow", PolicyName: "deliver", PolicyDocument: JSON.stringify(MAY) });
    await cloud.advance("60s");
    expect(await status()).toEqual([["SUCCESS", undefined]]);
    expect(await messages()).toEqual([expect.stringMatching(/NODATA$/)]);
  });
});

it("an interface that went away is told of as it was", async () => {
  await toLogs();
  await cloud.advance("15s");
  flow();
  await cloud.advance("10s");
  flow({ packets: 1, bytes: 1 });
  await cloud.aws.ec2.DeleteNetworkInterface({ NetworkInterfaceId: eni });
  await cloud.advance("60s");
  expect(await messages()).toEqual([expect.stringMatching(/ 6 6 601 .* ACCEPT OK$/)]);
});

it("a flow log that comes between two readings misses nothing that comes after it", async () => {
  await toBucket();
  await cloud.advance("13s");
  await toLogs();
  flow();
  await cloud.advance("50s");
  expect(await messages()).toEqual([expect.stringMatching(/ACCEPT OK$/)]);
  expect(await lines((await keys())[0]!)).toHaveLength(2);
});

it("a reading that fails is made again, and loses nothing", async () => {
  await toLogs();
  await cloud.advance("15s");
  flow();
  vi.spyOn(cloud.paper.flows, "read").mockRejectedValueOnce(new Error("the reader was killed"));
  await cloud.advance("10s");
  expect(cloud.logs).toEqual([expect.stringContaining("the reader was killed")]);
  flow({ packets: 1, bytes: 1 });
  await cloud.advance("40s");
  expect(await messages()).toEqual([expect.stringMatching(/ 6 6 601 .* ACCEPT OK$/)]);
});

it("nothing is counted, read or kept while there is no flow log", async () => {
  await toBucket();
  await cloud.advance("30s");
  const { FlowLogs } = await cloud.aws.ec2.DescribeFlowLogs({});
  await cloud.aws.ec2.DeleteFlowLogs({ FlowLogIds: [FlowLogs![0]!.FlowLogId!] });
  await cloud.settle();
  flow();
  expect(await cloud.paper.flows.read(vpc, undefined)).toMatchObject({ flows: [] });
  const before = cloud.store.sequence;
  await cloud.advance("10m");
  expect(cloud.store.sequence).toBe(before);
  expect(cloud.store.segments.size(`flows/${vpc}`)?.entries ?? 0).toBe(0);
});
