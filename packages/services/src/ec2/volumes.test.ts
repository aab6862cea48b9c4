import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ec2Types } from "@hakoniwa/wire";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const ZONE = "ap-northeast-1a";

async function image(): Promise<string> {
  const { Images } = await cloud.aws.ec2.DescribeImages({ Owners: ["amazon"], Filters: [{ Name: "name", Values: ["al2023-ami-2023.*-x86_64"] }] });
  return Images![0]!.ImageId!;
}

async function running(input: Partial<Ec2Types.RunInstancesRequest> = {}): Promise<string> {
  const { Instances } = await cloud.aws.ec2.RunInstances({ ImageId: await image(), InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, Placement: { AvailabilityZone: ZONE }, ...input });
  await cloud.advance("1s");
  return Instances![0]!.InstanceId!;
}

async function created(input: Partial<Ec2Types.CreateVolumeRequest> = {}): Promise<string> {
  const { VolumeId } = await cloud.aws.ec2.CreateVolume({ AvailabilityZone: ZONE, Size: 10, VolumeType: "gp3", ...input });
  await cloud.settle();
  return VolumeId!;
}

async function volume(id: string): Promise<Ec2Types.Volume> {
  return (await cloud.aws.ec2.DescribeVolumes({ VolumeIds: [id] })).Volumes![0]!;
}

describe("a volume", () => {
  test.each([
    ["a size below its type's", { VolumeType: "st1", Size: 100 }, "InvalidParameterValue", "Volume of 100GiB is too small for volume type st1; minimum is 125GiB."],
    ["a size beyond its type's", { VolumeType: "gp2", Size: 20_000 }, "InvalidParameterValue", "Volume of 20000GiB is too large for volume type gp2; maximum is 16384GiB."],
    ["IOPS that gp2 does not take", { VolumeType: "gp2", Iops: 200 }, "InvalidParameterCombination", "The parameter iops is not supported for gp2 volumes."],
    ["io1 without IOPS", { VolumeType: "io1" }, "InvalidParameterCombination", "iops must be specified"],
    ["more IOPS than its size earns", { VolumeType: "io1", Iops: 1000 }, "InvalidParameterCombination", "Iops to volume size ratio of 100.000000 is too high; maximum is 50.000000."],
    ["too much throughput for its IOPS", { VolumeType: "gp3", Throughput: 1000 }, "InvalidParameterCombination", "Throughput (MiB/s) to iops ratio"],
    ["a key of the user's own", { Encrypted: true, KmsKeyId: "alias/mine" }, "NotImplemented", "alias/mine"],
    ["a key without encryption", { KmsKeyId: "alias/aws/ebs" }, "InvalidParameterDependency", "requires the parameter Encrypted"],
    ["a zone that is not there", { AvailabilityZone: "ap-northeast-1z" }, "InvalidZone.NotFound", "'ap-northeast-1z'"],
    ["a snapshot that is not there", { SnapshotId: "snap-00000000000000000" }, "InvalidSnapshot.NotFound", "snap-00000000000000000"],
  ] as const)("is refused with %s, and nothing is made", async (_name, input, code, message) => {
    await expect(cloud.aws.ec2.CreateVolume({ AvailabilityZone: ZONE, Size: 10, ...input })).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect((await cloud.aws.ec2.DescribeVolumes({})).Volumes).toEqual([]);
  });

  test("is made once for a client token, and not for another request with it", async () => {
    const first = await created({ ClientToken: "t" });
    expect(await created({ ClientToken: "t" })).toBe(first);
    await expect(created({ ClientToken: "t", Size: 11 })).rejects.toMatchObject({ code: "IdempotentParameterMismatch" });
    expect((await cloud.aws.ec2.DescribeVolumes({})).Volumes).toHaveLength(1);
  });

  test("is encrypted where the region says so", async () => {
    await cloud.aws.ec2.EnableEbsEncryptionByDefault({});
    const id = await created();
    expect(await volume(id)).toMatchObject({ Encrypted: true, KmsKeyId: "arn:aws:kms:ap-northeast-1:123456789012:alias/aws/ebs" });
    await cloud.aws.ec2.DisableEbsEncryptionByDefault({});
    expect((await volume(await created())).Encrypted).toBe(false);
    const { SnapshotId } = await cloud.aws.ec2.CreateSnapshot({ VolumeId: id });
    await cloud.settle();
    expect((await volume(await created({ SnapshotId: SnapshotId! }))).Encrypted).toBe(true);
  });
});

