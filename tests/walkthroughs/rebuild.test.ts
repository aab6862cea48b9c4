/** The first article's network and balancing, as the stage `rebuild` puts them over a site that stands, with real packets. */
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { CloudWatchClient, DescribeAlarmsCommand, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeStackResourcesCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import {
  CreateImageCommand, CreateRouteCommand, DeleteRouteCommand, DescribeAddressesCommand, DescribeInstancesCommand, DescribeTagsCommand, RunInstancesCommand,
  TerminateInstancesCommand, waitUntilImageAvailable, waitUntilInstanceRunning, waitUntilInstanceTerminated, type Instance,
} from "@aws-sdk/client-ec2";
import { DescribeTargetHealthCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGarden, root, until, type Garden, type Ran } from "./garden.js";

const StackName = "minimal";
/** Where the first article's earlier subnets are, and their routes. */
const KEPT = ["Vpc", "PublicSubnet", "PublicSubnet2", "PublicRouteTable", "PrivateSubnet", "PrivateSubnet2", "PrivateRouteTable", "PrivateRouteTable2", "NatGateway", "NatGateway2"];

describe("the stage rebuild over a standing minimal", { timeout: 60_000 }, () => {
  let garden: Garden;
  let elbv2: ElasticLoadBalancingV2Client;
  let cloudwatch: CloudWatchClient;
  let s3: S3Client;
  let before: ReadonlyMap<string, string>;
  let image: string;
  let after: ReadonlyMap<string, string>;
  let up: Ran;

  const physical = async (): Promise<ReadonlyMap<string, string>> => {
    const { StackResources } = await garden.cloudformation.send(new DescribeStackResourcesCommand({ StackName }));
    return new Map(StackResources!.map((each) => [each.LogicalResourceId!, each.PhysicalResourceId!]));
  };
  const idOf = (logicalId: string): string => after.get(logicalId)!;
  const webs = (): readonly string[] => [idOf("Web"), idOf("Web2")];
  const nameOf = async (id: string): Promise<string | undefined> => (await garden.ec2.send(new DescribeTagsCommand({ Filters: [{ Name: "resource-id", Values: [id] }, { Name: "key", Values: ["Name"] }] }))).Tags![0]?.Value;
  const instance = async (id: string): Promise<Instance> => (await garden.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations![0]!.Instances![0]!;
  const exec = (id: string, ...command: readonly string[]): Promise<Ran> => garden.hakoniwa("exec", id, ...command);
  const pings = async (id: string): Promise<boolean> => (await exec(id, "ping", "-c", "1", "-W", "2", "8.8.8.8")).code === 0;
  const waiter = () => ({ client: garden.ec2, maxWaitTime: 30, minDelay: 0.2, maxDelay: 0.2 });
  const outputs = async (): Promise<Readonly<Record<string, string>>> => {
    const { Stacks } = await garden.cloudformation.send(new DescribeStacksCommand({ StackName }));
    return Object.fromEntries(Stacks![0]!.Outputs!.map(({ OutputKey, OutputValue }) => [OutputKey!, OutputValue!]));
  };

  beforeAll(async () => {
    // A minute of metrics and flow logs is over in six seconds.
    garden = await createGarden({ HAKONIWA_TIME_SCALE: "10" });
    const aws = { endpoint: `http://127.0.0.1:${garden.port}`, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };
    elbv2 = new ElasticLoadBalancingV2Client(aws);
    cloudwatch = new CloudWatchClient(aws);
    s3 = new S3Client({ ...aws, forcePathStyle: true });
    const first = await garden.hakoniwa("up", "minimal", "--set", "zones=2");
    expect(first, first.stderr).toMatchObject({ code: 0 });
    before = await physical();
    // S0-07: the golden image of the current web server, which goes on meanwhile.
    const { Reservations } = await garden.ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: "tag:Name", Values: ["web-hakoniwa-minimal"] }, { Name: "instance-state-name", Values: ["running"] }] }));
    image = (await garden.ec2.send(new CreateImageCommand({ InstanceId: Reservations![0]!.Instances![0]!.InstanceId!, Name: "golden", NoReboot: true }))).ImageId!;
    await waitUntilImageAvailable(waiter(), { ImageIds: [image] });
    up = await garden.hakoniwa("up", "rebuild", "--stack-name", StackName, "--set", `image=${image}`, "--set", "stickiness=3600");
    after = await physical();
  }, 120_000);
  afterAll(async () => {
    for (const client of [elbv2, cloudwatch, s3]) client.destroy();
    await garden.end();
  }, 60_000);

  it("S0-04: reuses public and database subnets, and changes their Name tags in place", async () => {
    expect(up, up.stderr).toMatchObject({ code: 0, stderr: "" });
    expect(KEPT.map((id) => after.get(id))).toEqual(KEPT.map((id) => before.get(id)));
    const names = await Promise.all(["PublicSubnet", "PublicSubnet2", "PrivateSubnet", "PrivateSubnet2", "WebSubnet", "WebSubnet2"].map((id) => nameOf(idOf(id))));
    expect(names.map((name) => name?.replace("subnet-hakoniwa-rebuild-", ""))).toEqual(["public-1", "public-2", "rds-1", "rds-2", "web-1", "web-2"]);
    expect(before.has("WebSubnet")).toBe(false);
  });

  it("S0-07, S0-28: servers of the golden image answer at the load balancer's DNS name, and a visitor stays with one", async () => {
    const servers = await Promise.all(webs().map(instance));
    expect(servers.map(({ ImageId, PublicIpAddress }) => [ImageId, PublicIpAddress])).toEqual([[image, undefined], [image, undefined]]);
    const { SiteUrl } = await outputs();
    expect(up.stdout).toContain(`${new URL(SiteUrl!).host}.localhost:${garden.httpPort}/`);
    const script = `cd /tmp && curl -sf -c jar ${SiteUrl} && for i in 1 2 3 4 5 6; do curl -sf -b jar ${SiteUrl}; done; rm jar`;
    expect(await garden.hakoniwa("internet", "sh", "-c", script)).toMatchObject({ code: 0, stdout: "hello!\n".repeat(7) });
    // What health checks ask for is no visitor's.
    const visits = await Promise.all(webs().map(async (id) => Number((await exec(id, "grep", "-c", "curl/", "/var/log/httpd/access_log")).stdout)));
    expect(visits.toSorted((one, other) => one - other)[0]).toBe(0);
    expect(Math.max(...visits)).toBeGreaterThanOrEqual(7);
  });

  it("S0-08, S0-10: each zone's server goes out by the NAT gateway of its own zone, and never across", async () => {
    // Says who asks, on the box's internet.
    const asked: ChildProcess = spawn(join(root, "hakoniwa"), ["internet", "node", "-e", 'require("http").createServer((q,s)=>s.end(q.socket.remoteAddress)).listen(8999,"203.0.113.1",()=>console.log("up"))'], { env: garden.env, stdio: ["ignore", "pipe", "ignore"] });
    try {
      await new Promise((resolve) => asked.stdout!.once("data", resolve));
      const { Addresses } = await garden.ec2.send(new DescribeAddressesCommand({}));
      const eip = (name: string): string => Addresses!.find((each) => each.Tags!.some((tag) => tag.Key === "Name" && tag.Value === `eip-hakoniwa-rebuild-${name}`))!.PublicIp!;
      const seen = await Promise.all(webs().map(async (id) => (await exec(id, "curl", "-s", "--max-time", "5", "http://203.0.113.1:8999/")).stdout.replace("::ffff:", "")));
      expect(seen).toEqual([eip("nat-1"), eip("nat-2")]);
    } finally {
      asked.kill("SIGINT");
    }
    const route = { RouteTableId: idOf("WebRouteTable"), DestinationCidrBlock: "0.0.0.0/0" };
    await garden.ec2.send(new DeleteRouteCommand(route));
    expect(await Promise.all(webs().map(pings))).toEqual([false, true]);
    await garden.ec2.send(new CreateRouteCommand({ ...route, NatGatewayId: idOf("NatGateway") }));
    await until("the first zone is out again", 5, () => pings(webs()[0]!));
  });

  it("S0-06, S0-11, S0-49: a database's subnet knows the VPC only; web servers reach it, and it doesn't reach them", async () => {
    // In the database's place, a server on its port.
    const UserData = Buffer.from("#!/bin/sh\nsed -i 's/^Listen 80$/Listen 3306/' /etc/httpd/conf/httpd.conf\necho a database > /var/www/html/index.html\nsystemctl restart httpd\n").toString("base64");
    const { Instances } = await garden.ec2.send(
      new RunInstancesCommand({ ImageId: image, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, SubnetId: idOf("PrivateSubnet"), SecurityGroupIds: [idOf("DatabaseGroup")], UserData }),
    );
    const database = Instances![0]!.InstanceId!;
    await waitUntilInstanceRunning(waiter(), { InstanceIds: [database] });
    const at = Instances![0]!.PrivateIpAddress!;
    for (const id of webs()) {
      const answer = await until("the database answers", 10, async () => {
        const ran = await exec(id, "curl", "-s", "--max-time", "1", `http://${at}:3306/`);
        return ran.code === 0 && ran.stdout;
      });
      expect(answer).toBe("a database\n");
    }
    const web = (await instance(webs()[0]!)).PrivateIpAddress!;
    expect((await exec(database, "curl", "-s", "--max-time", "1", `http://${web}/`)).code).not.toBe(0);
    expect(await pings(database)).toBe(false);
    await garden.ec2.send(new TerminateInstancesCommand({ InstanceIds: [database] }));
    await waitUntilInstanceTerminated(waiter(), { InstanceIds: [database] });
  });

  it("S0-36 to S0-38: two healthy hosts are counted 2 / 0, and 0 / 2 when the service is stopped on both; the alarm rings (S0-40)", async () => {
    const dimension = (arn: string, from: RegExp): string => arn.slice(arn.search(from)).replace(/^loadbalancer\//, "");
    const Dimensions = [{ Name: "LoadBalancer", Value: dimension(idOf("ApplicationLoadBalancer"), /loadbalancer\//) }, { Name: "TargetGroup", Value: dimension(idOf("TargetGroup"), /targetgroup\//) }];
    const newest = async (MetricName: string): Promise<number | undefined> => {
      // Time runs faster here than on the wall: what is asked for lies around what the cloud holds for now.
      const { MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand({}));
      const start = MetricAlarms![0]!.AlarmConfigurationUpdatedTimestamp!.getTime();
      const { Datapoints } = await cloudwatch.send(
        new GetMetricStatisticsCommand({ Namespace: "AWS/ApplicationELB", MetricName, Dimensions, Period: 60, Statistics: ["Minimum"], StartTime: new Date(start), EndTime: new Date(start + 3_600_000) }),
      );
      return Datapoints!.toSorted((one, other) => other.Timestamp!.getTime() - one.Timestamp!.getTime())[0]?.Minimum;
    };
    const counts = async (): Promise<string> => `${await newest("HealthyHostCount")} / ${await newest("UnHealthyHostCount")}`;
    const alarm = async (): Promise<string | undefined> => (await cloudwatch.send(new DescribeAlarmsCommand({}))).MetricAlarms![0]!.StateValue;
    expect(await until("both are counted", 25, async () => (await counts()) === "2 / 0")).toBe(true);
    expect(await until("the alarm is at rest", 20, async () => (await alarm()) === "OK")).toBe(true);
    await Promise.all(webs().map((id) => exec(id, "systemctl", "stop", "httpd")));
    expect(await until("both are counted as unhealthy", 25, async () => (await counts()) === "0 / 2")).toBe(true);
    expect(await until("the alarm rings", 20, async () => (await alarm()) === "ALARM")).toBe(true);
    await Promise.all(webs().map((id) => exec(id, "systemctl", "start", "httpd")));
    await until("both are healthy again", 20, async () => {
      const { TargetHealthDescriptions } = await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn: idOf("TargetGroup") }));
      return TargetHealthDescriptions!.every(({ TargetHealth }) => TargetHealth!.State === "healthy");
    });
  });

  it("S0-46: the network's log is in the bucket, compressed", async () => {
    const { LogBucketName } = await outputs();
    const keys = async (): Promise<readonly string[]> => ((await s3.send(new ListObjectsV2Command({ Bucket: LogBucketName }))).Contents ?? []).map(({ Key }) => Key!);
    const found = await until("there are logs", 20, async () => (await keys()).find((key) => key.endsWith(".log.gz")));
    expect(found).toMatch(/^AWSLogs\/123456789012\/vpcflowlogs\/ap-northeast-1\//);
  });

  it("finds nothing to do a second time, and goes, but for the bucket with the logs", async () => {
    const again = await garden.hakoniwa("up", "rebuild", "--stack-name", StackName, "--set", `image=${image}`, "--set", "stickiness=3600");
    expect(again.stdout).toContain("minimal is as the template says already: no changes");
    const down = await garden.hakoniwa("down", StackName);
    expect(down, down.stderr).toMatchObject({ code: 0, stderr: "" });
    expect(down.stdout).toMatch(/kept, as the template's DeletionPolicy wants it:\n +LogBucket +AWS::S3::Bucket/);
  });
});
