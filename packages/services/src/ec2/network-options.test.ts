/** The options of networks: further ranges, DHCP, reservations, further addresses, quotas and idempotency. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";
import { secondaryCidr } from "./cidrs.js";
import { hearNetworks } from "./testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

async function network(CidrBlock = "10.0.0.0/16"): Promise<{ readonly VpcId: string; readonly SubnetId: string }> {
  const { Vpc } = await cloud.aws.ec2.CreateVpc({ CidrBlock });
  const { Subnet } = await cloud.aws.ec2.CreateSubnet({ VpcId: Vpc!.VpcId!, CidrBlock: CidrBlock.replace(/\/.*/, "/24") });
  return { VpcId: Vpc!.VpcId!, SubnetId: Subnet!.SubnetId! };
}

async function networkInterface(SubnetId: string, more: object = {}): Promise<string> {
  return (await cloud.aws.ec2.CreateNetworkInterface({ SubnetId, ...more })).NetworkInterface!.NetworkInterfaceId!;
}

async function addressesOf(id: string): Promise<readonly (string | undefined)[]> {
  const { NetworkInterfaces } = await cloud.aws.ec2.DescribeNetworkInterfaces({ NetworkInterfaceIds: [id] });
  return NetworkInterfaces![0]!.PrivateIpAddresses!.map((a) => a.PrivateIpAddress);
}

describe("a VPC's secondary range", () => {
  test.each([
    ["10.0.0.0/16", "10.2.0.0/16", true],
    ["10.0.0.0/16", "100.64.0.0/16", true],
    ["10.0.0.0/16", "11.0.0.0/16", true],
    ["10.0.0.0/16", "172.16.0.0/16", false],
    ["10.0.0.0/16", "192.168.0.0/16", false],
    ["10.0.0.0/16", "198.19.0.0/16", false],
    ["10.1.0.0/16", "10.0.0.0/16", false],
    ["10.2.0.0/16", "10.0.0.0/16", true],
    ["172.16.0.0/16", "172.17.0.0/16", true],
    ["172.16.0.0/16", "172.31.0.0/16", false],
    ["192.168.0.0/24", "10.0.0.0/16", false],
    ["100.64.0.0/16", "10.0.0.0/16", false],
    ["100.64.0.0/16", "100.65.0.0/16", true],
  ])("beside %s: %s is permitted: %s", (primary, wanted, permitted) => {
    if (permitted) expect(secondaryCidr(wanted, [primary])).toBe(wanted);
    else expect(() => secondaryCidr(wanted, [primary])).toThrow(/is restricted/);
  });

  test("carries subnets, ends at five, and stays while a subnet needs it", async () => {
    const { VpcId } = await network("10.2.0.0/16");
    const associate = (CidrBlock: string) => cloud.aws.ec2.AssociateVpcCidrBlock({ VpcId, CidrBlock });
    const { CidrBlockAssociation } = await associate("10.3.0.0/16");
    const { Subnet } = await cloud.aws.ec2.CreateSubnet({ VpcId, CidrBlock: "10.3.7.0/24" });
    const AssociationId = CidrBlockAssociation!.AssociationId!;
    await expect(cloud.aws.ec2.DisassociateVpcCidrBlock({ AssociationId })).rejects.toMatchObject({ code: "DependencyViolation" });
    await cloud.aws.ec2.DeleteSubnet({ SubnetId: Subnet!.SubnetId! });
    for (const block of ["10.4.0.0/16", "10.5.0.0/16", "10.6.0.0/16"]) await associate(block);
    await expect(associate("10.7.0.0/16")).rejects.toMatchObject({ code: "CidrLimitExceeded" });
    await cloud.aws.ec2.DisassociateVpcCidrBlock({ AssociationId });
    await expect(cloud.aws.ec2.DisassociateVpcCidrBlock({ AssociationId })).rejects.toMatchObject({ code: "InvalidVpcCidrBlockAssociationID.NotFound" });
    const { Vpcs } = await cloud.aws.ec2.DescribeVpcs({ Filters: [{ Name: "cidr-block-association.cidr-block", Values: ["10.6.*"] }] });
    expect(Vpcs!.map((v) => v.VpcId)).toEqual([VpcId]);
  });
});