describe("a data volume", () => {
  test("is attached to a running instance, whose data plane has it, and is free again when detached", async () => {
    const instance = await running();
    const id = await created();
    expect(await cloud.aws.ec2.AttachVolume({ VolumeId: id, InstanceId: instance, Device: "/dev/sdf" })).toMatchObject({ State: "attaching", Device: "/dev/sdf" });
    await cloud.settle();
    expect(await volume(id)).toMatchObject({ State: "in-use", Attachments: [{ InstanceId: instance, State: "attached", DeleteOnTermination: false }] });
    expect(cloud.paper.workloads.observe(instance)).toMatchObject({ state: "running", boot: 1, volumes: [id] });
    await expect(cloud.aws.ec2.DeleteVolume({ VolumeId: id })).rejects.toMatchObject({ code: "VolumeInUse" });

    expect(await cloud.aws.ec2.DetachVolume({ VolumeId: id })).toMatchObject({ State: "detaching" });
    await cloud.settle();
    expect(await volume(id)).toMatchObject({ State: "available", Attachments: [] });
    expect(cloud.paper.workloads.observe(instance)).toMatchObject({ boot: 1, volumes: [] });
    await cloud.aws.ec2.DeleteVolume({ VolumeId: id });
    await cloud.settle();
    await expect(volume(id)).rejects.toMatchObject({ code: "InvalidVolume.NotFound" });
  });

  test("is attached at once to a stopped instance, and there when it starts", async () => {
    const instance = await running();
    await cloud.aws.ec2.StopInstances({ InstanceIds: [instance] });
    await cloud.settle();
    const id = await created();
    await cloud.aws.ec2.AttachVolume({ VolumeId: id, InstanceId: instance, Device: "/dev/sdg" });
    await cloud.settle();
    expect((await volume(id)).Attachments).toMatchObject([{ State: "attached" }]);
    await cloud.aws.ec2.StartInstances({ InstanceIds: [instance] });
    await cloud.advance("1s");
    expect(cloud.paper.workloads.observe(instance)).toMatchObject({ boot: 2, volumes: [id] });
  });

  test("is refused where it can't go", async () => {
    const instance = await running();
    const here = await created();
    const elsewhere = await created({ AvailabilityZone: "ap-northeast-1c" });
    const attach = (VolumeId: string, Device = "/dev/sdf") => cloud.aws.ec2.AttachVolume({ VolumeId, InstanceId: instance, Device });
    await expect(attach(elsewhere)).rejects.toMatchObject({ code: "InvalidVolume.ZoneMismatch", message: `The volume '${elsewhere}' is not in the same availability zone as instance '${instance}'` });
    await expect(attach(here, "/dev/nvme1")).rejects.toMatchObject({ code: "InvalidParameterValue", message: "Value (/dev/nvme1) for parameter device is invalid. /dev/nvme1 is not a valid EBS device name." });
    await expect(attach(here, "/dev/xvda")).rejects.toMatchObject({ message: "Invalid value '/dev/xvda' for unixDevice. Attachment point /dev/xvda is already in use" });
    await attach(here);
    await expect(attach(here, "/dev/sdg")).rejects.toMatchObject({ code: "VolumeInUse", message: `${here} is already attached to an instance` });
    const root = (await cloud.aws.ec2.DescribeVolumes({ Filters: [{ Name: "attachment.device", Values: ["/dev/xvda"] }] })).Volumes![0]!;
    await expect(cloud.aws.ec2.DetachVolume({ VolumeId: root.VolumeId! })).rejects.toMatchObject({ code: "OperationNotPermitted" });
    await expect(cloud.aws.ec2.DetachVolume({ VolumeId: elsewhere })).rejects.toMatchObject({ code: "IncorrectState", message: `Volume '${elsewhere}' is in the 'available' state.` });
  });

  test("of a launch stays unless it is to go with its instance (S2-18)", async () => {
    const instance = await running({
      BlockDeviceMappings: [
        { DeviceName: "/dev/sdf", Ebs: { VolumeSize: 1 } },
        { DeviceName: "/dev/sdg", Ebs: { VolumeSize: 2, VolumeType: "gp3", DeleteOnTermination: true } },
      ],
    });
    const { Volumes } = await cloud.aws.ec2.DescribeVolumes({ Filters: [{ Name: "attachment.status", Values: ["attached"] }] });
    expect(Volumes!.map((each) => each.Attachments![0]!.Device)).toEqual(["/dev/xvda", "/dev/sdf", "/dev/sdg"]);
    await cloud.aws.ec2.TerminateInstances({ InstanceIds: [instance] });
    await cloud.settle();
    expect((await cloud.aws.ec2.DescribeVolumes({})).Volumes).toMatchObject([{ Size: 1, State: "available" }]);
  });
});

