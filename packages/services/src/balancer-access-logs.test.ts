/** Access logs of both generations: from what nodes noted to files in a bucket. */
import { gunzipSync } from "node:zlib";
import { memoryBlobs } from "@hakoniwa/kernel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "./testing.js";

let cloud: TestCloud;
let subnets: readonly string[];

beforeEach(async () => {
  cloud = await createTestCloud({ blobs: memoryBlobs(), start: Date.UTC(2026, 0, 1, 12, 0, 0) });
  subnets = (await cloud.aws.ec2.DescribeSubnets({ Filters: [{ Name: "default-for-az", Values: ["true"] }] })).Subnets!.map(({ SubnetId }) => SubnetId!);
  await cloud.aws.s3.CreateBucket({ Bucket: "logs", CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
});
afterEach(() => cloud.close());

const SERVICE = { Service: "logdelivery.elasticloadbalancing.amazonaws.com" };
const ACCOUNT = { AWS: "arn:aws:iam::582318560864:root" };

async function admit(Principal: object, Resource = "arn:aws:s3:::logs/*"): Promise<void> {
  await cloud.aws.s3.PutBucketPolicy({ Bucket: "logs", Policy: JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Principal, Action: "s3:PutObject", Resource } }) });
}

async function classic(): Promise<void> {
  const Listeners = [{ Protocol: "HTTP", LoadBalancerPort: 80, InstancePort: 80 }];
  await cloud.aws.elb.CreateLoadBalancer({ LoadBalancerName: "front", Subnets: subnets.slice(0, 1), Listeners });
  await cloud.advance("1s");
}

const log = (change: object = {}) =>
  cloud.aws.elb.ModifyLoadBalancerAttributes({
    LoadBalancerName: "front",
    LoadBalancerAttributes: { AccessLog: { Enabled: true, S3BucketName: "logs", S3BucketPrefix: "web", EmitInterval: 5, ...change } },
  });

async function application(): Promise<string> {
  const { LoadBalancers } = await cloud.aws.elbv2.CreateLoadBalancer({ Name: "web", Subnets: subnets.slice(0, 2) });
  await cloud.advance("1s");
  return LoadBalancers![0]!.LoadBalancerArn!;
}

const logApplication = (LoadBalancerArn: string, bucket = "logs") =>
  cloud.aws.elbv2.ModifyLoadBalancerAttributes({ LoadBalancerArn, Attributes: [{ Key: "access_logs.s3.enabled", Value: "true" }, { Key: "access_logs.s3.bucket", Value: bucket }] });

const NOTE = {
  took: 1.178, protocol: "http", port: 80, client: "192.168.131.39:2817", target: "10.0.0.1:80", times: { request: 0.073, target: 1.048, response: 0.057 }, status: 200, targetStatus: 200,
  received: 34, sent: 366, request: "GET http://www.example.com:80/ HTTP/1.1", userAgent: "curl/7.38.0", tls: undefined, group: undefined, traceId: "", rule: 0, action: "forward", location: "",
} as const;
const TLS = { version: "TLSv1.2", cipher: "ECDHE-RSA-AES128-GCM-SHA256", serverName: "www.example.com" } as const;

const nodes = (): readonly string[] => cloud.paper.workloads.keys().filter((key) => cloud.paper.workloadSpec(key)?.kind === "balancer");
const keys = async (): Promise<string[]> => ((await cloud.aws.s3.ListObjectsV2({ Bucket: "logs" })).Contents ?? []).map(({ Key }) => Key!);
const files = async (): Promise<string[]> => (await keys()).filter((key) => !key.endsWith("ELBAccessLogTestFile"));

async function content(Key: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of (await cloud.aws.s3.GetObject({ Bucket: "logs", Key })).Body!) parts.push(part);
  return Buffer.concat(parts);
}

