import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

async function vpcWithSubnet(): Promise<{ readonly vpcId: string; readonly subnetId: string }> {
  const { Vpc } = await cloud.aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" });
  const { Subnet } = await cloud.aws.ec2.CreateSubnet({ VpcId: Vpc!.VpcId!, CidrBlock: "10.0.0.0/24", AvailabilityZone: "ap-northeast-1a" });
  return { vpcId: Vpc!.VpcId!, subnetId: Subnet!.SubnetId! };
}

async function withGateway(vpcId: string): Promise<string> {
  const { InternetGateway } = await cloud.aws.ec2.CreateInternetGateway({});
  await cloud.aws.ec2.AttachInternetGateway({ InternetGatewayId: InternetGateway!.InternetGatewayId!, VpcId: vpcId });
  return InternetGateway!.InternetGatewayId!;
}

async function mainTable(vpcId: string): Promise<string> {
  const { RouteTables } = await cloud.aws.ec2.DescribeRouteTables({ Filters: [{ Name: "vpc-id", Values: [vpcId] }, { Name: "association.main", Values: ["true"] }] });
  return RouteTables![0]!.RouteTableId!;
}

describe("a new account", () => {
  test("has a default VPC with a public subnet in every zone (S2-03)", async () => {
    const { Vpcs } = await cloud.aws.ec2.DescribeVpcs({ Filters: [{ Name: "is-default", Values: ["true"] }] });
    expect(Vpcs).toMatchObject([{ CidrBlock: "172.31.0.0/16", IsDefault: true }]);
    const { Subnets } = await cloud.aws.ec2.DescribeSubnets({ Filters: [{ Name: "default-for-az", Values: ["true"] }] });
    expect(Subnets!.map((s) => [s.AvailabilityZone, s.CidrBlock, s.MapPublicIpOnLaunch])).toEqual([
      ["ap-northeast-1a", "172.31.0.0/20", true],
      ["ap-northeast-1c", "172.31.16.0/20", true],
      ["ap-northeast-1d", "172.31.32.0/20", true],
    ]);
    const { RouteTables } = await cloud.aws.ec2.DescribeRouteTables({});
    expect(RouteTables![0]!.Routes).toMatchObject([
      { DestinationCidrBlock: "172.31.0.0/16", GatewayId: "local" },
      { DestinationCidrBlock: "0.0.0.0/0", GatewayId: expect.stringMatching(/^igw-/), State: "active" },
    ]);
  });

  test("has one in other regions too, and a default VPC costs the data plane nothing (S2-03)", async () => {
    expect((await cloud.in("us-east-1").ec2.DescribeVpcs({})).Vpcs).toHaveLength(1);
    await cloud.settle();
    expect(cloud.paper.networks.keys()).toEqual([]);
  });
});

