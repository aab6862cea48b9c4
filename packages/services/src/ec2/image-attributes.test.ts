import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

async function amazons(): Promise<string> {
  const { Images } = await cloud.aws.ec2.DescribeImages({ Owners: ["amazon"], Filters: [{ Name: "name", Values: ["al2023-ami-2023.*-x86_64"] }] });
  return Images![0]!.ImageId!;
}

async function launched(ImageId: string): Promise<string> {
  const { Instances } = await cloud.aws.ec2.RunInstances({ ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, BlockDeviceMappings: [{ DeviceName: "/dev/sdf", Ebs: { VolumeSize: 3 } }] });
  await cloud.advance("1s");
  return Instances![0]!.InstanceId!;
}

async function golden(name = "golden"): Promise<string> {
  const instance = await launched(await amazons());
  const { ImageId } = await cloud.aws.ec2.CreateImage({ InstanceId: instance, Name: name, NoReboot: true });
  await cloud.advance("1s");
  return ImageId!;
}

async function image(id: string, region = "ap-northeast-1") {
  return (await cloud.in(region).ec2.DescribeImages({ ImageIds: [id], IncludeDisabled: true })).Images![0]!;
}

describe("an image of an instance", () => {
  test("holds all its volumes, which come with every launch (S0-07, S4-26)", async () => {
    const instance = await launched(await amazons());
    const { ImageId: id = "" } = await cloud.aws.ec2.CreateImage({ InstanceId: instance, Name: "golden" });
    await cloud.advance("5s");
    expect((await image(id)).BlockDeviceMappings).toMatchObject([{ DeviceName: "/dev/xvda" }, { DeviceName: "/dev/sdf", Ebs: { VolumeSize: 3, DeleteOnTermination: false } }]);
    expect(cloud.paper.workloads.observe(instance)).toMatchObject({ state: "running", boot: 2 });
    const { Instances } = await cloud.aws.ec2.RunInstances({ ImageId: id, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 });
    await cloud.advance("1s");
    const { Volumes } = await cloud.aws.ec2.DescribeVolumes({ Filters: [{ Name: "attachment.instance-id", Values: [Instances![0]!.InstanceId!] }] });
    expect(Volumes!.map((each) => [each.Size, each.Attachments![0]!.State])).toEqual([[8, "attached"], [3, "attached"]]);
    expect((await image(id)).LastLaunchedTime).toMatch(/^2026-01-01T/);
  });

  test("leaves a device out, or makes it larger, as asked", async () => {
    const InstanceId = await launched(await amazons());
    const { ImageId: less = "" } = await cloud.aws.ec2.CreateImage({ InstanceId, Name: "less", NoReboot: true, BlockDeviceMappings: [{ DeviceName: "/dev/sdf", NoDevice: "" }] });
    expect((await image(less)).BlockDeviceMappings).toHaveLength(1);
    const { ImageId: more = "" } = await cloud.aws.ec2.CreateImage({ InstanceId, Name: "more", NoReboot: true, BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: 20 } }] });
    expect((await image(more)).BlockDeviceMappings).toMatchObject([{ Ebs: { VolumeSize: 20 } }, { Ebs: { VolumeSize: 3 } }]);
  });

  test("can't be deregistered while protected; its snapshots go only when nothing else holds them", async () => {
    const id = await golden();
    const snapshot = (await image(id)).BlockDeviceMappings![0]!.Ebs!.SnapshotId!;
    const other = (await cloud.aws.ec2.RegisterImage({ Name: "again", VirtualizationType: "hvm", RootDeviceName: "/dev/xvda", BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { SnapshotId: snapshot } }] })).ImageId!;
    await cloud.aws.ec2.EnableImageDeregistrationProtection({ ImageId: id });
    await expect(cloud.aws.ec2.DeregisterImage({ ImageId: id })).rejects.toMatchObject({ code: "OperationNotPermitted" });
    await cloud.aws.ec2.DisableImageDeregistrationProtection({ ImageId: id });
    const { DeleteSnapshotResults } = await cloud.aws.ec2.DeregisterImage({ ImageId: id, DeleteAssociatedSnapshots: true });
    expect(DeleteSnapshotResults).toMatchObject([{ SnapshotId: snapshot, ReturnCode: "skipped" }, { ReturnCode: "success" }]);
    await expect(cloud.aws.ec2.DeleteSnapshot({ SnapshotId: snapshot })).rejects.toMatchObject({ code: "InvalidSnapshot.InUse", message: `The snapshot ${snapshot} is currently in use by ${other}` });
    await launched(other);
  });
});

