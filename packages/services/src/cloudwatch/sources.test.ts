import type { BalancerTraffic } from "@hakoniwa/network";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  // Some seconds into a minute: what the last one brought is there.
  cloud = await createTestCloud({ start: Date.UTC(2026, 0, 1, 0, 0, 15) });
});
afterEach(async () => {
  expect(cloud.logs).toEqual([]);
  await cloud.close();
});

type Dimensions = readonly { readonly Name: string; readonly Value: string }[];

/** The last minutes' values, the oldest first; undefined for No Data. */
async function latest(Namespace: string, MetricName: string, dimensions: Dimensions, Stat = "Sum", minutes = 1): Promise<number | undefined> {
  const StartTime = new Date(Math.floor(cloud.now() / 60_000) * 60_000 - minutes * 60_000);
  const EndTime = new Date(StartTime.getTime() + minutes * 60_000);
  const MetricDataQueries = [{ Id: "m", MetricStat: { Metric: { Namespace, MetricName, Dimensions: dimensions }, Period: minutes * 60, Stat } }];
  return (await cloud.aws.cloudwatch.GetMetricData({ MetricDataQueries, StartTime, EndTime })).MetricDataResults![0]!.Values![0];
}

async function subnets(): Promise<readonly string[]> {
  return (await cloud.aws.ec2.DescribeSubnets({})).Subnets!.slice(0, 2).map(({ SubnetId }) => SubnetId!);
}

/** One instance in each of two subnets. */
async function launch(more: object = {}): Promise<readonly string[]> {
  const image = (await cloud.aws.ec2.DescribeImages({ Owners: ["amazon"] })).Images![0]!.ImageId!;
  const ids: string[] = [];
  for (const SubnetId of await subnets()) {
    const { Instances } = await cloud.aws.ec2.RunInstances({ ImageId: image, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, SubnetId, ...more });
    ids.push(Instances![0]!.InstanceId!);
  }
  await cloud.advance("1m");
  return ids;
}

async function hook(Name: string): Promise<{ readonly arn: string; told(): readonly string[] }> {
  const { TopicArn } = await cloud.aws.sns.CreateTopic({ Name });
  await cloud.aws.sns.Subscribe({ TopicArn: TopicArn!, Protocol: "sms", Endpoint: "+81312345678" });
  return { arn: TopicArn!, told: () => cloud.core.calls.facts({ account: "123456789012", region: "ap-northeast-1" }).sns.mails().filter((mail) => mail.topicArn === TopicArn).map(({ body }) => (JSON.parse(body.slice(body.indexOf(">") + 2)) as { NewStateValue: string }).NewStateValue) };
}

interface Site {
  readonly namespace: string;
  readonly dimensions: Dimensions;
}

async function classic(ids: readonly string[]): Promise<Site> {
  await cloud.aws.elb.CreateLoadBalancer({ LoadBalancerName: "web", Listeners: [{ Protocol: "HTTP", LoadBalancerPort: 80, InstancePort: 80 }], Subnets: await subnets() });
  await cloud.aws.elb.ConfigureHealthCheck({ LoadBalancerName: "web", HealthCheck: { Target: "HTTP:80/", Interval: 5, Timeout: 2, HealthyThreshold: 2, UnhealthyThreshold: 2 } });
  await cloud.aws.elb.RegisterInstancesWithLoadBalancer({ LoadBalancerName: "web", Instances: ids.map((InstanceId) => ({ InstanceId })) });
  return { namespace: "AWS/ELB", dimensions: [{ Name: "LoadBalancerName", Value: "web" }] };
}

async function application(ids: readonly string[]): Promise<Site> {
  const { elbv2, ec2 } = cloud.aws;
  const VpcId = (await ec2.DescribeVpcs({})).Vpcs![0]!.VpcId!;
  const made = await elbv2.CreateTargetGroup({ Name: "web", Protocol: "HTTP", Port: 80, VpcId, HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2, HealthyThresholdCount: 2, UnhealthyThresholdCount: 2 });
  const group = made.TargetGroups![0]!.TargetGroupArn!;
  const balancer = (await elbv2.CreateLoadBalancer({ Name: "web", Subnets: await subnets() })).LoadBalancers![0]!.LoadBalancerArn!;
  await elbv2.CreateListener({ LoadBalancerArn: balancer, Protocol: "HTTP", Port: 80, DefaultActions: [{ Type: "forward", TargetGroupArn: group }] });
  await elbv2.RegisterTargets({ TargetGroupArn: group, Targets: ids.map((Id) => ({ Id })) });
  return {
    namespace: "AWS/ApplicationELB",
    dimensions: [
      { Name: "LoadBalancer", Value: balancer.slice(balancer.indexOf(":loadbalancer/") + 14) },
      { Name: "TargetGroup", Value: group.slice(group.lastIndexOf(":") + 1) },
    ],
  };
}