describe("a VPC", () => {
  test("has 10.0.0.0/16, default tenancy and its Name tag (S4-08), a main route table, a default ACL and a default group (S2-06)", async () => {
    const { Vpc } = await cloud.aws.ec2.CreateVpc({
      CidrBlock: "10.0.0.0/16",
      TagSpecifications: [{ ResourceType: "vpc", Tags: [{ Key: "Name", Value: "vpc-web-prod" }] }],
    });
    expect(Vpc).toMatchObject({ CidrBlock: "10.0.0.0/16", InstanceTenancy: "default", IsDefault: false, Ipv6CidrBlockAssociationSet: [], Tags: [{ Key: "Name", Value: "vpc-web-prod" }] });
    const Filters = [{ Name: "vpc-id", Values: [Vpc!.VpcId!] }];
    expect((await cloud.aws.ec2.DescribeRouteTables({ Filters })).RouteTables).toMatchObject([{ Associations: [{ Main: true }], Routes: [{ GatewayId: "local" }] }]);
    const { NetworkAcls } = await cloud.aws.ec2.DescribeNetworkAcls({ Filters });
    expect(NetworkAcls![0]!.Entries!.map((e) => [e.Egress, e.RuleNumber, e.RuleAction])).toEqual([[true, 100, "allow"], [true, 32767, "deny"], [false, 100, "allow"], [false, 32767, "deny"]]);
    const { SecurityGroups } = await cloud.aws.ec2.DescribeSecurityGroups({ Filters });
    expect(SecurityGroups).toMatchObject([{ GroupName: "default", IpPermissions: [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: SecurityGroups![0]!.GroupId }] }] }]);
    expect((await cloud.aws.ec2.DescribeVpcs({ Filters: [{ Name: "tag:Name", Values: ["vpc-*-prod"] }] })).Vpcs).toHaveLength(1);
  });

  test.each([
    ["10.0.0.0/8", "InvalidVpc.Range", "The CIDR '10.0.0.0/8' is invalid."],
    ["10.0.0.0/29", "InvalidVpc.Range", "The CIDR '10.0.0.0/29' is invalid."],
    ["10.0.0/16", "InvalidParameterValue", "Value (10.0.0/16) for parameter cidrBlock is invalid. This is not a valid CIDR block."],
  ])("can't have %s", async (CidrBlock, code, message) => {
    await expect(cloud.aws.ec2.CreateVpc({ CidrBlock })).rejects.toMatchObject({ code, message });
  });

  test("can't be deleted before what is in it", async () => {
    const { vpcId, subnetId } = await vpcWithSubnet();
    await expect(cloud.aws.ec2.DeleteVpc({ VpcId: vpcId })).rejects.toMatchObject({ code: "DependencyViolation", message: `The vpc '${vpcId}' has dependencies and cannot be deleted.` });
    await cloud.aws.ec2.DeleteSubnet({ SubnetId: subnetId });
    await cloud.aws.ec2.DeleteVpc({ VpcId: vpcId });
    await expect(cloud.aws.ec2.DescribeVpcs({ VpcIds: [vpcId] })).rejects.toMatchObject({ code: "InvalidVpcID.NotFound", message: `The vpc ID '${vpcId}' does not exist` });
    expect((await cloud.aws.ec2.DescribeRouteTables({ Filters: [{ Name: "vpc-id", Values: [vpcId] }] })).RouteTables).toEqual([]);
  });

  test("DryRun says that it would have succeeded, and makes nothing", async () => {
    await expect(cloud.aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16", DryRun: true })).rejects.toMatchObject({ code: "DryRunOperation", status: 412 });
    expect((await cloud.aws.ec2.DescribeVpcs({})).Vpcs).toHaveLength(1);
  });

  test("an unknown filter is refused by its name", async () => {
    await expect(cloud.aws.ec2.DescribeVpcs({ Filters: [{ Name: "colour", Values: ["red"] }] })).rejects.toMatchObject({ code: "InvalidParameterValue", message: "The filter 'colour' is invalid" });
  });

  test("lists are cut into pages", async () => {
    for (let i = 0; i < 6; i++) await cloud.aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" });
    const first = await cloud.aws.ec2.DescribeVpcs({ MaxResults: 5 });
    expect(first.Vpcs).toHaveLength(5);
    const second = await cloud.aws.ec2.DescribeVpcs({ MaxResults: 5, NextToken: first.NextToken });
    expect(second.Vpcs).toHaveLength(2);
    expect(second.NextToken).toBeUndefined();
    await expect(cloud.aws.ec2.DescribeVpcs({ NextToken: "nonsense" })).rejects.toMatchObject({ code: "InvalidNextToken" });
  });
});

describe("subnets", () => {
  test("10.0.0.0/24 in ap-northeast-1a has 251 addresses (S4-09)", async () => {
    const { subnetId } = await vpcWithSubnet();
    const { Subnets } = await cloud.aws.ec2.DescribeSubnets({ SubnetIds: [subnetId] });
    expect(Subnets).toMatchObject([{ AvailabilityZone: "ap-northeast-1a", AvailabilityZoneId: "apne1-az4", AvailableIpAddressCount: 251, MapPublicIpOnLaunch: false }]);
  });

  test("must lie in the VPC and apart from each other (S4-12)", async () => {
    const { vpcId } = await vpcWithSubnet();
    const create = (CidrBlock: string) => cloud.aws.ec2.CreateSubnet({ VpcId: vpcId, CidrBlock });
    await expect(create("10.1.0.0/24")).rejects.toMatchObject({ code: "InvalidSubnet.Range" });
    await expect(create("10.0.0.128/25")).rejects.toMatchObject({ code: "InvalidSubnet.Conflict", message: "The CIDR '10.0.0.128/25' conflicts with another subnet" });
    await create("10.0.1.0/24");
  });

  test("a zone that the region lacks is refused with the ones it has", async () => {
    const { vpcId } = await vpcWithSubnet();
    await expect(cloud.aws.ec2.CreateSubnet({ VpcId: vpcId, CidrBlock: "10.0.1.0/24", AvailabilityZone: "ap-northeast-1b" })).rejects.toMatchObject({
      message:
        "Value (ap-northeast-1b) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ap-northeast-1a, ap-northeast-1c, ap-northeast-1d.",
    });
  });
});

