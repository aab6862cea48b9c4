/** Classic Load Balancing on the whole cloud, on paper and in virtual time. */
import type { BalancerTraffic } from "@hakoniwa/network";
import type { ElbTypes } from "@hakoniwa/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

const ZONES = ["ap-northeast-1a", "ap-northeast-1c"];
const HTTP: ElbTypes.Listener = { Protocol: "HTTP", LoadBalancerPort: 80, InstanceProtocol: "HTTP", InstancePort: 80 };
const CHECK: ElbTypes.HealthCheck = { Target: "HTTP:80/index.html", Interval: 5, Timeout: 2, UnhealthyThreshold: 2, HealthyThreshold: 3 };

let cloud: TestCloud;
let vpc: string;
let subnets: readonly string[];
let group: string;

beforeEach(async () => {
  cloud = await createTestCloud();
  vpc = (await cloud.aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!;
  subnets = [await subnet(0), await subnet(1)];
  const gateway = (await cloud.aws.ec2.CreateInternetGateway({})).InternetGateway!.InternetGatewayId!;
  await cloud.aws.ec2.AttachInternetGateway({ InternetGatewayId: gateway, VpcId: vpc });
  group = (await cloud.aws.ec2.CreateSecurityGroup({ GroupName: "front", Description: "HTTP from anywhere", VpcId: vpc })).GroupId!;
});

afterEach(async () => {
  const failures = cloud.logs.filter((line) => line.includes("will be tried again"));
  await cloud.close();
  expect(failures).toEqual([]);
});

async function subnet(number: number, of = vpc): Promise<string> {
  return (await cloud.aws.ec2.CreateSubnet({ VpcId: of, CidrBlock: `10.0.${number}.0/24`, AvailabilityZone: ZONES[number % 2]! })).Subnet!.SubnetId!;
}

async function create(over: Partial<ElbTypes.CreateAccessPointInput> = {}): Promise<string> {
  const { DNSName } = await cloud.aws.elb.CreateLoadBalancer({ LoadBalancerName: "front", Listeners: [HTTP], Subnets: subnets, SecurityGroups: [group], ...over });
  return DNSName!;
}

async function described(name = "front"): Promise<ElbTypes.LoadBalancerDescription> {
  return (await cloud.aws.elb.DescribeLoadBalancers({ LoadBalancerNames: [name] })).LoadBalancerDescriptions![0]!;
}

/** An instance that runs in one of the subnets. */
async function launch(inSubnet = subnets[0]!): Promise<string> {
  const [image] = (await cloud.aws.ec2.DescribeImages({ Owners: ["amazon"] })).Images!;
  const { Instances } = await cloud.aws.ec2.RunInstances({ ImageId: image!.ImageId!, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, SubnetId: inSubnet });
  await cloud.advance("1s");
  return Instances![0]!.InstanceId!;
}

async function register(...ids: readonly string[]): Promise<void> {
  await cloud.aws.elb.RegisterInstancesWithLoadBalancer({ LoadBalancerName: "front", Instances: ids.map((InstanceId) => ({ InstanceId })) });
  await cloud.settle();
}

async function health(): Promise<readonly string[]> {
  const { InstanceStates } = await cloud.aws.elb.DescribeInstanceHealth({ LoadBalancerName: "front" });
  return InstanceStates!.map((s) => `${s.State} ${s.ReasonCode}: ${s.Description}`);
}

const QUIET: BalancerTraffic = {
  process: "1", requests: 0, own: [0, 0, 0, 0, 0], connectionErrors: 0, spillover: 0, surge: 0, surgePeak: 0, newConnections: 0, activeConnections: 0,
  rejectedConnections: 0, clientTlsErrors: 0, bytes: 0, redirects: 0, fixedResponses: 0, groups: {},
};

const IN_SERVICE = "InService N/A: N/A";
const REGISTERING = "OutOfService ELB: Instance registration is still in progress.";
const FAILED = "OutOfService Instance: Instance has failed at least the UnhealthyThreshold number of health checks consecutively.";

async function nodes(): Promise<readonly { readonly subnet: string; readonly groups: readonly string[]; readonly publicIp: string | undefined; readonly owner: string | undefined; readonly id: string }[]> {
  const { NetworkInterfaces } = await cloud.aws.ec2.DescribeNetworkInterfaces({ Filters: [{ Name: "description", Values: ["ELB front"] }] });
  return NetworkInterfaces!.map((i) => ({ id: i.NetworkInterfaceId!, subnet: i.SubnetId!, groups: i.Groups!.map((g) => g.GroupId!), publicIp: i.Association?.PublicIp, owner: i.Association?.IpOwnerId }));
}

const names = (): readonly (readonly [string, readonly string[]])[] => cloud.paper.names.keys().map((key) => [key, cloud.paper.names.observe(key)!.addresses]);

describe("an internet-facing balancer (S4-27)", () => {
  it("has AWS's names and defaults", async () => {
    const dnsName = await create();
    expect(dnsName).toMatch(/^front-\d+\.ap-northeast-1\.elb\.amazonaws\.com$/);
    expect(await described()).toMatchObject({
      DNSName: dnsName,
      CanonicalHostedZoneName: dnsName,
      CanonicalHostedZoneNameID: "Z14GRHDCWA56QT",
      Scheme: "internet-facing",
      VPCId: vpc,
      AvailabilityZones: ZONES,
      Subnets: subnets,
      HealthCheck: { Target: "TCP:80", Interval: 30, Timeout: 5, UnhealthyThreshold: 2, HealthyThreshold: 10 },
      SourceSecurityGroup: { OwnerAlias: "123456789012", GroupName: "front" },
    });
  });

  it("stands with a node in each subnet, whose public addresses its name leads to", async () => {
    const dnsName = await create();
    await cloud.advance("1s");
    const made = await nodes();
    expect(made.map((n) => n.subnet).sort()).toEqual([...subnets].sort());
    expect(made.every((n) => n.groups.includes(group) && n.owner === "amazon-elb")).toBe(true);
    expect(names()).toEqual([[dnsName, made.map((n) => n.publicIp)]]);
    for (const { id } of made) expect(cloud.paper.workloads.observe(id)?.state).toBe("running");
    expect((await cloud.aws.ec2.DescribeAddresses({})).Addresses).toEqual([]);
  });

  it("leaves nothing behind when it is deleted, and deleting it again is no error", async () => {
    await create();
    await cloud.advance("1s");
    for (let i = 0; i < 2; i++) await cloud.aws.elb.DeleteLoadBalancer({ LoadBalancerName: "front" });
    await cloud.settle();
    expect(await nodes()).toEqual([]);
    expect(names()).toEqual([]);
    expect(cloud.paper.workloads.keys()).toEqual([]);
    await expect(described()).rejects.toMatchObject({ code: "LoadBalancerNotFound", message: "There is no ACTIVE Load Balancer named 'front'" });
  });

  it("made again under its name is another one", async () => {
    const first = await create();
    await cloud.aws.elb.DeleteLoadBalancer({ LoadBalancerName: "front" });
    const second = await create();
    await cloud.advance("1s");
    expect(second).not.toBe(first);
    expect(names().map(([name]) => name)).toEqual([second]);
    expect(await nodes()).toHaveLength(2);
  });

  it("comes to rest: time that passes writes nothing", async () => {
    await create();
    await register(await launch());
    await cloud.advance("10m");
    const changed: string[] = [];
    cloud.store.onCommit((changes) => changed.push(...changes.map(({ table }) => table)));
    await cloud.advance("30m");
    expect(changed.filter((table) => !table.startsWith("cloudwatch."))).toEqual([]);
  });
});

it("an internal balancer's name leads to private addresses, and is no site (S2-46)", async () => {
  const dnsName = await create({ Scheme: "internal" });
  await cloud.advance("1s");
  expect(dnsName).toMatch(/^internal-front-\d+\./);
  expect(names()[0]![1].every((address) => address.startsWith("10.0."))).toBe(true);
  expect((await described()).CanonicalHostedZoneName).toBeUndefined();
});

describe("a registered instance", () => {
  beforeEach(async () => {
    await create();
    await cloud.aws.elb.ConfigureHealthCheck({ LoadBalancerName: "front", HealthCheck: CHECK });
  });

  it("goes into service after HealthyThreshold successes (S2-47, S4-28)", async () => {
    await register(await launch());
    await cloud.advance("9s");
    expect(await health()).toEqual([REGISTERING]);
    await cloud.advance("2s");
    expect(await health()).toEqual([IN_SERVICE]);
  });

  it("goes out of service after UnhealthyThreshold failures, and comes back (S2-48)", async () => {
    const id = await launch();
    await register(id);
    await cloud.advance("15s");
    cloud.paper.fail(id, "HTTP 503");
    await cloud.advance("11s");
    expect(await health()).toEqual([FAILED]);
    cloud.paper.mend(id);
    await cloud.advance("16s");
    expect(await health()).toEqual([IN_SERVICE]);
  });

  it("is in service beside another in the other zone, and the name leads only to nodes that can serve (S2-43, S2-51)", async () => {
    const ids = [await launch(subnets[0]), await launch(subnets[1])];
    await register(...ids);
    await cloud.advance("20s");
    expect(await health()).toEqual([IN_SERVICE, IN_SERVICE]);
    expect(names()[0]![1]).toHaveLength(2);
    cloud.paper.fail(ids[0]!, "timeout");
    await cloud.advance("20s");
    const able = (await nodes()).find((n) => n.subnet === subnets[1])!;
    expect(names()[0]![1]).toEqual([able.publicIp]);
  });

  it("says why it is out while it is stopped or terminated, and stays registered (S2-53)", async () => {
    const id = await launch();
    await register(id);
    await cloud.advance("15s");
    await cloud.aws.ec2.StopInstances({ InstanceIds: [id] });
    await cloud.advance("1s");
    expect(await health()).toEqual(["OutOfService Instance: Instance is in stopped state."]);
    await cloud.aws.ec2.StartInstances({ InstanceIds: [id] });
    await cloud.advance("20s");
    expect(await health()).toEqual([IN_SERVICE]);
    await cloud.aws.ec2.TerminateInstances({ InstanceIds: [id] });
    await cloud.advance("1s");
    expect(await health()).toEqual(["OutOfService Instance: Instance is in terminated state."]);
  });

  it("is forgotten once it is deregistered", async () => {
    const id = await launch();
    await register(id);
    await cloud.aws.elb.DeregisterInstancesFromLoadBalancer({ LoadBalancerName: "front", Instances: [{ InstanceId: id }] });
    expect(await health()).toEqual([]);
    const { InstanceStates } = await cloud.aws.elb.DescribeInstanceHealth({ LoadBalancerName: "front", Instances: [{ InstanceId: id }] });
    expect(InstanceStates![0]!.Description).toBe("Instance is not currently registered with the LoadBalancer.");
  });

  it("must exist, in the balancer's VPC", async () => {
    await expect(register("i-0123456789abcdef0")).rejects.toMatchObject({ code: "InvalidInstance" });
    const other = (await cloud.aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!;
    const stranger = await launch(await subnet(0, other));
    await expect(register(stranger)).rejects.toMatchObject({ code: "InvalidInstance", message: `EC2 instance ${stranger} is not in the same VPC as ELB.` });
  });
});

describe("changes", () => {
  beforeEach(async () => {
    await create();
    await cloud.settle();
  });

  it("of security groups reach the nodes' interfaces", async () => {
    const other = (await cloud.aws.ec2.CreateSecurityGroup({ GroupName: "other", Description: "other", VpcId: vpc })).GroupId!;
    await cloud.aws.elb.ApplySecurityGroupsToLoadBalancer({ LoadBalancerName: "front", SecurityGroups: [other] });
    await cloud.settle();
    expect((await nodes()).map((n) => n.groups)).toEqual([[other], [other]]);
    expect((await described()).SourceSecurityGroup?.GroupName).toBe("other");
  });

  it("lets a node whose subnet is taken away finish what is under way, and takes it back when the subnet comes back", async () => {
    const dnsName = await create();
    await cloud.advance("1s");
    const busy = (await nodes()).find((node) => node.subnet === subnets[0])!.id;
    const connections = (activeConnections: number): void => cloud.paper.count(busy, { ...QUIET, activeConnections });
    const listeners = (): number => (cloud.paper.workloadSpec(busy) as { readonly listeners: readonly unknown[] }).listeners.length;
    connections(3);
    const Subnets = [subnets[0]!];
    await cloud.aws.elb.DetachLoadBalancerFromSubnets({ LoadBalancerName: "front", Subnets });
    await cloud.advance("1s");
    expect([listeners(), (await nodes()).length, cloud.paper.names.observe(dnsName.toLowerCase())!.addresses.length]).toEqual([1, 2, 1]);
    await cloud.advance("2s");
    expect([listeners(), (await nodes()).length]).toEqual([0, 2]);
    await cloud.aws.elb.AttachLoadBalancerToSubnets({ LoadBalancerName: "front", Subnets });
    await cloud.advance("5m");
    expect([listeners(), (await nodes()).length]).toEqual([1, 2]);
    await cloud.aws.elb.DetachLoadBalancerFromSubnets({ LoadBalancerName: "front", Subnets });
    await cloud.advance("5s");
    expect(await nodes()).toHaveLength(2);
    connections(0);
    await cloud.advance("2s");
    expect((await nodes()).map((node) => node.subnet)).toEqual([subnets[1]]);
  });

  it("of subnets move the nodes, but never all away", async () => {
    await cloud.aws.elb.DetachLoadBalancerFromSubnets({ LoadBalancerName: "front", Subnets: [subnets[0]!] });
    await cloud.settle();
    expect((await nodes()).map((n) => n.subnet)).toEqual([subnets[1]]);
    await expect(cloud.aws.elb.DetachLoadBalancerFromSubnets({ LoadBalancerName: "front", Subnets: [subnets[1]!] })).rejects.toMatchObject({ code: "InvalidConfigurationRequest" });
  });

  it("of listeners are idempotent, and conflicts are refused", async () => {
    const second: ElbTypes.Listener = { Protocol: "TCP", LoadBalancerPort: 8081, InstancePort: 22 };
    for (let i = 0; i < 2; i++) await cloud.aws.elb.CreateLoadBalancerListeners({ LoadBalancerName: "front", Listeners: [second] });
    expect((await described()).ListenerDescriptions!.map((d) => d.Listener!.LoadBalancerPort)).toEqual([80, 8081]);
    await expect(cloud.aws.elb.CreateLoadBalancerListeners({ LoadBalancerName: "front", Listeners: [{ ...second, InstancePort: 23 }] })).rejects.toMatchObject({ code: "DuplicateListener" });
    await cloud.aws.elb.DeleteLoadBalancerListeners({ LoadBalancerName: "front", LoadBalancerPorts: [8081] });
    await expect(cloud.aws.elb.DeleteLoadBalancerListeners({ LoadBalancerName: "front", LoadBalancerPorts: [8081] })).rejects.toMatchObject({ code: "ListenerNotFound" });
  });

  it("of attributes and tags are kept", async () => {
    await cloud.aws.elb.ModifyLoadBalancerAttributes({
      LoadBalancerName: "front",
      LoadBalancerAttributes: { CrossZoneLoadBalancing: { Enabled: true }, ConnectionSettings: { IdleTimeout: 120 } },
    });
    const { LoadBalancerAttributes: kept } = await cloud.aws.elb.DescribeLoadBalancerAttributes({ LoadBalancerName: "front" });
    expect(kept).toMatchObject({ CrossZoneLoadBalancing: { Enabled: true }, ConnectionSettings: { IdleTimeout: 120 }, ConnectionDraining: { Enabled: false } });
    await cloud.aws.elb.AddTags({ LoadBalancerNames: ["front"], Tags: [{ Key: "Name", Value: "front" }] });
    await cloud.aws.elb.RemoveTags({ LoadBalancerNames: ["front"], Tags: [{ Key: "nothing" }] });
    expect((await cloud.aws.elb.DescribeTags({ LoadBalancerNames: ["front"] })).TagDescriptions).toEqual([{ LoadBalancerName: "front", Tags: [{ Key: "Name", Value: "front" }] }]);
  });

  it("asked for again the same, CreateLoadBalancer answers the same; asked for otherwise it refuses", async () => {
    expect(await create()).toBe((await described()).DNSName);
    await expect(create({ Listeners: [{ ...HTTP, LoadBalancerPort: 81 }] })).rejects.toMatchObject({ code: "DuplicateLoadBalancerName" });
  });
});

describe("what can't be is refused by name", () => {
  it.each([
    ["a name of 33 characters", { LoadBalancerName: "a".repeat(33) }, "ValidationError", "32"],
    ["a name with other characters", { LoadBalancerName: "my_site" }, "ValidationError", "my_site"],
    ["a name that ends in a hyphen", { LoadBalancerName: "site-" }, "ValidationError", "site-"],
    ["no listeners", { Listeners: [] }, "ValidationError", "Listeners"],
    ["an unknown protocol", { Listeners: [{ ...HTTP, Protocol: "UDP" }] }, "UnsupportedProtocol", "UDP"],
    ["HTTPS without a certificate", { Listeners: [{ ...HTTP, Protocol: "HTTPS" }] }, "ValidationError", "SSLCertificateId"],
    ["a certificate that does not exist", { Listeners: [{ ...HTTP, Protocol: "HTTPS", SSLCertificateId: "arn:aws:iam::1:server-certificate/x" }] }, "CertificateNotFound", "server-certificate/x"],
    ["a port beyond 65535", { Listeners: [{ ...HTTP, InstancePort: 70000 }] }, "ValidationError", "70000"],
    ["mixed layers", { Listeners: [{ ...HTTP, InstanceProtocol: "TCP" }] }, "InvalidConfigurationRequest", "layer"],
    ["an unknown subnet", { Subnets: ["subnet-0123456789abcdef0"] }, "SubnetNotFound", "subnet-0123456789abcdef0"],
    ["no subnets", { Subnets: [] }, "ValidationError", "SubnetIds"],
    ["an unknown security group", { SecurityGroups: ["sg-0123456789abcdef0"] }, "InvalidSecurityGroup", "sg-0123456789abcdef0"],
    ["an unknown scheme", { Scheme: "public" }, "InvalidScheme", "public"],
  ] as const)("%s", async (_, over, code, names) => {
    await expect(create(over)).rejects.toMatchObject({ code, message: expect.stringContaining(names) as string });
  });

  it("two subnets of one zone, and a VPC without internet gateway", async () => {
    await expect(create({ Subnets: [subnets[0]!, await subnet(2)] })).rejects.toMatchObject({ code: "InvalidConfigurationRequest" });
    const lonely = (await cloud.aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!;
    await expect(create({ Subnets: [await subnet(0, lonely)], SecurityGroups: [] })).rejects.toMatchObject({ code: "InvalidSubnet", message: `VPC ${lonely} has no internet gateway` });
  });

  it.each(["80", "HTTP:80", "TCP:80/x", "HTTP:0/", "HTTP:80/a b", "FTP:21"])("the health check target %s", async (Target) => {
    await create();
    await expect(cloud.aws.elb.ConfigureHealthCheck({ LoadBalancerName: "front", HealthCheck: { ...CHECK, Target } })).rejects.toMatchObject({ code: "ValidationError", message: expect.stringContaining(Target) as string });
  });

  it.each([
    [{ Interval: 4 }, "Interval '4'"],
    [{ Timeout: 5 }, "greater than the timeout"],
    [{ HealthyThreshold: 1 }, "HealthyThreshold '1'"],
    [{ UnhealthyThreshold: 11 }, "UnhealthyThreshold '11'"],
  ])("the health check setting %j", async (over, text) => {
    await create();
    await expect(cloud.aws.elb.ConfigureHealthCheck({ LoadBalancerName: "front", HealthCheck: { ...CHECK, ...over } })).rejects.toMatchObject({ message: expect.stringContaining(text) as string });
  });

  it("what is not there yet, as NotImplemented", async () => {
    await create();
    const policy = { LoadBalancerName: "front", PolicyName: "proxy", PolicyTypeName: "ProxyProtocolPolicyType" };
    await expect(cloud.aws.elb.CreateLoadBalancerPolicy(policy)).rejects.toMatchObject({ code: "NotImplemented" });
  });
});
