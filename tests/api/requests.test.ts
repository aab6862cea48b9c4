/** What all requests have in common: dry runs, pages, filters, tags at creation, and tokens that make a repetition harmless. */
import * as autoscaling from "@aws-sdk/client-auto-scaling";
import { CreateStackCommand, ListStacksCommand } from "@aws-sdk/client-cloudformation";
import * as ec2 from "@aws-sdk/client-ec2";
import { CreateUserCommand, ListUsersCommand, paginateListUsers } from "@aws-sdk/client-iam";
import { GetParametersByPathCommand, paginateGetParametersByPath, PutParameterCommand } from "@aws-sdk/client-ssm";
import { beforeAll, describe, expect, it } from "vitest";
import { useCloud } from "./cloud.js";

const cloud = useCloud();

const names = (vpcs: readonly ec2.Vpc[] | undefined) => vpcs!.map((vpc) => vpc.Tags?.find((tag) => tag.Key === "Name")?.Value ?? "").sort();
const find = async (...Filters: readonly ec2.Filter[]) => names((await cloud.ec2.send(new ec2.DescribeVpcsCommand({ Filters: [...Filters] }))).Vpcs);

describe("a dry run", () => {
  it("says that it would have succeeded, and does nothing", async () => {
    await expect(cloud.ec2.send(new ec2.CreateVpcCommand({ CidrBlock: "10.0.0.0/16", DryRun: true }))).rejects.toMatchObject({
      name: "DryRunOperation",
      $metadata: { httpStatusCode: 412 },
      message: "Request would have succeeded, but DryRun flag is set.",
    });
    expect((await cloud.ec2.send(new ec2.DescribeVpcsCommand({}))).Vpcs).toHaveLength(1);
  });
});

describe("pages and filters", () => {
  beforeAll(async () => {
    for (let number = 0; number < 12; number++) {
      const Tags = [{ Key: "Name", Value: `vpc-${number}` }, { Key: "env", Value: number < 6 ? "stg" : "prod" }];
      await cloud.ec2.send(new ec2.CreateVpcCommand({ CidrBlock: `10.${number}.0.0/16`, TagSpecifications: [{ ResourceType: "vpc", Tags }] }));
      await cloud.iam.send(new CreateUserCommand({ UserName: `user-${number}` }));
      await cloud.ssm.send(new PutParameterCommand({ Name: `/shop/${number}`, Type: "String", Value: String(number) }));
    }
  });

  it("give each of EC2's records once, as many at a time as were asked for", async () => {
    const seen: string[] = [];
    const sizes: number[] = [];
    for await (const { Vpcs } of ec2.paginateDescribeVpcs({ client: cloud.ec2, pageSize: 5 }, {})) {
      sizes.push(Vpcs!.length);
      seen.push(...Vpcs!.map((vpc) => vpc.VpcId!));
    }
    expect(sizes).toEqual([5, 5, 3]);
    expect(new Set(seen).size).toBe(13);
  });

  it("give each of the other services' records once", async () => {
    const users: string[] = [];
    for await (const { Users } of paginateListUsers({ client: cloud.iam, pageSize: 5 }, {})) users.push(...Users!.map((user) => user.UserName!));
    expect(users).toHaveLength(13);
    expect(new Set(users).size).toBe(13);
    const parameters: string[] = [];
    for await (const { Parameters } of paginateGetParametersByPath({ client: cloud.ssm, pageSize: 5 }, { Path: "/shop" })) parameters.push(...Parameters!.map((each) => each.Name!));
    expect(new Set(parameters).size).toBe(12);
  });

  it("refuse a token that was never given, and a size out of range", async () => {
    const page = (input: ec2.DescribeVpcsCommandInput) => cloud.ec2.send(new ec2.DescribeVpcsCommand(input));
    await expect(page({ NextToken: "banana" })).rejects.toMatchObject({ name: expect.stringMatching(/^Invalid/), $metadata: { httpStatusCode: 400 }, message: expect.stringContaining("banana") });
    await expect(page({ MaxResults: 4 })).rejects.toMatchObject({ name: "InvalidParameterValue", message: expect.stringContaining("4") });
    await expect(page({ MaxResults: 1001 })).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await expect(cloud.iam.send(new ListUsersCommand({ Marker: "banana" }))).rejects.toMatchObject({ name: "ValidationError" });
    await expect(cloud.ssm.send(new GetParametersByPathCommand({ Path: "/shop", NextToken: "banana" }))).rejects.toMatchObject({ name: "InvalidNextToken" });
    await expect(cloud.autoscaling.send(new autoscaling.DescribeAutoScalingGroupsCommand({ NextToken: "banana" }))).rejects.toMatchObject({ name: expect.stringMatching(/^InvalidNextToken/) });
    await expect(cloud.cloudformation.send(new ListStacksCommand({ NextToken: "banana" }))).rejects.toMatchObject({ name: "ValidationError" });
  });

  it("filter by tags, with wildcards, any of the values, and all of the filters", async () => {
    expect(await find({ Name: "tag:env", Values: ["stg"] })).toHaveLength(6);
    expect(await find({ Name: "tag:Name", Values: ["vpc-1*"] })).toEqual(["vpc-1", "vpc-10", "vpc-11"]);
    expect(await find({ Name: "tag:Name", Values: ["vpc-?"] })).toHaveLength(10);
    expect(await find({ Name: "tag:Name", Values: ["vpc-3", "vpc-7", "absent"] })).toEqual(["vpc-3", "vpc-7"]);
    expect(await find({ Name: "tag:env", Values: ["prod"] }, { Name: "tag:Name", Values: ["vpc-1*"] })).toEqual(["vpc-10", "vpc-11"]);
    expect(await find({ Name: "tag-key", Values: ["env"] }, { Name: "cidr", Values: ["10.4.0.0/16"] })).toEqual(["vpc-4"]);
    expect(await find({ Name: "tag:env", Values: ["STG"] })).toEqual([]);
  });

  it("refuse a filter that AWS doesn't have, rather than finding all or nothing", async () => {
    await expect(find({ Name: "colour", Values: ["red"] })).rejects.toMatchObject({ name: "InvalidParameterValue", message: "The filter 'colour' is invalid" });
  });
});