describe("a Classic Load Balancer's access log", () => {
  it("begins with a test file, and is a file of AWS's lines for each node and interval", async () => {
    await classic();
    await admit(ACCOUNT);
    await log();
    await cloud.settle();
    expect(await keys()).toEqual(["web/AWSLogs/123456789012/ELBAccessLogTestFile"]);
    expect((await content("web/AWSLogs/123456789012/ELBAccessLogTestFile")).toString()).toBe("Enable AccessLog for ELB: front at 2026-01-01T12:00:01.000Z");
    await cloud.advance("14s");
    const [node] = nodes();
    cloud.paper.request(node!, NOTE);
    cloud.paper.request(node!, { ...NOTE, protocol: "https", tls: TLS, target: undefined, times: undefined, status: 503, targetStatus: 0, userAgent: 'a "b"\né' });
    cloud.paper.request(node!, { ...NOTE, protocol: "tcp", status: 0, targetStatus: 0, request: "- - - ", userAgent: "" });
    await cloud.advance("4m");
    expect(await files()).toEqual([]);
    await cloud.advance("1m");
    const [key, ...others] = await files();
    expect(others).toEqual([]);
    const { NetworkInterfaces } = await cloud.aws.ec2.DescribeNetworkInterfaces({ NetworkInterfaceIds: [node!] });
    const ip = NetworkInterfaces![0]!.Association!.PublicIp!;
    expect(key).toMatch(new RegExp(`^web/AWSLogs/123456789012/elasticloadbalancing/ap-northeast-1/2026/01/01/123456789012_elasticloadbalancing_ap-northeast-1_front_20260101T1205Z_${ip.replaceAll(".", "\\.")}_[0-9a-f]{8}\\.log$`));
    expect((await content(key!)).toString().split("\n")).toEqual([
      '2026-01-01T12:00:14.998822Z front 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -',
      '2026-01-01T12:00:14.998822Z front 192.168.131.39:2817 - -1 -1 -1 503 0 34 366 "GET http://www.example.com:80/ HTTP/1.1" "a \\x22b\\x22\\x0A\\xE9" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2',
      '2026-01-01T12:00:14.998822Z front 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 - - 34 366 "- - - " "-" - -',
      "",
    ]);
    expect(cloud.logs).toEqual([]);
  });

  it("tells each request once, and one of the interval's last second in a file too", async () => {
    await classic();
    await admit(SERVICE);
    await log();
    for (const [name, wait] of [["a", "298500ms"], ["b", "20s"], ["c", "6m"]] as const) {
      await cloud.advance(wait);
      cloud.paper.request(nodes()[0]!, { ...NOTE, userAgent: name });
    }
    await cloud.advance("6m");
    const agents: string[] = [];
    for (const key of await files()) agents.push(.../"([abc])" - -\n$/.exec((await content(key)).toString())!.slice(1));
    expect(agents.toSorted()).toEqual(["a", "b", "c"]);
    expect(await files()).toHaveLength(3);
  });

  it("is shown, and ends when it is switched off", async () => {
    await classic();
    await admit(SERVICE);
    await log({ EmitInterval: 60 });
    const shown = async () => (await cloud.aws.elb.DescribeLoadBalancerAttributes({ LoadBalancerName: "front" })).LoadBalancerAttributes!.AccessLog;
    expect(await shown()).toEqual({ Enabled: true, S3BucketName: "logs", S3BucketPrefix: "web", EmitInterval: 60 });
    await cloud.advance("1s");
    cloud.paper.request(nodes()[0]!, NOTE);
    await cloud.advance("20s");
    await cloud.aws.elb.ModifyLoadBalancerAttributes({ LoadBalancerName: "front", LoadBalancerAttributes: { AccessLog: { Enabled: false } } });
    expect(await shown()).toEqual({ Enabled: false });
    await cloud.advance("2h");
    expect(await files()).toEqual([]);
    const { sequence } = cloud.store;
    await cloud.advance("1h");
    expect(cloud.store.sequence).toBe(sequence);
  });

  it("is switched on and off by a stack", async () => {
    await admit(ACCOUNT);
    const template = (properties: object): string => {
      const Listeners = [{ Protocol: "HTTP", LoadBalancerPort: "80", InstancePort: "80" }];
      const Properties = { LoadBalancerName: "front", Subnets: subnets.slice(0, 1), Listeners, ...properties };
      return JSON.stringify({ Resources: { Front: { Type: "AWS::ElasticLoadBalancing::LoadBalancer", Properties } } });
    };
    const shown = async () => (await cloud.aws.elb.DescribeLoadBalancerAttributes({ LoadBalancerName: "front" })).LoadBalancerAttributes!.AccessLog;
    await cloud.aws.cloudformation.CreateStack({ StackName: "front", TemplateBody: template({ AccessLoggingPolicy: { Enabled: true, S3BucketName: "logs", EmitInterval: 5 } }) });
    await cloud.advance("1m");
    expect(await shown()).toEqual({ Enabled: true, S3BucketName: "logs", S3BucketPrefix: "", EmitInterval: 5 });
    expect(await keys()).toEqual(["AWSLogs/123456789012/ELBAccessLogTestFile"]);
    await cloud.aws.cloudformation.UpdateStack({ StackName: "front", TemplateBody: template({}) });
    await cloud.advance("1m");
    expect(await shown()).toEqual({ Enabled: false });
  });

  it.each([
    ["a bucket without leave", {}, "InvalidConfigurationRequest", "Access Denied for bucket: logs. Please check S3bucket permission"],
    ["a bucket that is not there", { S3BucketName: "nowhere" }, "InvalidConfigurationRequest", "Access Denied for bucket: nowhere. Please check S3bucket permission"],
    ["a bucket of another region", { S3BucketName: "far" }, "InvalidConfigurationRequest", "S3Bucket: far is not located in the same region with ELB: front"],
    ["no bucket", { S3BucketName: undefined }, "ValidationError", "AccessLog.S3BucketName must be given when access logs are enabled."],
    ["another interval", { EmitInterval: 10 }, "ValidationError", "AccessLog.EmitInterval '10' must be 5 or 60."],
  ])("is refused for %s, and nothing changes", async (_, change, code, message) => {
    await classic();
    await cloud.in("us-west-2").s3.CreateBucket({ Bucket: "far", CreateBucketConfiguration: { LocationConstraint: "us-west-2" } });
    await admit(SERVICE, "arn:aws:s3:::logs/elsewhere/*");
    await expect(log(change)).rejects.toMatchObject({ code, message });
    expect((await cloud.aws.elb.DescribeLoadBalancerAttributes({ LoadBalancerName: "front" })).LoadBalancerAttributes!.AccessLog).toEqual({ Enabled: false });
    await cloud.advance("1m");
    expect(await keys()).toEqual([]);
  });
});