describe("a copied image", () => {
  test.each([["the user's own", golden], ["Amazon's", amazons]])("of %s can be launched in another region (S1-47)", async (_whose, source) => {
    const osaka = cloud.in("ap-northeast-3");
    const input = { SourceRegion: "ap-northeast-1", SourceImageId: await source(), Name: "copied", ClientToken: "t" };
    const { ImageId: id = "" } = await osaka.ec2.CopyImage(input);
    expect(await osaka.ec2.CopyImage(input)).toMatchObject({ ImageId: id });
    await cloud.settle();
    expect(await image(id, "ap-northeast-3")).toMatchObject({ State: "available", SourceImageRegion: "ap-northeast-1", SourceImageId: input.SourceImageId });
    await osaka.ec2.RunInstances({ ImageId: id, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 });
    await cloud.advance("1s");
    expect((await osaka.ec2.DescribeInstanceStatus({})).InstanceStatuses).toMatchObject([{ InstanceStatus: { Status: "ok" } }]);
  });
});

describe("an image's attributes", () => {
  test("share it with accounts; with everyone only when that is not blocked", async () => {
    const ImageId = await golden();
    const permissions = async () => (await cloud.aws.ec2.DescribeImageAttribute({ ImageId, Attribute: "launchPermission" })).LaunchPermissions;
    await cloud.aws.ec2.ModifyImageAttribute({ ImageId, LaunchPermission: { Add: [{ UserId: "111122223333" }] } });
    await expect(cloud.aws.ec2.ModifyImageAttribute({ ImageId, LaunchPermission: { Add: [{ Group: "all" }] } })).rejects.toMatchObject({ code: "OperationNotPermitted" });
    await cloud.aws.ec2.DisableImageBlockPublicAccess({});
    await cloud.aws.ec2.ModifyImageAttribute({ ImageId, Attribute: "launchPermission", OperationType: "add", UserGroups: ["all"] });
    expect(await permissions()).toEqual([{ UserId: "111122223333" }, { Group: "all" }]);
    expect((await image(ImageId)).Public).toBe(true);
    expect((await cloud.aws.ec2.DescribeImages({ ExecutableUsers: ["111122223333"] })).Images).toHaveLength(1);
    await cloud.aws.ec2.ResetImageAttribute({ ImageId, Attribute: "launchPermission" });
    expect(await permissions()).toEqual([]);
  });

  test("disable it, deprecate it and describe it anew", async () => {
    const ImageId = await golden();
    await cloud.aws.ec2.DisableImage({ ImageId });
    expect((await cloud.aws.ec2.DescribeImages({ Owners: ["self"] })).Images).toEqual([]);
    await expect(launched(ImageId)).rejects.toMatchObject({ code: "InvalidAMIID.Unavailable" });
    await cloud.aws.ec2.EnableImage({ ImageId });
    await cloud.aws.ec2.EnableImageDeprecation({ ImageId, DeprecateAt: new Date("2026-03-01T12:00:10Z") });
    await cloud.aws.ec2.ModifyImageAttribute({ ImageId, Description: { Value: "of March" } });
    expect(await image(ImageId)).toMatchObject({ State: "available", DeprecationTime: "2026-03-01T12:00:00.000Z", Description: "of March" });
    await expect(cloud.aws.ec2.EnableImageDeprecation({ ImageId, DeprecateAt: new Date("2020-01-01") })).rejects.toMatchObject({ code: "InvalidParameterValue" });
    await expect(cloud.aws.ec2.DisableImage({ ImageId: await amazons() })).rejects.toMatchObject({ code: "AuthFailure" });
  });

  test.each([
    [{ VirtualizationType: "hvm" as const }, "InvalidBlockDeviceMapping"],
    [{}, "NotImplemented"],
    [{ VirtualizationType: "hvm" as const, Architecture: "arm64" as const }, "NotImplemented"],
    [{ VirtualizationType: "hvm" as const, Name: "x" }, "InvalidAMIName.Malformed"],
  ])("registering with %j is refused as %s", async (input, code) => {
    await expect(cloud.aws.ec2.RegisterImage({ Name: "mine", ...input })).rejects.toMatchObject({ code });
    expect((await cloud.aws.ec2.DescribeImages({ Owners: ["self"] })).Images).toEqual([]);
  });
});
