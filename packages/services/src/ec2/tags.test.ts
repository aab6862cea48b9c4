import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
let vpc: string;
beforeEach(async () => {
  cloud = await createTestCloud();
  vpc = (await cloud.aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!;
});
afterEach(() => cloud.close());

const tags = async (): Promise<unknown> => (await cloud.aws.ec2.DescribeVpcs({ VpcIds: [vpc] })).Vpcs![0]!.Tags;

describe("tags", () => {
  test("are made, changed, found and deleted (S4-08)", async () => {
    await cloud.aws.ec2.CreateTags({ Resources: [vpc], Tags: [{ Key: "Name", Value: "vpc-hello-test" }, { Key: "env", Value: "test" }] });
    await cloud.aws.ec2.CreateTags({ Resources: [vpc], Tags: [{ Key: "env", Value: "prod" }] });
    expect(await tags()).toEqual([{ Key: "Name", Value: "vpc-hello-test" }, { Key: "env", Value: "prod" }]);
    expect((await cloud.aws.ec2.DescribeVpcs({ Filters: [{ Name: "tag:Name", Values: ["vpc-hello-*"] }] })).Vpcs).toHaveLength(1);
    expect((await cloud.aws.ec2.DescribeTags({ Filters: [{ Name: "resource-id", Values: [vpc] }, { Name: "key", Values: ["env"] }] })).Tags).toEqual([{ Key: "env", Value: "prod", ResourceId: vpc, ResourceType: "vpc" }]);
    await cloud.aws.ec2.DeleteTags({ Resources: [vpc], Tags: [{ Key: "env", Value: "other" }, { Key: "Name" }] });
    expect(await tags()).toEqual([{ Key: "env", Value: "prod" }]);
    await cloud.aws.ec2.DeleteTags({ Resources: [vpc] });
    expect(await tags()).toEqual([]);
  });

  test("with a hostile key are a tag like any other", async () => {
    await cloud.aws.ec2.CreateTags({ Resources: [vpc], Tags: [{ Key: "__proto__", Value: "x" }] });
    expect(await tags()).toEqual([{ Key: "__proto__", Value: "x" }]);
  });

  test("are at most 50 a resource, and a refused call changes nothing", async () => {
    const many = Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: "" }));
    await expect(cloud.aws.ec2.CreateTags({ Resources: [vpc], Tags: many })).rejects.toMatchObject({ code: "TagLimitExceeded" });
    expect(await tags()).toEqual([]);
  });

  test.each([
    [[{ Key: "aws:x", Value: "" }], "InvalidParameterValue"],
    [[{ Key: "", Value: "" }], "InvalidParameterValue"],
    [[{ Key: "k".repeat(129), Value: "" }], "InvalidParameterValue"],
    [[{ Key: "k", Value: "v".repeat(257) }], "InvalidParameterValue"],
    [[{ Key: "k" }, { Key: "k" }], "InvalidParameterValue"],
    [[], "MissingParameter"],
  ])("are refused: %j", async (given, code) => {
    await expect(cloud.aws.ec2.CreateTags({ Resources: [vpc], Tags: given })).rejects.toMatchObject({ code });
  });

  test.each([
    ["vpc-00000000000000000", "InvalidVpcID.NotFound"],
    ["i-00000000000000000", "InvalidInstanceID.NotFound"],
    ["constructor-00", "InvalidID"],
    ["nonsense", "InvalidID"],
  ])("are not made on %s", async (id, code) => {
    await expect(cloud.aws.ec2.CreateTags({ Resources: [id], Tags: [{ Key: "k", Value: "v" }] })).rejects.toMatchObject({ code });
  });
});

describe("the region", () => {
  test("tells its zones, types and image parameters", async () => {
    expect((await cloud.aws.ec2.DescribeAvailabilityZones({})).AvailabilityZones!.map((zone) => [zone.ZoneName, zone.ZoneId])).toEqual([
      ["ap-northeast-1a", "apne1-az4"],
      ["ap-northeast-1c", "apne1-az1"],
      ["ap-northeast-1d", "apne1-az2"],
    ]);
    expect((await cloud.aws.ec2.DescribeRegions({ RegionNames: ["us-east-1"] })).Regions).toEqual([{ RegionName: "us-east-1", Endpoint: "ec2.us-east-1.amazonaws.com", OptInStatus: "opt-in-not-required" }]);
    await expect(cloud.aws.ec2.DescribeRegions({ RegionNames: ["mars-1"] })).rejects.toMatchObject({ code: "InvalidParameterValue" });
    expect((await cloud.aws.ec2.DescribeInstanceTypes({ InstanceTypes: ["t3.micro"] })).InstanceTypes).toMatchObject([{ VCpuInfo: { DefaultVCpus: 2 }, MemoryInfo: { SizeInMiB: 1024 } }]);
    await expect(cloud.aws.ec2.DescribeInstanceTypes({ InstanceTypes: ["z9.huge" as "t2.micro"] })).rejects.toMatchObject({ code: "InvalidInstanceType" });
    const { InstanceTypeOfferings } = await cloud.aws.ec2.DescribeInstanceTypeOfferings({ LocationType: "availability-zone", Filters: [{ Name: "instance-type", Values: ["t3.micro"] }] });
    expect(InstanceTypeOfferings).toHaveLength(3);
  });
});
