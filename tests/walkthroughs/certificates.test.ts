/**
 * HTTPS with certificates of ACM: issued by the box's own authority, believed by its instances, renewed and imported anew under load. And the
 * letters that ask for approvals and confirmations, read and followed.
 */
import { writeFileSync } from "node:fs";
import https from "node:https";
import { join } from "node:path";
import { checkServerIdentity, type TLSSocket } from "node:tls";
import { ACMClient, DescribeCertificateCommand, ExportCertificateCommand, GetCertificateCommand, ImportCertificateCommand, RenewCertificateCommand, RequestCertificateCommand } from "@aws-sdk/client-acm";
import { CreateStackCommand, DescribeStackEventsCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { AddListenerCertificatesCommand, DescribeListenersCommand, DescribeTargetHealthCommand, ElasticLoadBalancingV2Client, ModifyListenerCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { CreateTopicCommand, ListSubscriptionsByTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCertificate } from "../api/make-certificate.js";
import { createGarden, run, until, type Garden } from "./garden.js";

const SITE = "www.shop.example";

const template = JSON.stringify({
  Resources: {
    Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } },
    Gateway: { Type: "AWS::EC2::InternetGateway" },
    Attached: { Type: "AWS::EC2::VPCGatewayAttachment", Properties: { VpcId: { Ref: "Vpc" }, InternetGatewayId: { Ref: "Gateway" } } },
    Routes: { Type: "AWS::EC2::RouteTable", Properties: { VpcId: { Ref: "Vpc" } } },
    Out: { Type: "AWS::EC2::Route", DependsOn: "Attached", Properties: { RouteTableId: { Ref: "Routes" }, DestinationCidrBlock: "0.0.0.0/0", GatewayId: { Ref: "Gateway" } } },
    ...Object.fromEntries(
      ["a", "c"].flatMap((zone, index) => [
        [`Subnet${zone}`, { Type: "AWS::EC2::Subnet", Properties: { VpcId: { Ref: "Vpc" }, CidrBlock: `10.0.${index}.0/24`, AvailabilityZone: `ap-northeast-1${zone}`, MapPublicIpOnLaunch: true } }],
        [`Routed${zone}`, { Type: "AWS::EC2::SubnetRouteTableAssociation", Properties: { SubnetId: { Ref: `Subnet${zone}` }, RouteTableId: { Ref: "Routes" } } }],
      ]),
    ),
    Open: { Type: "AWS::EC2::SecurityGroup", Properties: { GroupDescription: "web", VpcId: { Ref: "Vpc" }, SecurityGroupIngress: [80, 443].map((port) => ({ IpProtocol: "tcp", FromPort: port, ToPort: port, CidrIp: "0.0.0.0/0" })) } },
    Server: {
      Type: "AWS::EC2::Instance",
      DependsOn: "Out",
      Properties: {
        ImageId: "{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}",
        InstanceType: "t3.micro",
        SubnetId: { Ref: "Subneta" },
        SecurityGroupIds: [{ Ref: "Open" }],
        UserData: { "Fn::Base64": "#!/bin/bash\nyum install -y httpd\necho shop > /var/www/html/index.html\nservice httpd start\n" },
      },
    },
    Group: {
      Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
      Properties: { VpcId: { Ref: "Vpc" }, Protocol: "HTTP", Port: 80, HealthCheckPath: "/index.html", HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2, HealthyThresholdCount: 2, Targets: [{ Id: { Ref: "Server" } }] },
    },
    Balancer: { Type: "AWS::ElasticLoadBalancingV2::LoadBalancer", DependsOn: "Out", Properties: { Subnets: [{ Ref: "Subneta" }, { Ref: "Subnetc" }], SecurityGroups: [{ Ref: "Open" }] } },
    Certificate: { Type: "AWS::CertificateManager::Certificate", Properties: { DomainName: SITE, SubjectAlternativeNames: ["*.shop.example"], ValidationMethod: "DNS", CertificateExport: "ENABLED" } },
    Secure: {
      Type: "AWS::ElasticLoadBalancingV2::Listener",
      Properties: { LoadBalancerArn: { Ref: "Balancer" }, Protocol: "HTTPS", Port: 443, Certificates: [{ CertificateArn: { Ref: "Certificate" } }], DefaultActions: [{ Type: "forward", TargetGroupArn: { Ref: "Group" } }] },
    },
  },
  Outputs: { ...Object.fromEntries(["Certificate", "Balancer", "Server", "Group"].map((name) => [name, { Value: { Ref: name } }])), Name: { Value: { "Fn::GetAtt": ["Balancer", "DNSName"] } } },
});