describe.each([["a target group", application], ["a Classic balancer", classic]] as const)("the hosts of %s", (_name, build) => {
  let ids: readonly string[];
  let site: Site;
  const counts = async (): Promise<readonly (number | undefined)[]> => Promise.all(["HealthyHostCount", "UnHealthyHostCount"].map((name) => latest(site.namespace, name, site.dimensions, "Average")));

  beforeEach(async () => {
    ids = await launch();
    site = await build(ids);
    await cloud.advance("3m");
  });

  it("2 / 0 while both are well (S0-36, S0-37)", async () => {
    expect(await counts()).toEqual([2, 0]);
  });

  it("0 / 2 when the service is stopped on both (S0-38)", async () => {
    for (const id of ids) cloud.paper.fail(id, "connection refused");
    await cloud.advance("2m");
    expect(await counts()).toEqual([0, 2]);
  });

  it("No Data when both instances are stopped (S0-39), which only the alarm that acts on INSUFFICIENT_DATA notices (S0-40, S0-41, S0-42, S0-43)", async () => {
    const both = await hook("both");
    const alone = await hook("alone");
    const alarm = {
      Namespace: site.namespace,
      MetricName: "HealthyHostCount",
      Dimensions: site.dimensions,
      Statistic: "Average",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "LessThanOrEqualToThreshold",
    } as const;
    await cloud.aws.cloudwatch.PutMetricAlarm({ ...alarm, AlarmName: "both", AlarmActions: [both.arn], InsufficientDataActions: [both.arn] });
    await cloud.aws.cloudwatch.PutMetricAlarm({ ...alarm, AlarmName: "alone", AlarmActions: [alone.arn] });
    await cloud.advance("2m");
    expect([both.told(), alone.told()]).toEqual([[], []]);
    await cloud.aws.ec2.StopInstances({ InstanceIds: ids });
    await cloud.advance("6m");
    expect(await counts()).toEqual([undefined, undefined]);
    expect([both.told(), alone.told()]).toEqual([["INSUFFICIENT_DATA"], []]);
    // When one comes back, both hear that a server is missing.
    await cloud.aws.ec2.StartInstances({ InstanceIds: ids.slice(0, 1) });
    await cloud.advance("3m");
    expect(await counts()).toEqual([1, 0]);
    expect([both.told(), alone.told()]).toEqual([["INSUFFICIENT_DATA", "ALARM"], ["ALARM"]]);
  });
});

const QUIET: BalancerTraffic = {
  process: "1", requests: 0, own: [0, 0, 0, 0, 0], connectionErrors: 0, spillover: 0, surge: 0, surgePeak: 0, newConnections: 0, activeConnections: 0,
  rejectedConnections: 0, clientTlsErrors: 0, bytes: 0, redirects: 0, fixedResponses: 0, groups: {},
};

it("a Classic balancer's traffic is told as it grew, with No Data where there was none (S0-30 to S0-35)", async () => {
  const ids = await launch();
  const { dimensions } = await classic(ids);
  await cloud.advance("1m");
  const nodes = cloud.core.calls.facts({ account: "123456789012", region: "ap-northeast-1" }).elb.loadBalancers()[0]!.nodes;
  const count = (node: number, traffic: Partial<BalancerTraffic>): void => cloud.paper.count(nodes[node]!.id, { ...QUIET, ...traffic });
  const group = { requests: 12, statuses: [0, 8, 1, 1, 2], latency: 1_200, responses: 12, connectionErrors: 0 };
  const read = async (): Promise<Record<string, number | undefined>> => {
    const names = ["RequestCount", "HTTPCode_Backend_2XX", "HTTPCode_Backend_3XX", "HTTPCode_Backend_4XX", "HTTPCode_Backend_5XX", "HTTPCode_ELB_4XX", "HTTPCode_ELB_5XX", "SpilloverCount"];
    const values = await Promise.all(names.map(async (name) => [name, await latest("AWS/ELB", name, dimensions)] as const));
    return { ...Object.fromEntries(values), Latency: await latest("AWS/ELB", "Latency", dimensions, "Average"), SurgeQueueLength: await latest("AWS/ELB", "SurgeQueueLength", dimensions, "Maximum") };
  };
  const nothing = Object.fromEntries(Object.keys(await read()).map((name) => [name, undefined]));
  expect(await read()).toEqual(nothing);

  count(0, { requests: 15, own: [0, 0, 0, 1, 2], spillover: 2, surgePeak: 7, groups: { instances: group } });
  count(1, { requests: 3, groups: { instances: { ...group, requests: 3, statuses: [0, 3, 0, 0, 0], latency: 300, responses: 3 } } });
  await cloud.advance("65s");
  const told = await read();
  expect(told).toEqual({ RequestCount: 15, HTTPCode_Backend_2XX: 11, HTTPCode_Backend_3XX: 1, HTTPCode_Backend_4XX: 1, HTTPCode_Backend_5XX: 2, HTTPCode_ELB_4XX: 1, HTTPCode_ELB_5XX: 2, SpilloverCount: 2, Latency: 0.1, SurgeQueueLength: 7 });
  expect(told["RequestCount"]).toBe(11 + 1 + 1 + 2);
  await cloud.advance("1m");
  expect(await read()).toEqual(nothing);

  // A node's process that was started anew has counted from nothing.
  count(1, { process: "2", requests: 1, groups: { instances: { ...group, requests: 1, statuses: [0, 1, 0, 0, 0], latency: 10, responses: 1 } } });
  await cloud.advance("1m");
  expect(await read()).toMatchObject({ RequestCount: 1, HTTPCode_Backend_2XX: 1 });
  expect(await latest("AWS/ELB", "RequestCount", [{ Name: "AvailabilityZone", Value: nodes[0]!.availabilityZone }, ...dimensions])).toBeUndefined();
});

