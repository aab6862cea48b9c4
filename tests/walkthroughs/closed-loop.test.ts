/**
 * The closed loop, with real traffic, in scaled time: an Application Load Balancer before a group of two servers, its metrics, the alarms on them,
 * who is told, and what the group does about it.
 */
import { gunzipSync } from "node:zlib";
import {
  CreateAutoScalingGroupCommand, CreateLaunchConfigurationCommand, DeletePolicyCommand, DescribeAutoScalingGroupsCommand, DescribeScalingActivitiesCommand,
  EnableMetricsCollectionCommand, PutScalingPolicyCommand, ResumeProcessesCommand, SuspendProcessesCommand, UpdateAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import { CloudWatchClient, DescribeAlarmsCommand, GetMetricStatisticsCommand, PutMetricAlarmCommand, type Datapoint, type Dimension, type Statistic } from "@aws-sdk/client-cloudwatch";
import { StartInstancesCommand, StopInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import {
  CreateListenerCommand, CreateLoadBalancerCommand, CreateTargetGroupCommand, DescribeTargetHealthCommand, ElasticLoadBalancingV2Client,
  ModifyLoadBalancerAttributesCommand, ModifyTargetGroupAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutBucketPolicyCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOf, createWorld, USER_DATA } from "./balanced-world.js";
import { createGarden, until, type Garden } from "./garden.js";
import { ask, countServed, startLoad, type Site } from "./load.js";
import { createWebhook, type Webhook } from "./webhook.js";

/** A minute of the cloud takes two seconds. */
const TIME_SCALE = 30;
const NAME = "web";
const Bucket = "access-logs-of-the-site";
const GOOD = 40;
const MISSING = 7;

describe("the closed loop", { timeout: 90_000 }, () => {
  let garden: Garden;
  let elbv2: ElasticLoadBalancingV2Client;
  let cloudwatch: CloudWatchClient;
  let s3: S3Client;
  let site: Site;
  let targets: string;
  let ofBalancer: Dimension[];
  let ofGroup: Dimension[];
  let hooks: Readonly<Record<"both" | "alone", Webhook>>;

  beforeAll(async () => {
    garden = await createGarden({ HAKONIWA_TIME_SCALE: String(TIME_SCALE) });
    const { code, stderr } = await garden.hakoniwa("start");
    expect(code, stderr).toBe(0);
    const aws = clientOf(garden);
    elbv2 = new ElasticLoadBalancingV2Client(aws);
    cloudwatch = new CloudWatchClient(aws);
    s3 = new S3Client({ ...aws, forcePathStyle: true });
    hooks = { both: await createWebhook(garden.port), alone: await createWebhook(garden.port) };
  }, 60_000);
  afterAll(async () => {
    for (const hook of Object.values(hooks)) hook.end();
    await garden.end();
  }, 60_000);

  async function instances(): Promise<readonly string[]> {
    const { AutoScalingGroups } = await garden.autoscaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [NAME] }));
    return AutoScalingGroups![0]!.Instances!.filter(({ LifecycleState }) => LifecycleState === "InService").map(({ InstanceId }) => InstanceId!).sort();
  }

  async function healthy(): Promise<readonly string[]> {
    const { TargetHealthDescriptions } = await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn: targets }));
    return TargetHealthDescriptions!.filter(({ TargetHealth }) => TargetHealth!.State === "healthy").map(({ Target }) => Target!.Id!).sort();
  }

  /** Waits until just so many serve: in the group, and in the balancer's eyes. */
  function serve(count: number): Promise<readonly string[]> {
    return until(`${count} instances serve`, 40, async () => {
      const [members, found] = [await instances(), await healthy()];
      return members.length === count && members.join() === found.join() && members;
    });
  }

  /** All of a metric's minutes so far, the oldest first. The cloud's clock is ahead of this one. */
  async function minutes(Namespace: string, MetricName: string, Dimensions: Dimension[], Stat: Statistic = "Sum"): Promise<readonly Datapoint[]> {
    const [StartTime, EndTime] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 20 * 3_600_000)];
    const { Datapoints } = await cloudwatch.send(new GetMetricStatisticsCommand({ Namespace, MetricName, Dimensions, StartTime, EndTime, Period: 60, Statistics: [Stat] }));
    return Datapoints!.sort((a, b) => a.Timestamp!.getTime() - b.Timestamp!.getTime());
  }

  async function total(name: string, dimensions = ofBalancer): Promise<number> {
    return (await minutes("AWS/ApplicationELB", name, dimensions)).reduce((sum, { Sum = 0 }) => sum + Sum, 0);
  }

  /** The last minute that the group told anything of: the cloud's own clock. */
  async function lastMinute(): Promise<number> {
    return (await minutes("AWS/AutoScaling", "GroupDesiredCapacity", [{ Name: "AutoScalingGroupName", Value: NAME }], "Maximum")).at(-1)?.Timestamp?.getTime() ?? 0;
  }

  /** `HealthyHostCount / UnHealthyHostCount` of the last whole minute; `No Data` for what has none. */
  async function hostCounts(): Promise<string> {
    const minute = await lastMinute();
    const at = async (name: string): Promise<number | string> =>
      (await minutes("AWS/ApplicationELB", name, ofGroup, "Maximum")).find(({ Timestamp }) => Timestamp!.getTime() === minute)?.Maximum ?? "No Data";
    return `${await at("HealthyHostCount")} / ${await at("UnHealthyHostCount")}`;
  }

  async function alarmStates(): Promise<Readonly<Record<string, string>>> {
    const { MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: ["both", "alone"] }));
    return Object.fromEntries(MetricAlarms!.map(({ AlarmName, StateValue }) => [AlarmName!, StateValue!]));
  }

  it("S0-18 to S0-28: target group first, the balancer in two subnets, a listener that leads to the group; its name answers", async () => {
    const { VpcId, subnets, front, web, image } = await createWorld(garden);
    const group = { Name: NAME, Protocol: "HTTP" as const, Port: 80, VpcId, HealthCheckProtocol: "HTTP" as const, HealthCheckPath: "/index.html" };
    const check = { HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2, HealthyThresholdCount: 2, UnhealthyThresholdCount: 2 };
    targets = (await elbv2.send(new CreateTargetGroupCommand({ ...group, ...check }))).TargetGroups![0]!.TargetGroupArn!;
    const balancer = (await elbv2.send(new CreateLoadBalancerCommand({ Name: "site", Subnets: [...subnets], SecurityGroups: [front] }))).LoadBalancers![0]!;
    const LoadBalancerArn = balancer.LoadBalancerArn!;
    await elbv2.send(new CreateListenerCommand({ LoadBalancerArn, Protocol: "HTTP", Port: 80, DefaultActions: [{ Type: "forward", TargetGroupArn: targets }] }));
    ofBalancer = [{ Name: "LoadBalancer", Value: LoadBalancerArn.slice(LoadBalancerArn.indexOf(":loadbalancer/") + 14) }];
    ofGroup = [...ofBalancer, { Name: "TargetGroup", Value: targets.slice(targets.lastIndexOf(":") + 1) }];
    site = { port: garden.httpPort, name: balancer.DNSName! };
    await s3.send(new CreateBucketCommand({ Bucket }));
    const statement = { Effect: "Allow", Principal: { Service: "logdelivery.elasticloadbalancing.amazonaws.com" }, Action: "s3:PutObject", Resource: `arn:aws:s3:::${Bucket}/*` };
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }) }));
    const attributes = { "access_logs.s3.enabled": "true", "access_logs.s3.bucket": Bucket };
    await elbv2.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes: Object.entries(attributes).map(([Key, Value]) => ({ Key, Value })) }));
    await elbv2.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: targets, Attributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "10" }] }));
    const AutoScalingGroupName = NAME;
    await garden.autoscaling.send(new CreateLaunchConfigurationCommand({ LaunchConfigurationName: NAME, ImageId: image, InstanceType: "t3.micro", SecurityGroups: [web], UserData: USER_DATA }));
    const capacity = { MinSize: 2, MaxSize: 2, VPCZoneIdentifier: subnets.join(","), HealthCheckType: "ELB", HealthCheckGracePeriod: 180 };
    await garden.autoscaling.send(new CreateAutoScalingGroupCommand({ AutoScalingGroupName, LaunchConfigurationName: NAME, TargetGroupARNs: [targets], ...capacity }));
    await garden.autoscaling.send(new EnableMetricsCollectionCommand({ AutoScalingGroupName, Granularity: "1Minute" }));
    await serve(2);
    expect((await ask(site)).status).toBe(200);
    expect(await garden.hakoniwa("internet", "curl", "-sf", "--max-time", "5", `http://${site.name}/`)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ip-10-0-[02]-/) as string });
  });

  it("S0-22, S0-23: a client with a cookie stays with one server, for 1 second to 7 days", async () => {
    const set = (attributes: Readonly<Record<string, string>>) =>
      elbv2.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: targets, Attributes: Object.entries(attributes).map(([Key, Value]) => ({ Key, Value })) }));
    for (const seconds of ["0", "604801"]) await expect(set({ "stickiness.lb_cookie.duration_seconds": seconds })).rejects.toMatchObject({ name: "ValidationError" });
    for (const seconds of ["1", "604800"]) await set({ "stickiness.enabled": "true", "stickiness.type": "lb_cookie", "stickiness.lb_cookie.duration_seconds": seconds });
    const jar = "rm -f /tmp/jar; for i in 1 2 3 4 5 6 7 8; do curl -sf --max-time 5 -c /tmp/jar -b /tmp/jar";
    const asked = (flags: string) => garden.hakoniwa("internet", "sh", "-c", `${flags} http://${site.name}/; done | sort -u | wc -l`);
    await until("it stays", 10, async () => (await asked(jar)).stdout.trim() === "1");
    await set({ "stickiness.enabled": "false" });
    await until("it is sent about", 10, async () => (await asked(jar)).stdout.trim() === "2");
  });

  it("S0-30 to S0-33: the metrics tell exactly what the targets and the balancer answered, and RequestCount is the sum of the targets' answers", async () => {
    const names = ["RequestCount", "HTTPCode_Target_2XX_Count", "HTTPCode_Target_4XX_Count", "HTTPCode_ELB_4XX_Count"];
    const all = (): Promise<readonly number[]> => Promise.all(names.map((name) => total(name)));
    // What was asked before this must have been told.
    const since = await lastMinute();
    await until("two minutes are over", 20, async () => (await lastMinute()) >= since + 120_000);
    const before = await all();
    for (let i = 0; i < GOOD; i++) expect((await ask(site, `/index.html?good=${i}`)).status).toBe(200);
    for (let i = 0; i < MISSING; i++) expect((await ask(site, `/missing?${i}`)).status).toBe(404);
    const smuggled = await garden.hakoniwa("internet", "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Transfer-Encoding: chunked", "-H", "Content-Length: 5", "-d", "x", `http://${site.name}/`);
    expect(smuggled.stdout).toBe("400");
    const expected = [GOOD + MISSING, GOOD, MISSING, 1];
    await until("the metrics tell it", 20, async () => (await all()).every((count, i) => count - before[i]! >= expected[i]!));
    expect((await all()).map((count, i) => count - before[i]!)).toEqual(expected);
    expect(await total("RequestCount", ofGroup)).toBe(await total("RequestCount"));
    const zones = await Promise.all(["a", "c"].map((zone) => total("RequestCount", [{ Name: "AvailabilityZone", Value: `ap-northeast-1${zone}` }, ...ofBalancer])));
    expect(zones[0]! + zones[1]!).toBe(await total("RequestCount"));
  });

  it("S0-36, S0-37, S0-40, S0-41: 2 / 0, and two alarms on HealthyHostCount <= 1, each with a webhook that confirmed its subscription", async () => {
    const sns = new SNSClient(clientOf(garden));
    for (const [name, hook] of Object.entries(hooks)) {
      const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: name }));
      await sns.send(new SubscribeCommand({ TopicArn, Protocol: "http", Endpoint: hook.url }));
      await until("it is confirmed", 10, async () => hook.confirmed);
      const watched = { Namespace: "AWS/ApplicationELB", MetricName: "HealthyHostCount", Dimensions: ofGroup, Statistic: "Minimum" as const, Period: 60, EvaluationPeriods: 1 };
      const InsufficientDataActions = name === "both" ? [TopicArn!] : [];
      await cloudwatch.send(new PutMetricAlarmCommand({ AlarmName: name, ...watched, Threshold: 1, ComparisonOperator: "LessThanOrEqualToThreshold", AlarmActions: [TopicArn!], InsufficientDataActions }));
    }
    await until("2 / 0", 20, async () => (await hostCounts()) === "2 / 0");
    await until("both alarms are OK", 20, async () => Object.values(await alarmStates()).join() === "OK,OK");
    expect([hooks.both.told, hooks.alone.told]).toEqual([[], []]);
  });

  it("S0-38, S0-43: the service stopped on both is 0 / 2, both webhooks are told, and ELB health replaces both", async () => {
    const old = await serve(2);
    await garden.autoscaling.send(new SuspendProcessesCommand({ AutoScalingGroupName: NAME, ScalingProcesses: ["ReplaceUnhealthy"] }));
    for (const id of old) expect(await garden.hakoniwa("exec", id, "systemctl", "stop", "httpd")).toMatchObject({ code: 0 });
    await until("0 / 2", 30, async () => (await hostCounts()) === "0 / 2");
    await until("both webhooks are told", 20, async () => hooks.both.told.length + hooks.alone.told.length === 2);
    expect([hooks.both.told, hooks.alone.told]).toEqual([["both: ALARM"], ["alone: ALARM"]]);
    await garden.autoscaling.send(new ResumeProcessesCommand({ AutoScalingGroupName: NAME, ScalingProcesses: ["ReplaceUnhealthy"] }));
    await until("two others serve", 40, async () => (await serve(2)).every((id) => !old.includes(id)));
    await until("2 / 0", 20, async () => (await hostCounts()) === "2 / 0");
    const { Activities } = await garden.autoscaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: NAME }));
    const causes = Activities!.filter(({ Description }) => old.some((id) => Description === `Terminating EC2 instance: ${id}`)).map(({ Cause }) => Cause);
    expect(causes).toEqual(Array(2).fill(expect.stringMatching(/ELB.*health/i)));
  });

  it("S0-39, S0-42: both instances stopped is No Data / No Data; the alarm with an action on INSUFFICIENT_DATA tells, the one with ALARM alone does not", async () => {
    const ids = await serve(2);
    await until("both alarms are OK", 20, async () => Object.values(await alarmStates()).join() === "OK,OK");
    const told = [[...hooks.both.told], [...hooks.alone.told]];
    const processes = { AutoScalingGroupName: NAME, ScalingProcesses: ["Launch", "Terminate", "HealthCheck", "ReplaceUnhealthy"] };
    await garden.autoscaling.send(new SuspendProcessesCommand(processes));
    await garden.ec2.send(new StopInstancesCommand({ InstanceIds: [...ids] }));
    await until("No Data", 30, async () => (await hostCounts()) === "No Data / No Data");
    await until("both alarms lack data", 30, async () => Object.values(await alarmStates()).join() === "INSUFFICIENT_DATA,INSUFFICIENT_DATA");
    await until("the webhook is told", 20, async () => hooks.both.told.length > told[0]!.length);
    expect([hooks.both.told, hooks.alone.told]).toEqual([[...told[0]!, "both: INSUFFICIENT_DATA"], told[1]]);
    await garden.ec2.send(new StartInstancesCommand({ InstanceIds: [...ids] }));
    await serve(2);
    await garden.autoscaling.send(new ResumeProcessesCommand(processes));
  });

  it("one of two killed under load: most requests never notice, and two serve again soon", async () => {
    const [victim] = await serve(2);
    const load = startLoad(site, 32);
    await until("it is busy", 10, async () => countServed(load) > 200);
    const began = performance.now();
    await garden.ec2.send(new TerminateInstancesCommand({ InstanceIds: [victim!] }));
    await until("another has taken its place", 40, async () => !(await serve(2)).includes(victim!), 20);
    const took = (performance.now() - began) / 1000;
    await load.stop();
    console.log(`one of two servers killed under 32 connections: ${load.failures.length} of ${countServed(load) + load.failures.length} requests failed; two served again after ${took.toFixed(1)} s (at ${TIME_SCALE} times)`);
    // Each connection has one request under way, and that server had half of them.
    expect(load.failures.length).toBeLessThanOrEqual(16);
  });

  it("target tracking on ALBRequestCountPerTarget scales out under load", async () => {
    await garden.autoscaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: NAME, MaxSize: 3 }));
    const ResourceLabel = ofGroup.map(({ Value }) => Value).join("/");
    const TargetTrackingConfiguration = { TargetValue: 20, PredefinedMetricSpecification: { PredefinedMetricType: "ALBRequestCountPerTarget" as const, ResourceLabel } };
    await garden.autoscaling.send(new PutScalingPolicyCommand({ AutoScalingGroupName: NAME, PolicyName: "track", PolicyType: "TargetTrackingScaling", TargetTrackingConfiguration, EstimatedInstanceWarmup: 60 }));
    const load = startLoad(site, 4, { pause: 20 });
    await serve(3);
    await load.stop();
    const { Activities } = await garden.autoscaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: NAME }));
    expect(Activities![0]!.Cause).toMatch(/monitor alarm TargetTracking-web-AlarmHigh-[-0-9a-f]+ in state ALARM triggered policy track/);
    expect(load.failures).toEqual([]);
    await garden.autoscaling.send(new DeletePolicyCommand({ AutoScalingGroupName: NAME, PolicyName: "track" }));
  });

  it("every request is in the access log in S3, in AWS's format", async () => {
    const lines = async (): Promise<readonly string[]> => {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "AWSLogs/123456789012/elasticloadbalancing/ap-northeast-1/" }));
      const files = await Promise.all(Contents.map(async ({ Key }) => gunzipSync(await (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body!.transformToByteArray()).toString()));
      return files.flatMap((file) => file.split("\n")).filter(Boolean);
    };
    const missing = await until("all are there", 30, async () => {
      const all = await lines();
      const some = all.filter((line) => line.includes("/missing?"));
      return some.length >= MISSING && all.filter((line) => line.includes("/index.html?good=")).length >= GOOD && some;
    }, 500);
    const all = await lines();
    expect(all.filter((line) => line.includes("/index.html?good="))).toHaveLength(GOOD);
    expect(missing).toHaveLength(MISSING);
    const balancer = ofBalancer[0]!.Value!;
    for (const line of missing) {
      expect(line).toMatch(new RegExp(`^http \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z ${balancer} [\\d.]+:\\d+ 10\\.0\\.[02]\\.\\d+:80 \\d\\.\\d{3} \\d\\.\\d{3} \\d\\.\\d{3} 404 404 \\d+ \\d+ "GET http://${site.name}[^ ]*:80/missing\\?\\d HTTP/1\\.1" "-" - - ${targets} "Root=1-[0-9a-f]{8}-[0-9a-f]{24}" `));
    }
  });
});