describe("routes", () => {
  test("a public subnet's table leads 0.0.0.0/0 to the internet gateway (S4-10, S4-11)", async () => {
    const { vpcId, subnetId } = await vpcWithSubnet();
    const igw = await withGateway(vpcId);
    const { RouteTable } = await cloud.aws.ec2.CreateRouteTable({ VpcId: vpcId });
    const RouteTableId = RouteTable!.RouteTableId!;
    await cloud.aws.ec2.CreateRoute({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId: igw });
    await cloud.aws.ec2.AssociateRouteTable({ RouteTableId, SubnetId: subnetId });
    const { RouteTables } = await cloud.aws.ec2.DescribeRouteTables({ Filters: [{ Name: "association.subnet-id", Values: [subnetId] }] });
    expect(RouteTables).toMatchObject([{ RouteTableId, Routes: [{ GatewayId: "local" }, { DestinationCidrBlock: "0.0.0.0/0", GatewayId: igw, State: "active" }] }]);
    expect(cloud.core.calls.facts({ account: "123456789012", region: "ap-northeast-1" }).ec2.subnet(subnetId)?.public).toBe(true);
    await expect(cloud.aws.ec2.DeleteRouteTable({ RouteTableId })).rejects.toMatchObject({ code: "DependencyViolation" });
  });

  test("a second target for the same destination is refused, and a detached gateway is a black hole", async () => {
    const { vpcId } = await vpcWithSubnet();
    const igw = await withGateway(vpcId);
    const RouteTableId = await mainTable(vpcId);
    await cloud.aws.ec2.CreateRoute({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId: igw });
    const eni = await cloud.aws.ec2.CreateNetworkInterface({ SubnetId: (await cloud.aws.ec2.DescribeSubnets({ Filters: [{ Name: "vpc-id", Values: [vpcId] }] })).Subnets![0]!.SubnetId! });
    await expect(cloud.aws.ec2.CreateRoute({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", NetworkInterfaceId: eni.NetworkInterface!.NetworkInterfaceId })).rejects.toMatchObject({
      code: "RouteAlreadyExists",
      message: "The route identified by 0.0.0.0/0 already exists.",
    });
    await cloud.aws.ec2.DetachInternetGateway({ InternetGatewayId: igw, VpcId: vpcId });
    const { RouteTables } = await cloud.aws.ec2.DescribeRouteTables({ RouteTableIds: [RouteTableId] });
    expect(RouteTables![0]!.Routes![1]).toMatchObject({ GatewayId: igw, State: "blackhole" });
  });
});

describe("network interfaces", () => {
  test("get the subnet's lowest free address, beginning at .4, and a network appears with the first (S4-09)", async () => {
    const { vpcId, subnetId } = await vpcWithSubnet();
    const one = (await cloud.aws.ec2.CreateNetworkInterface({ SubnetId: subnetId })).NetworkInterface!;
    const two = (await cloud.aws.ec2.CreateNetworkInterface({ SubnetId: subnetId, PrivateIpAddress: "10.0.0.5" })).NetworkInterface!;
    const three = (await cloud.aws.ec2.CreateNetworkInterface({ SubnetId: subnetId })).NetworkInterface!;
    expect([one, two, three].map((i) => i.PrivateIpAddress)).toEqual(["10.0.0.4", "10.0.0.5", "10.0.0.6"]);
    await cloud.settle();
    expect(cloud.paper.networks.keys()).toEqual([vpcId]);
    for (const i of [one, two, three]) await cloud.aws.ec2.DeleteNetworkInterface({ NetworkInterfaceId: i.NetworkInterfaceId! });
    await cloud.settle();
    expect(cloud.paper.networks.keys()).toEqual([]);
  });

  test.each([
    ["10.0.0.3", "InvalidParameterValue", "Address is in subnet's reserved address range"],
    ["10.0.0.255", "InvalidParameterValue", "Address is in subnet's reserved address range"],
    ["10.0.1.9", "InvalidParameterValue", "Address does not fall within the subnet's address range"],
    ["10.0.0.4", "InvalidIPAddress.InUse", "Address 10.0.0.4 is in use."],
  ])("can't have %s", async (PrivateIpAddress, code, message) => {
    const { subnetId } = await vpcWithSubnet();
    await cloud.aws.ec2.CreateNetworkInterface({ SubnetId: subnetId });
    await expect(cloud.aws.ec2.CreateNetworkInterface({ SubnetId: subnetId, PrivateIpAddress })).rejects.toMatchObject({ code, message });
  });

  test("the source/destination check can be turned off (S4-18)", async () => {
    const { subnetId } = await vpcWithSubnet();
    const { NetworkInterface } = await cloud.aws.ec2.CreateNetworkInterface({ SubnetId: subnetId });
    const NetworkInterfaceId = NetworkInterface!.NetworkInterfaceId!;
    expect(NetworkInterface!.SourceDestCheck).toBe(true);
    await cloud.aws.ec2.ModifyNetworkInterfaceAttribute({ NetworkInterfaceId, SourceDestCheck: { Value: false } });
    expect((await cloud.aws.ec2.DescribeNetworkInterfaces({ NetworkInterfaceIds: [NetworkInterfaceId] })).NetworkInterfaces).toMatchObject([{ SourceDestCheck: false, Status: "available" }]);
  });
});

describe("Elastic IP addresses", () => {
  test("move to another interface only with the reassociation flag (S2-19, S2-20)", async () => {
    const { vpcId, subnetId } = await vpcWithSubnet();
    await withGateway(vpcId);
    const [a, b] = await Promise.all([0, 1].map(async () => (await cloud.aws.ec2.CreateNetworkInterface({ SubnetId: subnetId })).NetworkInterface!.NetworkInterfaceId!));
    const { AllocationId, PublicIp } = await cloud.aws.ec2.AllocateAddress({});
    const first = await cloud.aws.ec2.AssociateAddress({ AllocationId, NetworkInterfaceId: a });
    await expect(cloud.aws.ec2.AssociateAddress({ AllocationId, NetworkInterfaceId: b })).rejects.toMatchObject({
      code: "Resource.AlreadyAssociated",
      message: `resource ${AllocationId} is already associated with associate-id ${first.AssociationId}`,
    });
    const second = await cloud.aws.ec2.AssociateAddress({ AllocationId, NetworkInterfaceId: b, AllowReassociation: true });
    expect(second.AssociationId).not.toBe(first.AssociationId);
    expect((await cloud.aws.ec2.DescribeAddresses({})).Addresses).toMatchObject([{ PublicIp, NetworkInterfaceId: b, PrivateIpAddress: "10.0.0.5" }]);
    await expect(cloud.aws.ec2.ReleaseAddress({ AllocationId })).rejects.toMatchObject({ code: "InvalidIPAddress.InUse" });
    await cloud.aws.ec2.DisassociateAddress({ AssociationId: second.AssociationId });
    await cloud.aws.ec2.ReleaseAddress({ AllocationId });
    expect((await cloud.aws.ec2.DescribeAddresses({})).Addresses).toEqual([]);
  });

  test("need an internet gateway (S4-19), and are different in every region", async () => {
    const { subnetId, vpcId } = await vpcWithSubnet();
    const { NetworkInterface } = await cloud.aws.ec2.CreateNetworkInterface({ SubnetId: subnetId });
    const { AllocationId } = await cloud.aws.ec2.AllocateAddress({});
    await expect(cloud.aws.ec2.AssociateAddress({ AllocationId, NetworkInterfaceId: NetworkInterface!.NetworkInterfaceId })).rejects.toMatchObject({
      code: "Gateway.NotAttached",
      message: `Network ${vpcId} is not attached to any internet gateway`,
    });
    const given: (string | undefined)[] = [];
    const regions = ["ap-northeast-3", "us-east-1", "us-west-2", "eu-west-1"];
    for (const region of regions) {
      for (let i = 0; i < 5; i++) given.push((await cloud.in(region).ec2.AllocateAddress({})).PublicIp);
      await expect(cloud.in(region).ec2.AllocateAddress({})).rejects.toMatchObject({ code: "AddressLimitExceeded", message: "The maximum number of addresses has been reached." });
    }
    expect(new Set(given).size).toBe(20);
  });
});