describe("DHCP options", () => {
  test("reach the data plane with the VPC that they are associated with, and stay while one has them", async () => {
    const hear = hearNetworks(cloud);
    const { VpcId, SubnetId } = await network();
    await networkInterface(SubnetId);
    await cloud.settle();
    expect(hear(VpcId)).toMatchObject({ domainName: "ap-northeast-1.compute.internal", dhcp: { domainNameServers: ["AmazonProvidedDNS"] } });
    const { DhcpOptions } = await cloud.aws.ec2.CreateDhcpOptions({
      DhcpConfigurations: [{ Key: "domain-name", Values: ["example.com"] }, { Key: "domain-name-servers", Values: ["10.0.0.10,10.0.0.11"] }, { Key: "netbios-node-type", Values: ["2"] }],
      TagSpecifications: [{ ResourceType: "dhcp-options", Tags: [{ Key: "Name", Value: "ours" }] }],
    });
    const DhcpOptionsId = DhcpOptions!.DhcpOptionsId!;
    await cloud.aws.ec2.AssociateDhcpOptions({ DhcpOptionsId, VpcId });
    await cloud.settle();
    expect(hear(VpcId)).toMatchObject({ domainName: "example.com", dhcp: { domainNameServers: ["10.0.0.10", "10.0.0.11"], netbiosNodeType: 2, ntpServers: [] } });
    await expect(cloud.aws.ec2.DeleteDhcpOptions({ DhcpOptionsId })).rejects.toMatchObject({ code: "DependencyViolation" });
    await cloud.aws.ec2.AssociateDhcpOptions({ DhcpOptionsId: "default", VpcId });
    expect((await cloud.aws.ec2.DescribeVpcs({ VpcIds: [VpcId] })).Vpcs![0]!.DhcpOptionsId).toBe("default");
    await cloud.aws.ec2.DeleteDhcpOptions({ DhcpOptionsId });
    await expect(cloud.aws.ec2.AssociateDhcpOptions({ DhcpOptionsId, VpcId })).rejects.toMatchObject({ code: "InvalidDhcpOptionID.NotFound" });
  });

  test.each([
    ["an unknown key", [{ Key: "colour", Values: ["red"] }], "Value (colour) for parameter key is invalid. Unknown DHCP option."],
    ["five servers", [{ Key: "ntp-servers", Values: ["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4", "1.1.1.5"] }], /at most 4 addresses/],
    ["a name for a time server", [{ Key: "ntp-servers", Values: ["AmazonProvidedDNS"] }], /must be an IPv4 address/],
    ["a node type that isn't", [{ Key: "netbios-node-type", Values: ["3"] }], /must be 1, 2, 4 or 8/],
    ["a key twice", [{ Key: "domain-name", Values: ["a"] }, { Key: "domain-name", Values: ["b"] }], /only once/],
    ["a domain that is none", [{ Key: "domain-name", Values: ["-no-"] }], /must be a domain name/],
  ])("refuse %s", async (_name, DhcpConfigurations, message) => {
    await expect(cloud.aws.ec2.CreateDhcpOptions({ DhcpConfigurations })).rejects.toMatchObject({
      code: "InvalidParameterValue",
      message: typeof message === "string" ? message : expect.stringMatching(message),
    });
  });
});

