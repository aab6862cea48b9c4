/** The stage `rebuild`, over a standing `minimal` and by itself, on paper: what stays, what reaches what, what tells of it. */
import { DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeFlowLogsCommand, DescribeInstancesCommand, DescribeNatGatewaysCommand, DescribeTagsCommand, DescribeVpcsCommand } from "@aws-sdk/client-ec2";
import { DescribeListenersCommand, DescribeTagsCommand as DescribeTagsOfBalancersCommand, DescribeTargetGroupAttributesCommand, DescribeTargetHealthCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { DeleteBucketCommand, ListBucketsCommand } from "@aws-sdk/client-s3";
import { ListSubscriptionsByTopicCommand } from "@aws-sdk/client-sns";
import { UploadServerCertificateCommand } from "@aws-sdk/client-iam";
import type { NetworkInterface, Vpc } from "@hakoniwa/network";
import { describe, expect, it } from "vitest";
import { interfaceOf, reach, stageStack } from "./blueprint-stack.js";
import { CERTIFICATE, PRIVATE_KEY } from "./certificates.js";
import { useCloud, type Cloud } from "./cloud.js";

const KEPT = ["Vpc", "InternetGateway", "PublicRouteTable", "PublicSubnet", "PrivateSubnet", "PrivateRouteTable", "NatGateway", "NatGatewayAddress"];

async function nameOf(cloud: Cloud, id: string): Promise<string | undefined> {
  const { Tags } = await cloud.ec2.send(new DescribeTagsCommand({ Filters: [{ Name: "resource-id", Values: [id] }, { Name: "key", Values: ["Name"] }] }));
  return Tags![0]?.Value;
}

/** The classes of subnet by their ranges, each by zone. */
function subnetsOf(vpc: Vpc) {
  const at = (cidr: string) => [...vpc.subnets.values()].find((subnet) => subnet.cidr === cidr)!;
  return {
    public: [at("10.0.0.0/24"), at("10.0.2.0/24")],
    rds: [at("10.0.1.0/24"), at("10.0.3.0/24")],
    web: [at("10.0.4.0/24"), at("10.0.5.0/24")],
  };
}

describe.each([1, 2])("rebuild over a minimal of %i zone(s)", (zones) => {
  const cloud = useCloud();
  const stack = stageStack(cloud, "minimal");
  const kept = [...KEPT, ...(zones === 2 ? ["PublicSubnet2", "PrivateSubnet2", "PrivateRouteTable2", "NatGateway2", "NatGatewayAddress2"] : [])];

  it("S0-04: public and database subnets are reused without replacement, and their Name tags change in place", async () => {
    await stack.deploy("minimal", { zones });
    const before = await stack.resources();
    expect(await nameOf(cloud, before.get("PrivateSubnet")!.PhysicalResourceId!)).toBe(zones === 1 ? "subnet-hakoniwa-minimal-private" : "subnet-hakoniwa-minimal-private-1");
    await stack.deploy("rebuild");
    const after = await stack.resources();
    const ids = (from: typeof before) => kept.map((id) => [id, from.get(id)?.PhysicalResourceId]);
    expect(ids(after)).toEqual(ids(before));
    const names = await Promise.all(["Vpc", "PublicSubnet", "PrivateSubnet", "PrivateRouteTable", "WebSubnet", "PrivateSubnet2"].map((id) => nameOf(cloud, after.get(id)!.PhysicalResourceId!)));
    expect(names).toEqual(["vpc-hakoniwa-rebuild", "subnet-hakoniwa-rebuild-public-1", "subnet-hakoniwa-rebuild-rds-1", "rtb-hakoniwa-rebuild-rds-1", "subnet-hakoniwa-rebuild-web-1", "subnet-hakoniwa-rebuild-rds-2"]);
    const gone = ["LoadBalancer", "AutoScalingGroup", "LaunchTemplate", "KeyPair", "PrivateDefaultRoute"];
    expect(gone.filter((id) => after.has(id))).toEqual([]);
  });

  it("S0-02, S0-03: six subnets, three classes in each of two zones", async () => {
    const vpc = await stack.network();
    const { public: publicly, rds, web } = subnetsOf(vpc);
    expect(vpc.subnets.size).toBe(6);
    for (const zone of [0, 1]) expect(new Set([publicly, rds, web].map((all) => all[zone]!.availabilityZone)).size).toBe(1);
    expect(publicly[0]!.availabilityZone).not.toBe(publicly[1]!.availabilityZone);
  });

  it("S0-08 to S0-11: a NAT gateway per zone for that zone's web subnet, the internet for the public ones, nothing for databases", async () => {
    const vpc = await stack.network();
    const { public: publicly, rds, web } = subnetsOf(vpc);
    const routes = (subnet: { readonly routeTable: string }) => vpc.routeTables.get(subnet.routeTable)!.routes;
    for (const zone of [0, 1]) {
      expect(routes(publicly[zone]!)).toMatchObject([{ destination: "0.0.0.0/0", target: { kind: "internet-gateway" } }]);
      const [out, ...more] = routes(web[zone]!);
      expect([out, more]).toMatchObject([{ destination: "0.0.0.0/0", target: { kind: "nat-gateway" } }, []]);
      const { networkInterface } = out!.target as { readonly networkInterface: string };
      expect(vpc.interfaces.get(networkInterface)!.subnet).toBe(publicly[zone]!.id);
      expect(routes(rds[zone]!)).toEqual([]);
    }
    const { NatGateways } = await cloud.ec2.send(new DescribeNatGatewaysCommand({ Filter: [{ Name: "state", Values: ["available"] }] }));
    expect(NatGateways).toHaveLength(2);
  });

  it("S0-01, S0-06, S0-48 to S0-50: the web servers are private, and the balancer's group alone reaches their one port", async () => {
    const vpc = await stack.network();
    const [web, balancer] = [await stack.physical("Web"), await stack.physical("LoadBalancerGroup")].map((id) => interfaceOf(vpc, id)) as [NetworkInterface, NetworkInterface];
    expect(web.addresses[0]!.public).toBeUndefined();
    expect(vpc.securityGroups.get(web.securityGroups[0]!)!.ingress.map(({ peer, ports }) => ({ peer, ports }))).toEqual([{ peer: { kind: "group", id: await stack.physical("LoadBalancerGroup") }, ports: { from: 80, to: 80 } }]);
    expect(reach(vpc, balancer, web, 80).reachable).toBe(true);
    expect(reach(vpc, "internet", web, 80).reachable).toBe(false);
    expect(reach(vpc, balancer, web, 22).reachable).toBe(false);
    expect(reach(vpc, "internet", balancer, 80).reachable).toBe(true);
    expect(reach(vpc, web, "internet", 443)).toMatchObject({ reachable: true, arrivedAt: { kind: "internet" } });
    const database = vpc.securityGroups.get(await stack.output("DatabaseSecurityGroup"))!;
    expect(database.ingress).toMatchObject([{ ports: { from: 3306, to: 3306 }, peer: { kind: "group", id: web.securityGroups[0] } }]);
  });

  it("S0-12, S0-13, S0-15: the servers have Session Manager's role, and neither key nor bastion", async () => {
    const { Reservations } = await cloud.ec2.send(new DescribeInstancesCommand({ InstanceIds: (await stack.output("WebServers")).split(",") }));
    const instances = Reservations!.flatMap((each) => each.Instances!);
    expect(instances).toHaveLength(2);
    for (const instance of instances) {
      expect(instance.KeyName).toBeUndefined();
      expect(instance.IamInstanceProfile?.Arn).toContain("WebProfile");
    }
  });

  it("goes back to minimal, without replacing what both have", async () => {
    const before = await stack.resources();
    await stack.deploy("minimal", { zones });
    const after = await stack.resources();
    expect(kept.map((id) => after.get(id)?.PhysicalResourceId)).toEqual(kept.map((id) => before.get(id)?.PhysicalResourceId));
    expect(after.has("WebSubnet")).toBe(false);
    expect(await stack.remove()).toEqual([]);
    expect((await cloud.ec2.send(new DescribeVpcsCommand({}))).Vpcs!.map((vpc) => vpc.IsDefault)).toEqual([true]);
  });
});

describe("rebuild over a minimal of the same names", () => {
  const cloud = useCloud();
  const stack = stageStack(cloud, "minimal");

  it("keeps the web servers' group too, and only changes whom it admits", async () => {
    await stack.deploy("minimal", { zones: 2, article: true });
    const before = await stack.physical("WebGroup");
    await stack.deploy("rebuild", { environment: "minimal" });
    expect(await stack.physical("WebGroup")).toBe(before);
    const vpc = await stack.network();
    expect(vpc.securityGroups.get(before)!.ingress.map(({ peer }) => peer)).toEqual([{ kind: "group", id: await stack.physical("LoadBalancerGroup") }]);
    expect((await stack.remove()).toSorted()).toEqual(["LogBucket", "LogBucketPolicy"]);
  });
});

describe("rebuild", () => {
  const cloud = useCloud();
  const stack = stageStack(cloud, "rebuild");
  const targetGroup = () => stack.physical("TargetGroup");

  it("S0-18 to S0-28: a target group of both servers, its health path and stickiness as asked, a listener that forwards to it", async () => {
    await stack.deploy("rebuild", { stickiness: 86_400, healthCheckPath: "/index.html?health" });
    const TargetGroupArn = await targetGroup();
    const { TargetHealthDescriptions } = await cloud.elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
    expect(new Set(TargetHealthDescriptions!.map(({ Target }) => Target!.Id))).toEqual(new Set((await stack.output("WebServers")).split(",")));
    const { Attributes } = await cloud.elbv2.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }));
    expect(Object.fromEntries(Attributes!.map(({ Key, Value }) => [Key, Value]))).toMatchObject({ "stickiness.enabled": "true", "stickiness.lb_cookie.duration_seconds": "86400" });
    const { Listeners } = await cloud.elbv2.send(new DescribeListenersCommand({ LoadBalancerArn: await stack.physical("ApplicationLoadBalancer") }));
    expect(Listeners).toMatchObject([{ Port: 80, Protocol: "HTTP", DefaultActions: [{ Type: "forward", TargetGroupArn }] }]);
    const { TagDescriptions } = await cloud.elbv2.send(new DescribeTagsOfBalancersCommand({ ResourceArns: [TargetGroupArn] }));
    expect(TagDescriptions![0]!.Tags).toContainEqual({ Key: "hakoniwa:stage", Value: "rebuild" });
  });

  it("S0-40 to S0-43: the alarm acts on ALARM and on INSUFFICIENT_DATA, and tells whom it was told to", async () => {
    await stack.deploy("rebuild", { notify: "four@example.com" });
    const { MetricAlarms } = await cloud.cloudwatch.send(new DescribeAlarmsCommand({}));
    const topic = await stack.physical("AlarmTopic");
    expect(MetricAlarms).toMatchObject([{ Threshold: 1, ComparisonOperator: "LessThanOrEqualToThreshold", MetricName: "HealthyHostCount", AlarmActions: [topic], InsufficientDataActions: [topic] }]);
    const full = (arn: string, kind: string) => arn.slice(arn.indexOf(kind) + (kind === "targetgroup/" ? 0 : kind.length));
    expect(Object.fromEntries(MetricAlarms![0]!.Dimensions!.map(({ Name, Value }) => [Name, Value]))).toEqual({
      TargetGroup: full(await targetGroup(), "targetgroup/"), LoadBalancer: full(await stack.physical("ApplicationLoadBalancer"), "loadbalancer/"),
    });
    const { Subscriptions } = await cloud.sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic }));
    expect(Subscriptions).toMatchObject([{ Protocol: "email", Endpoint: "four@example.com" }]);
  });

  it("S0-44, S0-45: the network's flow log goes to the log bucket", async () => {
    const { FlowLogs } = await cloud.ec2.send(new DescribeFlowLogsCommand({}));
    expect(FlowLogs).toMatchObject([{ ResourceId: await stack.physical("Vpc"), LogDestinationType: "s3", LogDestination: `arn:aws:s3:::${await stack.output("LogBucketName")}`, TrafficType: "ALL", FlowLogStatus: "ACTIVE" }]);
  });

  it("S0-24, S0-27: with a certificate, HTTPS forwards and HTTP redirects to it", async () => {
    const { ServerCertificateMetadata } = await cloud.iam.send(new UploadServerCertificateCommand({ ServerCertificateName: "site", CertificateBody: CERTIFICATE, PrivateKey: PRIVATE_KEY }));
    await stack.deploy("rebuild", { certificate: ServerCertificateMetadata!.Arn! });
    const { Listeners } = await cloud.elbv2.send(new DescribeListenersCommand({ LoadBalancerArn: await stack.physical("ApplicationLoadBalancer") }));
    const seen = Object.fromEntries(Listeners!.map((listener) => [listener.Port, listener]));
    expect(seen).toMatchObject({ 80: { DefaultActions: [{ Type: "redirect" }] }, 443: { Certificates: [{ CertificateArn: ServerCertificateMetadata!.Arn! }], DefaultActions: [{ Type: "forward" }] } });
    const vpc = await stack.network();
    expect(reach(vpc, "internet", interfaceOf(vpc, await stack.physical("LoadBalancerGroup")), 443).reachable).toBe(true);
  });

  it("S0-20: the servers may be spoken to over HTTPS: their group admits that port, and no other", async () => {
    await stack.deploy("rebuild", { targetProtocol: "HTTPS" });
    const vpc = await stack.network();
    const [web, balancer] = [interfaceOf(vpc, await stack.physical("Web")), interfaceOf(vpc, await stack.physical("LoadBalancerGroup"))];
    expect([80, 443].map((port) => reach(vpc, balancer, web, port).reachable)).toEqual([false, true]);
  });

  it("S0-51: with network ACLs, requests and answers pass, there and out; without the entry for ephemeral ports the answers don't", async () => {
    await stack.deploy("rebuild", { acl: true });
    const vpc = await stack.network();
    const [web, balancer] = [interfaceOf(vpc, await stack.physical("Web")), interfaceOf(vpc, await stack.physical("LoadBalancerGroup"))];
    expect(reach(vpc, balancer, web, 80).reachable).toBe(true);
    expect(reach(vpc, web, "internet", 443)).toMatchObject({ reachable: true, arrivedAt: { kind: "internet" } });
    expect(reach(vpc, web, "internet", 22).explanation?.code).toBe("SUBNET_ACL_RESTRICTION");
    const id = vpc.subnets.get(web.subnet)!.networkAcl;
    const acl = vpc.networkAcls.get(id)!;
    const stateful = { ...acl, egress: acl.egress.filter((entry) => entry.ports?.from !== 1024) };
    const forgetful = { ...vpc, networkAcls: new Map(vpc.networkAcls).set(id, stateful) };
    expect(reach(forgetful, balancer, web, 80).explanation).toMatchObject({ code: "SUBNET_ACL_RESTRICTION", component: id, direction: "egress", way: "back" });
  });

  it("S0-29: an Auto Scaling group can take the instances' place", async () => {
    await stack.deploy("rebuild", { servers: "group" });
    expect(await stack.output("WebServers")).toBe("asg-hakoniwa-rebuild");
    await expect.poll(async () => (await cloud.elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn: await targetGroup() }))).TargetHealthDescriptions!.length, { timeout: 10_000 }).toBe(2);
    expect((await stack.resources()).has("Web")).toBe(false);
  });

  it("goes, but for the bucket with the logs", async () => {
    const bucket = await stack.output("LogBucketName");
    expect((await stack.remove()).toSorted()).toEqual(["LogBucket", "LogBucketPolicy"]);
    expect((await cloud.s3.send(new ListBucketsCommand({}))).Buckets!.map(({ Name }) => Name)).toEqual([bucket]);
    await cloud.s3.send(new DeleteBucketCommand({ Bucket: bucket }));
    expect((await cloud.ec2.send(new DescribeVpcsCommand({}))).Vpcs!.map((vpc) => vpc.IsDefault)).toEqual([true]);
  });
});
