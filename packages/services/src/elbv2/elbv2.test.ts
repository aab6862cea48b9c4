/** Application Load Balancers on the whole cloud, on paper and in virtual time. */
import type { Elbv2Types } from "@hakoniwa/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CERTIFICATE, PRIVATE_KEY } from "../../../../tests/api/certificates.js";
import { createTestCloud, type TestCloud } from "../testing.js";

const ZONES = ["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"];
const CHECK = { HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2, HealthyThresholdCount: 3, UnhealthyThresholdCount: 2 } as const;

let cloud: TestCloud;
let vpc: string;
let subnets: readonly string[];

beforeEach(async () => {
  cloud = await createTestCloud();
  vpc = (await cloud.aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!;
  subnets = [await subnet(0), await subnet(1), await subnet(2)];
  const gateway = (await cloud.aws.ec2.CreateInternetGateway({})).InternetGateway!.InternetGatewayId!;
  await cloud.aws.ec2.AttachInternetGateway({ InternetGatewayId: gateway, VpcId: vpc });
});

afterEach(async () => {
  const failures = cloud.logs.filter((line) => line.includes("will be tried again"));
  await cloud.close();
  expect(failures).toEqual([]);
});

async function subnet(number: number): Promise<string> {
  return (await cloud.aws.ec2.CreateSubnet({ VpcId: vpc, CidrBlock: `10.0.${number}.0/24`, AvailabilityZone: ZONES[number]! })).Subnet!.SubnetId!;
}

async function balancer(over: Partial<Elbv2Types.CreateLoadBalancerInput> = {}): Promise<Elbv2Types.LoadBalancer> {
  return (await cloud.aws.elbv2.CreateLoadBalancer({ Name: "web", Subnets: subnets.slice(0, 2), ...over })).LoadBalancers![0]!;
}

async function group(name = "servers", over: Partial<Elbv2Types.CreateTargetGroupInput> = {}): Promise<string> {
  const made = await cloud.aws.elbv2.CreateTargetGroup({ Name: name, Protocol: "HTTP", Port: 80, VpcId: vpc, ...CHECK, ...over });
  return made.TargetGroups![0]!.TargetGroupArn!;
}

async function listen(LoadBalancerArn: string, TargetGroupArn: string, over: Partial<Elbv2Types.CreateListenerInput> = {}): Promise<string> {
  const made = await cloud.aws.elbv2.CreateListener({ LoadBalancerArn, Protocol: "HTTP", Port: 80, DefaultActions: [{ Type: "forward", TargetGroupArn }], ...over });
  return made.Listeners![0]!.ListenerArn!;
}

async function launch(where = subnets[0]!): Promise<string> {
  const [image] = (await cloud.aws.ec2.DescribeImages({ Owners: ["amazon"] })).Images!;
  const { Instances } = await cloud.aws.ec2.RunInstances({ ImageId: image!.ImageId!, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, SubnetId: where });
  await cloud.advance("1s");
  return Instances![0]!.InstanceId!;
}

async function register(TargetGroupArn: string, ...Targets: readonly Elbv2Types.TargetDescription[]): Promise<void> {
  await cloud.aws.elbv2.RegisterTargets({ TargetGroupArn, Targets });
  await cloud.settle();
}

async function health(TargetGroupArn: string, ...Targets: readonly Elbv2Types.TargetDescription[]): Promise<readonly string[]> {
  const found = await cloud.aws.elbv2.DescribeTargetHealth({ TargetGroupArn, ...(Targets.length > 0 ? { Targets } : {}) });
  return found.TargetHealthDescriptions!.map(({ TargetHealth: { State, Reason, Description } = {} }) => [State, Reason, Description].filter(Boolean).join(" | "));
}

const code = (expected: string, text = ""): unknown => expect.objectContaining({ code: expected, message: expect.stringContaining(text) as string });

/** What its first node was told. */
function workload(): { readonly listeners: readonly { readonly rules: readonly unknown[] }[]; readonly groups: readonly { readonly targets: readonly { readonly id: string; readonly draining: boolean }[] }[] } {
  const node = cloud.paper.workloads.keys().find((key) => key.startsWith("eni-"))!;
  return cloud.paper.workloadSpec(node) as never;
}

describe("an application load balancer", () => {
  it("is provisioned, becomes active when its nodes run, and its name leads to them", async () => {
    const made = await balancer();
    expect(made).toMatchObject({ State: { Code: "provisioning" }, Type: "application", Scheme: "internet-facing", VpcId: vpc, CanonicalHostedZoneId: "Z14GRHDCWA56QT" });
    expect(made.LoadBalancerArn).toMatch(/^arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:loadbalancer\/app\/web\/[0-9a-f]{16}$/);
    expect(made.DNSName).toMatch(/^web-\d{10}\.ap-northeast-1\.elb\.amazonaws\.com$/);
    await cloud.advance("1s");
    const { LoadBalancers } = await cloud.aws.elbv2.DescribeLoadBalancers({ Names: ["web"] });
    expect(LoadBalancers).toMatchObject([{ State: { Code: "active" } }]);
    expect(cloud.paper.names.observe(made.DNSName!)!.addresses).toHaveLength(2);
    const { NetworkInterfaces } = await cloud.aws.ec2.DescribeNetworkInterfaces({ Filters: [{ Name: "description", Values: ["ELB app/web/*"] }] });
    expect(NetworkInterfaces).toHaveLength(2);
    expect(NetworkInterfaces!.map(({ RequesterId, Association }) => [RequesterId, Association?.IpOwnerId])).toEqual([["amazon-elb", "amazon-elb"], ["amazon-elb", "amazon-elb"]]);
  });

  it("leaves nothing behind when it is deleted, but not while deletion protection is on", async () => {
    const { LoadBalancerArn = "" } = await balancer();
    await listen(LoadBalancerArn, await group());
    await cloud.advance("1s");
    const protect = (Value: string) => cloud.aws.elbv2.ModifyLoadBalancerAttributes({ LoadBalancerArn, Attributes: [{ Key: "deletion_protection.enabled", Value }] });
    await protect("true");
    await expect(cloud.aws.elbv2.DeleteLoadBalancer({ LoadBalancerArn })).rejects.toEqual(code("OperationNotPermitted"));
    await protect("false");
    await cloud.aws.elbv2.DeleteLoadBalancer({ LoadBalancerArn });
    await cloud.settle();
    expect(cloud.paper.workloads.keys()).toEqual([]);
    expect(cloud.paper.names.keys()).toEqual([]);
    await expect(cloud.aws.elbv2.DescribeLoadBalancers({ LoadBalancerArns: [LoadBalancerArn] })).rejects.toEqual(code("LoadBalancerNotFound"));
  });

  it("moves with SetSubnets", async () => {
    const { LoadBalancerArn = "" } = await balancer();
    await cloud.advance("1s");
    await cloud.aws.elbv2.SetSubnets({ LoadBalancerArn, Subnets: [subnets[1]!, subnets[2]!] });
    await cloud.advance("1s");
    const { NetworkInterfaces } = await cloud.aws.ec2.DescribeNetworkInterfaces({ Filters: [{ Name: "description", Values: ["ELB app/web/*"] }] });
    expect(new Set(NetworkInterfaces!.map(({ SubnetId }) => SubnetId))).toEqual(new Set([subnets[1], subnets[2]]));
  });

  it.each([
    [{ Name: "-web" }, "ValidationError", "'-web'"],
    [{ Subnets: [] }, "ValidationError", "At least two subnets"],
    [{ Subnets: ["subnet-1", "subnet-2"] }, "SubnetNotFound", "subnet-1"],
    [{ SecurityGroups: ["sg-1"] }, "InvalidSecurityGroup", "sg-1"],
    [{ Type: "network" as const }, "NotImplemented", "network"],
    [{ IpAddressType: "dualstack" as const }, "NotImplemented", "dualstack"],
  ])("is refused with %j", async (over, expected, text) => {
    await expect(balancer(over)).rejects.toEqual(code(expected, text));
    expect((await cloud.aws.elbv2.DescribeLoadBalancers({})).LoadBalancers).toEqual([]);
  });

  it.each([
    ["idle_timeout.timeout_seconds", "0"],
    ["routing.http.desync_mitigation_mode", "strict"],
    ["no.such.attribute", "1"],
  ])("refuses the attribute %s=%s and changes nothing", async (Key, Value) => {
    const { LoadBalancerArn = "" } = await balancer();
    const before = await cloud.aws.elbv2.DescribeLoadBalancerAttributes({ LoadBalancerArn });
    await expect(cloud.aws.elbv2.ModifyLoadBalancerAttributes({ LoadBalancerArn, Attributes: [{ Key: "routing.http2.enabled", Value: "false" }, { Key, Value }] })).rejects.toEqual(code("ValidationError", Key));
    expect(await cloud.aws.elbv2.DescribeLoadBalancerAttributes({ LoadBalancerArn })).toEqual(before);
  });

  it("comes to rest: time that passes writes nothing", async () => {
    const { LoadBalancerArn = "" } = await balancer();
    const arn = await group();
    await listen(LoadBalancerArn, arn);
    await register(arn, { Id: await launch() });
    await cloud.advance("10m");
    const changed: string[] = [];
    cloud.store.onCommit((changes) => changed.push(...changes.map(({ table }) => table)));
    await cloud.advance("30m");
    expect(changed.filter((table) => !table.startsWith("cloudwatch."))).toEqual([]);
  });
});

describe("a target", () => {
  it("is unused until a listener leads to its group, then initial, and healthy after one success", async () => {
    const arn = await group();
    await register(arn, { Id: await launch() });
    expect(await health(arn)).toEqual(["unused | Target.NotInUse | Target group is not configured to receive traffic from the load balancer"]);
    const { LoadBalancerArn = "" } = await balancer();
    await listen(LoadBalancerArn, arn);
    await cloud.settle();
    await cloud.advance("1s");
    expect(await health(arn)).toEqual(["healthy"]);
  });

  it.each([
    ["HTTP 503", "Target.ResponseCodeMismatch | Health checks failed with these codes: [503]"],
    ["timeout", "Target.Timeout | Request timed out"],
    ["connection refused", "Target.FailedHealthChecks | Health checks failed"],
  ])("that fails its checks (%s) is unhealthy after the threshold, and comes back", async (reason, said) => {
    const { LoadBalancerArn = "" } = await balancer();
    const arn = await group();
    await listen(LoadBalancerArn, arn);
    const id = await launch();
    await register(arn, { Id: id });
    await cloud.advance("6s");
    cloud.paper.fail(id, reason);
    await cloud.advance("4s");
    expect(await health(arn)).toEqual(["healthy"]);
    await cloud.advance("10s");
    expect(await health(arn)).toEqual([`unhealthy | ${said}`]);
    cloud.paper.mend(id);
    await cloud.advance("10s");
    expect(await health(arn)).toEqual([`unhealthy | ${said}`]);
    await cloud.advance("10s");
    expect(await health(arn)).toEqual(["healthy"]);
  });

  it("drains for the deregistration delay and then is not registered; without delay it goes at once", async () => {
    const { LoadBalancerArn = "" } = await balancer();
    const arn = await group();
    await listen(LoadBalancerArn, arn);
    const id = await launch();
    await register(arn, { Id: id });
    await cloud.advance("6s");
    await cloud.aws.elbv2.ModifyTargetGroupAttributes({ TargetGroupArn: arn, Attributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "30" }] });
    await cloud.aws.elbv2.DeregisterTargets({ TargetGroupArn: arn, Targets: [{ Id: id }] });
    await cloud.settle();
    expect(workload().groups[0]!.targets).toMatchObject([{ draining: true }]);
    expect(await health(arn)).toEqual(["draining | Target.DeregistrationInProgress | Target deregistration is in progress"]);
    await cloud.advance("31s");
    expect(workload().groups[0]!.targets).toEqual([]);
    expect(await health(arn)).toEqual([]);
    expect(await health(arn, { Id: id })).toEqual(["unused | Target.NotRegistered | Target is not registered to the target group"]);
    await register(arn, { Id: id });
    await cloud.aws.elbv2.ModifyTargetGroupAttributes({ TargetGroupArn: arn, Attributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "0" }] });
    await cloud.aws.elbv2.DeregisterTargets({ TargetGroupArn: arn, Targets: [{ Id: id }] });
    expect(await health(arn)).toEqual([]);
  });

  it("whose instance is stopped is unused; a terminated one is deregistered", async () => {
    const { LoadBalancerArn = "" } = await balancer();
    const arn = await group();
    await listen(LoadBalancerArn, arn);
    const [stopped, terminated, elsewhere] = [await launch(), await launch(), await launch(subnets[2])];
    await register(arn, { Id: stopped }, { Id: terminated }, { Id: elsewhere });
    await cloud.advance("6s");
    await cloud.aws.ec2.StopInstances({ InstanceIds: [stopped] });
    await cloud.aws.ec2.TerminateInstances({ InstanceIds: [terminated] });
    await cloud.advance("10s");
    expect(await health(arn)).toEqual([
      "unused | Target.InvalidState | Target is in the stopped state",
      "unused | Target.NotInUse | Target is in an Availability Zone that is not enabled for the load balancer",
    ]);
  });

  it("may be registered with several ports, each a target of its own", async () => {
    const { LoadBalancerArn = "" } = await balancer();
    const arn = await group();
    await listen(LoadBalancerArn, arn);
    const id = await launch();
    await register(arn, { Id: id, Port: 8080 }, { Id: id, Port: 8081 }, { Id: id, Port: 8081 });
    await cloud.advance("6s");
    expect(await health(arn)).toEqual(["healthy", "healthy"]);
    await cloud.aws.elbv2.DeregisterTargets({ TargetGroupArn: arn, Targets: [{ Id: id, Port: 8080 }] });
    await cloud.settle();
    expect((await health(arn)).map((text) => text.split(" ")[0])).toEqual(["draining", "healthy"]);
  });

  it("that can't be is refused", async () => {
    const arn = await group();
    const byAddress = await group("addresses", { TargetType: "ip" });
    await expect(register(arn, { Id: "i-1" })).rejects.toEqual(code("InvalidTarget", "i-1"));
    await expect(register(byAddress, { Id: "8.8.8.8" })).rejects.toEqual(code("ValidationError", "8.8.8.8"));
    await expect(register(byAddress, { Id: "10.0.0.300" })).rejects.toEqual(code("ValidationError", "10.0.0.300"));
    await register(byAddress, { Id: "10.0.0.30" });
    expect(await health(byAddress)).toHaveLength(1);
  });
});

