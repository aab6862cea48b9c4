/** The fourth article's own checks, and what it implies: one list for every way of building its platform. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescribeScalingActivitiesCommand } from "@aws-sdk/client-auto-scaling";
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateImageCommand,
  CreateSecurityGroupCommand,
  DescribeImagesCommand,
  DescribeKeyPairsCommand,
  DescribeVolumesCommand,
  ModifyInstanceAttributeCommand,
  RevokeSecurityGroupIngressCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  waitUntilImageAvailable,
  waitUntilInstanceStopped,
} from "@aws-sdk/client-ec2";
import { CreateLoadBalancerListenersCommand, DeleteLoadBalancerListenersCommand } from "@aws-sdk/client-elastic-load-balancing";
import { UploadServerCertificateCommand } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { articlePlatform, BALANCER, GROUP, KEY, type Platform } from "./article-platform.js";
import { createGarden, until, type Garden } from "./garden.js";

/** How the platform is built. Each step leaves it standing as the article has it after the chapter. */
export interface Way {
  /** Chapters 0 to 4: network, NAT instance, the server `builder-hakoniwa-stg` in the private subnet, and the bastion. Keeps the key. */
  foundation(platform: Platform): Promise<void>;
  /** Chapters 5 and 6: the load balancer, and the group of one whose servers come from this image. */
  site(platform: Platform, image: string): Promise<void>;
  /** Chapter 8: a NAT gateway in the NAT instance's place. */
  natGateway(platform: Platform): Promise<void>;
  /** Chapter 9: HTTPS with this certificate. */
  https(platform: Platform, certificate: string): Promise<void>;
}

const https = { IpProtocol: "tcp", FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: "0.0.0.0/0" }] };

