/** The second article's third phase but for its database: two equal servers behind a Classic Load Balancer, in scaled time. */
import { CloudWatchClient, GetMetricStatisticsCommand, type Statistic } from "@aws-sdk/client-cloudwatch";
import {
  AllocateAddressCommand, AssociateAddressCommand, CreateImageCommand, DescribeImagesCommand, DescribeInstancesCommand, DescribeNetworkInterfacesCommand,
  RevokeSecurityGroupEgressCommand, StartInstancesCommand, StopInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  ConfigureHealthCheckCommand, CreateLoadBalancerCommand, DeregisterInstancesFromLoadBalancerCommand, DescribeInstanceHealthCommand,
  DetachLoadBalancerFromSubnetsCommand, ModifyLoadBalancerAttributesCommand, RegisterInstancesWithLoadBalancerCommand,
} from "@aws-sdk/client-elastic-load-balancing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOf, createWorld, type World } from "./balanced-world.js";
import { createGarden, until, type Garden } from "./garden.js";
import { ask, countServed, startLoad, type Site } from "./load.js";

/** An interval of AWS's shortest, 5 s, then takes a quarter of a second; a minute takes three. */
const TIME_SCALE = 20;
const INTERVAL = 5000 / TIME_SCALE;
const LoadBalancerName = "front";
const HEALTHY = 5;
const UNHEALTHY = 4;

