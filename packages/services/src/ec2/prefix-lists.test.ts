import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";
import { hearNetworks } from "./testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const entry = (Cidr: string, Description?: string) => ({ Cidr, ...(Description === undefined ? {} : { Description }) });

async function offices(MaxEntries = 5): Promise<string> {
  const { PrefixList } = await cloud.aws.ec2.CreateManagedPrefixList({ PrefixListName: "offices", AddressFamily: "IPv4", MaxEntries, Entries: [entry("203.0.113.0/24", "Tokyo")] });
  return PrefixList!.PrefixListId!;
}

async function cidrs(PrefixListId: string, TargetVersion?: number): Promise<readonly (string | undefined)[]> {
  return (await cloud.aws.ec2.GetManagedPrefixListEntries({ PrefixListId, TargetVersion })).Entries!.map((e) => e.Cidr);
}

describe("a managed prefix list", () => {
  test("has versions: each change makes one, and an old one can be restored", async () => {
    const PrefixListId = await offices();
    const changed = await cloud.aws.ec2.ModifyManagedPrefixList({ PrefixListId, CurrentVersion: 1, AddEntries: [entry("198.51.100.0/24")], RemoveEntries: [{ Cidr: "203.0.113.0/24" }] });
    expect(changed.PrefixList).toMatchObject({ Version: 2, State: "modify-in-progress" });
    expect(await cidrs(PrefixListId)).toEqual(["198.51.100.0/24"]);
    expect(await cidrs(PrefixListId, 1)).toEqual(["203.0.113.0/24"]);
    await cloud.aws.ec2.RestoreManagedPrefixListVersion({ PrefixListId, PreviousVersion: 1, CurrentVersion: 2 });
    expect(await cidrs(PrefixListId)).toEqual(["203.0.113.0/24"]);
    expect((await cloud.aws.ec2.DescribeManagedPrefixLists({ PrefixListIds: [PrefixListId] })).PrefixLists).toMatchObject([{ Version: 3, State: "restore-complete", MaxEntries: 5, OwnerId: "123456789012" }]);
  });

  test.each([
    ["a version that is no longer current", { CurrentVersion: 7, AddEntries: [entry("10.0.0.0/8")] }, "PrefixListVersionMismatch"],
    ["an entry that isn't there", { CurrentVersion: 1, RemoveEntries: [{ Cidr: "10.0.0.0/8" }] }, "InvalidParameterValue"],
    ["more entries than it has room for", { CurrentVersion: 1, AddEntries: ["1", "2", "3", "4", "5"].map((n) => entry(`10.${n}.0.0/16`)) }, "PrefixListMaxEntriesExceeded"],
    ["a range that is none", { CurrentVersion: 1, AddEntries: [entry("10.0.0/8")] }, "InvalidParameterValue"],
    ["a size smaller than its entries", { MaxEntries: 0 }, "InvalidParameterValue"],
    ["entries and size at once", { CurrentVersion: 1, MaxEntries: 9, AddEntries: [entry("10.0.0.0/8")] }, "InvalidParameterValue"],
    ["nothing", {}, "MissingParameter"],
  ])("refuses %s and stays as it was", async (_name, input, code) => {
    const PrefixListId = await offices();
    await expect(cloud.aws.ec2.ModifyManagedPrefixList({ PrefixListId, ...input })).rejects.toMatchObject({ code });
    expect(await cidrs(PrefixListId)).toEqual(["203.0.113.0/24"]);
  });

  test("the same token makes the same list, and with other parameters none", async () => {
    const input = { PrefixListName: "x", AddressFamily: "IPv4", MaxEntries: 2, ClientToken: "once" };
    const first = await cloud.aws.ec2.CreateManagedPrefixList(input);
    expect((await cloud.aws.ec2.CreateManagedPrefixList(input)).PrefixList!.PrefixListId).toBe(first.PrefixList!.PrefixListId);
    await expect(cloud.aws.ec2.CreateManagedPrefixList({ ...input, MaxEntries: 3 })).rejects.toMatchObject({ code: "IdempotentParameterMismatch" });
    await cloud.aws.ec2.DeleteManagedPrefixList({ PrefixListId: first.PrefixList!.PrefixListId! });
    expect((await cloud.aws.ec2.CreateManagedPrefixList(input)).PrefixList!.PrefixListId).not.toBe(first.PrefixList!.PrefixListId);
  });

  test("in a rule and a route the data plane sees its ranges, follows its changes, and it can't be deleted", async () => {
    const hear = hearNetworks(cloud);
    const PrefixListId = await offices();
    const { Vpc } = await cloud.aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" });
    const VpcId = Vpc!.VpcId!;
    const { Subnet } = await cloud.aws.ec2.CreateSubnet({ VpcId, CidrBlock: "10.0.0.0/24" });
    const { GroupId } = await cloud.aws.ec2.CreateSecurityGroup({ GroupName: "web", Description: "web", VpcId });
    const { NetworkInterface } = await cloud.aws.ec2.CreateNetworkInterface({ SubnetId: Subnet!.SubnetId!, Groups: [GroupId!] });
    await cloud.aws.ec2.AuthorizeSecurityGroupIngress({ GroupId, IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, PrefixListIds: [{ PrefixListId, Description: "ssh" }] }] });
    const { RouteTable } = await cloud.aws.ec2.CreateRouteTable({ VpcId });
    const RouteTableId = RouteTable!.RouteTableId!;
    await cloud.aws.ec2.CreateRoute({ RouteTableId, DestinationPrefixListId: PrefixListId, NetworkInterfaceId: NetworkInterface!.NetworkInterfaceId });
    await cloud.aws.ec2.ModifyManagedPrefixList({ PrefixListId, CurrentVersion: 1, AddEntries: [entry("198.51.100.0/24")] });
    await cloud.settle();
    const model = hear(VpcId);
    expect(model.securityGroups.get(GroupId!)!.ingress.map((rule) => rule.peer)).toEqual([{ kind: "cidr", cidr: "203.0.113.0/24" }, { kind: "cidr", cidr: "198.51.100.0/24" }]);
    expect(model.routeTables.get(RouteTableId)!.routes).toMatchObject([{ destination: "203.0.113.0/24", prefixList: PrefixListId }, { destination: "198.51.100.0/24", prefixList: PrefixListId }]);

    const { SecurityGroups } = await cloud.aws.ec2.DescribeSecurityGroups({ Filters: [{ Name: "ip-permission.prefix-list-id", Values: [PrefixListId] }] });
    expect(SecurityGroups).toMatchObject([{ IpPermissions: [{ PrefixListIds: [{ PrefixListId, Description: "ssh" }] }] }]);
    const { PrefixListAssociations } = await cloud.aws.ec2.GetManagedPrefixListAssociations({ PrefixListId });
    expect(PrefixListAssociations!.map((a) => a.ResourceId)).toEqual([RouteTableId, GroupId]);
    await expect(cloud.aws.ec2.DeleteManagedPrefixList({ PrefixListId })).rejects.toMatchObject({ code: "DependencyViolation" });
  });

  test("counts in a security group by its greatest size", async () => {
    const PrefixListId = await offices(60);
    const { GroupId } = await cloud.aws.ec2.CreateSecurityGroup({ GroupName: "web", Description: "web" });
    const IpPermissions = [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, PrefixListIds: [{ PrefixListId }] }];
    await cloud.aws.ec2.AuthorizeSecurityGroupIngress({ GroupId, IpPermissions });
    await expect(cloud.aws.ec2.AuthorizeSecurityGroupIngress({ GroupId, IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIp: "0.0.0.0/0" })).rejects.toMatchObject({ code: "RulesPerSecurityGroupLimitExceeded" });
  });
});

test("AWS's own lists are there, can be used in rules, and nobody changes them", async () => {
  const { PrefixLists } = await cloud.aws.ec2.DescribeManagedPrefixLists({ Filters: [{ Name: "owner-id", Values: ["AWS"] }] });
  expect(PrefixLists).toMatchObject([{ PrefixListId: "pl-61a54008", PrefixListName: "com.amazonaws.ap-northeast-1.s3", OwnerId: "AWS" }, { PrefixListName: "com.amazonaws.ap-northeast-1.dynamodb" }]);
  expect((await cidrs("pl-61a54008")).length).toBeGreaterThan(0);
  await expect(cloud.aws.ec2.DeleteManagedPrefixList({ PrefixListId: "pl-61a54008" })).rejects.toMatchObject({ code: "UnauthorizedOperation" });
  await expect(cloud.aws.ec2.DescribeManagedPrefixLists({ PrefixListIds: ["pl-00000000"] })).rejects.toMatchObject({ code: "InvalidPrefixListID.NotFound" });
});