it("an Application Load Balancer's traffic is told by target group too, and what each healthy target of it got (S0-30 to S0-33)", async () => {
  const ids = await launch();
  const { dimensions } = await application(ids);
  await cloud.advance("1m");
  const [balancer] = cloud.core.calls.facts({ account: "123456789012", region: "ap-northeast-1" }).elbv2.loadBalancers();
  const group = dimensions[1]!.Value;
  const traffic = { requests: 12, statuses: [0, 8, 0, 3, 1], latency: 1_200, responses: 12, connectionErrors: 0 };
  const count = (node: number, requests: number, over: typeof traffic): void => cloud.paper.count(balancer!.nodes[node]!.id, { ...QUIET, requests, own: [0, 0, 0, 1, 2], groups: { [group]: over } });
  const read = (name: string, of: Dimensions = dimensions): Promise<number | undefined> => latest("AWS/ApplicationELB", name, of);
  // Three of the first node's 15 found no target, or needed none.
  count(0, 15, traffic);
  count(1, 2, { ...traffic, requests: 2, statuses: [0, 2, 0, 0, 0], latency: 200, responses: 2 });
  await cloud.advance("65s");
  expect(await read("RequestCount")).toBe(14);
  expect(await read("RequestCount", dimensions.slice(0, 1))).toBe(14);
  expect([await read("HTTPCode_Target_2XX_Count"), await read("HTTPCode_Target_4XX_Count"), await read("HTTPCode_Target_5XX_Count")]).toEqual([10, 3, 1]);
  expect([await read("RequestCountPerTarget"), await read("RequestCountPerTarget", dimensions.slice(1))]).toEqual([7, 7]);
  expect(await read("HTTPCode_ELB_5XX_Count", dimensions.slice(0, 1))).toBe(4);
  await cloud.advance("1m");
  expect([await read("RequestCount"), await read("RequestCountPerTarget")]).toEqual([undefined, undefined]);
  // A group that goes away takes its count with it, which is no traffic of the others.
  cloud.paper.count(balancer!.nodes[0]!.id, { ...QUIET, requests: 15, own: [0, 0, 0, 1, 2], groups: {} });
  await cloud.advance("1m");
  expect(await read("RequestCount", dimensions.slice(0, 1))).toBeUndefined();
});

describe("an instance", () => {
  const used = async (id: string, name: string, minutes: number, stat = "Average"): Promise<number | undefined> => latest("AWS/EC2", name, [{ Name: "InstanceId", Value: id }], stat, minutes);

  it("with detailed monitoring tells each minute what it used of its processors and sent", async () => {
    const [id] = await launch({ Monitoring: { Enabled: true } });
    await cloud.advance("2m");
    expect([await used(id!, "CPUUtilization", 1), await used(id!, "NetworkOut", 1)]).toEqual([0, 0]);
    // A t3.micro has two processors.
    cloud.paper.use(id!, { cpuSeconds: 30, bytesOut: 5_000, packetsOut: 7 });
    await cloud.advance("1m");
    expect([await used(id!, "CPUUtilization", 1), await used(id!, "NetworkOut", 1), await used(id!, "NetworkPacketsOut", 1)]).toEqual([25, 5_000, 7]);
    expect([await used(id!, "StatusCheckFailed", 1), await used(id!, "StatusCheckFailed_System", 1)]).toEqual([0, 0]);
    await cloud.advance("1m");
    expect(await used(id!, "CPUUtilization", 1)).toBe(0);
  });

  it("without it tells every five minutes, and nothing when it is stopped", async () => {
    const [id] = await launch();
    await cloud.advance("10m");
    cloud.paper.use(id!, { cpuSeconds: 60 });
    await cloud.advance("10m");
    expect(await used(id!, "CPUUtilization", 20, "SampleCount")).toBe(3);
    expect(await used(id!, "CPUUtilization", 20, "Maximum")).toBe(10);
    await cloud.aws.ec2.StopInstances({ InstanceIds: [id!] });
    await cloud.advance("10m");
    expect([await used(id!, "CPUUtilization", 5), await used(id!, "StatusCheckFailed", 5)]).toEqual([undefined, undefined]);
  });
});