describe("an Application Load Balancer's access log", () => {
  it("is a compressed file of AWS's lines for each node every 5 minutes", async () => {
    const arn = await application();
    const id = arn.slice(arn.lastIndexOf("/") + 1);
    await admit(SERVICE, "arn:aws:s3:::logs/AWSLogs/123456789012/*");
    await logApplication(arn);
    await cloud.advance("14s");
    const [first, second] = nodes();
    const group = "targetgroup/my-targets/73e2d6bc24d8a067";
    cloud.paper.request(first!, { ...NOTE, took: 10, traceId: "Root=1-58337262-36d228ad5d99923122bbe354", group });
    cloud.paper.request(second!, { ...NOTE, protocol: "https", tls: TLS, target: undefined, times: undefined, status: 301, targetStatus: 0, rule: 7, action: "redirect", location: "https://example.com:443/" });
    await cloud.advance("5m");
    const found = await files();
    expect(found).toHaveLength(2);
    const lines: string[] = [];
    for (const key of found) {
      expect(key).toMatch(new RegExp(`^AWSLogs/123456789012/elasticloadbalancing/ap-northeast-1/2026/01/01/123456789012_elasticloadbalancing_ap-northeast-1_app\\.web\\.${id}_20260101T1205Z_[0-9.]+_[0-9a-f]{8}\\.log\\.gz$`));
      lines.push(gunzipSync(await content(key)).toString());
    }
    const connection = expect.stringMatching(/TID_[0-9a-f]{32}\n$/) as string;
    expect(lines).toEqual([connection, connection]);
    expect(lines.map((line) => line.replace(/ TID_.*\n$/, "")).toSorted()).toEqual([
      `http 2026-01-01T12:00:15.000000Z app/web/${id} 192.168.131.39:2817 10.0.0.1:80 0.000 0.001 0.000 200 200 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - - arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:${group} "Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 2026-01-01T12:00:14.990000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"`,
      `https 2026-01-01T12:00:15.000000Z app/web/${id} 192.168.131.39:2817 - -1 -1 -1 301 - 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 - "-" "www.example.com" "-" 7 2026-01-01T12:00:14.998822Z "redirect" "https://example.com:443/" "-" "-" "-" "-" "-"`,
    ]);
  });

  it("is refused for a bucket without leave, and without a bucket", async () => {
    const arn = await application();
    await expect(logApplication(arn)).rejects.toMatchObject({ code: "InvalidConfigurationRequest", message: "Access Denied for bucket: logs. Please check S3bucket permission" });
    await expect(logApplication(arn, "")).rejects.toMatchObject({ code: "ValidationError" });
    const { Attributes } = await cloud.aws.elbv2.DescribeLoadBalancerAttributes({ LoadBalancerArn: arn });
    expect(Attributes).toContainEqual({ Key: "access_logs.s3.enabled", Value: "false" });
  });

  it("loses what the bucket no longer lets in, says so, and goes on when it does again", async () => {
    const arn = await application();
    await admit(SERVICE);
    await logApplication(arn);
    await cloud.advance("14s");
    await cloud.aws.s3.DeleteBucketPolicy({ Bucket: "logs" });
    cloud.paper.request(nodes()[0]!, NOTE);
    await cloud.advance("6m");
    expect([await files(), cloud.logs]).toEqual([[], [expect.stringContaining("could not be written to the bucket logs")]]);
    await admit(SERVICE);
    cloud.paper.request(nodes()[0]!, NOTE);
    await cloud.advance("6m");
    expect(await files()).toHaveLength(1);
  });
});
