/** An Application Load Balancer in front of two web servers, with real packets: rules, TLS, health, draining, and a load that loses nothing. */
import { AuthorizeSecurityGroupIngressCommand, RevokeSecurityGroupIngressCommand } from "@aws-sdk/client-ec2";
import {
  CreateListenerCommand, CreateLoadBalancerCommand, CreateRuleCommand, CreateTargetGroupCommand, DeregisterTargetsCommand, DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client, ModifyTargetGroupAttributesCommand, RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { IAMClient, UploadServerCertificateCommand } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CERTIFICATE, PRIVATE_KEY } from "../api/certificates.js";
import { clientOf, createWorld, type World } from "./balanced-world.js";
import { createGarden, environOf, run, until, type Garden } from "./garden.js";
import { ask, countServed, startLoad, type Site } from "./load.js";

/** An interval of AWS's shortest, 5 s, then takes one. */
const TIME_SCALE = 5;

describe("an application load balancer", { timeout: 60_000 }, () => {
  let garden: Garden;
  let world: World;
  let elbv2: ElasticLoadBalancingV2Client;
  let site: Site;
  let group: string;
  let instances: readonly string[];

  beforeAll(async () => {
    garden = await createGarden({ HAKONIWA_TIME_SCALE: String(TIME_SCALE) });
    const { code, stderr } = await garden.hakoniwa("start");
    expect(code, stderr).toBe(0);
    const aws = clientOf(garden);
    elbv2 = new ElasticLoadBalancingV2Client(aws);
    world = await createWorld(garden);
    const { VpcId, subnets, front } = world;
    instances = await Promise.all(subnets.map((subnet) => world.launch(subnet)));
    const made = await elbv2.send(new CreateLoadBalancerCommand({ Name: "site", Subnets: [...subnets], SecurityGroups: [front] }));
    const LoadBalancerArn = made.LoadBalancers![0]!.LoadBalancerArn!;
    site = { port: garden.httpPort, name: made.LoadBalancers![0]!.DNSName! };
    const check = { HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2, HealthyThresholdCount: 2, UnhealthyThresholdCount: 2, HealthCheckPath: "/index.html" };
    group = (await elbv2.send(new CreateTargetGroupCommand({ Name: "web", Protocol: "HTTP", Port: 80, VpcId, ...check }))).TargetGroups![0]!.TargetGroupArn!;
    await elbv2.send(new RegisterTargetsCommand({ TargetGroupArn: group, Targets: instances.map((Id) => ({ Id })) }));
    const forward = [{ Type: "forward" as const, TargetGroupArn: group }];
    const plain = await elbv2.send(new CreateListenerCommand({ LoadBalancerArn, Protocol: "HTTP", Port: 80, DefaultActions: forward }));
    await elbv2.send(
      new CreateRuleCommand({
        ListenerArn: plain.Listeners![0]!.ListenerArn!,
        Priority: 1,
        Conditions: [{ Field: "path-pattern", Values: ["/fixed"] }],
        Actions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200", ContentType: "text/plain", MessageBody: "fixed" } }],
      }),
    );
    const certificate = await new IAMClient(aws).send(new UploadServerCertificateCommand({ ServerCertificateName: "site", CertificateBody: CERTIFICATE, PrivateKey: PRIVATE_KEY }));
    const Certificates = [{ CertificateArn: certificate.ServerCertificateMetadata!.Arn! }];
    await elbv2.send(new CreateListenerCommand({ LoadBalancerArn, Protocol: "HTTPS", Port: 443, Certificates, DefaultActions: forward }));
    await until("both targets are healthy", 30, async () => (await health()).every((state) => state === "healthy"));
  }, 90_000);

  afterAll(() => garden.end(), 60_000);

  async function health(): Promise<readonly string[]> {
    const { TargetHealthDescriptions } = await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn: group }));
    return TargetHealthDescriptions!.map(({ TargetHealth }) => TargetHealth!.Reason ?? TargetHealth!.State!);
  }

  async function stateOf(Id: string): Promise<string> {
    const { TargetHealthDescriptions } = await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn: group, Targets: [{ Id }] }));
    const { State, Reason } = TargetHealthDescriptions![0]!.TargetHealth!;
    return Reason ?? State!;
  }

  /** The processes of the balancer's nodes, one in each zone. */
  async function nodeProcesses(): Promise<readonly number[]> {
    const { stdout } = await run("pgrep", ["-f", "/linux/balancer/main.js$"]);
    const pids = stdout.split("\n").filter(Boolean).map(Number);
    return pids.filter((pid) => environOf(pid).includes(`HAKONIWA_DATA_DIR=${garden.dataDir}\0`));
  }

  it("spreads requests over both servers, over HTTP and HTTPS, and answers by its rules", async () => {
    const seen = new Set<string>();
    for (let i = 0; i < 8; i += 1) seen.add((await ask(site)).body);
    expect(seen.size).toBe(2);
    expect((await ask({ ...site, port: Number(garden.env["HAKONIWA_HTTPS_PORT"]), secure: true })).status).toBe(200);
    expect(await ask(site, "/fixed")).toMatchObject({ status: 200, body: "fixed" });
  });

  it("checks health by packets: a server whose group no longer admits the balancer times out, and comes back", async () => {
    const permission = { IpProtocol: "tcp", FromPort: 80, ToPort: 80, UserIdGroupPairs: [{ GroupId: world.front }] };
    await garden.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: world.web, IpPermissions: [permission] }));
    await until("both targets time out", 30, async () => (await health()).every((reason) => reason === "Target.Timeout"));
    await garden.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: world.web, IpPermissions: [permission] }));
    await until("both are healthy again", 30, async () => (await health()).every((state) => state === "healthy"));
  });

  it("S2-53 a target counts as healthy only when the nodes of both zones have found it so: who hears it may take the others away", async () => {
    const [Id] = instances;
    await elbv2.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: group, Attributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "0" }] }));
    await elbv2.send(new DeregisterTargetsCommand({ TargetGroupArn: group, Targets: [{ Id }] }));
    await until("it has left", 10, async () => (await health()).length === 1);
    const [node] = await nodeProcesses();
    process.kill(node!, "SIGSTOP");
    const seen = new Set<string>();
    try {
      await elbv2.send(new RegisterTargetsCommand({ TargetGroupArn: group, Targets: [{ Id }] }));
      // The other node finds it so at its first check, which comes at once.
      const end = performance.now() + 1500;
      while (performance.now() < end) seen.add(await stateOf(Id!));
    } finally {
      process.kill(node!, "SIGCONT");
    }
    expect(seen).toContain("Elb.InitialHealthChecking");
    expect(seen).not.toContain("healthy");
    expect(await until("it is healthy", 20, async () => (await stateOf(Id!)) === "healthy")).toBe(true);
  });

  it("S2-53 loses no request of 32 connections while targets leave and come back", async () => {
    await elbv2.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: group, Attributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "5" }] }));
    const load = startLoad(site, 32);
    for (const Id of [...instances, ...instances]) {
      await elbv2.send(new DeregisterTargetsCommand({ TargetGroupArn: group, Targets: [{ Id }] }));
      await until("it has drained", 10, async () => (await health()).length === 1, 10);
      await elbv2.send(new RegisterTargetsCommand({ TargetGroupArn: group, Targets: [{ Id }] }));
      await until("it is healthy again", 20, async () => (await health()).every((state) => state === "healthy"), 10);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(countServed(load)).toBeGreaterThan(500);
  });
});
