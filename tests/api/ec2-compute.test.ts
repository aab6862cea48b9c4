/** Instances, images and volumes as the AWS SDK sees them over HTTP: its types, paginators and waiters. */
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import * as ec2 from "@aws-sdk/client-ec2";
import { beforeAll, describe, expect, it } from "vitest";
import { useCloud } from "./cloud.js";

const cloud = useCloud();

const AL2023 = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
const ZONE = "ap-northeast-1a";
const within = () => ({ client: cloud.ec2, maxWaitTime: 20, minDelay: 1, maxDelay: 1 });

let instance = "";
let volume = "";

async function described(): Promise<ec2.Instance> {
  return (await cloud.ec2.send(new ec2.DescribeInstancesCommand({ InstanceIds: [instance] }))).Reservations![0]!.Instances![0]!;
}

beforeAll(async () => {
  const { Instances } = await cloud.ec2.send(
    new ec2.RunInstancesCommand({
      ImageId: AL2023,
      InstanceType: "t3.micro",
      MinCount: 1,
      MaxCount: 1,
      Placement: { AvailabilityZone: ZONE },
      BlockDeviceMappings: [{ DeviceName: "/dev/sdf", Ebs: { VolumeSize: 2, VolumeType: "gp3", DeleteOnTermination: true } }],
      TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Name", Value: "web" }] }],
    }),
  );
  instance = Instances![0]!.InstanceId!;
  await ec2.waitUntilInstanceStatusOk(within(), { InstanceIds: [instance] });
  volume = (await cloud.ec2.send(new ec2.CreateVolumeCommand({ AvailabilityZone: ZONE, Size: 1, VolumeType: "gp3" }))).VolumeId!;
  await ec2.waitUntilVolumeAvailable(within(), { VolumeIds: [volume] });
});

describe("an instance", () => {
  it("is told in full: placement, devices, options", async () => {
    expect(await described()).toMatchObject({
      Placement: { AvailabilityZone: ZONE, AvailabilityZoneId: "apne1-az4", Tenancy: "default", GroupName: "" },
      BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { Status: "attached" } }, { DeviceName: "/dev/sdf", Ebs: { Status: "attached", DeleteOnTermination: true } }],
      CpuOptions: { CoreCount: 1, ThreadsPerCore: 2 },
      MetadataOptions: { State: "applied", HttpTokens: "required", HttpPutResponseHopLimit: 2 },
      MaintenanceOptions: { AutoRecovery: "default" },
      PrivateDnsNameOptions: { HostnameType: "ip-name" },
      UsageOperationUpdateTime: expect.any(Date),
    });
  });

  it("has its status checks, with its volumes'", async () => {
    const { InstanceStatuses } = await cloud.ec2.send(new ec2.DescribeInstanceStatusCommand({ Filters: [{ Name: "attached-ebs-status.status", Values: ["ok"] }] }));
    expect(InstanceStatuses).toMatchObject([{ InstanceId: instance, AttachedEbsStatus: { Status: "ok" }, Events: [] }]);
  });

  it.each([
    ["a malformed id", () => new ec2.DescribeInstancesCommand({ InstanceIds: ["i-1"] }), "InvalidInstanceID.Malformed", 'Invalid id: "i-1"'],
    ["two that are gone", () => new ec2.DescribeInstancesCommand({ InstanceIds: ["i-00000001", "i-00000002"] }), "InvalidInstanceID.NotFound", "The instance IDs 'i-00000001, i-00000002' do not exist"],
    ["no image", () => new ec2.RunInstancesCommand({ MinCount: 1, MaxCount: 1 }), "MissingParameter", "ImageId"],
    ["fewer at most than at least", () => new ec2.RunInstancesCommand({ ImageId: AL2023, MinCount: 2, MaxCount: 1 }), "InvalidParameterValue", "maxCount"],
    ["user data that is too long", () => new ec2.RunInstancesCommand({ ImageId: AL2023, MinCount: 1, MaxCount: 1, UserData: Buffer.alloc(17_000).toString("base64") }), "InvalidParameterValue", "16384"],
    ["a dry run", () => new ec2.StopInstancesCommand({ InstanceIds: ["i-00000001"], DryRun: true }), "DryRunOperation", "would have succeeded"],
    ["a screenshot", () => new ec2.GetConsoleScreenshotCommand({ InstanceId: "i-00000001" }), "NotImplemented", "GetConsoleScreenshot"],
    ["dedicated hosts", () => new ec2.DescribeHostsCommand({}), "NotImplemented", "DescribeHosts"],
  ])("refuses %s in AWS's words", async (_what, command, name, message) => {
    await expect(cloud.ec2.send(command() as ec2.DescribeInstancesCommand)).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
  });
});