describe("secondary private addresses", () => {
  test("are assigned by count or by name, taken over with leave, and unassigned", async () => {
    const { SubnetId } = await network();
    const [one, other] = [await networkInterface(SubnetId), await networkInterface(SubnetId)];
    const assign = (NetworkInterfaceId: string, more: object) => cloud.aws.ec2.AssignPrivateIpAddresses({ NetworkInterfaceId, ...more });
    expect((await assign(one, { SecondaryPrivateIpAddressCount: 2 })).AssignedPrivateIpAddresses).toEqual([{ PrivateIpAddress: "10.0.0.6" }, { PrivateIpAddress: "10.0.0.7" }]);
    await assign(one, { PrivateIpAddresses: ["10.0.0.100"] });
    await expect(assign(other, { PrivateIpAddresses: ["10.0.0.100"] })).rejects.toMatchObject({ code: "InvalidIPAddress.InUse" });
    await assign(other, { PrivateIpAddresses: ["10.0.0.100"], AllowReassignment: true });
    expect([await addressesOf(one), await addressesOf(other)]).toEqual([["10.0.0.4", "10.0.0.6", "10.0.0.7"], ["10.0.0.5", "10.0.0.100"]]);
    await expect(assign(other, { PrivateIpAddresses: ["10.0.0.4"], AllowReassignment: true })).rejects.toMatchObject({ code: "InvalidParameterValue" });
    const unassign = (PrivateIpAddresses: string[]) => cloud.aws.ec2.UnassignPrivateIpAddresses({ NetworkInterfaceId: one, PrivateIpAddresses });
    await expect(unassign(["10.0.0.4"])).rejects.toMatchObject({ code: "InvalidParameterValue", message: /primary/ });
    await expect(unassign(["10.0.0.100"])).rejects.toMatchObject({ code: "InvalidParameterValue" });
    await unassign(["10.0.0.6"]);
    expect(await addressesOf(one)).toEqual(["10.0.0.4", "10.0.0.7"]);
    await expect(assign(one, { SecondaryPrivateIpAddressCount: 60 })).rejects.toMatchObject({ code: "PrivateIpAddressLimitExceeded" });
  });

  test("lose their Elastic IP address when they go, which stays allocated", async () => {
    const { VpcId, SubnetId } = await network();
    const { InternetGateway } = await cloud.aws.ec2.CreateInternetGateway({});
    await cloud.aws.ec2.AttachInternetGateway({ VpcId, InternetGatewayId: InternetGateway!.InternetGatewayId! });
    const NetworkInterfaceId = await networkInterface(SubnetId, { SecondaryPrivateIpAddressCount: 1 });
    const { AllocationId } = await cloud.aws.ec2.AllocateAddress({});
    await cloud.aws.ec2.AssociateAddress({ AllocationId, NetworkInterfaceId, PrivateIpAddress: "10.0.0.5" });
    await cloud.aws.ec2.UnassignPrivateIpAddresses({ NetworkInterfaceId, PrivateIpAddresses: ["10.0.0.5"] });
    expect((await cloud.aws.ec2.DescribeAddresses({})).Addresses).toMatchObject([{ AllocationId, AssociationId: undefined }]);
  });
});

describe("a subnet's reserved range", () => {
  test("is given to nobody who doesn't ask for it by name, and no two overlap", async () => {
    const { SubnetId } = await network();
    const reserve = (Cidr: string, ReservationType = "explicit") => cloud.aws.ec2.CreateSubnetCidrReservation({ SubnetId, Cidr, ReservationType: ReservationType as "explicit" });
    const { SubnetCidrReservation } = await reserve("10.0.0.0/28");
    expect(await addressesOf(await networkInterface(SubnetId))).toEqual(["10.0.0.16"]);
    expect(await addressesOf(await networkInterface(SubnetId, { PrivateIpAddress: "10.0.0.9" }))).toEqual(["10.0.0.9"]);
    await expect(reserve("10.0.0.8/29")).rejects.toMatchObject({ code: "InvalidSubnetCidrReservation.Conflict" });
    await expect(reserve("10.0.1.0/28")).rejects.toMatchObject({ code: "InvalidSubnetCidrReservation.Range" });
    await expect(reserve("10.0.0.32/28", "loose")).rejects.toMatchObject({ code: "InvalidParameterValue" });
    await cloud.aws.ec2.DeleteSubnetCidrReservation({ SubnetCidrReservationId: SubnetCidrReservation!.SubnetCidrReservationId! });
    expect((await cloud.aws.ec2.GetSubnetCidrReservations({ SubnetId })).SubnetIpv4CidrReservations).toEqual([]);
    expect(await addressesOf(await networkInterface(SubnetId))).toEqual(["10.0.0.4"]);
  });
});

test("a default subnet that was deleted can be made again, once (S2-03)", async () => {
  const { Subnets } = await cloud.aws.ec2.DescribeSubnets({ Filters: [{ Name: "availability-zone", Values: ["ap-northeast-1c"] }] });
  const AvailabilityZone = "ap-northeast-1c";
  await expect(cloud.aws.ec2.CreateDefaultSubnet({ AvailabilityZone })).rejects.toMatchObject({ code: "DefaultSubnetAlreadyExistsInAvailabilityZone" });
  await cloud.aws.ec2.DeleteSubnet({ SubnetId: Subnets![0]!.SubnetId! });
  expect((await cloud.aws.ec2.CreateDefaultSubnet({ AvailabilityZone })).Subnet).toMatchObject({ CidrBlock: "172.31.16.0/20", DefaultForAz: true, MapPublicIpOnLaunch: true });
});

