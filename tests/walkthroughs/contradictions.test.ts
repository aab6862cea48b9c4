/** Where the articles contradict each other, asked twice: of the model by `trace`, and of the kernel by packets. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateNetworkAclCommand,
  DescribeInstancesCommand,
  DescribeNetworkAclsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSubnetsCommand,
  ReplaceNetworkAclAssociationCommand,
  RevokeSecurityGroupIngressCommand,
} from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { articlePlatform, keepKeyOfStack, type Platform, type Traced } from "./article-platform.js";
import { createGarden, until, type Garden } from "./garden.js";

const BASTION = "bastion-hakoniwa-stg";
const NAT = "nat-hakoniwa-stg";
const WEB = "web-hakoniwa-stg";
/** Not the machine that `hakoniwa internet` is, but another one there. */
const STRANGER = "8.8.8.8";

describe("the contradictions", { timeout: 60_000 }, () => {
  let garden: Garden;
  let folder: string;
  let at: Platform;

  beforeAll(async () => {
    garden = await createGarden();
    folder = mkdtempSync(join(tmpdir(), "contradictions-"));
    at = articlePlatform(garden, folder);
    await up({ article: "true" });
    await keepKeyOfStack(at);
  }, 120_000);
  afterAll(async () => {
    await garden.end();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  async function up(properties: Readonly<Record<string, string>>): Promise<void> {
    const set = Object.entries({ environment: "stg", ...properties }).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
    const { code, stderr } = await garden.hakoniwa("up", "minimal", ...set);
    expect(code, stderr).toBe(0);
  }

  /** One question of both. What `up` returned from may still be on its way to the kernel, for a moment. */
  async function ask(route: readonly [source: string, destination: string, ...options: string[]], arrives: () => Promise<boolean>): Promise<Traced> {
    const traced = await at.trace(...route);
    await until(`packets agree with the trace: ${route.join(" ")} is ${traced.reachable ? "" : "not "}reachable`, 10, async () => (await arrives()) === traced.reachable);
    return traced;
  }

  /** Whether a command in an instance ends well. */
  const inside = (role: string, ...command: readonly string[]) => async (): Promise<boolean> => (await garden.hakoniwa("exec", (await at.instance(role)).InstanceId!, ...command)).code === 0;
  const ping = (role: string) => inside(role, "ping", "-c", "1", "-W", "1", "8.8.8.8");
  const fetched = (role: string, url: string) => inside(role, "curl", "-sk", "-o", "/dev/null", "--max-time", "1", url);
  const login = (from: readonly string[]) => async (): Promise<boolean> => (await at.internet(`$SSH ${from.join(" ")} -o ConnectTimeout=1 $BASTION true`)).code === 0;
  /** Something on the internet that answers on 80 and 443. */
  const API = "ssm.ap-northeast-1.amazonaws.com";

  const page = async (): Promise<string> => `http://${(await at.instance("web")).PrivateIpAddress}/`;

  const Filters = [{ Name: "availability-zone", Values: ["ap-northeast-1a"] }];

  /** A zone dies as AWS's Fault Injection Service lets it: its subnets' traffic is denied by a network ACL. Returns what ends it. */
  async function failZone(): Promise<() => Promise<void>> {
    const VpcId = (await at.vpc()).VpcId!;
    const { Subnets = [] } = await garden.ec2.send(new DescribeSubnetsCommand({ Filters: [...Filters, { Name: "vpc-id", Values: [VpcId] }] }));
    const { NetworkAcl } = await garden.ec2.send(new CreateNetworkAclCommand({ VpcId }));
    const { NetworkAcls = [] } = await garden.ec2.send(new DescribeNetworkAclsCommand({ Filters: [{ Name: "association.subnet-id", Values: Subnets.map(({ SubnetId }) => SubnetId!) }] }));
    const theirs = NetworkAcls.flatMap((acl) => (acl.Associations ?? []).map((association) => ({ acl: acl.NetworkAclId!, ...association })));
    const undo: { readonly AssociationId: string; readonly NetworkAclId: string }[] = [];
    for (const { acl, NetworkAclAssociationId, SubnetId } of theirs) {
      if (!Subnets.some((subnet) => subnet.SubnetId === SubnetId)) continue;
      const { NewAssociationId } = await garden.ec2.send(new ReplaceNetworkAclAssociationCommand({ AssociationId: NetworkAclAssociationId!, NetworkAclId: NetworkAcl!.NetworkAclId! }));
      undo.push({ AssociationId: NewAssociationId!, NetworkAclId: acl });
    }
    expect(undo).toHaveLength(2);
    return async () => {
      for (const back of undo) await garden.ec2.send(new ReplaceNetworkAclAssociationCommand(back));
    };
  }

  /** The load balancer's nodes and the web servers, by their zone. */
  async function byZone(zone: string) {
    const here = [{ Name: "availability-zone", Values: [zone] }];
    const { NetworkInterfaces } = await garden.ec2.send(new DescribeNetworkInterfacesCommand({ Filters: [...here, { Name: "description", Values: ["ELB elb-hakoniwa-stg"] }] }));
    const living = { Name: "instance-state-name", Values: ["running"] };
    const { Reservations = [] } = await garden.ec2.send(new DescribeInstancesCommand({ Filters: [...here, living, { Name: "tag:Name", Values: [WEB] }] }));
    return { node: NetworkInterfaces![0]!, web: Reservations[0]!.Instances![0]!.InstanceId! };
  }
  const atNode = async (address: string): Promise<boolean> => (await garden.hakoniwa("internet", "curl", "-sf", "-o", "/dev/null", "--max-time", "2", `http://${address}/`)).code === 0;

  describe("as the fourth article has it", () => {
    it("X1: S4-15's NAT instance is there for everything and admits SSH and HTTP: HTTP gets out, ping and HTTPS don't", async () => {
      expect(await ask([WEB, "internet", "--port", "80"], fetched("web", `http://${API}/`))).toMatchObject({ reachable: true });
      for (const [options, packet] of [[["--protocol", "icmp"], ping("web")], [["--port", "443"], fetched("web", `https://${API}/`)]] as const) {
        const { reachable, explanation } = await ask([WEB, "internet", ...options], packet);
        expect(reachable).toBe(false);
        expect(explanation!.text).toMatch(/^no inbound rule of securitygroup-hakoniwa-stg-nat \(sg-\w+\) admits .* from 10\.0\.1\.\d+: only tcp 22 from 10\.0\.0\.0\/16, tcp 80 from 10\.0\.0\.0\/16$/);
      }
    });

    it("X2: S4-22's bastion admits every stranger's SSH, until it is revoked as S0-56 does: then nobody's, which ends the article's way in", async () => {
      expect(await ask([STRANGER, BASTION, "--port", "22"], login(["-b", STRANGER]))).toMatchObject({ reachable: true });
      const { GroupId } = await at.group("bastion");
      const rule = { GroupId, IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }] };
      await garden.ec2.send(new RevokeSecurityGroupIngressCommand(rule));
      const { reachable, explanation } = await ask(["internet", BASTION, "--port", "22"], login([]));
      expect(reachable).toBe(false);
      expect(explanation!.text).toMatch(/^no inbound rule of securitygroup-hakoniwa-stg-bastion \(sg-\w+\) admits tcp 22 from 203\.0\.113\.1: there is none$/);
      await garden.ec2.send(new AuthorizeSecurityGroupIngressCommand(rule));
    });

    it("X3: S4-21's web servers admit the whole VPC, against S4-04, S0-49 and S2-52: bastion and NAT instance reach port 80 past the load balancer", async () => {
      for (const [name, role] of [[BASTION, "bastion"], [NAT, "nat"]] as const) {
        expect(await ask([name, WEB, "--port", "80"], fetched(role, await page()))).toMatchObject({ reachable: true });
      }
    });

    it("X4: all of it is in one zone, against S0-03 and S3-37: the site dies with the zone", async () => {
      const { node, web } = await byZone("ap-northeast-1a");
      const recover = await failZone();
      expect(await ask(["internet", "elb-hakoniwa-stg"], () => atNode(node.Association!.PublicIp!))).toMatchObject({ reachable: false, explanation: { code: "SUBNET_ACL_RESTRICTION" } });
      expect(await at.trace("elb-hakoniwa-stg", web)).toMatchObject({ reachable: false });
      await recover();
      await until("the site is back", 30, () => atNode(node.Association!.PublicIp!));
    });
  });

  it("whoever asks for what isn't there is told so, by its name and with exit code 2", async () => {
    const asked = await garden.hakoniwa("trace", "nobody", "internet");
    expect(asked).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining('called "nobody"') });
    const unknown = await garden.hakoniwa("exec", "nobody", "true");
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('no running instance is named "nobody"') });
    expect(await garden.hakoniwa("trace", WEB, "internet", "--port", "http")).toMatchObject({ code: 2, stderr: expect.stringContaining('--port is "http"') });
    expect(await garden.hakoniwa("trace", WEB, "internet", "--data-dir", join(folder, "none"))).toMatchObject({ code: 2, stderr: expect.stringContaining("no cloud is running here") });
  });

  describe("as the stage chooses by itself", () => {
    beforeAll(() => up({ bastion: "true", nat: "instance" }), 120_000);

    it("X1: the NAT instance admits all of the private subnet's traffic", async () => {
      for (const [options, packet] of [[["--port", "80"], fetched("web", `http://${API}/`)], [["--protocol", "icmp"], ping("web")], [["--port", "443"], fetched("web", `https://${API}/`)]] as const) {
        expect(await ask([WEB, "internet", ...options], packet)).toMatchObject({ reachable: true });
      }
    });

    it("X2: the bastion admits one network: its machines get there, strangers don't", async () => {
      expect(await ask(["internet", BASTION, "--port", "22"], login([]))).toMatchObject({ reachable: true });
      expect(await ask([STRANGER, BASTION, "--port", "22"], login(["-b", STRANGER]))).toMatchObject({ reachable: false });
    });

    it("X3: S4-04, S0-49: the web servers admit the load balancer alone", async () => {
      for (const [name, role] of [[BASTION, "bastion"], [NAT, "nat"]] as const) {
        const { reachable, explanation } = await ask([name, WEB, "--port", "80"], fetched(role, await page()));
        expect(reachable).toBe(false);
        expect(explanation!.text).toMatch(/^no inbound rule of securitygroup-hakoniwa-stg-web \(sg-\w+\) admits tcp 80 from 10\.0\.0\.\d+: only .*tcp 80 from securitygroup-hakoniwa-stg-elb/);
      }
      expect(await ask(["elb-hakoniwa-stg", WEB, "--port", "80"], async () => (await garden.curl()) === "hello!\n")).toMatchObject({ reachable: true });
    });
  });

  describe("with a NAT gateway in each of two zones", () => {
    beforeAll(() => up({ zones: "2" }), 120_000);

    it("X1: S4-35: ping and HTTPS get out by the gateways, which have no group", async () => {
      const { web } = await byZone("ap-northeast-1c");
      for (const [options, ...command] of [[["--protocol", "icmp"], "ping", "-c", "1", "-W", "1", "8.8.8.8"], [["--port", "443"], "curl", "-sk", "-o", "/dev/null", `https://${API}/`]] as const) {
        expect(await ask([web, "internet", ...options], async () => (await garden.hakoniwa("exec", web, ...command)).code === 0)).toMatchObject({ reachable: true });
      }
    });

    it("X4: of two zones the other goes on answering", async () => {
      const dead = await byZone("ap-northeast-1a");
      const living = await byZone("ap-northeast-1c");
      await failZone();
      expect(await ask(["internet", dead.node.NetworkInterfaceId!], () => atNode(dead.node.Association!.PublicIp!))).toMatchObject({ reachable: false });
      // Within two failed checks the living node sends nothing to the dead zone's server any more.
      await until("the living half answers every time", 20, async () => {
        for (let round = 0; round < 4; round += 1) if (!(await atNode(living.node.Association!.PublicIp!))) return false;
        return true;
      });
      expect(await ask(["internet", living.node.NetworkInterfaceId!], () => atNode(living.node.Association!.PublicIp!))).toMatchObject({ reachable: true });
      expect(await at.trace(living.node.NetworkInterfaceId!, living.web)).toMatchObject({ reachable: true });
    });
  });
});
