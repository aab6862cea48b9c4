import { AddRoleToInstanceProfileCommand, AttachRolePolicyCommand, CreateInstanceProfileCommand, CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { AttachVolumeCommand, CreateImageCommand, CreateVolumeCommand, DescribeImagesCommand, DescribeInstancesCommand, DescribeInstanceStatusCommand, DescribeVolumesCommand, DetachVolumeCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGarden, until, type Garden } from "./garden.js";

const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }] });
/** What an SDK does in an instance: a token, the role's credentials, a signed call over TLS to AWS's own name. */
const AS_ROLE = `
base=http://169.254.169.254/latest
token=$(curl -s -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" $base/api/token)
given=$(curl -s -H "X-aws-ec2-metadata-token: $token" $base/meta-data/iam/security-credentials/reader)
field() { echo "$given" | sed -n "s/.*\\"$1\\": \\"\\(.*\\)\\".*/\\1/p"; }
call() {
  curl -sS --max-time 10 --aws-sigv4 "aws:amz:ap-northeast-1:$1" --user "$(field AccessKeyId):$(field SecretAccessKey)" -H "x-amz-security-token: $(field Token)" "https://$1.ap-northeast-1.amazonaws.com/?$2"
}
`;

describe("an instance", { timeout: 120_000 }, () => {
  let garden: Garden;
  let id: string;
  let zone: string;
  beforeAll(async () => {
    garden = await createGarden();
    expect((await garden.hakoniwa("start")).code).toBe(0);
    const iam = new IAMClient({ endpoint: `http://127.0.0.1:${garden.port}`, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });
    await iam.send(new CreateRoleCommand({ RoleName: "reader", AssumeRolePolicyDocument: TRUST }));
    await iam.send(new AttachRolePolicyCommand({ RoleName: "reader", PolicyArn: "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess" }));
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: "reader" }));
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: "reader", RoleName: "reader" }));
    const ImageId = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
    const { Instances } = await garden.ec2.send(new RunInstancesCommand({ ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, IamInstanceProfile: { Name: "reader" } }));
    id = Instances![0]!.InstanceId!;
    zone = Instances![0]!.Placement!.AvailabilityZone!;
    await until("it is well", 20, async () => (await status()) === "ok");
  }, 90_000);
  afterAll(() => garden.end(), 60_000);

  const status = async (): Promise<string | undefined> => (await garden.ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [id] }))).InstanceStatuses?.[0]?.InstanceStatus?.Status;
  const volumeState = async (volume: string): Promise<string | undefined> => (await garden.ec2.send(new DescribeVolumesCommand({ VolumeIds: [volume] }))).Volumes?.[0]?.State;
  const inside = async (script: string): Promise<string> => {
    const { stdout, stderr } = await garden.hakoniwa("exec", id, "sh", "-c", script);
    return (stdout + stderr).trim();
  };
  const killed = async (): Promise<void> => {
    process.kill((await garden.pid())!, "SIGKILL");
    await until("its processes are gone", 10, async () => (await garden.pid()) === undefined);
    expect((await garden.hakoniwa("start")).code).toBe(0);
    await until("it is well again", 30, async () => (await status()) === "ok");
  };

  it("calls AWS with its role's credentials from the metadata service, and may what the role may (S3-17, S3-18)", async () => {
    expect(await inside(`${AS_ROLE} call sts "Action=GetCallerIdentity&Version=2011-06-15"`)).toContain(`:assumed-role/reader/${id}</Arn>`);
    expect(await inside(`${AS_ROLE} call ec2 "Action=DescribeInstances&Version=2016-11-15"`)).toContain(`<instanceId>${id}</instanceId>`);
    expect(await inside(`${AS_ROLE} call ec2 "Action=CreateVpc&CidrBlock=10.9.0.0%2F16&Version=2016-11-15"`)).toMatch(/UnauthorizedOperation.*is not authorized to perform: ec2:CreateVpc/);
  });

  it("keeps a data volume through SIGKILLs of the whole cloud, with its address, and lets it go when it is unmounted", async () => {
    const { VolumeId } = await garden.ec2.send(new CreateVolumeCommand({ AvailabilityZone: zone, Size: 2 }));
    await until("the volume is there", 10, async () => (await volumeState(VolumeId!)) === "available");
    await garden.ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId: id, Device: "/dev/sdf" }));
    const prepare = `until [ -e /dev/sdf ]; do sleep 0.1; done; mkfs -t xfs /dev/sdf >/dev/null; mkdir /data; echo '/dev/sdf /data xfs defaults,nofail 0 2' >>/etc/fstab; mount /data; echo kept >/data/file; hostname -I`;
    const address = await inside(prepare);
    for (let round = 0; round < 2; round++) {
      await killed();
      expect(await inside("until [ -e /run/booted ]; do sleep 0.1; done; cat /data/file; hostname -I")).toBe(`kept\n${address}`);
    }
    await garden.ec2.send(new DetachVolumeCommand({ VolumeId }));
    expect(await inside("cat /data/file")).toBe("kept");
    expect(await volumeState(VolumeId!)).toBe("in-use");
    await inside("umount /data");
    await until("the volume is free", 10, async () => (await volumeState(VolumeId!)) === "available");
  });

  it("really stops for its image, and what starts from that has its disk (S2-40)", async () => {
    await inside("echo golden >/srv/image; rm -f /run/running; touch /run/running");
    const { ImageId } = await garden.ec2.send(new CreateImageCommand({ InstanceId: id, Name: "golden" }));
    await until("the image is there", 30, async () => (await garden.ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId!] }))).Images?.[0]?.State === "available");
    await until("it is well again", 20, async () => (await status()) === "ok");
    // What lies in memory is gone with the boot.
    expect(await inside("cat /srv/image; ls /run/running")).toMatch(/^golden\n.*No such file/);
    const { Instances } = await garden.ec2.send(new RunInstancesCommand({ ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 }));
    const copy = Instances![0]!.InstanceId!;
    await until("the copy runs", 20, async () => (await garden.ec2.send(new DescribeInstancesCommand({ InstanceIds: [copy] }))).Reservations?.[0]?.Instances?.[0]?.State?.Name === "running");
    expect((await garden.hakoniwa("exec", copy, "cat", "/srv/image")).stdout).toBe("golden\n");
  });
});