test("a released Elastic IP address can be recovered, as long as it is free (S2-20)", async () => {
  const { PublicIp, AllocationId } = await cloud.aws.ec2.AllocateAddress({});
  await expect(cloud.aws.ec2.AllocateAddress({ Address: PublicIp })).rejects.toMatchObject({ code: "InvalidAddress.NotFound" });
  await cloud.aws.ec2.ReleaseAddress({ AllocationId });
  const again = await cloud.aws.ec2.AllocateAddress({ Address: PublicIp });
  expect(again.PublicIp).toBe(PublicIp);
  expect(again.AllocationId).not.toBe(AllocationId);
  expect((await cloud.aws.ec2.DescribeAddressesAttribute({ Attribute: "domain-name" })).Addresses).toEqual([{ PublicIp, AllocationId: again.AllocationId }]);
});

test("a network ACL has at most 20 entries in each direction", async () => {
  const { VpcId } = await network();
  const { NetworkAcl } = await cloud.aws.ec2.CreateNetworkAcl({ VpcId });
  const add = (RuleNumber: number, Egress: boolean) =>
    cloud.aws.ec2.CreateNetworkAclEntry({ NetworkAclId: NetworkAcl!.NetworkAclId!, RuleNumber, Egress, Protocol: "-1", RuleAction: "allow", CidrBlock: "0.0.0.0/0" });
  for (let number = 1; number <= 20; number++) await add(number, false);
  await expect(add(21, false)).rejects.toMatchObject({ code: "NetworkAclEntryLimitExceeded" });
  await add(21, true);
});

test("an interface has at most five groups", async () => {
  const { VpcId, SubnetId } = await network();
  const Groups: string[] = [];
  for (let i = 0; i < 6; i++) Groups.push((await cloud.aws.ec2.CreateSecurityGroup({ GroupName: `g${i}`, Description: "g", VpcId })).GroupId!);
  await expect(networkInterface(SubnetId, { Groups })).rejects.toMatchObject({ code: "SecurityGroupsPerInterfaceLimitExceeded" });
  await networkInterface(SubnetId, { Groups: Groups.slice(1) });
});

test("the same client token makes one thing, and refuses another request", async () => {
  const { VpcId, SubnetId } = await network();
  const ClientToken = "again";
  const table = async (more: object = {}) => (await cloud.aws.ec2.CreateRouteTable({ VpcId, ClientToken, ...more })).RouteTable!.RouteTableId;
  const acl = async () => (await cloud.aws.ec2.CreateNetworkAcl({ VpcId, ClientToken })).NetworkAcl!.NetworkAclId;
  expect([await table(), await acl(), await networkInterface(SubnetId, { ClientToken })]).toEqual([await table(), await acl(), await networkInterface(SubnetId, { ClientToken })]);
  await expect(table({ TagSpecifications: [{ ResourceType: "route-table", Tags: [{ Key: "a", Value: "b" }] }] })).rejects.toMatchObject({ code: "IdempotentParameterMismatch" });
});

test("rules' descriptions are updated by their ids or by what they say", async () => {
  const { GroupId } = await cloud.aws.ec2.CreateSecurityGroup({ GroupName: "web", Description: "web" });
  const rule = (Description?: string) => [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "0.0.0.0/0", ...(Description === undefined ? {} : { Description }) }] }];
  const { SecurityGroupRules } = await cloud.aws.ec2.AuthorizeSecurityGroupIngress({ GroupId, IpPermissions: rule() });
  const SecurityGroupRuleId = SecurityGroupRules![0]!.SecurityGroupRuleId!;
  const shown = async () => (await cloud.aws.ec2.DescribeSecurityGroupRules({ SecurityGroupRuleIds: [SecurityGroupRuleId] })).SecurityGroupRules![0]!.Description;
  await cloud.aws.ec2.UpdateSecurityGroupRuleDescriptionsIngress({ GroupId, IpPermissions: rule("everybody") });
  expect(await shown()).toBe("everybody");
  await cloud.aws.ec2.UpdateSecurityGroupRuleDescriptionsIngress({ GroupId, SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId, Description: "all" }] });
  expect(await shown()).toBe("all");
  await expect(cloud.aws.ec2.UpdateSecurityGroupRuleDescriptionsIngress({ GroupId, IpPermissions: rule("日本") })).rejects.toMatchObject({ code: "InvalidParameterValue" });
  await expect(cloud.aws.ec2.UpdateSecurityGroupRuleDescriptionsEgress({ GroupId, IpPermissions: rule("x") })).rejects.toMatchObject({ code: "InvalidPermission.NotFound" });
});
