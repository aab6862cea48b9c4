import { afterAll, beforeAll, expect, test } from "vitest";
import type { Ec2Types } from "@hakoniwa/wire";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await createTestCloud();
});
afterAll(() => cloud.close());

/** https://docs.aws.amazon.com/ec2/latest/instancetypes/: vCPUs, MiB, interfaces, addresses on each. */
test.each([
  ["t2.micro", 1, 1024, 2, 2, "xen", "x86_64"],
  ["t3.micro", 2, 1024, 2, 2, "nitro", "x86_64"],
  ["t4g.small", 2, 2048, 3, 4, "nitro", "arm64"],
  ["m5.large", 2, 8192, 3, 10, "nitro", "x86_64"],
  ["m7i.xlarge", 4, 16_384, 4, 15, "nitro", "x86_64"],
  ["c6g.4xlarge", 16, 32_768, 8, 30, "nitro", "arm64"],
  ["r5.24xlarge", 96, 786_432, 15, 50, "nitro", "x86_64"],
] as const)("%s is as AWS describes it", async (name, vcpus, memory, interfaces, addresses, hypervisor, architecture) => {
  const { InstanceTypes } = await cloud.aws.ec2.DescribeInstanceTypes({ InstanceTypes: [name] });
  expect(InstanceTypes).toMatchObject([
    {
      InstanceType: name,
      VCpuInfo: { DefaultVCpus: vcpus },
      MemoryInfo: { SizeInMiB: memory },
      NetworkInfo: { MaximumNetworkInterfaces: interfaces, Ipv4AddressesPerInterface: addresses },
      Hypervisor: hypervisor,
      ProcessorInfo: { SupportedArchitectures: expect.arrayContaining([architecture]) },
    },
  ]);
});

test("types come in pages of a hundred at most, and each once", async () => {
  const names: string[] = [];
  for (let token: string | undefined, first = true; first || token; first = false) {
    const page: Ec2Types.DescribeInstanceTypesResult = await cloud.aws.ec2.DescribeInstanceTypes({ NextToken: token });
    expect(page.InstanceTypes!.length).toBeLessThanOrEqual(100);
    names.push(...page.InstanceTypes!.map((type) => type.InstanceType!));
    token = page.NextToken;
  }
  expect(names.length).toBeGreaterThan(150);
  expect(new Set(names).size).toBe(names.length);
  await expect(cloud.aws.ec2.DescribeInstanceTypes({ MaxResults: 101 })).rejects.toMatchObject({ code: "InvalidParameterValue" });
  await expect(cloud.aws.ec2.DescribeInstanceTypes({ InstanceTypes: ["t3.micro", "t9.huge" as "t3.micro"] })).rejects.toMatchObject({ code: "InvalidInstanceType", message: "The following supplied instance types do not exist: [t9.huge]" });
});

test("types are found by what they must have", async () => {
  const find = async (InstanceRequirements: Ec2Types.InstanceRequirementsRequest, architecture: Ec2Types.ArchitectureType = "x86_64") => {
    const answer = await cloud.aws.ec2.GetInstanceTypesFromInstanceRequirements({ ArchitectureTypes: [architecture], VirtualizationTypes: ["hvm"], InstanceRequirements });
    return answer.InstanceTypes!.map((type) => type.InstanceType!);
  };
  const small = { VCpuCount: { Min: 2, Max: 2 }, MemoryMiB: { Min: 8192, Max: 8192 } };
  expect(await find(small)).toEqual(expect.arrayContaining(["m5.large", "m6i.large", "m7i.large"]));
  expect(await find(small)).not.toContain("t3.large");
  expect(await find({ ...small, BurstablePerformance: "required", InstanceGenerations: ["current"] })).toEqual(["t2.large", "t3.large", "t3a.large"]);
  expect(await find({ ...small, AllowedInstanceTypes: ["m?g.*"] }, "arm64")).toEqual(["m6g.large", "m7g.large"]);
  await expect(find({ ...small, AllowedInstanceTypes: ["m*"], ExcludedInstanceTypes: ["m5*"] })).rejects.toMatchObject({ code: "InvalidParameterCombination" });
});

test("every region is there, those to opt in to when asked for", async () => {
  const usable = (await cloud.aws.ec2.DescribeRegions({})).Regions!;
  const all = (await cloud.aws.ec2.DescribeRegions({ AllRegions: true })).Regions!;
  expect([usable.length, all.length]).toEqual([17, 34]);
  expect(all.find((region) => region.RegionName === "ap-east-1")).toEqual({ RegionName: "ap-east-1", Endpoint: "ec2.ap-east-1.amazonaws.com", OptInStatus: "not-opted-in" });
  expect((await cloud.aws.ec2.DescribeAvailabilityZones({ Filters: [{ Name: "zone-id", Values: ["apne1-az4"] }] })).AvailabilityZones).toMatchObject([
    { ZoneName: "ap-northeast-1a", GroupLongName: "Asia Pacific (Tokyo) 1", State: "available" },
  ]);
});
