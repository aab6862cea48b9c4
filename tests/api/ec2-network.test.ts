/** EC2's networks as the AWS SDK meets them: every new noun once over HTTP, its waiters and paginators, and its errors by name. */
import * as ec2 from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { patience, useCloud } from "./cloud.js";

const cloud = useCloud();
const SERVICE = "com.amazonaws.ap-northeast-1";

async function vpc(CidrBlock: string): Promise<string> {
  return (await cloud.ec2.send(new ec2.CreateVpcCommand({ CidrBlock }))).Vpc!.VpcId!;
}

async function subnet(VpcId: string, CidrBlock: string): Promise<string> {
  return (await cloud.ec2.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock }))).Subnet!.SubnetId!;
}

describe("networks over HTTP", () => {
  it("two VPCs are peered, routed to each other and parted again, as the SDK's waiters see it", async () => {
    const [VpcId, PeerVpcId] = [await vpc("10.0.0.0/16"), await vpc("10.1.0.0/16")];
    const { VpcPeeringConnection } = await cloud.ec2.send(new ec2.CreateVpcPeeringConnectionCommand({ VpcId, PeerVpcId }));
    const VpcPeeringConnectionId = VpcPeeringConnection!.VpcPeeringConnectionId!;
    expect(VpcPeeringConnection!.ExpirationTime).toBeInstanceOf(Date);
    const ids = { VpcPeeringConnectionIds: [VpcPeeringConnectionId] };
    await ec2.waitUntilVpcPeeringConnectionExists({ client: cloud.ec2, ...patience }, ids);
    await cloud.ec2.send(new ec2.AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId }));
    const { RouteTable } = await cloud.ec2.send(new ec2.CreateRouteTableCommand({ VpcId }));
    const RouteTableId = RouteTable!.RouteTableId!;
    await cloud.ec2.send(new ec2.CreateRouteCommand({ RouteTableId, DestinationCidrBlock: "10.1.0.0/16", VpcPeeringConnectionId }));
    const { RouteTables } = await cloud.ec2.send(new ec2.DescribeRouteTablesCommand({ RouteTableIds: [RouteTableId] }));
    expect(RouteTables![0]!.Routes).toContainEqual({ DestinationCidrBlock: "10.1.0.0/16", VpcPeeringConnectionId, Origin: "CreateRoute", State: "active" });
    await cloud.ec2.send(new ec2.DeleteVpcPeeringConnectionCommand({ VpcPeeringConnectionId }));
    await ec2.waitUntilVpcPeeringConnectionDeleted({ client: cloud.ec2, ...patience }, ids);
  });

  it("an interface endpoint becomes available, with interfaces and names of its own", async () => {
    const VpcId = await vpc("10.2.0.0/16");
    const SubnetIds = [await subnet(VpcId, "10.2.0.0/24")];
    const input = { VpcId, SubnetIds, ServiceName: `${SERVICE}.ec2`, VpcEndpointType: "Interface", PrivateDnsEnabled: false } as const;
    const { VpcEndpoint } = await cloud.ec2.send(new ec2.CreateVpcEndpointCommand(input));
    const VpcEndpointIds = [VpcEndpoint!.VpcEndpointId!];
    await expect
      .poll(async () => (await cloud.ec2.send(new ec2.DescribeVpcEndpointsCommand({ VpcEndpointIds }))).VpcEndpoints![0]!.State, { timeout: 20_000 })
      .toBe("available");
    const { NetworkInterfaces } = await cloud.ec2.send(new ec2.DescribeNetworkInterfacesCommand({ Filters: [{ Name: "interface-type", Values: ["vpc_endpoint"] }] }));
    expect(NetworkInterfaces).toMatchObject([{ Description: `VPC Endpoint Interface ${VpcEndpointIds[0]}`, RequesterManaged: true }]);
    expect((await cloud.ec2.send(new ec2.DeleteVpcEndpointsCommand({ VpcEndpointIds }))).Unsuccessful ?? []).toEqual([]);
    await expect.poll(async () => (await cloud.ec2.send(new ec2.DescribeVpcEndpointsCommand({}))).VpcEndpoints, { timeout: 20_000 }).toEqual([]);
  });

  it("prefix lists come in pages, and their entries with them", async () => {
    for (let number = 0; number < 7; number++) {
      const Entries = [{ Cidr: `10.${number}.0.0/16`, Description: `office ${number}` }];
      await cloud.ec2.send(new ec2.CreateManagedPrefixListCommand({ PrefixListName: `list-${number}`, AddressFamily: "IPv4", MaxEntries: 1, Entries }));
    }
    const names: string[] = [];
    const asked = { Filters: [{ Name: "prefix-list-name", Values: ["list-*"] }] };
    for await (const page of ec2.paginateDescribeManagedPrefixLists({ client: cloud.ec2, pageSize: 3 }, asked)) names.push(...page.PrefixLists!.map((list) => list.PrefixListName!));
    // Each once; AWS promises no order.
    expect(names.toSorted()).toEqual(["list-0", "list-1", "list-2", "list-3", "list-4", "list-5", "list-6"]);
    await expect(cloud.ec2.send(new ec2.DescribeManagedPrefixListsCommand({ MaxResults: 101 }))).rejects.toMatchObject({ name: "InvalidParameterValue" });
  });

  it("DHCP options, further ranges and addresses, reservations and flow logs make the round trip", async () => {
    const VpcId = await vpc("10.5.0.0/16");
    const SubnetId = await subnet(VpcId, "10.5.0.0/24");
    const DhcpConfigurations = [{ Key: "domain-name-servers", Values: ["10.5.0.2", "AmazonProvidedDNS"] }];
    const { DhcpOptions } = await cloud.ec2.send(new ec2.CreateDhcpOptionsCommand({ DhcpConfigurations }));
    await cloud.ec2.send(new ec2.AssociateDhcpOptionsCommand({ VpcId, DhcpOptionsId: DhcpOptions!.DhcpOptionsId }));
    await cloud.ec2.send(new ec2.AssociateVpcCidrBlockCommand({ VpcId, CidrBlock: "100.64.0.0/16" }));
    await cloud.ec2.send(new ec2.CreateSubnetCidrReservationCommand({ SubnetId, Cidr: "10.5.0.16/28", ReservationType: "prefix" }));
    const { NetworkInterface } = await cloud.ec2.send(new ec2.CreateNetworkInterfaceCommand({ SubnetId }));
    const { AssignedPrivateIpAddresses } = await cloud.ec2.send(
      new ec2.AssignPrivateIpAddressesCommand({ NetworkInterfaceId: NetworkInterface!.NetworkInterfaceId, SecondaryPrivateIpAddressCount: 1 }),
    );
    expect(AssignedPrivateIpAddresses).toEqual([{ PrivateIpAddress: "10.5.0.5" }]);
    const { FlowLogIds } = await cloud.ec2.send(
      new ec2.CreateFlowLogsCommand({ ResourceIds: [SubnetId], ResourceType: "Subnet", TrafficType: "REJECT", LogGroupName: "flow", DeliverLogsPermissionArn: "arn:aws:iam::123456789012:role/flow" }),
    );
    const { FlowLogs } = await cloud.ec2.send(new ec2.DescribeFlowLogsCommand({ FlowLogIds: FlowLogIds! }));
    expect(FlowLogs).toMatchObject([{ ResourceId: SubnetId, TrafficType: "REJECT", CreationTime: expect.any(Date) as Date }]);
    const { Vpcs } = await cloud.ec2.send(new ec2.DescribeVpcsCommand({ Filters: [{ Name: "dhcp-options-id", Values: [DhcpOptions!.DhcpOptionsId!] }] }));
    expect(Vpcs![0]!.CidrBlockAssociationSet!.map((c) => c.CidrBlock)).toEqual(["10.5.0.0/16", "100.64.0.0/16"]);
  });

  it.each([
    ["a peering connection", new ec2.AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId: "pcx-00000000000000000" }), "InvalidVpcPeeringConnectionID.NotFound"],
    ["what can't be one", new ec2.AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId: "pcx-x" }), "InvalidVpcPeeringConnectionID.Malformed"],
    ["an endpoint", new ec2.DescribeVpcEndpointsCommand({ VpcEndpointIds: ["vpce-00000000000000000"] }), "InvalidVpcEndpointId.NotFound"],
    ["a prefix list", new ec2.GetManagedPrefixListEntriesCommand({ PrefixListId: "pl-00000000000000000" }), "InvalidPrefixListID.NotFound"],
    ["a flow log", new ec2.DeleteFlowLogsCommand({ FlowLogIds: ["fl-00000000000000000"] }), "InvalidFlowLogId.NotFound"],
    ["a set of DHCP options", new ec2.DeleteDhcpOptionsCommand({ DhcpOptionsId: "dopt-00000000000000000" }), "InvalidDhcpOptionID.NotFound"],
  ] as const)("%s that isn't there is named by AWS's code", async (_name, command, name) => {
    await expect(cloud.ec2.send(command as ec2.DeleteFlowLogsCommand)).rejects.toMatchObject({ name });
  });

  it("what is not there yet says so by name", async () => {
    await expect(cloud.ec2.send(new ec2.ModifyVpcBlockPublicAccessOptionsCommand({ InternetGatewayBlockMode: "off" }))).rejects.toMatchObject({ name: "NotImplemented" });
    await expect(cloud.ec2.send(new ec2.CreateVpcCommand({ CidrBlock: "10.0.0.0/16", AmazonProvidedIpv6CidrBlock: true }))).rejects.toMatchObject({ name: "NotImplemented" });
  });
});