describe("a target group", () => {
  it("has AWS's defaults, and can't be deleted while it is used", async () => {
    const { LoadBalancerArn = "" } = await balancer();
    const made = await cloud.aws.elbv2.CreateTargetGroup({ Name: "plain", Protocol: "HTTP", Port: 80, VpcId: vpc });
    expect(made.TargetGroups).toMatchObject([
      { HealthCheckPath: "/", HealthCheckIntervalSeconds: 30, HealthCheckTimeoutSeconds: 5, HealthyThresholdCount: 5, UnhealthyThresholdCount: 2, Matcher: { HttpCode: "200" }, HealthCheckPort: "traffic-port", TargetType: "instance" },
    ]);
    const TargetGroupArn = made.TargetGroups![0]!.TargetGroupArn!;
    await listen(LoadBalancerArn, TargetGroupArn);
    expect((await cloud.aws.elbv2.DescribeTargetGroups({ LoadBalancerArn })).TargetGroups).toMatchObject([{ TargetGroupArn, LoadBalancerArns: [LoadBalancerArn] }]);
    await expect(cloud.aws.elbv2.DeleteTargetGroup({ TargetGroupArn })).rejects.toEqual(code("ResourceInUse"));
    await cloud.aws.elbv2.DeleteLoadBalancer({ LoadBalancerArn });
    await cloud.aws.elbv2.DeleteTargetGroup({ TargetGroupArn });
    expect((await cloud.aws.elbv2.DescribeTargetGroups({})).TargetGroups).toEqual([]);
  });

  it.each([
    [{ Matcher: { HttpCode: "500" } }, "'500'"],
    [{ Matcher: { HttpCode: "300-200" } }, "'300-200'"],
    [{ HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 5 }, "must be smaller than the interval"],
    [{ HealthCheckPort: "0" }, "'0'"],
    [{ HealthCheckPath: "x" }, "'x'"],
  ])("is refused with %j", async (over, text) => {
    await expect(group("bad", over)).rejects.toEqual(code("ValidationError", text));
  });

  const set = async (Key: string, Value: string): Promise<unknown> => {
    const TargetGroupArn = await group();
    return (await cloud.aws.elbv2.ModifyTargetGroupAttributes({ TargetGroupArn, Attributes: [{ Key, Value }] })).Attributes;
  };

  it.each(["1", "604800"])("S0-22 S0-23 takes a stickiness of %s seconds", async (Value) => {
    expect(await set("stickiness.lb_cookie.duration_seconds", Value)).toContainEqual({ Key: "stickiness.lb_cookie.duration_seconds", Value });
  });

  it.each([
    ["stickiness.lb_cookie.duration_seconds", "0"],
    ["stickiness.lb_cookie.duration_seconds", "604801"],
    ["slow_start.duration_seconds", "29"],
    ["deregistration_delay.timeout_seconds", "3601"],
    ["stickiness.type", "source_ip"],
  ])("S0-23 refuses %s=%s", async (Key, Value) => {
    await expect(set(Key, Value)).rejects.toEqual(code("ValidationError", `'${Key}' value '${Value}'`));
  });

  it("refuses a reserved name for the application's cookie, and stickiness without a name", async () => {
    await expect(set("stickiness.app_cookie.cookie_name", "AWSALBX")).rejects.toEqual(code("InvalidConfigurationRequest", "AWSALBX"));
    const TargetGroupArn = await group();
    const Attributes = [{ Key: "stickiness.enabled", Value: "true" }, { Key: "stickiness.type", Value: "app_cookie" }];
    await expect(cloud.aws.elbv2.ModifyTargetGroupAttributes({ TargetGroupArn, Attributes })).rejects.toEqual(code("InvalidConfigurationRequest"));
  });
});