describe("tags", () => {
  it("given at creation are there at once, in the record, in DescribeTags and for each kind named (S4-08, S4-43)", async () => {
    const { Images } = await cloud.ec2.send(new ec2.DescribeImagesCommand({ Owners: ["amazon"] }));
    const Tags = [{ Key: "team", Value: "four" }];
    const { Instances } = await cloud.ec2.send(
      new ec2.RunInstancesCommand({ ImageId: Images![0]!.ImageId!, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, TagSpecifications: [{ ResourceType: "instance", Tags }, { ResourceType: "volume", Tags }] }),
    );
    expect(Instances![0]!.Tags).toEqual(Tags);
    const found = (await cloud.ec2.send(new ec2.DescribeTagsCommand({ Filters: [{ Name: "tag:team", Values: ["four"] }] }))).Tags!;
    expect(found.map((tag) => tag.ResourceType!).sort()).toEqual(["instance", "volume"]);
  });

  it("are changed and taken away later, and refused when AWS would", async () => {
    const { Vpc } = await cloud.ec2.send(new ec2.CreateVpcCommand({ CidrBlock: "10.100.0.0/16" }));
    const Resources = [Vpc!.VpcId!];
    const seen = async () => (await cloud.ec2.send(new ec2.DescribeVpcsCommand({ VpcIds: Resources }))).Vpcs![0]!.Tags ?? [];
    await cloud.ec2.send(new ec2.CreateTagsCommand({ Resources, Tags: [{ Key: "Name", Value: "a" }, { Key: "x", Value: "" }] }));
    await cloud.ec2.send(new ec2.CreateTagsCommand({ Resources, Tags: [{ Key: "Name", Value: "b" }] }));
    expect(await seen()).toEqual(expect.arrayContaining([{ Key: "Name", Value: "b" }, { Key: "x", Value: "" }]));
    await cloud.ec2.send(new ec2.DeleteTagsCommand({ Resources, Tags: [{ Key: "x" }, { Key: "Name", Value: "other" }] }));
    expect(await seen()).toEqual([{ Key: "Name", Value: "b" }]);
    await expect(cloud.ec2.send(new ec2.CreateTagsCommand({ Resources, Tags: [{ Key: "aws:mine", Value: "x" }] }))).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await expect(cloud.ec2.send(new ec2.CreateTagsCommand({ Resources: ["vpc-0123456789abcdef0"], Tags: [{ Key: "a", Value: "b" }] }))).rejects.toMatchObject({ name: "InvalidVpcID.NotFound" });
  });

  it("leave a request without effect when they are wrong", async () => {
    const before = await find();
    const bad = { CidrBlock: "10.101.0.0/16", TagSpecifications: [{ ResourceType: "vpc" as const, Tags: [{ Key: "aws:x", Value: "y" }] }] };
    await expect(cloud.ec2.send(new ec2.CreateVpcCommand(bad))).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
    expect(await find()).toEqual(before);
  });
});

describe("a client token", () => {
  it("makes a repeated launch give the same instances, and another launch under it fail", async () => {
    const { Images } = await cloud.ec2.send(new ec2.DescribeImagesCommand({ Owners: ["amazon"] }));
    const launch = (InstanceType: ec2._InstanceType) =>
      cloud.ec2.send(new ec2.RunInstancesCommand({ ImageId: Images![0]!.ImageId!, InstanceType, MinCount: 2, MaxCount: 2, ClientToken: "once" }));
    const first = await launch("t3.micro");
    const again = await launch("t3.micro");
    expect(again.ReservationId).toBe(first.ReservationId);
    expect(again.Instances!.map((each) => each.InstanceId)).toEqual(first.Instances!.map((each) => each.InstanceId));
    await expect(launch("t3.small")).rejects.toMatchObject({ name: "IdempotentParameterMismatch", $metadata: { httpStatusCode: 400 } });
  });

  it("makes a repeated NAT gateway the same one", async () => {
    const { Subnets } = await cloud.ec2.send(new ec2.DescribeSubnetsCommand({ Filters: [{ Name: "default-for-az", Values: ["true"] }] }));
    const { AllocationId } = await cloud.ec2.send(new ec2.AllocateAddressCommand({ Domain: "vpc" }));
    const make = () => cloud.ec2.send(new ec2.CreateNatGatewayCommand({ SubnetId: Subnets![0]!.SubnetId!, AllocationId, ClientToken: "nat-once" }));
    const first = await make();
    expect((await make()).NatGateway!.NatGatewayId).toBe(first.NatGateway!.NatGatewayId);
    expect((await cloud.ec2.send(new ec2.DescribeNatGatewaysCommand({}))).NatGateways).toHaveLength(1);
  });

  it("makes a repeated stack the same one, so that a retry after a lost answer does no harm", async () => {
    const TemplateBody = JSON.stringify({ Resources: { Gateway: { Type: "AWS::EC2::InternetGateway" } } });
    const make = (ClientRequestToken: string) => cloud.cloudformation.send(new CreateStackCommand({ StackName: "once", TemplateBody, ClientRequestToken }));
    const first = await make("a");
    expect((await make("a")).StackId).toBe(first.StackId);
    await expect(make("b")).rejects.toMatchObject({ name: "AlreadyExistsException" });
  });
});