export function tellTheArticle(by: string, way: Way): void {
  describe(`the fourth article by ${by}`, { timeout: 60_000 }, () => {
    let garden: Garden;
    let folder: string;
    let at: Platform;
    let image: string;
    let pem: { readonly privateKey: string; readonly certificate: string };

    beforeAll(async () => {
      garden = await createGarden();
      folder = mkdtempSync(join(tmpdir(), "article-"));
      at = articlePlatform(garden, folder);
      const started = await garden.hakoniwa("start");
      expect(started.code, started.stderr).toBe(0);
      await way.foundation(at);
    }, 120_000);
    afterAll(async () => {
      await garden.end();
      rmSync(folder, { recursive: true, force: true });
    }, 60_000);

    const waiting = () => ({ client: garden.ec2, maxWaitTime: 30, minDelay: 1, maxDelay: 1 });
    /** A shell in the web server that becomes an image, through the bastion as the article does. */
    const inBuilder = async (script: string) => {
      const { PrivateIpAddress } = await at.instance("builder");
      return at.internet(`$SSH -o "ProxyCommand=$SSH -W %h:%p $BASTION" ec2-user@${PrivateIpAddress} '${script}'`);
    };
    const answers = (url: string) => garden.hakoniwa("internet", "curl", "-skf", "--max-time", "2", url).then(({ code, stdout }) => (code === 0 ? stdout : undefined));
    const named = async () => (await at.balancer()).DNSName!;

    it("S4-07, S4-08: a VPC 10.0.0.0/16 in Tokyo, named, without IPv6 and of default tenancy", async () => {
      const vpc = await at.vpc();
      expect(vpc).toMatchObject({ CidrBlock: "10.0.0.0/16", InstanceTenancy: "default", State: "available" });
      expect(vpc.Ipv6CidrBlockAssociationSet ?? []).toEqual([]);
    });

    it("S4-02, S4-09, S4-12: a public and a private subnet in ap-northeast-1a", async () => {
      const { VpcId } = await at.vpc();
      expect(await at.subnet("public")).toMatchObject({ VpcId, CidrBlock: "10.0.0.0/24", AvailabilityZone: "ap-northeast-1a" });
      expect(await at.subnet("private")).toMatchObject({ VpcId, CidrBlock: "10.0.1.0/24", AvailabilityZone: "ap-northeast-1a" });
    });

    it("S4-10, S4-11: only the public subnet's route table leads to the internet gateway", async () => {
      const { InternetGatewayId, Attachments } = await at.internetGateway();
      expect(Attachments).toMatchObject([{ VpcId: (await at.vpc()).VpcId }]);
      for (const role of ["public", "private"] as const) {
        const { Routes, Associations } = await at.routeTable(role);
        expect(Associations!.map(({ SubnetId }) => SubnetId)).toEqual([(await at.subnet(role)).SubnetId]);
        expect(Routes!.some(({ GatewayId }) => GatewayId === InternetGatewayId)).toBe(role === "public");
      }
    });

    it("S4-06, S4-13, S4-14, S4-19: a NAT instance of Amazon's, micro, in the public subnet, with an Elastic IP", async () => {
      const nat = await at.instance("nat");
      expect(nat).toMatchObject({ InstanceType: expect.stringMatching(/\.micro$/), SubnetId: (await at.subnet("public")).SubnetId, PublicIpAddress: expect.stringMatching(/^\d/) });
      const { Images } = await garden.ec2.send(new DescribeImagesCommand({ ImageIds: [nat.ImageId!] }));
      expect(Images).toMatchObject([{ ImageOwnerAlias: "amazon" }]);
      const { Volumes } = await garden.ec2.send(new DescribeVolumesCommand({ Filters: [{ Name: "attachment.instance-id", Values: [nat.InstanceId!] }] }));
      expect(["standard", "gp2", "gp3"]).toContain(Volumes![0]!.VolumeType);
    });

    it.each(["nat", "web"] as const)("S4-03, S4-15, S4-21: the group of %s admits SSH and HTTP from 10.0.0.0/16, and nothing else", async (role) => {
      const { IpPermissions } = await at.group(role);
      const rules = IpPermissions!.flatMap(({ FromPort, ToPort, IpProtocol, IpRanges }) => IpRanges!.map(({ CidrIp }) => `${IpProtocol} ${FromPort}-${ToPort} ${CidrIp}`));
      expect(rules.sort()).toEqual(["tcp 22-22 10.0.0.0/16", "tcp 80-80 10.0.0.0/16"]);
    });

    it("S4-16: a Japanese description is refused", async () => {
      const made = garden.ec2.send(new CreateSecurityGroupCommand({ GroupName: "x", Description: "踏み台サーバ", VpcId: (await at.vpc()).VpcId! }));
      await expect(made).rejects.toMatchObject({ name: "InvalidParameterValue" });
    });

    it("S4-17: the key pair's private key is not told again", async () => {
      const { KeyPairs } = await garden.ec2.send(new DescribeKeyPairsCommand({ KeyNames: [KEY] }));
      expect(KeyPairs).toMatchObject([{ KeyName: KEY }]);
      expect(JSON.stringify(KeyPairs)).not.toContain("PRIVATE KEY");
    });

    it("S4-22, S4-23: ec2-user logs in to the bastion's Elastic IP with the key", async () => {
      const { PrivateDnsName, SubnetId } = await at.instance("bastion");
      expect(SubnetId).toBe((await at.subnet("public")).SubnetId);
      const { stdout } = await until("the bastion lets us in", 20, async () => {
        const ran = await at.internet("$SSH $BASTION 'whoami; hostname'");
        return ran.code === 0 && ran;
      });
      expect(stdout).toBe(`ec2-user\n${PrivateDnsName}\n`);
    });

    it("S4-01, S4-12: nobody on the internet gets to the private server, not even with the key", async () => {
      const { PrivateIpAddress, PublicIpAddress } = await at.instance("builder");
      expect(PublicIpAddress).toBeUndefined();
      expect((await at.internet(`$SSH -o ConnectTimeout=1 ec2-user@${PrivateIpAddress} true`)).code).toBe(255);
      expect(await at.trace("internet", "builder-hakoniwa-stg", "--port", "22")).toMatchObject({ reachable: false });
    });

    it("S4-24, S4-25: through localhost:50022, forwarded by the bastion, httpd is installed and hello! written", async () => {
      const { PrivateIpAddress, PrivateDnsName } = await at.instance("builder");
      const script = `hostname; sudo yum install -y httpd >&2 && sudo chkconfig httpd on && sudo service httpd start && cd /var/www/html && sudo sh -c "echo hello! > index.html" && curl -s localhost/index.html`;
      const { stdout, stderr } = await at.internet(`
        $SSH -f -N -o ExitOnForwardFailure=yes -L 50022:${PrivateIpAddress}:22 $BASTION
        $SSH -p 50022 ec2-user@127.0.0.1 '${script}'
        pkill -f 50022:${PrivateIpAddress}`);
      expect(stdout, stderr).toBe(`${PrivateDnsName}\nhello!\n`);
    });

    it("S4-18, S4-20: the private server gets out through the NAT instance, and not while its source/destination check is on", async () => {
      const { InstanceId, SourceDestCheck } = await at.instance("nat");
      expect(SourceDestCheck).toBe(false);
      expect(await at.wayOut()).toMatchObject({ InstanceId, State: "active" });
      // Something on the internet that answers on port 80.
      const out = async () => (await inBuilder("curl -s -o /dev/null --max-time 1 http://ssm.ap-northeast-1.amazonaws.com/ && echo out")).stdout === "out\n";
      const check = (Value: boolean) => garden.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, SourceDestCheck: { Value } }));
      await until("it gets out", 10, out);
      await check(true);
      expect(await at.trace("builder-hakoniwa-stg", "internet")).toMatchObject({ reachable: false, explanation: { code: "ENI_SOURCE_DEST_CHECK_RESTRICTION" } });
      await until("it gets out no more", 10, async () => !(await out()));
      await check(false);
      await until("it gets out again", 10, out);
    });

    it("S4-37: openssl on the web server makes a key, a request and a self-signed certificate", async () => {
      const script = [
        "openssl genrsa 2048 > private-key.pem 2> /dev/null",
        "openssl req -new -key private-key.pem -subj /CN=hakoniwa > private-key.csr",
        "openssl x509 -req -days 3650 -signkey private-key.pem < private-key.csr > private-key.crt 2> /dev/null",
        "cat private-key.pem private-key.crt && rm private-key.*",
      ].join(" && ");
      const { stdout, stderr } = await inBuilder(script);
      const cut = stdout.indexOf("-----BEGIN CERTIFICATE-----");
      expect(cut, stderr).toBeGreaterThan(0);
      pem = { privateKey: stdout.slice(0, cut), certificate: stdout.slice(cut) };
    });

    it("S4-26: an image is made of the stopped web server", async () => {
      const { InstanceId } = await at.instance("builder");
      await garden.ec2.send(new StopInstancesCommand({ InstanceIds: [InstanceId!] }));
      await waitUntilInstanceStopped(waiting(), { InstanceIds: [InstanceId!] });
      image = (await garden.ec2.send(new CreateImageCommand({ InstanceId: InstanceId!, Name: "ami-hakoniwa-stg-web" }))).ImageId!;
      await waitUntilImageAvailable(waiting(), { ImageIds: [image] });
    });

    it("S4-27, S4-28: a Classic Load Balancer for HTTP in the public subnet, which asks for /index.html and was given no instance by hand", async () => {
      await way.site(at, image);
      expect(await at.balancer()).toMatchObject({
        Scheme: "internet-facing",
        Subnets: [(await at.subnet("public")).SubnetId],
        SecurityGroups: [(await at.group("elb")).GroupId],
        ListenerDescriptions: [{ Listener: { Protocol: "HTTP", LoadBalancerPort: 80, InstanceProtocol: "HTTP", InstancePort: 80 } }],
        HealthCheck: { Target: "HTTP:80/index.html", HealthyThreshold: 2 },
      });
    });

    it("S4-30, S4-31: 1 of 1 instances in service, in a group of one that judges by the load balancer's health", async () => {
      const [one] = await until("one is in service", 40, async () => {
        const ids = await at.inService();
        return ids.length === 1 && ids;
      });
      expect(await at.autoScalingGroup()).toMatchObject({
        MinSize: 1, MaxSize: 1, DesiredCapacity: 1, HealthCheckType: "ELB", LoadBalancerNames: [BALANCER], VPCZoneIdentifier: (await at.subnet("private")).SubnetId,
        Instances: [{ InstanceId: one, LifecycleState: "InService", HealthStatus: "Healthy" }],
      });
    });

    it("S4-32: hello! at the load balancer's DNS name, on the internet and on the host", async () => {
      expect(await answers(`http://${await named()}/`)).toBe("hello!\n");
      expect(await garden.curl()).toBe("hello!\n");
    });

    it("S4-26, S4-29, S4-33: of a terminated instance another takes the place: from the own image, without a public address, with the web group and the key", async () => {
      const [old] = await at.inService();
      await garden.ec2.send(new TerminateInstancesCommand({ InstanceIds: [old!] }));
      await until("the load balancer dropped it", 20, async () => !(await at.inService()).includes(old!));
      const fresh = await until("another one is in service", 60, async () => (await at.inService()).find((id) => id !== old));
      const web = await at.instance("web");
      expect(web).toMatchObject({ InstanceId: fresh, ImageId: image, KeyName: KEY, SecurityGroups: [{ GroupId: (await at.group("web")).GroupId }], SubnetId: (await at.subnet("private")).SubnetId });
      expect(web.PublicIpAddress).toBeUndefined();
      expect(await until("the site answers", 10, () => garden.curl())).toBe("hello!\n");
      const { Activities } = await garden.autoscaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: GROUP }));
      expect(Activities!.map(({ Description }) => Description)).toEqual(
        expect.arrayContaining([expect.stringContaining(`Launching a new EC2 instance: ${fresh}`), expect.stringContaining(`Terminating EC2 instance: ${old}`)]),
      );
    });

    it("S4-34, S4-35, S4-36: ping 8.8.8.8 from the group's instance, by way of the bastion, answers after the change to a NAT gateway, and not before", async () => {
      const { PrivateIpAddress } = await at.instance("web");
      const ping = () => at.internet(`$SSH -o "ProxyCommand=$SSH -W %h:%p $BASTION" ec2-user@${PrivateIpAddress} ping -c 1 -W 1 8.8.8.8`);
      expect(await until("SSH lets us in", 20, async () => ((ran) => ran.code < 255 && ran)(await ping()))).toMatchObject({ code: 1, stdout: expect.stringContaining(" 0 received") });
      await way.natGateway(at);
      expect(await at.wayOut()).toMatchObject({ NatGatewayId: expect.stringMatching(/^nat-/), State: "active" });
      expect(await until("ping answers", 10, async () => ((ran) => ran.code === 0 && ran)(await ping()))).toMatchObject({ stdout: expect.stringContaining(" 1 received") });
    });

    it("S4-38, S4-39, S4-42: the certificate uploaded to IAM, https:// answers hello!, and http:// still", async () => {
      const { ServerCertificateMetadata } = await at.iam.send(
        new UploadServerCertificateCommand({ ServerCertificateName: "hakoniwa-stg", PrivateKey: pem.privateKey, CertificateBody: pem.certificate }),
      );
      await way.https(at, ServerCertificateMetadata!.Arn!);
      const dns = await named();
      expect(await until("https answers", 10, () => answers(`https://${dns}/`))).toBe("hello!\n");
      expect(await answers(`http://${dns}/`)).toBe("hello!\n");
    });

    it("S4-41: not while the load balancer's group doesn't admit 443", async () => {
      const dns = await named();
      const rule = { GroupId: (await at.group("elb")).GroupId!, IpPermissions: [https] };
      await garden.ec2.send(new RevokeSecurityGroupIngressCommand(rule));
      await until("https is shut", 10, async () => (await answers(`https://${dns}/`)) === undefined);
      expect(await at.trace("internet", BALANCER, "--port", "443")).toMatchObject({ reachable: false, explanation: { code: "ENI_SG_RULES_MISMATCH" } });
      await garden.ec2.send(new AuthorizeSecurityGroupIngressCommand(rule));
      await until("https answers again", 10, () => answers(`https://${dns}/`));
    });

    it("S4-40: the fallback works too: 80 taken away, and added again", async () => {
      const dns = await named();
      await garden.elb.send(new DeleteLoadBalancerListenersCommand({ LoadBalancerName: BALANCER, LoadBalancerPorts: [80] }));
      await until("http is closed", 10, async () => (await answers(`http://${dns}/`)) === undefined);
      expect(await answers(`https://${dns}/`)).toBe("hello!\n");
      await garden.elb.send(
        new CreateLoadBalancerListenersCommand({ LoadBalancerName: BALANCER, Listeners: [{ Protocol: "HTTP", LoadBalancerPort: 80, InstanceProtocol: "HTTP", InstancePort: 80 }] }),
      );
      expect(await until("http answers", 10, () => answers(`http://${dns}/`))).toBe("hello!\n");
    });
  });
}
