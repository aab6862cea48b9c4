import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";
import { publicImageParameters, publicImages } from "./image-catalogue.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const IMAGE = publicImageParameters("ap-northeast-1").get("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64")!;

async function running(): Promise<string> {
  const { Instances } = await cloud.aws.ec2.RunInstances({ ImageId: IMAGE, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 });
  await cloud.advance("1s");
  return Instances![0]!.InstanceId!;
}

const bootOf = (id: string) => (cloud.paper.workloads.observe(id) as { boot: number }).boot;

describe("CreateImage", () => {
  test("reboots the instance, and its image can be launched from (S2-39, S4-26)", async () => {
    const id = await running();
    const { ImageId } = await cloud.aws.ec2.CreateImage({ InstanceId: id, Name: "web-1" });
    expect((await cloud.aws.ec2.DescribeImages({ ImageIds: [ImageId!] })).Images).toMatchObject([{ State: "pending", Public: false, SourceInstanceId: id }]);
    await expect(cloud.aws.ec2.RunInstances({ ImageId: ImageId!, MinCount: 1, MaxCount: 1 })).rejects.toMatchObject({ code: "InvalidAMIID.Unavailable" });
    await cloud.advance("1s");
    expect((await cloud.aws.ec2.DescribeImages({ Owners: ["self"] })).Images).toMatchObject([{ ImageId, Name: "web-1", State: "available" }]);
    expect((await cloud.aws.ec2.DescribeInstances({ InstanceIds: [id] })).Reservations![0]!.Instances).toMatchObject([{ State: { Name: "running" } }]);
    expect(bootOf(id)).toBe(2);
    const { Instances } = await cloud.aws.ec2.RunInstances({ ImageId: ImageId!, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 });
    await cloud.advance("1s");
    expect(cloud.paper.workloads.observe(Instances![0]!.InstanceId!)).toMatchObject({ state: "running" });
    expect(cloud.logs).toEqual([]);
  });

  test("with NoReboot leaves the instance running (S2-39)", async () => {
    const id = await running();
    const { ImageId } = await cloud.aws.ec2.CreateImage({ InstanceId: id, Name: "web-1", NoReboot: true });
    await cloud.advance("1s");
    expect(bootOf(id)).toBe(1);
    expect((await cloud.aws.ec2.DescribeImages({ ImageIds: [ImageId!] })).Images).toMatchObject([{ State: "available" }]);
  });

  test("of a stopped instance leaves it stopped (S4-26)", async () => {
    const id = await running();
    await cloud.aws.ec2.StopInstances({ InstanceIds: [id] });
    await cloud.advance("1s");
    await cloud.aws.ec2.CreateImage({ InstanceId: id, Name: "web-1" });
    await cloud.advance("1s");
    expect((await cloud.aws.ec2.DescribeInstances({ InstanceIds: [id] })).Reservations![0]!.Instances).toMatchObject([{ State: { Name: "stopped" } }]);
    expect((await cloud.aws.ec2.DescribeImages({ Owners: ["self"] })).Images).toMatchObject([{ State: "available" }]);
  });

  test("keeps the snapshot while an image uses it, and lets it go afterwards", async () => {
    const id = await running();
    const { ImageId } = await cloud.aws.ec2.CreateImage({ InstanceId: id, Name: "web-1" });
    await cloud.advance("1s");
    await expect(cloud.aws.ec2.CreateImage({ InstanceId: id, Name: "web-1" })).rejects.toMatchObject({ code: "InvalidAMIName.Duplicate" });
    const { Snapshots } = await cloud.aws.ec2.DescribeSnapshots({ OwnerIds: ["self"] });
    expect(Snapshots).toMatchObject([{ State: "completed", Progress: "100%", VolumeSize: 8 }]);
    const snapshot = { SnapshotId: Snapshots![0]!.SnapshotId! };
    await expect(cloud.aws.ec2.DeleteSnapshot(snapshot)).rejects.toMatchObject({ code: "InvalidSnapshot.InUse" });
    await cloud.aws.ec2.DeregisterImage({ ImageId: ImageId! });
    await cloud.aws.ec2.DeleteSnapshot(snapshot);
    await cloud.settle();
    expect((await cloud.aws.ec2.DescribeSnapshots({ OwnerIds: ["self"] })).Snapshots).toEqual([]);
  });
});

describe("the catalogue", () => {
  test("has the same ids on every start, and others in every region", () => {
    expect(publicImages("ap-northeast-1").map((image) => image.id)).toEqual(publicImages("ap-northeast-1").map((image) => image.id));
    const ids = ["ap-northeast-1", "ap-northeast-3", "us-east-1"].flatMap((region) => publicImages(region).map((image) => image.id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(publicImageParameters("ap-northeast-1").get("/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2")).toMatch(/^ami-0[0-9a-f]{16}$/);
  });

  test("is not the user's to deregister", async () => {
    await expect(cloud.aws.ec2.DeregisterImage({ ImageId: IMAGE })).rejects.toMatchObject({ code: "AuthFailure" });
  });
});

test("a volume is made, is there, and goes", async () => {
  const { VolumeId } = await cloud.aws.ec2.CreateVolume({ AvailabilityZone: "ap-northeast-1a", Size: 10, VolumeType: "gp3" });
  await cloud.settle();
  expect((await cloud.aws.ec2.DescribeVolumes({ VolumeIds: [VolumeId!] })).Volumes).toMatchObject([{ State: "available", Size: 10, Iops: 3000, Throughput: 125 }]);
  await cloud.aws.ec2.DeleteVolume({ VolumeId: VolumeId! });
  await cloud.settle();
  await expect(cloud.aws.ec2.DescribeVolumes({ VolumeIds: [VolumeId!] })).rejects.toMatchObject({ code: "InvalidVolume.NotFound" });
  expect(cloud.paper.disks.keys()).toEqual([]);
});
