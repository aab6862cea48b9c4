import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AllocateAddressCommand, AssociateAddressCommand, AssociateRouteTableCommand, AttachInternetGatewayCommand, AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand, CreateKeyPairCommand, CreateRouteCommand, CreateRouteTableCommand, CreateSecurityGroupCommand, CreateSubnetCommand,
  CreateVpcCommand, DescribeInstancesCommand, DescribeVolumesCommand, DescribeVpcAttributeCommand, ModifyVpcAttributeCommand, RunInstancesCommand,
  StartInstancesCommand, StopInstancesCommand, TerminateInstancesCommand, waitUntilInstanceRunning, waitUntilInstanceStopped, waitUntilInstanceTerminated,
  type Instance,
} from "@aws-sdk/client-ec2";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGarden, until, type Garden, type Ran } from "./garden.js";

/** In place of the article's WordPress image (S2-14): a web server that shows a page. */
const USER_DATA = "#!/bin/bash\ndnf install -y httpd\necho 'a blog' > /var/www/html/index.html\nsystemctl enable --now httpd\n";

describe("the second article's first server: a VPC with a single public subnet", { timeout: 60_000 }, () => {
  let garden: Garden;
  let folder: string;
  let subnet: string;
  let group: string;
  let image: string;
  let id: string;
  let address: string;
  let allocation: string;

  beforeAll(async () => {
    garden = await createGarden();
    folder = mkdtempSync(join(tmpdir(), "single-"));
    const started = await garden.hakoniwa("start");
    expect(started.code, started.stderr).toBe(0);
    const ssm = new SSMClient({ endpoint: `http://127.0.0.1:${garden.port}`, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });
    const Name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
    image = (await ssm.send(new GetParameterCommand({ Name }))).Parameter!.Value!;
  }, 60_000);
  afterAll(async () => {
    await garden.end();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const instance = async (InstanceId = id): Promise<Instance> =>
    (await garden.ec2.send(new DescribeInstancesCommand({ InstanceIds: [InstanceId] }))).Reservations![0]!.Instances![0]!;
  const waiter = { get client() { return garden.ec2; }, maxWaitTime: 30, minDelay: 1, maxDelay: 1 };
  const launch = async (): Promise<string> => {
    const { Instances } = await garden.ec2.send(
      new RunInstancesCommand({
        ImageId: image, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, KeyName: "blog", SubnetId: subnet, SecurityGroupIds: [group],
        UserData: Buffer.from(USER_DATA).toString("base64"),
      }),
    );
    const made = Instances![0]!.InstanceId!;
    await waitUntilInstanceRunning(waiter, { InstanceIds: [made] });
    return made;
  };
  const ssh = (script: string, at = address): Promise<Ran> =>
    garden.hakoniwa("internet", "ssh", "-F", "none", "-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR", "-o", "BatchMode=yes",
      "-o", "ConnectTimeout=3", "-i", join(folder, "blog.pem"), `ec2-user@${at}`, script);
  const page = async (at: string): Promise<string | undefined> => {
    const { code, stdout } = await garden.hakoniwa("internet", "curl", "-sf", "--max-time", "2", `http://${at}/`);
    return code === 0 ? stdout : undefined;
  };

  it("S2-10 to S2-13: the VPC, its tenancy, DNS host names and an internet gateway whose id is random", async () => {
    const { Vpc } = await garden.ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16", InstanceTenancy: "default" }));
    const VpcId = Vpc!.VpcId!;
    await garden.ec2.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }));
    expect(await garden.ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute: "enableDnsHostnames" }))).toMatchObject({ EnableDnsHostnames: { Value: true } });
    subnet = (await garden.ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: "10.0.0.0/24" }))).Subnet!.SubnetId!;
    const gateways = await Promise.all([1, 2].map(() => garden.ec2.send(new CreateInternetGatewayCommand({}))));
    const [gateway, other] = gateways.map(({ InternetGateway }) => InternetGateway!.InternetGatewayId!);
    expect(gateway).toMatch(/^igw-[0-9a-f]{17}$/);
    expect(gateway).not.toBe(other);
    await garden.ec2.send(new AttachInternetGatewayCommand({ VpcId, InternetGatewayId: gateway }));
    const { RouteTable } = await garden.ec2.send(new CreateRouteTableCommand({ VpcId }));
    await garden.ec2.send(new CreateRouteCommand({ RouteTableId: RouteTable!.RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId: gateway }));
    await garden.ec2.send(new AssociateRouteTableCommand({ RouteTableId: RouteTable!.RouteTableId, SubnetId: subnet }));
    group = (await garden.ec2.send(new CreateSecurityGroupCommand({ VpcId, GroupName: "blog", Description: "SSH and HTTP" }))).GroupId!;
    const IpPermissions = [22, 80].map((port) => ({ IpProtocol: "tcp", FromPort: port, ToPort: port, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }));
    await garden.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: group, IpPermissions }));
    const { KeyMaterial } = await garden.ec2.send(new CreateKeyPairCommand({ KeyName: "blog", KeyType: "ed25519" }));
    writeFileSync(join(folder, "blog.pem"), KeyMaterial!, { mode: 0o600 });
  });

  it("S2-15, S2-19: a server without a public address gets an Elastic IP", async () => {
    id = await launch();
    expect((await instance()).PublicIpAddress).toBeUndefined();
    const allocated = await garden.ec2.send(new AllocateAddressCommand({ Domain: "vpc" }));
    address = allocated.PublicIp!;
    allocation = allocated.AllocationId!;
    await garden.ec2.send(new AssociateAddressCommand({ AllocationId: allocation, InstanceId: id }));
    expect((await instance()).PublicIpAddress).toBe(address);
  });

  it("S2-23: the site answers over HTTP, though the user data ran before there was a way out", async () => {
    expect(await until("the site answers", 20, () => page(address))).toBe("a blog\n");
  });

  it("S2-17, S2-21, S2-22: SSH by the injected key, sudo, the VPC's resolver and the host name", async () => {
    const { stdout } = await until("it lets us in", 20, async () => {
      const ran = await ssh("sudo whoami; cat /etc/resolv.conf; hostname");
      return ran.code === 0 && ran;
    });
    const name = `ip-${(await instance()).PrivateIpAddress!.replaceAll(".", "-")}.ap-northeast-1.compute.internal`;
    expect(stdout).toBe(`root\nnameserver 10.0.0.2\nsearch ap-northeast-1.compute.internal\n${name}\n`);
  });

  it("S2-16: stop and start keep the private address, the Elastic IP and the disk", async () => {
    await ssh("echo kept | sudo tee /var/www/html/index.html");
    const before = await instance();
    await garden.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    await waitUntilInstanceStopped(waiter, { InstanceIds: [id] });
    expect(await page(address)).toBeUndefined();
    await garden.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
    await waitUntilInstanceRunning(waiter, { InstanceIds: [id] });
    expect(await instance()).toMatchObject({ PrivateIpAddress: before.PrivateIpAddress, PublicIpAddress: address });
    expect(await until("the site answers again", 20, () => page(address))).toBe("kept\n");
  });

  it("S2-20: an associated address moves only with the reassociation flag, and the traffic with it", async () => {
    const second = await launch();
    const move = { AllocationId: allocation, InstanceId: second };
    await expect(garden.ec2.send(new AssociateAddressCommand({ ...move, AllowReassociation: false }))).rejects.toMatchObject({ name: "Resource.AlreadyAssociated" });
    await garden.ec2.send(new AssociateAddressCommand({ ...move, AllowReassociation: true }));
    expect(await until("the second server answers", 20, async () => (await page(address)) === "a blog\n")).toBe(true);
    expect((await instance()).PublicIpAddress).toBeUndefined();
  });

  it("S2-18: a terminated server's volume is deleted by default", async () => {
    const volume = (await instance()).BlockDeviceMappings![0]!.Ebs!;
    expect(volume.DeleteOnTermination).toBe(true);
    await garden.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await waitUntilInstanceTerminated(waiter, { InstanceIds: [id] });
    const gone = garden.ec2.send(new DescribeVolumesCommand({ VolumeIds: [volume.VolumeId!] }));
    await expect(gone).rejects.toMatchObject({ name: "InvalidVolume.NotFound" });
  });
});
