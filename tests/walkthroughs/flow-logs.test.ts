/** The first article's logs: VPC flow logs of real packets, in S3 and in CloudWatch Logs. */
import { gunzipSync } from "node:zlib";
import { CloudWatchLogsClient, DescribeLogStreamsCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  AuthorizeSecurityGroupIngressCommand, CreateFlowLogsCommand, CreateNetworkAclCommand, CreateNetworkAclEntryCommand, CreateSecurityGroupCommand, DescribeFlowLogsCommand,
  DescribeInstancesCommand, DescribeNetworkAclsCommand, DescribeSubnetsCommand, ReplaceNetworkAclAssociationCommand, RunInstancesCommand, type Instance, type Subnet,
} from "@aws-sdk/client-ec2";
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateBucketCommand, GetBucketPolicyCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGarden, until, type Garden } from "./garden.js";

const AL2023 = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
const WEB_SERVER = Buffer.from("#!/bin/sh\nyum install -y httpd\nservice httpd start\nchkconfig httpd on\necho hello > /var/www/html/index.html\n").toString("base64");
const Bucket = "flow-log-walkthrough";

describe("VPC flow logs", { timeout: 120_000 }, () => {
  let garden: Garden;
  let s3: S3Client;
  let logs: CloudWatchLogsClient;
  let iam: IAMClient;
  let web: Instance;
  let client: Instance;
  let subnet: Subnet;

  beforeAll(async () => {
    // A window is over in three seconds.
    garden = await createGarden({ HAKONIWA_TIME_SCALE: "20" });
    const started = await garden.hakoniwa("start");
    expect(started, started.stderr).toMatchObject({ code: 0 });
    const aws = { endpoint: `http://127.0.0.1:${garden.port}`, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };
    s3 = new S3Client({ ...aws, forcePathStyle: true });
    logs = new CloudWatchLogsClient(aws);
    iam = new IAMClient(aws);
    const { Subnets } = await garden.ec2.send(new DescribeSubnetsCommand({ Filters: [{ Name: "default-for-az", Values: ["true"] }] }));
    subnet = Subnets![0]!;
    const { GroupId } = await garden.ec2.send(new CreateSecurityGroupCommand({ GroupName: "web", Description: "port 80 only", VpcId: subnet.VpcId }));
    await garden.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }] }));
    const [one, two] = await Promise.all([launch(subnet.SubnetId!, { SecurityGroupIds: [GroupId!], UserData: WEB_SERVER }), launch(Subnets![1]!.SubnetId!, {})]);
    [web, client] = [await running(one), await running(two)];
    await until("the web server answers", 30, async () => (await curl(80)) === 0);
  }, 120_000);
  afterAll(() => garden.end(), 60_000);

  const launch = async (SubnetId: string, more: object): Promise<string> => {
    const { Instances } = await garden.ec2.send(new RunInstancesCommand({ ImageId: AL2023, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, SubnetId, ...more }));
    return Instances![0]!.InstanceId!;
  };
  const running = (id: string): Promise<Instance> =>
    until(`${id} runs`, 60, async () => {
      const { Reservations } = await garden.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
      const instance = Reservations![0]!.Instances![0]!;
      return instance.State!.Name === "running" && instance;
    });
  /** The exit code of a connection from the client to the web server. */
  const curl = async (port: number): Promise<number> =>
    (await garden.hakoniwa("exec", client.InstanceId!, "curl", "-s", "-o", "/dev/null", "--max-time", "1", `http://${web.PrivateIpAddress}:${port}/`)).code;
  const interfaceOf = (instance: Instance): string => instance.NetworkInterfaces![0]!.NetworkInterfaceId!;

  /** Every line that is in the bucket now. */
  const lines = async (): Promise<string[]> => {
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "AWSLogs/123456789012/vpcflowlogs/ap-northeast-1/" }));
    const files = await Promise.all((Contents ?? []).map(async ({ Key }) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return gunzipSync(await Body!.transformToByteArray()).toString().trimEnd().split("\n").slice(1);
    }));
    return files.flat();
  };
  const inBucket = (what: string, pattern: RegExp): Promise<string> => until(what, 30, async () => (await lines()).find((line) => pattern.test(line)), 500);
  const tcp = "\\d+ \\d+ \\d+ \\d+";

  it("go to a log bucket, whose policy is made for them (S0-44, S0-45)", async () => {
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } }));
    const made = await garden.ec2.send(
      new CreateFlowLogsCommand({ ResourceIds: [subnet.VpcId!], ResourceType: "VPC", TrafficType: "ALL", LogDestinationType: "s3", LogDestination: `arn:aws:s3:::${Bucket}`, MaxAggregationInterval: 60 }),
    );
    expect(made).toMatchObject({ FlowLogIds: [expect.stringMatching(/^fl-/)], Unsuccessful: [] });
    expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toContain("delivery.logs.amazonaws.com");
  });

  it("and to CloudWatch Logs, by a role (S3-43)", async () => {
    const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "vpc-flow-logs.amazonaws.com" }, Action: "sts:AssumeRole" }] };
    const may = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], Resource: "*" }] };
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "flow-logs", AssumeRolePolicyDocument: JSON.stringify(trust) }));
    await iam.send(new PutRolePolicyCommand({ RoleName: "flow-logs", PolicyName: "deliver", PolicyDocument: JSON.stringify(may) }));
    await garden.ec2.send(
      new CreateFlowLogsCommand({ ResourceIds: [subnet.VpcId!], ResourceType: "VPC", TrafficType: "ALL", LogGroupName: "flow-logs", DeliverLogsPermissionArn: Role!.Arn, MaxAggregationInterval: 60 }),
    );
  });

  it("tell what the web server's group admits and what it denies, at both instances, as gzip objects (S0-46, S3-35)", async () => {
    expect(await curl(80)).toBe(0);
    expect(await curl(81)).not.toBe(0);
    const [from, to] = [client.PrivateIpAddress!, web.PrivateIpAddress!];
    const at = (instance: Instance): string => `^2 123456789012 ${interfaceOf(instance)} `;
    await inBucket("the request, where it leaves", new RegExp(`${at(client)}${from} ${to} \\d+ 80 6 ${tcp} ACCEPT OK$`));
    await inBucket("the request, where it arrives", new RegExp(`${at(web)}${from} ${to} \\d+ 80 6 ${tcp} ACCEPT OK$`));
    await inBucket("the answer", new RegExp(`${at(web)}${to} ${from} 80 \\d+ 6 ${tcp} ACCEPT OK$`));
    await inBucket("what the group denies", new RegExp(`${at(web)}${from} ${to} \\d+ 81 6 ${tcp} REJECT OK$`));
    expect((await lines()).filter((line) => new RegExp(`${at(client)}.* 81 6 .*REJECT`).test(line))).toEqual([]);
  });

  it("are there in CloudWatch Logs too, one stream for each interface, found by a pattern (S3-43)", async () => {
    const logGroupName = "flow-logs";
    const filterPattern = `[version, account, eni = ${interfaceOf(web)}, source = ${client.PrivateIpAddress!}, destination, srcport, destport = 81, protocol = 6, ..., action = REJECT, status]`;
    const found = await until("the rejected connection", 30, async () => {
      const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName, filterPattern })).catch(() => ({ events: [] }));
      return events![0];
    }, 500);
    expect(found).toMatchObject({ logStreamName: `${interfaceOf(web)}-all`, message: expect.stringMatching(/ 81 6 .* REJECT OK$/) });
    const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName }));
    expect(logStreams!.map((stream) => stream.logStreamName)).toEqual(expect.arrayContaining([`${interfaceOf(web)}-all`, `${interfaceOf(client)}-all`]));
    const { FlowLogs } = await garden.ec2.send(new DescribeFlowLogsCommand({}));
    expect(FlowLogs!.map((log) => log.DeliverLogsStatus)).toEqual(["SUCCESS", "SUCCESS"]);
  });

  it("tell of a network ACL without a rule for ephemeral ports: the request is accepted, its answer rejected (S0-51, S3-34)", async () => {
    const { NetworkAcls } = await garden.ec2.send(new DescribeNetworkAclsCommand({ Filters: [{ Name: "association.subnet-id", Values: [subnet.SubnetId!] }] }));
    const before = NetworkAcls![0]!.Associations!.find((association) => association.SubnetId === subnet.SubnetId)!;
    const { NetworkAcl } = await garden.ec2.send(new CreateNetworkAclCommand({ VpcId: subnet.VpcId }));
    const NetworkAclId = NetworkAcl!.NetworkAclId!;
    await garden.ec2.send(new CreateNetworkAclEntryCommand({ NetworkAclId, RuleNumber: 100, Protocol: "6", PortRange: { From: 80, To: 80 }, CidrBlock: "0.0.0.0/0", Egress: false, RuleAction: "allow" }));
    const replaced = await garden.ec2.send(new ReplaceNetworkAclAssociationCommand({ AssociationId: before.NetworkAclAssociationId, NetworkAclId }));
    expect(await curl(80)).not.toBe(0);
    await inBucket("the answer, rejected", new RegExp(` ${interfaceOf(web)} ${web.PrivateIpAddress!} ${client.PrivateIpAddress!} 80 \\d+ 6 ${tcp} REJECT OK$`));
    await garden.ec2.send(new CreateNetworkAclEntryCommand({ NetworkAclId, RuleNumber: 100, Protocol: "6", PortRange: { From: 1024, To: 65535 }, CidrBlock: "0.0.0.0/0", Egress: true, RuleAction: "allow" }));
    expect(await curl(80)).toBe(0);
    await garden.ec2.send(new ReplaceNetworkAclAssociationCommand({ AssociationId: replaced.NewAssociationId, NetworkAclId: before.NetworkAclId }));
  });

  it("go on after a SIGKILL of the cloud, and tell nothing twice", async () => {
    process.kill((await garden.pid())!, "SIGKILL");
    await until("it is gone", 10, async () => (await garden.pid()) === undefined);
    expect((await garden.hakoniwa("start")).code).toBe(0);
    const before = await lines();
    await until("the web server answers again", 30, async () => (await curl(80)) === 0);
    await until("a line of it", 30, async () => (await lines()).some((line) => !before.includes(line) && / 80 6 .* ACCEPT OK$/.test(line)), 500);
    const all = await lines();
    expect(all.filter((line, index) => all.indexOf(line) !== index)).toEqual([]);
  });
});