describe("listeners and rules", () => {
  let arn: string;
  let listener: string;

  beforeEach(async () => {
    const { LoadBalancerArn = "" } = await balancer();
    arn = await group();
    listener = await listen(LoadBalancerArn, arn);
  });

  const rule = async (over: Partial<Elbv2Types.CreateRuleInput> = {}): Promise<Elbv2Types.Rule> => {
    const Conditions = [{ Field: "path-pattern", Values: ["/api/*"] }];
    const made = await cloud.aws.elbv2.CreateRule({ ListenerArn: listener, Priority: 10, Conditions, Actions: [{ Type: "forward", TargetGroupArn: arn }], ...over });
    return made.Rules![0]!;
  };

  it("reach the nodes in the order of their priorities, the default one last", async () => {
    await rule({ Priority: 20, Actions: [{ Type: "redirect", RedirectConfig: { Protocol: "HTTPS", Port: "443", StatusCode: "HTTP_301" } }] });
    const first = await rule({ Priority: 10, Conditions: [{ Field: "query-string", QueryStringConfig: { Values: [{ Key: "v", Value: "2" }] } }] });
    await cloud.advance("1s");
    expect(workload().listeners[0]!.rules).toMatchObject([
      { priority: 10, conditions: [{ field: "query" }], action: { kind: "forward" } },
      { priority: 20, conditions: [{ field: "path", patterns: ["/api/*"] }], action: { kind: "redirect", redirect: { status: 301, host: "#{host}", port: "443" } } },
      { priority: 0, conditions: [], action: { kind: "forward", to: [{ weight: 1 }] } },
    ]);
    await cloud.aws.elbv2.SetRulePriorities({ RulePriorities: [{ RuleArn: first.RuleArn!, Priority: 30 }] });
    const { Rules } = await cloud.aws.elbv2.DescribeRules({ ListenerArn: listener });
    expect(Rules!.map(({ Priority }) => Priority)).toEqual(["20", "30", "default"]);
  });

  it.each<[Partial<Elbv2Types.CreateRuleInput>, string, string]>([
    [{ Priority: 0 }, "ValidationError", "'0'"],
    [{ Conditions: [{ Field: "colour", Values: ["red"] }] }, "ValidationError", "'colour'"],
    [{ Conditions: [{ Field: "path-pattern", Values: [] }] }, "ValidationError", "value must be specified"],
    [{ Conditions: [{ Field: "source-ip", SourceIpConfig: { Values: ["10.0.0.0/33"] } }] }, "ValidationError", "10.0.0.0/33"],
    [{ Conditions: [{ Field: "path-pattern", PathPatternConfig: { Values: ["/1", "/2", "/3", "/4", "/5", "/6"] } }] }, "ValidationError", "at most '5'"],
    [{ Actions: [] }, "ValidationError", "action must be specified"],
    [{ Actions: [{ Type: "authenticate-oidc" }] }, "NotImplemented", "authenticate-oidc"],
    [{ Actions: [{ Type: "redirect", RedirectConfig: { StatusCode: "HTTP_301" } }] }, "InvalidLoadBalancerAction", "loop"],
    [{ Actions: [{ Type: "redirect", RedirectConfig: { StatusCode: "HTTP_301", Host: "a\r\nSet-Cookie: x" } }] }, "ValidationError", "not allowed"],
    [{ Actions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "301" } }] }, "ValidationError", "'301'"],
  ])("a rule with %j is refused", async (over, expected, text) => {
    await expect(rule(over)).rejects.toEqual(code(expected, text));
    expect((await cloud.aws.elbv2.DescribeRules({ ListenerArn: listener })).Rules).toHaveLength(1);
  });

  it("a priority or port that is in use is refused; the default rule can't be deleted", async () => {
    await rule();
    await expect(rule()).rejects.toEqual(code("PriorityInUse", "'10'"));
    const { Listeners } = await cloud.aws.elbv2.DescribeListeners({ ListenerArns: [listener] });
    await expect(listen(Listeners![0]!.LoadBalancerArn!, arn)).rejects.toEqual(code("DuplicateListener", "80"));
    const { Rules } = await cloud.aws.elbv2.DescribeRules({ ListenerArn: listener });
    const standard = Rules!.find(({ IsDefault }) => IsDefault)!.RuleArn!;
    await expect(cloud.aws.elbv2.DeleteRule({ RuleArn: standard })).rejects.toEqual(code("OperationNotPermitted"));
  });

  it("a listener of HTTPS has the certificate of IAM, and more for other names", async () => {
    const upload = (name: string) => cloud.aws.iam.UploadServerCertificate({ ServerCertificateName: name, CertificateBody: CERTIFICATE, PrivateKey: PRIVATE_KEY });
    const [first, second] = [await upload("one"), await upload("two")].map((made) => made.ServerCertificateMetadata!.Arn!);
    const { Listeners } = await cloud.aws.elbv2.DescribeListeners({ ListenerArns: [listener] });
    const LoadBalancerArn = Listeners![0]!.LoadBalancerArn!;
    await expect(listen(LoadBalancerArn, arn, { Protocol: "HTTPS", Port: 443 })).rejects.toEqual(code("ValidationError", "exactly one certificate"));
    await expect(listen(LoadBalancerArn, arn, { Protocol: "HTTPS", Port: 443, Certificates: [{ CertificateArn: "arn:aws:iam::1:none" }] })).rejects.toEqual(code("CertificateNotFound"));
    const secure = await listen(LoadBalancerArn, arn, { Protocol: "HTTPS", Port: 443, Certificates: [{ CertificateArn: first! }] });
    await cloud.aws.elbv2.AddListenerCertificates({ ListenerArn: secure, Certificates: [{ CertificateArn: second! }] });
    await cloud.advance("1s");
    expect(workload().listeners[1]).toMatchObject({ port: 443, protocol: "HTTPS", tls: { minVersion: "TLSv1", maxVersion: "TLSv1.2", certificates: [{ certificate: CERTIFICATE }, { certificate: CERTIFICATE }] } });
    expect((await cloud.aws.elbv2.DescribeListenerCertificates({ ListenerArn: secure })).Certificates).toEqual([
      { CertificateArn: first, IsDefault: true },
      { CertificateArn: second, IsDefault: false },
    ]);
  });

  it("tags are kept for each of them", async () => {
    const { RuleArn } = await rule({ Tags: [{ Key: "a", Value: "1" }] });
    await cloud.aws.elbv2.AddTags({ ResourceArns: [RuleArn!, listener], Tags: [{ Key: "b", Value: "2" }] });
    await cloud.aws.elbv2.RemoveTags({ ResourceArns: [RuleArn!], TagKeys: ["a"] });
    const { TagDescriptions } = await cloud.aws.elbv2.DescribeTags({ ResourceArns: [RuleArn!, listener, arn] });
    expect(TagDescriptions!.map(({ Tags }) => Tags)).toEqual([[{ Key: "b", Value: "2" }], [{ Key: "b", Value: "2" }], []]);
  });
});