describe("HTTPS with certificates of ACM", { timeout: 60_000 }, () => {
  let garden: Garden;
  let acm: ACMClient;
  let sns: SNSClient;
  let elbv2: ElasticLoadBalancingV2Client;
  let made: Readonly<Record<string, string>>;

  beforeAll(async () => {
    garden = await createGarden();
    const { code, stderr } = await garden.hakoniwa("start");
    expect(code, stderr).toBe(0);
    const aws = { endpoint: `http://127.0.0.1:${garden.port}`, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };
    [acm, sns, elbv2] = [new ACMClient(aws), new SNSClient(aws), new ElasticLoadBalancingV2Client(aws)];
    await garden.cloudformation.send(new CreateStackCommand({ StackName: "shop", TemplateBody: template }));
    const stack = await until("the stack has come to rest", 60, async () => {
      const { Stacks } = await garden.cloudformation.send(new DescribeStacksCommand({ StackName: "shop" }));
      return !Stacks![0]!.StackStatus!.endsWith("_IN_PROGRESS") && Stacks![0]!;
    });
    const { StackEvents } = await garden.cloudformation.send(new DescribeStackEventsCommand({ StackName: "shop" }));
    expect(stack.StackStatus, StackEvents!.map((event) => event.ResourceStatusReason).join("\n")).toBe("CREATE_COMPLETE");
    made = Object.fromEntries(stack.Outputs!.map(({ OutputKey, OutputValue }) => [OutputKey!, OutputValue!]));
    await until("the server is healthy", 30, async () => {
      const { TargetHealthDescriptions } = await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn: made["Group"]! }));
      return TargetHealthDescriptions![0]!.TargetHealth!.State === "healthy";
    });
  }, 120_000);

  afterAll(() => garden.end(), 60_000);

  /** What whoever is to believe the site must trust: it comes with the certificate. */
  const chainOf = async (CertificateArn: string) => (await acm.send(new GetCertificateCommand({ CertificateArn }))).CertificateChain!;
  const serialOf = async (CertificateArn: string) => (await acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate!.Serial!.replaceAll(":", "").toUpperCase();

  /** Asks the site once, over the connections of `agent`; whoever shows another name's certificate, or one that `ca` did not sign, is not believed. */
  function ask(ca: string, agent: https.Agent | false = false): Promise<{ readonly status: number; readonly serial: string }> {
    return new Promise((resolve, reject) => {
      const asked = https.get({
        host: "127.0.0.1",
        port: Number(garden.env["HAKONIWA_HTTPS_PORT"]),
        servername: `${made["Name"]!}.localhost`,
        headers: { host: SITE },
        ca,
        checkServerIdentity: (_host, certificate) => checkServerIdentity(SITE, certificate),
        agent,
      });
      asked.on("response", (response) => {
        const { serialNumber: serial } = (response.socket as TLSSocket).getPeerCertificate();
        response.resume();
        response.on("end", () => resolve({ status: response.statusCode!, serial }));
      });
      asked.on("error", reject);
    });
  }

  /** Asks without a pause, over lasting connections and over new ones, until `work` is done; tells what went wrong and how often somebody asked. */
  async function underLoad(cas: string, work: (goOn: () => Promise<unknown>) => Promise<void>): Promise<{ readonly asked: number; readonly failures: readonly string[]; readonly connections: number }> {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 4 });
    const failures: string[] = [];
    let [asked, done, connections] = [0, false, 0];
    agent.on("keylog", (_line: Buffer, socket: object) => void seen.add(socket));
    const seen = new Set<object>();
    const client = async (over: https.Agent | false): Promise<void> => {
      while (!done) {
        asked += 1;
        await ask(cas, over).then(({ status }) => status === 200 || failures.push(`status ${status}`), (error: Error) => failures.push(error.message));
      }
    };
    const clients = [agent, agent, agent, agent, false, false, false, false].map((each) => client(each as https.Agent | false));
    const goOn = (): Promise<unknown> => {
      const enough = asked + 100;
      return until("a hundred more requests are made", 30, async () => asked >= enough);
    };
    try {
      await work(goOn);
    } finally {
      done = true;
      await Promise.all(clients);
      connections = seen.size;
      agent.destroy();
    }
    return { asked, failures, connections };
  }

  it("serves the site with a certificate that the box's authority issued, and that its instances believe (S1-20)", async () => {
    const ca = await chainOf(made["Certificate"]!);
    expect(await ask(ca)).toEqual({ status: 200, serial: await serialOf(made["Certificate"]!) });
    await expect(ask((await makeCertificate({ isAuthority: true })).certificate)).rejects.toThrow(/unable to (verify|get)|self.signed/);

    // A machine of the box's internet has to be told whom to trust; an instance trusts the authority from its first boot.
    const to = ["-sS", "--max-time", "5", "--connect-to", `${SITE}:443:${made["Name"]!}:443`, `https://${SITE}/`];
    const trusted = join(garden.dataDir, "trusted.pem");
    writeFileSync(trusted, ca);
    const inside = await garden.hakoniwa("exec", made["Server"]!, "curl", ...to);
    expect(inside, inside.stderr).toMatchObject({ code: 0, stdout: "shop\n" });
    const outside = await garden.hakoniwa("internet", "curl", "--cacert", trusted, ...to);
    expect(outside, outside.stderr).toMatchObject({ code: 0, stdout: "shop\n" });
    expect(await garden.hakoniwa("internet", "curl", ...to)).toMatchObject({ code: 60 });
  });

  it("renews it under load: the new one is shown, no request is lost, and no connection ends", async () => {
    const CertificateArn = made["Certificate"]!;
    const [ca, before] = [await chainOf(CertificateArn), await serialOf(CertificateArn)];
    await acm.send(new ExportCertificateCommand({ CertificateArn, Passphrase: Buffer.from("secret") }));
    const { asked, failures, connections } = await underLoad(ca, async (goOn) => {
      await goOn();
      await acm.send(new RenewCertificateCommand({ CertificateArn }));
      await until("the renewed certificate is shown", 20, async () => (await ask(ca)).serial !== before);
      await goOn();
    });
    expect((await ask(ca)).serial).toBe(await serialOf(CertificateArn));
    expect(failures).toEqual([]);
    expect(asked).toBeGreaterThan(200);
    expect(connections).toBe(4);
  });

  it("shows an imported one, and the one that is imported in its place, and loses nothing", async () => {
    const issuer = await makeCertificate({ names: [], subject: "CN=Another authority", isAuthority: true });
    const [first, second] = [await makeCertificate({ names: [SITE], issuer }), await makeCertificate({ names: [SITE], issuer })];
    const bring = async (it: typeof first, CertificateArn?: string) =>
      (await acm.send(new ImportCertificateCommand({ CertificateArn, Certificate: Buffer.from(it.certificate), PrivateKey: Buffer.from(it.privateKey), CertificateChain: Buffer.from(issuer.certificate) }))).CertificateArn!;
    const trusted = `${await chainOf(made["Certificate"]!)}\n${issuer.certificate}`;
    const imported = await bring(first);
    const { Listeners } = await elbv2.send(new DescribeListenersCommand({ LoadBalancerArn: made["Balancer"]! }));
    const shows = (serial: string) => until(`${serial} is shown`, 20, async () => (await ask(trusted)).serial === serial);
    const { asked, failures, connections } = await underLoad(trusted, async (goOn) => {
      await goOn();
      await elbv2.send(new ModifyListenerCommand({ ListenerArn: Listeners![0]!.ListenerArn!, Certificates: [{ CertificateArn: imported }] }));
      await shows(await serialOf(imported));
      await goOn();
      await bring(second, imported);
      await shows(await serialOf(imported));
      await goOn();
    });
    expect(failures).toEqual([]);
    expect(asked).toBeGreaterThan(200);
    expect(connections).toBe(4);
  });

  it("shows each visitor the certificate of the name that was asked for", async () => {
    const { Listeners } = await elbv2.send(new DescribeListenersCommand({ LoadBalancerArn: made["Balancer"]! }));
    const { CertificateArn } = await acm.send(new RequestCertificateCommand({ DomainName: "second.shop.example", ValidationMethod: "DNS", KeyAlgorithm: "EC_secp384r1" }));
    await until("the certificate is issued", 10, async () => (await acm.send(new DescribeCertificateCommand({ CertificateArn: CertificateArn! }))).Certificate!.Status === "ISSUED");
    await elbv2.send(new AddListenerCertificatesCommand({ ListenerArn: Listeners![0]!.ListenerArn!, Certificates: [{ CertificateArn: CertificateArn! }] }));
    // The instance believes the box's authority, which signed the second one only.
    const visit = (name: string) => garden.hakoniwa("exec", made["Server"]!, "curl", "-sS", "--max-time", "5", "--connect-to", `${name}:443:${made["Name"]!}:443`, `https://${name}/`);
    await until("the second name is served", 10, async () => (await visit("second.shop.example")).stdout === "shop\n");
    expect(await visit(SITE)).toMatchObject({ code: 60 });
  });

  it("prints the letters that the cloud sent, whose links confirm and approve", async () => {
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: "ops" }));
    await sns.send(new SubscribeCommand({ TopicArn: TopicArn!, Protocol: "email", Endpoint: "ops@shop.example" }));
    const { CertificateArn } = await acm.send(new RequestCertificateCommand({ DomainName: "mail.shop.example" }));
    const { stdout } = await until("both letters are there", 10, async () => {
      const printed = await garden.hakoniwa("outbox");
      return printed.stdout.includes("ops@shop.example") && printed.stdout.includes("admin@mail.shop.example") && printed;
    });
    const links = stdout.match(/http:\/\/127\.0\.0\.1:\d+\/\S+/g)!;
    expect(links.map((link) => new URL(link).pathname).sort()).toEqual(["/", "/approvals"]);
    for (const link of links) expect(await run("curl", ["-sf", link])).toMatchObject({ code: 0 });
    expect((await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: TopicArn! }))).Subscriptions![0]!.SubscriptionArn).toContain(`${TopicArn}:`);
    await until("the certificate is issued", 10, async () => (await acm.send(new DescribeCertificateCommand({ CertificateArn: CertificateArn! }))).Certificate!.Status === "ISSUED");

    const lines = (await garden.hakoniwa("outbox", "--json")).stdout.trim().split("\n").map((line) => JSON.parse(line) as { readonly to: string; readonly at: number });
    expect(lines.map(({ to }) => to)).toEqual(expect.arrayContaining(["ops@shop.example"]));
    expect(lines.map(({ at }) => at)).toEqual(lines.map(({ at }) => at).sort((one, other) => one - other));
    // What an instance runs reaches the same links by AWS's own names.
    const inside = await garden.hakoniwa("exec", made["Server"]!, "curl", "-s", `https://sns.ap-northeast-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TopicArn!}&Token=none`);
    expect(inside.stdout).toContain("Invalid parameter: Token");
  });
});
