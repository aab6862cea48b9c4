/** What every reconciler promises: it may run twice, and the second run does nothing. */
import { Readable } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import type { Port } from "@hakoniwa/network";
import { afterEach, expect, it, vi } from "vitest";
import { synthesize } from "../../../tests/api/synthesis.js";
import { services } from "./index.js";
import { createTestCloud, type TestCloud } from "./testing.js";

const reconcilers = services.flatMap((service) => service.reconcilers);
const seen = new Set<string>();

afterEach(() => {
  vi.restoreAllMocks();
});

/** Hears of what the data plane is told from now on that differs from what it was told before. */
function hearChanges(cloud: TestCloud): string[] {
  const changes: string[] = [];
  for (const name of ["networks", "workloads", "names", "disks"] as const) {
    const port: Port<unknown, unknown> = cloud.paper[name];
    const specs = new Map<string, unknown>();
    const { ensure, remove } = port;
    vi.spyOn(port, "ensure").mockImplementation((key: string, spec: unknown) => {
      if (!isDeepStrictEqual(specs.get(key), spec)) changes.push(`${name}.ensure ${key}`);
      specs.set(key, spec);
      return ensure(key, spec);
    });
    vi.spyOn(port, "remove").mockImplementation((key: string) => {
      if (specs.delete(key)) changes.push(`${name}.remove ${key}`);
      return remove(key);
    });
  }
  return changes;
}

/** What no stage has: an interface endpoint, and peering connections that end. */
async function connectNetworks({ aws }: TestCloud): Promise<void> {
  const [standard] = (await aws.ec2.DescribeVpcs({ Filters: [{ Name: "is-default", Values: ["true"] }] })).Vpcs!;
  const VpcId = standard!.VpcId!;
  const { Subnets } = await aws.ec2.DescribeSubnets({ Filters: [{ Name: "vpc-id", Values: [VpcId] }] });
  const endpoint = { VpcId, VpcEndpointType: "Interface", ServiceName: "com.amazonaws.ap-northeast-1.ssm", SubnetIds: [Subnets![0]!.SubnetId!] } as const;
  await aws.ec2.CreateVpcEndpoint(endpoint);
  const leaving = await aws.ec2.CreateVpcEndpoint({ ...endpoint, PrivateDnsEnabled: false });
  await aws.ec2.DeleteVpcEndpoints({ VpcEndpointIds: [leaving.VpcEndpoint!.VpcEndpointId!] });
  const { Vpc } = await aws.ec2.CreateVpc({ CidrBlock: "10.9.0.0/16" });
  await aws.ec2.CreateVpcPeeringConnection({ VpcId, PeerVpcId: Vpc!.VpcId! });
}

/** A group that the clock changes, and a topic that hears of it. */
async function scaleByTheClock({ aws, now }: TestCloud): Promise<void> {
  const [image] = (await aws.ec2.DescribeImages({ Owners: ["amazon"] })).Images!;
  const AutoScalingGroupName = "clock";
  await aws.autoscaling.CreateLaunchConfiguration({ LaunchConfigurationName: "clock", ImageId: image!.ImageId!, InstanceType: "t3.micro" });
  await aws.autoscaling.CreateAutoScalingGroup({ AutoScalingGroupName, LaunchConfigurationName: "clock", MinSize: 0, MaxSize: 2, AvailabilityZones: ["ap-northeast-1a"] });
  const { TopicArn } = await aws.sns.CreateTopic({ Name: "scaled" });
  await aws.autoscaling.PutNotificationConfiguration({ AutoScalingGroupName, TopicARN: TopicArn!, NotificationTypes: ["autoscaling:EC2_INSTANCE_LAUNCH"] });
  const schedule = { AutoScalingGroupName, ScheduledActionName: "every-hour", Recurrence: "0 * * * *", DesiredCapacity: 1 };
  await aws.autoscaling.PutScheduledUpdateGroupAction(schedule);
  await aws.autoscaling.PutScheduledUpdateGroupAction({ ...schedule, ScheduledActionName: "soon", Recurrence: undefined, StartTime: new Date(now() + 60_000), DesiredCapacity: 2 });
}

/** Objects that a lifecycle rule is about. */
async function letObjectsExpire({ aws }: TestCloud): Promise<void> {
  const Bucket = "expiring";
  await aws.s3.CreateBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
  await aws.s3.PutObject({ Bucket, Key: "a" });
  const Rules = [{ Status: "Enabled", Filter: {}, Expiration: { Date: new Date(0) } }] as const;
  await aws.s3.PutBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules } });
}