describe("a modification", () => {
  test("goes through its states, and four a day are the most", async () => {
    const id = await created();
    for (const Size of [20, 30, 40, 50]) {
      expect((await cloud.aws.ec2.ModifyVolume({ VolumeId: id, Size })).VolumeModification).toMatchObject({ ModificationState: "modifying", TargetSize: Size, Progress: 0 });
      await expect(cloud.aws.ec2.ModifyVolume({ VolumeId: id, Size: 99 })).rejects.toMatchObject({ code: "IncorrectModificationState" });
      await cloud.advance("15s");
      expect((await cloud.aws.ec2.DescribeVolumesModifications({ VolumeIds: [id] })).VolumesModifications).toMatchObject([{ ModificationState: "optimizing" }]);
      expect((await volume(id)).Size).toBe(Size);
      await cloud.advance("5m");
      expect((await cloud.aws.ec2.DescribeVolumesModifications({})).VolumesModifications).toMatchObject([{ ModificationState: "completed", Progress: 100 }]);
    }
    await expect(cloud.aws.ec2.ModifyVolume({ VolumeId: id, Size: 60 })).rejects.toMatchObject({ code: "VolumeModificationRateExceeded" });
    await cloud.advance("24h");
    await expect(cloud.aws.ec2.ModifyVolume({ VolumeId: id, Size: 49 })).rejects.toMatchObject({ message: "New size cannot be smaller than existing size" });
    await cloud.aws.ec2.ModifyVolume({ VolumeId: id, VolumeType: "gp2" });
    await cloud.advance("15s");
    expect(await volume(id)).toMatchObject({ VolumeType: "gp2", Iops: 150 });
  });
});

describe("snapshots", () => {
  test("are taken of all volumes of an instance, without those left out, with their tags", async () => {
    const instance = await running({
      BlockDeviceMappings: [{ DeviceName: "/dev/sdf", Ebs: { VolumeSize: 1 } }],
      TagSpecifications: [{ ResourceType: "volume", Tags: [{ Key: "Name", Value: "data" }] }],
    });
    const { Snapshots } = await cloud.aws.ec2.CreateSnapshots({ InstanceSpecification: { InstanceId: instance, ExcludeBootVolume: true }, CopyTagsFromSource: "volume" });
    expect(Snapshots).toMatchObject([{ VolumeSize: 1, State: "pending", Tags: [{ Key: "Name", Value: "data" }] }]);
    await cloud.settle();
    expect((await cloud.aws.ec2.DescribeSnapshots({})).Snapshots).toMatchObject([{ State: "completed", Progress: "100%" }]);
  });

  test("are copied to another region, and make volumes there", async () => {
    const { SnapshotId } = await cloud.aws.ec2.CreateSnapshot({ VolumeId: await created(), Description: "quiet" });
    await cloud.settle();
    const osaka = cloud.in("ap-northeast-3");
    const copy = await osaka.ec2.CopySnapshot({ SourceRegion: "ap-northeast-1", SourceSnapshotId: SnapshotId! });
    await cloud.settle();
    expect((await osaka.ec2.DescribeSnapshots({ SnapshotIds: [copy.SnapshotId!] })).Snapshots).toMatchObject([
      { State: "completed", VolumeSize: 10, Description: `[Copied ${SnapshotId} from ap-northeast-1]` },
    ]);
    expect(cloud.paper.disks.keys()).toHaveLength(1);
    await expect(osaka.ec2.CopySnapshot({ SourceRegion: "ap-northeast-3", SourceSnapshotId: SnapshotId! })).rejects.toMatchObject({ code: "InvalidSnapshot.NotFound" });
    await osaka.ec2.CreateVolume({ AvailabilityZone: "ap-northeast-3a", SnapshotId: copy.SnapshotId! });
  });

  test("are shared with accounts, and with everyone unless that is blocked or they are encrypted", async () => {
    const { SnapshotId: id = "" } = await cloud.aws.ec2.CreateSnapshot({ VolumeId: await created() });
    const permissions = async () => (await cloud.aws.ec2.DescribeSnapshotAttribute({ SnapshotId: id, Attribute: "createVolumePermission" })).CreateVolumePermissions;
    await cloud.aws.ec2.ModifySnapshotAttribute({ SnapshotId: id, CreateVolumePermission: { Add: [{ UserId: "111122223333" }] } });
    await cloud.aws.ec2.ModifySnapshotAttribute({ SnapshotId: id, Attribute: "createVolumePermission", OperationType: "add", GroupNames: ["all"] });
    expect(await permissions()).toEqual([{ UserId: "111122223333" }, { Group: "all" }]);
    await cloud.aws.ec2.ResetSnapshotAttribute({ SnapshotId: id, Attribute: "createVolumePermission" });
    expect(await permissions()).toEqual([]);
    await cloud.aws.ec2.EnableSnapshotBlockPublicAccess({ State: "block-new-sharing" });
    await expect(cloud.aws.ec2.ModifySnapshotAttribute({ SnapshotId: id, CreateVolumePermission: { Add: [{ Group: "all" }] } })).rejects.toMatchObject({ code: "OperationNotPermitted" });
    await expect(cloud.aws.ec2.ModifySnapshotAttribute({ SnapshotId: id, CreateVolumePermission: { Add: [{ UserId: "me" }] } })).rejects.toMatchObject({ code: "InvalidUserID.Malformed" });
  });
});
