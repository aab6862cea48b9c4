/** Every filter that AWS's reference names for a Describe of networks is one that we know: a client's query is never refused for its filter. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

const DOCUMENTED = {
  DescribeVpcs:
    "cidr cidr-block-association.cidr-block cidr-block-association.association-id cidr-block-association.state dhcp-options-id ipv6-cidr-block-association.ipv6-cidr-block ipv6-cidr-block-association.ipv6-pool ipv6-cidr-block-association.association-id ipv6-cidr-block-association.state is-default owner-id state vpc-id",
  DescribeSubnets:
    "availability-zone availability-zone-id available-ip-address-count cidr-block customer-owned-ipv4-pool default-for-az enable-dns64 enable-lni-at-device-index ipv6-cidr-block-association.ipv6-cidr-block ipv6-cidr-block-association.association-id ipv6-cidr-block-association.state ipv6-native map-customer-owned-ip-on-launch map-public-ip-on-launch outpost-arn owner-id private-dns-name-options-on-launch.hostname-type private-dns-name-options-on-launch.enable-resource-name-dns-a-record private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record state subnet-arn subnet-id vpc-id",
  DescribeInternetGateways: "attachment.state attachment.vpc-id internet-gateway-id owner-id",
  DescribeRouteTables:
    "association.gateway-id association.route-table-association-id association.route-table-id association.subnet-id association.main owner-id route-table-id route.destination-cidr-block route.destination-ipv6-cidr-block route.destination-prefix-list-id route.egress-only-internet-gateway-id route.gateway-id route.instance-id route.nat-gateway-id route.transit-gateway-id route.origin route.state route.vpc-peering-connection-id vpc-id",
  DescribeNatGateways: "nat-gateway-id state subnet-id vpc-id",
  DescribeAddresses: "allocation-id association-id instance-id network-border-group network-interface-id network-interface-owner-id private-ip-address public-ip",
  DescribeSecurityGroups:
    "description egress.ip-permission.cidr egress.ip-permission.from-port egress.ip-permission.group-id egress.ip-permission.group-name egress.ip-permission.ipv6-cidr egress.ip-permission.prefix-list-id egress.ip-permission.protocol egress.ip-permission.to-port egress.ip-permission.user-id group-id group-name ip-permission.cidr ip-permission.from-port ip-permission.group-id ip-permission.group-name ip-permission.ipv6-cidr ip-permission.prefix-list-id ip-permission.protocol ip-permission.to-port ip-permission.user-id owner-id vpc-id",
  DescribeSecurityGroupRules: "group-id security-group-rule-id",
  DescribeNetworkAcls:
    "association.association-id association.network-acl-id association.subnet-id default entry.cidr entry.icmp.code entry.icmp.type entry.ipv6-cidr entry.port-range.from entry.port-range.to entry.protocol entry.rule-action entry.egress entry.rule-number network-acl-id owner-id vpc-id",
  DescribeNetworkInterfaces:
    "association.allocation-id association.association-id addresses.association.owner-id addresses.association.public-ip addresses.primary addresses.private-ip-address association.ip-owner-id association.public-ip association.public-dns-name attachment.attach-time attachment.attachment-id attachment.delete-on-termination attachment.device-index attachment.instance-id attachment.instance-owner-id attachment.status availability-zone availability-zone-id description group-id ipv6-addresses.ipv6-address interface-type mac-address network-interface-id operator.managed operator.principal owner-id private-dns-name private-ip-address requester-id requester-managed source-dest-check status subnet-id vpc-id",
  DescribeDhcpOptions: "dhcp-options-id key value owner-id",
  DescribeVpcPeeringConnections:
    "accepter-vpc-info.cidr-block accepter-vpc-info.owner-id accepter-vpc-info.vpc-id expiration-time requester-vpc-info.cidr-block requester-vpc-info.owner-id requester-vpc-info.vpc-id status-code status-message vpc-peering-connection-id",
  DescribeVpcEndpoints: "ip-address-type service-name service-region vpc-id vpc-endpoint-id vpc-endpoint-state vpc-endpoint-type",
  DescribeVpcEndpointServices: "owner service-name service-region service-type supported-ip-address-types",
  DescribeFlowLogs: "deliver-log-status log-destination-type flow-log-id log-group-name resource-id traffic-type",
  DescribeManagedPrefixLists: "owner-id prefix-list-id prefix-list-name",
  DescribePrefixLists: "prefix-list-id prefix-list-name",
} as const;

type Operation = keyof typeof DOCUMENTED;

describe("the filters that AWS documents", () => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await createTestCloud();
    const { aws } = cloud;
    // Something of each kind, so that filters are really applied to records.
    const { Vpc } = await aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" });
    const VpcId = Vpc!.VpcId!;
    const { Subnet } = await aws.ec2.CreateSubnet({ VpcId, CidrBlock: "10.0.0.0/24" });
    await aws.ec2.CreateNetworkInterface({ SubnetId: Subnet!.SubnetId! });
    await aws.ec2.AllocateAddress({});
    await aws.ec2.CreateNatGateway({ SubnetId: Subnet!.SubnetId!, ConnectivityType: "private" });
    await aws.ec2.CreateVpcPeeringConnection({ VpcId, PeerVpcId: (await aws.ec2.DescribeVpcs({})).Vpcs![0]!.VpcId! });
    await aws.ec2.CreateVpcEndpoint({ VpcId, ServiceName: "com.amazonaws.ap-northeast-1.s3" });
    await aws.s3.CreateBucket({ Bucket: "flow", CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
    await aws.ec2.CreateFlowLogs({ ResourceIds: [VpcId], ResourceType: "VPC", TrafficType: "ALL", LogDestinationType: "s3", LogDestination: "arn:aws:s3:::flow" });
  });
  afterAll(() => cloud.close());

  const describeWith = (operation: Operation, Name: string) => {
    const Filters = [{ Name, Values: ["nothing-has-this"] }];
    return (cloud.aws.ec2[operation] as (input: object) => Promise<object>)({ Filters, Filter: Filters });
  };

  test.each(Object.keys(DOCUMENTED) as Operation[])("of %s are all known, and leave out what does not have the value", async (operation) => {
    const everything = await (cloud.aws.ec2[operation] as (input: object) => Promise<object>)({});
    expect(Object.values(everything).some((list) => Array.isArray(list) && list.length > 0)).toBe(true);
    for (const name of [...DOCUMENTED[operation].split(" "), "tag:Name", "tag-key"]) {
      const found = await describeWith(operation, name);
      expect([name, Object.values(found).flat().filter((value) => value !== undefined)]).toEqual([name, []]);
    }
    await expect(describeWith(operation, "colour")).rejects.toMatchObject({ code: "InvalidParameterValue", message: "The filter 'colour' is invalid" });
  });
});