describe("a volume", () => {
  it("is attached and detached by the waiters' rules", async () => {
    await cloud.ec2.send(new ec2.AttachVolumeCommand({ VolumeId: volume, InstanceId: instance, Device: "/dev/sdg" }));
    await ec2.waitUntilVolumeInUse(within(), { VolumeIds: [volume] });
    await expect.poll(async () => (await cloud.ec2.send(new ec2.DescribeVolumesCommand({ VolumeIds: [volume] }))).Volumes![0]!.Attachments![0]!.State).toBe("attached");
    await cloud.ec2.send(new ec2.DetachVolumeCommand({ VolumeId: volume }));
    await ec2.waitUntilVolumeAvailable(within(), { VolumeIds: [volume] });
    const { VolumeStatuses } = await cloud.ec2.send(new ec2.DescribeVolumeStatusCommand({ VolumeIds: [volume] }));
    expect(VolumeStatuses).toMatchObject([{ VolumeStatus: { Status: "ok", Details: [{ Name: "io-enabled", Status: "passed" }, { Name: "io-performance" }] } }]);
  });

  it("is modified while it is there", async () => {
    const { VolumeModification } = await cloud.ec2.send(new ec2.ModifyVolumeCommand({ VolumeId: volume, Iops: 4000, Size: 20 }));
    expect(VolumeModification).toMatchObject({ OriginalSize: 1, TargetSize: 20, TargetIops: 4000, ModificationState: "modifying", StartTime: expect.any(Date) });
  });

  it("leaves a snapshot, of which an image is registered that holds it (S4-26)", async () => {
    const root = (await described()).BlockDeviceMappings![0]!.Ebs!.VolumeId!;
    const { SnapshotId } = await cloud.ec2.send(new ec2.CreateSnapshotCommand({ VolumeId: root }));
    await ec2.waitUntilSnapshotCompleted(within(), { SnapshotIds: [SnapshotId!] });
    const { ImageId } = await cloud.ec2.send(
      new ec2.RegisterImageCommand({ Name: "mine", VirtualizationType: "hvm", RootDeviceName: "/dev/xvda", BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { SnapshotId: SnapshotId! } }] }),
    );
    await ec2.waitUntilImageAvailable(within(), { ImageIds: [ImageId!] });
    await expect(cloud.ec2.send(new ec2.DeleteSnapshotCommand({ SnapshotId: SnapshotId! }))).rejects.toMatchObject({ name: "InvalidSnapshot.InUse" });
    await cloud.ec2.send(new ec2.DeregisterImageCommand({ ImageId: ImageId! }));
    await cloud.ec2.send(new ec2.DeleteSnapshotCommand({ SnapshotId: SnapshotId! }));
  });
});

describe("key pairs (S2-17)", () => {
  it.each(["rsa", "ed25519"] as const)("are made as %s, found by tag, and gone when deleted", async (KeyType) => {
    const made = await cloud.ec2.send(new ec2.CreateKeyPairCommand({ KeyName: KeyType, KeyType, TagSpecifications: [{ ResourceType: "key-pair", Tags: [{ Key: "for", Value: KeyType }] }] }));
    expect(made.KeyMaterial).toContain("PRIVATE KEY");
    const find = async () => (await cloud.ec2.send(new ec2.DescribeKeyPairsCommand({ Filters: [{ Name: "tag:for", Values: [KeyType] }], IncludePublicKey: true }))).KeyPairs;
    expect(await find()).toMatchObject([{ KeyPairId: made.KeyPairId, KeyFingerprint: made.KeyFingerprint, PublicKey: expect.stringMatching(KeyType === "rsa" ? /^ssh-rsa / : /^ssh-ed25519 /) }]);
    await expect(cloud.ec2.send(new ec2.CreateKeyPairCommand({ KeyName: KeyType, KeyType }))).rejects.toMatchObject({ name: "InvalidKeyPair.Duplicate" });
    await cloud.ec2.send(new ec2.DeleteKeyPairCommand({ KeyPairId: made.KeyPairId! }));
    expect(await find()).toEqual([]);
  });

  it("are imported as PEM and as DER with one fingerprint", async () => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } });
    const der = createPublicKey(publicKey).export({ type: "spki", format: "der" }).toString("base64");
    const fingerprint = async (KeyName: string, text: string) => (await cloud.ec2.send(new ec2.ImportKeyPairCommand({ KeyName, PublicKeyMaterial: Buffer.from(text) }))).KeyFingerprint;
    expect(await fingerprint("pem", publicKey)).toBe(await fingerprint("der", der));
    await expect(fingerprint("none", "banana")).rejects.toMatchObject({ name: "InvalidKey.Format" });
  });
});

it("instance types come through the paginator, each once", async () => {
  const names: string[] = [];
  for await (const { InstanceTypes } of ec2.paginateDescribeInstanceTypes({ client: cloud.ec2, pageSize: 50 }, { Filters: [{ Name: "processor-info.supported-architecture", Values: ["x86_64"] }] })) {
    names.push(...InstanceTypes!.map((type) => type.InstanceType!));
  }
  expect(names).toContain("m6i.large");
  expect(names).not.toContain("t4g.micro");
  expect(new Set(names).size).toBe(names.length);
});