/** Traffic that is logged, and a log group that forgets. */
async function logFlows({ aws, now }: TestCloud): Promise<void> {
  const [standard] = (await aws.ec2.DescribeVpcs({ Filters: [{ Name: "is-default", Values: ["true"] }] })).Vpcs!;
  await aws.s3.CreateBucket({ Bucket: "flows", CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
  await aws.ec2.CreateFlowLogs({ ResourceIds: [standard!.VpcId!], ResourceType: "VPC", TrafficType: "ALL", LogDestinationType: "s3", LogDestination: "arn:aws:s3:::flows", MaxAggregationInterval: 60 });
  await aws.logs.CreateLogGroup({ logGroupName: "short" });
  await aws.logs.PutRetentionPolicy({ logGroupName: "short", retentionInDays: 1 });
  await aws.logs.CreateLogStream({ logGroupName: "short", logStreamName: "one" });
  const metricTransformations = [{ metricName: "errors", metricNamespace: "short", metricValue: "1" }];
  await aws.logs.PutMetricFilter({ logGroupName: "short", filterName: "errors", filterPattern: "ERROR", metricTransformations });
  await aws.logs.PutLogEvents({ logGroupName: "short", logStreamName: "one", logEvents: [{ timestamp: now(), message: "ERROR" }] });
}

/** A load balancer of the newer generation, with a target that drains. */
async function balanceLoad(cloud: TestCloud): Promise<void> {
  const { aws } = cloud;
  const { Subnets } = await aws.ec2.DescribeSubnets({ Filters: [{ Name: "default-for-az", Values: ["true"] }] });
  const VpcId = Subnets![0]!.VpcId!;
  const [first, second] = Subnets!.map((subnet) => subnet.SubnetId!);
  const { LoadBalancers } = await aws.elbv2.CreateLoadBalancer({ Name: "web", Subnets: [first!, second!] });
  const { TargetGroups } = await aws.elbv2.CreateTargetGroup({ Name: "web", Protocol: "HTTP", Port: 80, VpcId, TargetType: "ip" });
  const TargetGroupArn = TargetGroups![0]!.TargetGroupArn!;
  await aws.elbv2.CreateListener({ LoadBalancerArn: LoadBalancers![0]!.LoadBalancerArn!, Protocol: "HTTP", Port: 80, DefaultActions: [{ Type: "forward", TargetGroupArn }] });
  const Targets = [{ Id: "10.0.0.5" }];
  await aws.elbv2.RegisterTargets({ TargetGroupArn, Targets });
  await aws.s3.CreateBucket({ Bucket: "requests", CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
  const Statement = { Effect: "Allow", Principal: { Service: "logdelivery.elasticloadbalancing.amazonaws.com" }, Action: "s3:PutObject", Resource: "arn:aws:s3:::requests/*" };
  await aws.s3.PutBucketPolicy({ Bucket: "requests", Policy: JSON.stringify({ Version: "2012-10-17", Statement }) });
  const Attributes = [{ Key: "access_logs.s3.enabled", Value: "true" }, { Key: "access_logs.s3.bucket", Value: "requests" }];
  await aws.elbv2.ModifyLoadBalancerAttributes({ LoadBalancerArn: LoadBalancers![0]!.LoadBalancerArn!, Attributes });
  await cloud.settle();
  await aws.elbv2.DeregisterTargets({ TargetGroupArn, Targets });
}

/** Certificates in each of their states: issued and used, refused, and waiting for somebody. */
async function certify({ aws }: TestCloud): Promise<void> {
  for (const DomainName of ["www.example.com", "www.example.invalid"]) await aws.acm.RequestCertificate({ DomainName, ValidationMethod: "DNS", KeyAlgorithm: "EC_prime256v1" });
  await aws.acm.RequestCertificate({ DomainName: "mail.example.com" });
}

/** A metric whose alarm, and the one above it, fire and tell a topic; and a subscription that waits for its confirmation. */
async function raiseAnAlarm({ aws }: TestCloud): Promise<void> {
  const { TopicArn } = await aws.sns.CreateTopic({ Name: "alarms" });
  for (const [Protocol, Endpoint] of [["sms", "+81312345678"], ["http", "http://127.0.0.1:9/"]] as const) await aws.sns.Subscribe({ TopicArn: TopicArn!, Protocol, Endpoint });
  await aws.cloudwatch.PutMetricData({ Namespace: "App", MetricData: [{ MetricName: "heat", Value: 95 }] });
  const alarm = { Namespace: "App", MetricName: "heat", Statistic: "Sum", Period: 60, EvaluationPeriods: 1, Threshold: 80, ComparisonOperator: "GreaterThanThreshold" } as const;
  await aws.cloudwatch.PutMetricAlarm({ ...alarm, AlarmName: "hot", AlarmActions: [TopicArn!] });
  await aws.cloudwatch.PutCompositeAlarm({ AlarmName: "any", AlarmRule: "ALARM(hot)", AlarmActions: [TopicArn!] });
}

/** A stack in a stack, shown before it is made, whose topic hears of it, and a look at whether it drifted. */
async function nestStacks(cloud: TestCloud): Promise<void> {
  const { aws } = cloud;
  await aws.s3.CreateBucket({ Bucket: "templates", CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
  const text = Buffer.from(JSON.stringify({ Resources: { P: { Type: "AWS::SSM::Parameter", Properties: { Type: "String", Value: "x" } } } }));
  await aws.s3.PutObject({ Bucket: "templates", Key: "child.json", Body: Readable.from([text]), ContentLength: text.length });
  const Child = { Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL: "https://templates.s3.amazonaws.com/child.json" } };
  const { TopicArn } = await aws.sns.CreateTopic({ Name: "stacks" });
  const TemplateBody = JSON.stringify({ Resources: { Child } });
  const { Id } = await aws.cloudformation.CreateChangeSet({ StackName: "outer", ChangeSetName: "all", ChangeSetType: "CREATE", TemplateBody, IncludeNestedStacks: true, NotificationARNs: [TopicArn!] });
  await cloud.settle();
  await aws.cloudformation.ExecuteChangeSet({ ChangeSetName: Id! });
  await cloud.settle();
  await aws.cloudformation.DetectStackDrift({ StackName: "outer" });
}

it.each([{ nat: "gateway" }, { nat: "instance", bastion: true }])("every reconciler's second run changes nothing: the stage minimal with %j", async (options) => {
  const runs = reconcilers.map((reconciler) => ({ reconciler, calls: vi.spyOn(reconciler, "reconcile").mock.calls }));
  const cloud = await createTestCloud();
  const changes = hearChanges(cloud);
  await cloud.aws.cloudformation.CreateStack({ StackName: "minimal", TemplateBody: await synthesize(options) });
  await cloud.advance("10m");
  expect((await cloud.aws.cloudformation.DescribeStacks({ StackName: "minimal" })).Stacks).toMatchObject([{ StackStatus: "CREATE_COMPLETE" }]);
  const { Volumes } = await cloud.aws.ec2.DescribeVolumes({});
  for (const { VolumeId } of Volumes!) await cloud.aws.ec2.CreateSnapshot({ VolumeId: VolumeId! });
  await cloud.settle();
  const { Snapshots } = await cloud.aws.ec2.DescribeSnapshots({});
  await cloud.aws.ec2.ModifyVolume({ VolumeId: Volumes![0]!.VolumeId!, Size: 100 });
  await cloud.aws.ec2.CopySnapshot({ SourceRegion: "ap-northeast-1", SourceSnapshotId: Snapshots![0]!.SnapshotId! });
  await cloud.settle();
  await cloud.aws.ec2.DeleteSnapshot({ SnapshotId: Snapshots![0]!.SnapshotId! });
  await connectNetworks(cloud);
  await letObjectsExpire(cloud);
  await raiseAnAlarm(cloud);
  await scaleByTheClock(cloud);
  await balanceLoad(cloud);
  await certify(cloud);
  await logFlows(cloud);
  await nestStacks(cloud);
  const Policies = JSON.stringify([{ Type: "Expiration", Version: "1.0", Attributes: { Timestamp: new Date(cloud.now() + 300_000).toISOString() } }]);
  await cloud.aws.ssm.PutParameter({ Name: "soon-gone", Value: "x", Type: "String", Tier: "Advanced", Policies });
  await cloud.advance("10m");
  expect(changes).not.toEqual([]);

  // Not only what a start would look at: every key that a reconciler ever ran for, those of what is gone or finished too.
  const { sequence } = cloud.store;
  changes.length = 0;
  for (const { reconciler, calls } of runs) {
    const keys = new Map(calls.map(([key]) => [JSON.stringify(key), key]));
    if (keys.size > 0) seen.add(reconciler.name);
    for (const key of keys.values()) await reconciler.reconcile(key, await cloud.core.calls.jobs(reconciler, key));
  }
  await cloud.settle();
  expect(changes).toEqual([]);
  expect(cloud.store.sequence).toBe(sequence);
  expect(cloud.logs).toEqual([]);
  await cloud.close();
});

it("the stages above leave no reconciler out", () => {
  expect(reconcilers.map((reconciler) => reconciler.name).filter((name) => !seen.has(name))).toEqual([]);
});