describe("the second article's load balancer", { timeout: 60_000 }, () => {
  let garden: Garden;
  let world: World;
  let site: Site;
  let first: string;
  let second: string;

  beforeAll(async () => {
    garden = await createGarden({ HAKONIWA_TIME_SCALE: String(TIME_SCALE) });
    const { code, stderr } = await garden.hakoniwa("start");
    expect(code, stderr).toBe(0);
    world = await createWorld(garden);
    first = await world.launch(world.subnets[0]);
  }, 60_000);
  afterAll(() => garden.end(), 60_000);

  async function exec(id: string, script: string): Promise<string> {
    const { code, stdout, stderr } = await garden.hakoniwa("exec", id, "sh", "-c", script);
    expect(code, stderr).toBe(0);
    return stdout.trim();
  }

  async function states(): Promise<Readonly<Record<string, string>>> {
    const { InstanceStates } = await garden.elb.send(new DescribeInstanceHealthCommand({ LoadBalancerName }));
    return Object.fromEntries(InstanceStates!.map(({ InstanceId, State }) => [InstanceId!, State!]));
  }

  function becomes(id: string, state: string): Promise<boolean> {
    return until(`${id} is ${state}`, 30, async () => (await states())[id] === state, 20);
  }

  async function stateOf(id: string): Promise<string> {
    return (await garden.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations![0]!.Instances![0]!.State!.Name!;
  }

  async function createImage(Name: string, NoReboot?: boolean): Promise<string> {
    const { ImageId } = await garden.ec2.send(new CreateImageCommand({ InstanceId: first, Name, ...(NoReboot === undefined ? {} : { NoReboot }) }));
    await until("the image is there", 30, async () => (await garden.ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId!] }))).Images![0]!.State === "available");
    return ImageId!;
  }

  it("S2-39, S2-40: an image of the first server, which reboots unless told not to; the second server is its like", async () => {
    await until("it serves", 20, async () => (await exec(first, "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/index.html || true")) === "200");
    await exec(first, "echo of the first server > /var/www/html/blog.html; touch /run/not-rebooted");
    const image = await createImage("running", true);
    expect(await exec(first, "ls /run/not-rebooted")).toBe("/run/not-rebooted");
    await createImage("rebooted");
    await until("it was rebooted", 20, async () => (await garden.hakoniwa("exec", first, "ls", "/run/not-rebooted")).code === 2);
    second = await world.launch(world.subnets[1], { image, userData: undefined });
    await until("it serves the same", 20, async () => (await garden.hakoniwa("exec", second, "curl", "-sf", "http://127.0.0.1/blog.html")).stdout === "of the first server\n");
    for (const id of [first, second]) await exec(id, "hostname > /var/www/html/index.html");
  });

  it("S2-45, S2-55: one server alone carries the site, at the load balancer's DNS name", async () => {
    const Listeners = [{ Protocol: "HTTP", LoadBalancerPort: 80, InstanceProtocol: "HTTP", InstancePort: 80 }];
    const { DNSName } = await garden.elb.send(new CreateLoadBalancerCommand({ LoadBalancerName, Listeners, Subnets: [...world.subnets], SecurityGroups: [world.front] }));
    const HealthCheck = { Target: "HTTP:80/index.html", Interval: 5, Timeout: 2, HealthyThreshold: HEALTHY, UnhealthyThreshold: UNHEALTHY };
    await garden.elb.send(new ConfigureHealthCheckCommand({ LoadBalancerName, HealthCheck }));
    const LoadBalancerAttributes = { ConnectionDraining: { Enabled: true, Timeout: 10 }, CrossZoneLoadBalancing: { Enabled: true } };
    await garden.elb.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerName, LoadBalancerAttributes }));
    site = { port: garden.httpPort, name: DNSName! };
    await garden.elb.send(new RegisterInstancesWithLoadBalancerCommand({ LoadBalancerName, Instances: [{ InstanceId: first }] }));
    await becomes(first, "InService");
    expect(await garden.hakoniwa("internet", "curl", "-sf", "--max-time", "5", `http://${DNSName}/`)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ip-10-0-0-/) as string });
  });

  it("S2-43, S2-50, S2-51: both in service, one in each subnet, and the requests are spread over both", async () => {
    await garden.elb.send(new RegisterInstancesWithLoadBalancerCommand({ LoadBalancerName, Instances: [{ InstanceId: second }] }));
    await becomes(second, "InService");
    expect(await states()).toEqual({ [first]: "InService", [second]: "InService" });
    const seen = new Map<string, number>();
    for (let i = 0; i < 20; i++) {
      const { body } = await ask(site);
      seen.set(body, (seen.get(body) ?? 0) + 1);
    }
    expect([...seen.keys()].map((page) => page.slice(0, 10)).sort()).toEqual(["ip-10-0-0-", "ip-10-0-2-"]);
    expect(Math.min(...seen.values())).toBeGreaterThanOrEqual(5);
  });

  it("S2-41, S2-52: the servers' group admits only the balancer's: with a public address of its own a server still can't be reached", async () => {
    const { AllocationId, PublicIp } = await garden.ec2.send(new AllocateAddressCommand({ Domain: "vpc" }));
    await garden.ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId: first }));
    const direct = await garden.hakoniwa("internet", "curl", "-s", "--connect-timeout", "1", `http://${PublicIp}/`);
    expect(direct.code).toBe(28);
    expect((await ask(site)).status).toBe(200);
  });

  it("S2-46: an internal load balancer has private addresses: it answers inside the VPC, and not on the internet", async () => {
    const Listeners = [{ Protocol: "HTTP", LoadBalancerPort: 80, InstanceProtocol: "HTTP", InstancePort: 80 }];
    const inner = { LoadBalancerName: "inner", Scheme: "internal", Listeners, Subnets: [world.subnets[0]], SecurityGroups: [world.front] };
    const { DNSName } = await garden.elb.send(new CreateLoadBalancerCommand(inner));
    await garden.elb.send(new RegisterInstancesWithLoadBalancerCommand({ LoadBalancerName: "inner", Instances: [{ InstanceId: first }] }));
    await garden.elb.send(new ConfigureHealthCheckCommand({ LoadBalancerName: "inner", HealthCheck: { Target: "HTTP:80/index.html", Interval: 5, Timeout: 2, HealthyThreshold: 2, UnhealthyThreshold: 2 } }));
    const inside = await until("it answers inside", 20, async () => {
      const asked = await garden.hakoniwa("exec", second, "curl", "-sf", "--max-time", "2", `http://${DNSName}/`);
      return asked.code === 0 && asked.stdout;
    });
    expect(inside).toMatch(/^ip-10-0-0-/);
    expect((await garden.hakoniwa("internet", "curl", "-s", "--connect-timeout", "1", `http://${DNSName}/`)).code).not.toBe(0);
    expect((await ask({ ...site, name: DNSName! })).status).not.toBe(200);
  });

  it("S2-56: security groups are stateful: without any outgoing rule the servers still answer the balancer", async () => {
    const IpPermissions = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
    await garden.ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId: world.web, IpPermissions }));
    expect((await garden.hakoniwa("exec", first, "curl", "-s", "--connect-timeout", "1", "http://192.0.2.10/")).code).toBe(28);
    for (let i = 0; i < 10; i++) expect((await ask(site)).status).toBe(200);
    expect(await states()).toEqual({ [first]: "InService", [second]: "InService" });
  });

  it("S2-47, S2-48, S2-49: out of service after the unhealthy threshold, while the other serves, and by itself in again after the healthy one", async () => {
    await exec(first, "systemctl stop httpd");
    const stopped = performance.now();
    await becomes(first, "OutOfService");
    // The first failure may come at once; each further one takes an interval.
    expect(performance.now() - stopped).toBeGreaterThan((UNHEALTHY - 1) * INTERVAL * 0.9);
    for (let i = 0; i < 10; i++) expect(await ask(site)).toMatchObject({ status: 200, body: expect.stringMatching(/^ip-10-0-2-/) as string });
    await exec(first, "systemctl start httpd");
    const started = performance.now();
    await becomes(first, "InService");
    expect(performance.now() - started).toBeGreaterThan((HEALTHY - 2) * INTERVAL);
  });

  it("S2-53: a server that is deregistered, stopped, started and registered again costs no request", async () => {
    const load = startLoad(site, 16);
    const Instances = [{ InstanceId: second }];
    await garden.elb.send(new DeregisterInstancesFromLoadBalancerCommand({ LoadBalancerName, Instances }));
    const drained = async (): Promise<boolean> =>
      (await garden.elb.send(new DescribeInstanceHealthCommand({ LoadBalancerName, Instances }))).InstanceStates![0]!.Description === "Instance is not currently registered with the LoadBalancer.";
    await until("it has drained", 10, async () => countServed(load) > 100 && drained());
    await garden.ec2.send(new StopInstancesCommand({ InstanceIds: [second] }));
    await until("it is stopped", 30, async () => (await stateOf(second)) === "stopped");
    await garden.ec2.send(new StartInstancesCommand({ InstanceIds: [second] }));
    await until("it runs", 30, async () => (await stateOf(second)) === "running");
    await garden.elb.send(new RegisterInstancesWithLoadBalancerCommand({ LoadBalancerName, Instances }));
    await becomes(second, "InService");
    const served = (): number => [...load.served].filter(([page]) => page.startsWith("ip-10-0-2-")).reduce((sum, [, count]) => sum + count, 0);
    const before = served();
    await until("it serves again", 20, async () => served() > before);
    await load.stop();
    expect(load.failures).toEqual([]);
  });

  it("S0-34, S0-35: what a stuck server can't take waits in a queue of 1,024, the rest is refused at once, and the metrics tell how many", async () => {
    // Each node has a queue of its own: let there be one.
    await garden.elb.send(new DetachLoadBalancerFromSubnetsCommand({ LoadBalancerName, Subnets: [world.subnets[1]] }));
    const patient = { Target: "HTTP:80/index.html", Interval: 60, Timeout: 30, HealthyThreshold: 2, UnhealthyThreshold: 10 };
    await garden.elb.send(new ConfigureHealthCheckCommand({ LoadBalancerName, HealthCheck: patient }));
    const Filters = [{ Name: "description", Values: [`ELB ${LoadBalancerName}`] }];
    await until("the other node is gone", 20, async () => (await garden.ec2.send(new DescribeNetworkInterfacesCommand({ Filters }))).NetworkInterfaces!.length === 1);
    const pid = /Main PID: (\d+)/.exec(await exec(first, "systemctl status httpd"))![1]!;
    await exec(first, `kill -STOP ${pid}`);
    // The kernel accepts some hundreds in the server's name; then connections wait, and then there is no room.
    const asked = Array.from({ length: 1800 }, () => ask(site));
    let refused = 0;
    for (const one of asked) void one.then(({ status }) => (refused += status === 503 ? 1 : 0));
    await until("some were refused", 20, async () => refused > 0);
    await exec(first, `kill -CONT ${pid}`);
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    const spilled = statuses.filter((status) => status === 503).length;
    const cloudwatch = new CloudWatchClient(clientOf(garden));
    const metric = async (MetricName: string, Stat: Statistic): Promise<readonly number[]> => {
      const [StartTime, EndTime] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 20 * 3_600_000)];
      const Dimensions = [{ Name: "LoadBalancerName", Value: LoadBalancerName }];
      const { Datapoints } = await cloudwatch.send(new GetMetricStatisticsCommand({ Namespace: "AWS/ELB", MetricName, Dimensions, StartTime, EndTime, Period: 60, Statistics: [Stat] }));
      return Datapoints!.map((point) => point[Stat]!);
    };
    const sum = async (name: string): Promise<number> => (await metric(name, "Sum")).reduce((total, value) => total + value, 0);
    await until("the spillover is told", 20, async () => (await sum("SpilloverCount")) >= spilled);
    expect(await sum("SpilloverCount")).toBe(spilled);
    expect(Math.max(...(await metric("SurgeQueueLength", "Maximum")))).toBe(1024);
    const backend = await Promise.all([2, 3, 4, 5].map((hundred) => sum(`HTTPCode_Backend_${hundred}XX`)));
    expect(await sum("RequestCount")).toBe(backend.reduce((total, value) => total + value, 0));
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(500);
  });
});
