import { expect, it } from "vitest";
import { createTestCloud } from "../testing.js";
import { describeResourceTypes, type Definitions, type ResourceCase } from "../cloudformation/cases/testing.js";
import { networkResources } from "./cfn-network.js";

const ref = (name: string) => ({ Ref: name });
const att = (name: string, attribute: string) => ({ "Fn::GetAtt": [name, attribute] });
const tag = (Key: string, Value: string) => [{ Key, Value }];
const FOUR = tag("team", "four");
const PROD = tag("env", "prod");
const inVpc = (more: object = {}) => ({ VpcId: ref("Vpc"), ...more });
const vpc = (CidrBlock: string) => ({ Type: "AWS::EC2::VPC", Properties: { CidrBlock } });
const Vpc = vpc("10.0.0.0/16");
const Other = vpc("10.9.0.0/16");
const subnet = (third: number) => ({ Type: "AWS::EC2::Subnet", Properties: inVpc({ CidrBlock: `10.0.${third}.0/24` }) });
const Subnet = subnet(0);
const Igw = { Type: "AWS::EC2::InternetGateway" };
const Attachment = { Type: "AWS::EC2::VPCGatewayAttachment", Properties: inVpc({ InternetGatewayId: ref("Igw") }) };
const Public = { Vpc, Igw, Attachment, Subnet: { ...Subnet, DependsOn: "Attachment" } };
const address = { Type: "AWS::EC2::EIP", DependsOn: "Attachment" };
const table = { Type: "AWS::EC2::RouteTable", Properties: inVpc() };
const group = { Type: "AWS::EC2::SecurityGroup", Properties: inVpc({ GroupDescription: "g" }) };
const Offices = { Type: "AWS::EC2::PrefixList", Properties: { PrefixListName: "offices", AddressFamily: "IPv4", MaxEntries: 2, Entries: [{ Cidr: "203.0.113.0/24" }] } };
const eni = { Type: "AWS::EC2::NetworkInterface", Properties: { SubnetId: ref("Subnet") } };
const instance = { Type: "AWS::EC2::Instance", Properties: { SubnetId: ref("Subnet"), InstanceType: "t3.micro", ImageId: "{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}" } };
const route = (more: object) => ({ RouteTableId: ref("Table"), ...more });
const Nat = { Type: "AWS::EC2::NatGateway", Properties: { SubnetId: ref("Subnet"), ConnectivityType: "private" } };
const policy = (Action: string) => ({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action, Resource: "*" }] });
const SERVICE = "com.amazonaws.ap-northeast-1";
const NOWHERE = "vpc-00000000000000000";

const rule = { IpProtocol: "tcp", FromPort: 80, ToPort: 80 };
const Role = { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "vpc-flow-logs.amazonaws.com" }, Action: "sts:AssumeRole" }] } } };

const networks: Readonly<Record<string, ResourceCase>> = {
  "AWS::EC2::VPC": {
    minimal: { CidrBlock: "10.0.0.0/16" },
    maximal: { CidrBlock: "10.0.0.0/16", EnableDnsHostnames: true, EnableDnsSupport: true, InstanceTenancy: "dedicated", Tags: FOUR },
    changed: { CidrBlock: "10.0.0.0/16", EnableDnsHostnames: false, EnableDnsSupport: false, InstanceTenancy: "default", Tags: PROD },
    replaced: { CidrBlock: "10.0.0.0/20" },
    lacks: ENCRYPTION(),
    failing: { properties: { CidrBlock: "10.0.0.0/8" }, says: "The CIDR '10.0.0.0/8' is invalid." },
    drift: { by: ({ aws }, VpcId) => aws.ec2.ModifyVpcAttribute({ VpcId, EnableDnsHostnames: { Value: false } }), at: "EnableDnsHostnames" },
  },
  "AWS::EC2::Subnet": {
    around: { Vpc },
    minimal: inVpc({ CidrBlock: "10.0.0.0/24" }),
    maximal: inVpc({ CidrBlock: "10.0.0.1/24", AvailabilityZone: "ap-northeast-1c", MapPublicIpOnLaunch: true, PrivateDnsNameOptionsOnLaunch: { HostnameType: "ip-name" }, Tags: FOUR }),
    others: [inVpc({ CidrBlock: "10.0.0.0/24", AvailabilityZoneId: "apne1-az4" })],
    changed: inVpc({ CidrBlock: "10.0.0.1/24", AvailabilityZone: "ap-northeast-1c", MapPublicIpOnLaunch: false, Tags: PROD }),
    replaced: inVpc({ CidrBlock: "10.0.7.0/24" }),
    lacks: ["OutpostArn", "BlockPublicAccessStates"],
    failing: { properties: inVpc({ CidrBlock: "10.1.0.0/24" }), says: "The CIDR '10.1.0.0/24' is invalid." },
    drift: { by: ({ aws }, SubnetId) => aws.ec2.ModifySubnetAttribute({ SubnetId, MapPublicIpOnLaunch: { Value: false } }), at: "MapPublicIpOnLaunch" },
  },
  "AWS::EC2::InternetGateway": {
    minimal: {},
    maximal: { Tags: FOUR },
    changed: { Tags: PROD },
    failing: { properties: { Tags: tag("aws:mine", "x") }, says: "Tag keys starting with 'aws:' are reserved for internal use" },
    drift: { by: ({ aws }, id) => aws.ec2.CreateTags({ Resources: [id], Tags: tag("team", "five") }), at: "Tags" },
  },
  "AWS::EC2::VPCGatewayAttachment": {
    around: { Vpc, Other, Igw, Second: Igw },
    minimal: inVpc({ InternetGatewayId: ref("Igw") }),
    maximal: inVpc({ InternetGatewayId: ref("Igw") }),
    changed: inVpc({ InternetGatewayId: ref("Second") }),
    replaced: { VpcId: ref("Other"), InternetGatewayId: ref("Igw") },
    failing: { properties: inVpc(), says: "Either InternetGatewayId or VpnGatewayId must be specified." },
    drift: { by: ({ aws }, _id, id) => aws.ec2.DetachInternetGateway({ VpcId: id("Vpc"), InternetGatewayId: id("Igw") }), at: "all" },
  },
  "AWS::EC2::VPCCidrBlock": {
    around: { Vpc },
    minimal: inVpc({ CidrBlock: "10.3.0.0/16" }),
    maximal: inVpc({ CidrBlock: "10.3.0.0/16" }),
    replaced: inVpc({ CidrBlock: "10.4.0.0/16" }),
    failing: { properties: inVpc({ CidrBlock: "192.168.0.0/16" }), says: "is restricted" },
    drift: { by: ({ aws }, AssociationId) => aws.ec2.DisassociateVpcCidrBlock({ AssociationId }), at: "all" },
  },
  "AWS::EC2::SubnetCidrReservation": {
    around: { Vpc, Subnet },
    minimal: { SubnetId: ref("Subnet"), Cidr: "10.0.0.64/28", ReservationType: "explicit" },
    maximal: { SubnetId: ref("Subnet"), Cidr: "10.0.0.64/28", ReservationType: "explicit", Description: "By hand", Tags: FOUR },
    changed: { SubnetId: ref("Subnet"), Cidr: "10.0.0.64/28", ReservationType: "explicit", Description: "By hand", Tags: PROD },
    replaced: { SubnetId: ref("Subnet"), Cidr: "10.0.0.128/28", ReservationType: "prefix" },
    failing: { properties: { SubnetId: ref("Subnet"), Cidr: "10.0.9.0/28", ReservationType: "explicit" }, says: "is not within the subnet's CIDR" },
    drift: { by: ({ aws }, id) => aws.ec2.CreateTags({ Resources: [id.split("|")[1]!], Tags: tag("team", "five") }), at: "Tags" },
  },
  "AWS::EC2::DHCPOptions": {
    minimal: { DomainName: "example.com" },
    maximal: { DomainName: "example.com", DomainNameServers: ["AmazonProvidedDNS"], NtpServers: ["10.0.0.5"], NetbiosNameServers: ["10.0.0.6"], NetbiosNodeType: 2, Tags: FOUR },
    changed: { DomainName: "example.com", DomainNameServers: ["AmazonProvidedDNS"], NtpServers: ["10.0.0.5"], NetbiosNameServers: ["10.0.0.6"], NetbiosNodeType: 2, Tags: PROD },
    replaced: { DomainName: "example.org" },
    failing: { properties: { NetbiosNodeType: 3 }, says: "netbios-node-type" },
    drift: { by: ({ aws }, id) => aws.ec2.DeleteTags({ Resources: [id], Tags: [{ Key: "team" }] }), at: "Tags" },
  },
  "AWS::EC2::VPCDHCPOptionsAssociation": {
    around: { Vpc, Options: { Type: "AWS::EC2::DHCPOptions", Properties: { DomainName: "example.com" } }, Others: { Type: "AWS::EC2::DHCPOptions", Properties: { DomainName: "example.org" } } },
    minimal: inVpc({ DhcpOptionsId: ref("Options") }),
    maximal: inVpc({ DhcpOptionsId: ref("Options") }),
    failing: { properties: inVpc({ DhcpOptionsId: "dopt-00000000000000000" }), says: "dopt-00000000000000000" },
    drift: { by: ({ aws }, _id, id) => aws.ec2.AssociateDhcpOptions({ VpcId: id("Vpc"), DhcpOptionsId: id("Others") }), at: "DhcpOptionsId" },
  },
  "AWS::EC2::RouteTable": {
    around: { Vpc, Other },
    minimal: inVpc(),
    maximal: inVpc({ Tags: FOUR }),
    changed: inVpc({ Tags: PROD }),
    replaced: { VpcId: ref("Other") },
    failing: { properties: { VpcId: NOWHERE }, says: `The vpc ID '${NOWHERE}' does not exist` },
    drift: { by: ({ aws }, id) => aws.ec2.CreateTags({ Resources: [id], Tags: tag("team", "five") }), at: "Tags" },
  },
  "AWS::EC2::Route": {
    around: { ...Public, Table: table, Other, Peering: { Type: "AWS::EC2::VPCPeeringConnection", Properties: inVpc({ PeerVpcId: ref("Other") }) }, Offices, Nat, Eni: eni, Web: instance },
    minimal: route({ DestinationCidrBlock: "0.0.0.0/0", GatewayId: ref("Igw") }),
    maximal: route({ DestinationCidrBlock: "0.0.0.0/0", GatewayId: ref("Igw") }),
    others: [
      route({ DestinationPrefixListId: ref("Offices"), VpcPeeringConnectionId: ref("Peering") }),
      route({ DestinationCidrBlock: "10.9.0.0/16", InstanceId: ref("Web") }),
      route({ DestinationCidrBlock: "10.9.0.0/16", NetworkInterfaceId: ref("Eni") }),
    ],
    changed: route({ DestinationCidrBlock: "0.0.0.0/0", NatGatewayId: ref("Nat") }),
    replaced: route({ DestinationCidrBlock: "203.0.113.0/24", GatewayId: ref("Igw") }),
    failing: { properties: route({ DestinationCidrBlock: "0.0.0.0/0", GatewayId: "igw-00000000000000000" }), says: "igw-00000000000000000" },
    drift: { by: ({ aws }, _id, id) => aws.ec2.ReplaceRoute({ RouteTableId: id("Table"), DestinationCidrBlock: "0.0.0.0/0", NatGatewayId: id("Nat") }), at: "GatewayId" },
  },
  "AWS::EC2::SubnetRouteTableAssociation": {
    around: { Vpc, Subnet, Table: table, Second: table },
    minimal: { RouteTableId: ref("Table"), SubnetId: ref("Subnet") },
    maximal: { RouteTableId: ref("Table"), SubnetId: ref("Subnet") },
    failing: { properties: { RouteTableId: "rtb-00000000000000000", SubnetId: ref("Subnet") }, says: "rtb-00000000000000000" },
    drift: { by: ({ aws }, AssociationId) => aws.ec2.DisassociateRouteTable({ AssociationId }), at: "all" },
  },
  "AWS::EC2::NetworkAcl": {
    around: { Vpc, Other },
    minimal: inVpc(),
    maximal: inVpc({ Tags: FOUR }),
    changed: inVpc({ Tags: PROD }),
    replaced: { VpcId: ref("Other") },
    failing: { properties: { VpcId: NOWHERE }, says: `The vpc ID '${NOWHERE}' does not exist` },
    drift: { by: ({ aws }, id) => aws.ec2.CreateTags({ Resources: [id], Tags: tag("team", "five") }), at: "Tags" },
  },
  "AWS::EC2::NetworkAclEntry": {
    around: { Vpc, Acl: { Type: "AWS::EC2::NetworkAcl", Properties: inVpc() } },
    minimal: { NetworkAclId: ref("Acl"), RuleNumber: 100, Protocol: -1, RuleAction: "allow", CidrBlock: "0.0.0.0/0" },
    maximal: { NetworkAclId: ref("Acl"), RuleNumber: 100, Protocol: 6, RuleAction: "allow", CidrBlock: "10.0.0.1/16", Egress: true, PortRange: { From: 80, To: 81 } },
    others: [{ NetworkAclId: ref("Acl"), RuleNumber: 100, Protocol: 1, RuleAction: "deny", CidrBlock: "0.0.0.0/0", Icmp: { Type: 8, Code: -1 } }],
    changed: { NetworkAclId: ref("Acl"), RuleNumber: 100, Protocol: 17, RuleAction: "deny", CidrBlock: "10.1.0.0/16", Egress: true, PortRange: { From: 53, To: 53 } },
    replaced: { NetworkAclId: ref("Acl"), RuleNumber: 200, Protocol: -1, RuleAction: "allow", CidrBlock: "0.0.0.0/0" },
    failing: { properties: { NetworkAclId: ref("Acl"), RuleNumber: 40000, Protocol: -1, RuleAction: "allow", CidrBlock: "0.0.0.0/0" }, says: "40000" },
    drift: {
      by: ({ aws }, _id, id) => aws.ec2.ReplaceNetworkAclEntry({ NetworkAclId: id("Acl"), RuleNumber: 100, Egress: true, Protocol: "6", RuleAction: "deny", CidrBlock: "10.0.0.0/16", PortRange: { From: 80, To: 81 } }),
      at: "RuleAction",
    },
  },
  "AWS::EC2::SubnetNetworkAclAssociation": {
    around: { Vpc, Subnet, Acl: { Type: "AWS::EC2::NetworkAcl", Properties: inVpc() } },
    minimal: { NetworkAclId: ref("Acl"), SubnetId: ref("Subnet") },
    maximal: { NetworkAclId: ref("Acl"), SubnetId: ref("Subnet") },
    failing: { properties: { NetworkAclId: ref("Acl"), SubnetId: "subnet-00000000000000000" }, says: "subnet-00000000000000000" },
    drift: {
      async by({ aws }, AssociationId, id) {
        const { NetworkAcls } = await aws.ec2.DescribeNetworkAcls({ Filters: [{ Name: "vpc-id", Values: [id("Vpc")] }, { Name: "default", Values: ["true"] }] });
        return aws.ec2.ReplaceNetworkAclAssociation({ AssociationId, NetworkAclId: NetworkAcls![0]!.NetworkAclId! });
      },
      at: "all",
    },
  },
};

const groups: Readonly<Record<string, ResourceCase>> = {
  "AWS::EC2::SecurityGroup": {
    around: { Vpc, Other: vpc("10.9.0.0/16"), Friend: group, Offices },
    minimal: inVpc({ GroupDescription: "web" }),
    maximal: inVpc({
      GroupDescription: "web",
      GroupName: "web",
      SecurityGroupIngress: [
        { ...rule, CidrIp: "10.0.0.1/16", Description: "inside" },
        { ...rule, SourceSecurityGroupId: att("Friend", "GroupId"), SourceSecurityGroupOwnerId: "123456789012" },
        { IpProtocol: "6", FromPort: 22, ToPort: 22, SourcePrefixListId: ref("Offices") },
        { IpProtocol: "icmp", FromPort: 8, ToPort: -1, CidrIp: "0.0.0.0/0" },
      ],
      SecurityGroupEgress: [
        { IpProtocol: "-1", CidrIp: "10.0.0.0/16", Description: "home" },
        { ...rule, DestinationSecurityGroupId: att("Friend", "GroupId") },
        { ...rule, DestinationPrefixListId: ref("Offices") },
      ],
      Tags: FOUR,
    }),
    changed: inVpc({ GroupDescription: "web", GroupName: "web", SecurityGroupIngress: [{ ...rule, CidrIp: "10.0.0.1/16", Description: "within" }], Tags: PROD }),
    replaced: inVpc({ GroupDescription: "the web", GroupName: "web-2" }),
    others: [{ GroupDescription: "in the default VPC", SecurityGroupIngress: [{ ...rule, SourceSecurityGroupName: "default" }] }],
    failing: { properties: inVpc({ GroupDescription: "web", SecurityGroupIngress: [{ ...rule, FromPort: 90, CidrIp: "0.0.0.0/0" }] }), says: "Invalid" },
    drift: {
      by: ({ aws }, GroupId) => aws.ec2.AuthorizeSecurityGroupIngress({ GroupId, IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }] }),
      at: "SecurityGroupIngress",
    },
  },
  "AWS::EC2::SecurityGroupIngress": {
    around: { Vpc, Group: group, Friend: group, Offices },
    minimal: { GroupId: att("Group", "GroupId"), ...rule, CidrIp: "10.0.0.0/16" },
    maximal: { GroupId: att("Group", "GroupId"), ...rule, SourceSecurityGroupId: att("Friend", "GroupId"), SourceSecurityGroupOwnerId: "123456789012", Description: "friends" },
    others: [
      { GroupId: att("Group", "GroupId"), ...rule, SourcePrefixListId: ref("Offices") },
      { GroupName: "default", ...rule, SourceSecurityGroupName: "default" },
    ],
    changed: { GroupId: att("Group", "GroupId"), ...rule, SourceSecurityGroupId: att("Friend", "GroupId"), SourceSecurityGroupOwnerId: "123456789012", Description: "best friends" },
    replaced: { GroupId: att("Group", "GroupId"), ...rule, CidrIp: "10.1.0.0/16" },
    failing: { properties: { GroupId: att("Group", "GroupId"), ...rule, CidrIp: "10.0.0.0/99" }, says: "10.0.0.0/99" },
    drift: { by: ({ aws }, id, of) => aws.ec2.RevokeSecurityGroupIngress({ GroupId: of("Group"), SecurityGroupRuleIds: [id] }), at: "all" },
  },
  "AWS::EC2::SecurityGroupEgress": {
    around: { Vpc, Group: group, Friend: group, Offices },
    minimal: { GroupId: att("Group", "GroupId"), ...rule, CidrIp: "10.0.0.0/16" },
    maximal: { GroupId: att("Group", "GroupId"), ...rule, DestinationSecurityGroupId: att("Friend", "GroupId"), Description: "friends" },
    others: [{ GroupId: att("Group", "GroupId"), ...rule, DestinationPrefixListId: ref("Offices") }],
    changed: { GroupId: att("Group", "GroupId"), ...rule, DestinationSecurityGroupId: att("Friend", "GroupId"), Description: "best friends" },
    replaced: { GroupId: att("Group", "GroupId"), ...rule, CidrIp: "10.1.0.0/16" },
    failing: { properties: { GroupId: "sg-00000000000000000", ...rule, CidrIp: "10.0.0.0/16" }, says: "sg-00000000000000000" },
    drift: { by: ({ aws }, id, of) => aws.ec2.RevokeSecurityGroupEgress({ GroupId: of("Group"), SecurityGroupRuleIds: [id] }), at: "all" },
  },
};

const addresses: Readonly<Record<string, ResourceCase>> = {
  "AWS::EC2::EIP": {
    around: { ...Public, Web: { ...instance, DependsOn: "Attachment" }, Second: { ...instance, DependsOn: "Attachment" } },
    minimal: {},
    maximal: { Domain: "vpc", NetworkBorderGroup: "ap-northeast-1", InstanceId: ref("Web"), Tags: FOUR },
    others: [{ PublicIpv4Pool: "amazon" }],
    elsewhere: { Address: "an address that was given back can be had again" },
    changed: { Domain: "vpc", NetworkBorderGroup: "ap-northeast-1", InstanceId: ref("Second"), Tags: PROD },
    failing: { properties: { InstanceId: "i-00000000000000000" }, says: "i-00000000000000000" },
    drift: { by: ({ aws }, PublicIp) => aws.ec2.DisassociateAddress({ PublicIp }), at: "InstanceId" },
  },
  "AWS::EC2::EIPAssociation": {
    around: { ...Public, Address: address, Second: address, Eni: eni, Web: { ...instance, DependsOn: "Attachment" } },
    minimal: { AllocationId: att("Address", "AllocationId"), NetworkInterfaceId: ref("Eni") },
    maximal: { AllocationId: att("Address", "AllocationId"), NetworkInterfaceId: ref("Eni"), PrivateIpAddress: att("Eni", "PrimaryPrivateIpAddress") },
    others: [{ EIP: ref("Address"), InstanceId: ref("Web") }],
    replaced: { AllocationId: att("Second", "AllocationId"), InstanceId: ref("Web") },
    failing: { properties: { AllocationId: "eipalloc-00000000000000000", NetworkInterfaceId: ref("Eni") }, says: "eipalloc-00000000000000000" },
    drift: { by: ({ aws }, AssociationId) => aws.ec2.DisassociateAddress({ AssociationId }), at: "all" },
  },
  "AWS::EC2::NatGateway": {
    around: { ...Public, Address: address, Second: address },
    minimal: { SubnetId: ref("Subnet"), ConnectivityType: "private" },
    maximal: { SubnetId: ref("Subnet"), AllocationId: att("Address", "AllocationId"), ConnectivityType: "public", PrivateIpAddress: "10.0.0.9", Tags: FOUR },
    changed: { SubnetId: ref("Subnet"), AllocationId: att("Address", "AllocationId"), ConnectivityType: "public", PrivateIpAddress: "10.0.0.9", Tags: PROD },
    replaced: { SubnetId: ref("Subnet"), AllocationId: att("Second", "AllocationId") },
    lacks: ["AutoProvisionZones", "AutoScalingIps", "RouteTableId"],
    failing: { properties: { SubnetId: ref("Subnet") }, says: "AllocationId" },
    drift: { by: ({ aws }, id) => aws.ec2.CreateTags({ Resources: [id], Tags: tag("team", "five") }), at: "Tags" },
    // It is told of for an hour.
    leaves: /^ec2\.nat-gateways /,
  },
  "AWS::EC2::NetworkInterface": {
    around: { Vpc, Subnet, Group: group },
    minimal: { SubnetId: ref("Subnet") },
    maximal: {
      SubnetId: ref("Subnet"),
      Description: "spare",
      GroupSet: [ref("Group")],
      PrivateIpAddresses: [{ PrivateIpAddress: "10.0.0.9", Primary: true }, { PrivateIpAddress: "10.0.0.10", Primary: false }],
      SourceDestCheck: false,
      InterfaceType: "interface",
      Tags: FOUR,
    },
    others: [{ SubnetId: ref("Subnet"), PrivateIpAddress: "10.0.0.9", SecondaryPrivateIpAddressCount: 2 }],
    changed: {
      SubnetId: ref("Subnet"),
      Description: "used",
      PrivateIpAddresses: [{ PrivateIpAddress: "10.0.0.9", Primary: true }, { PrivateIpAddress: "10.0.0.11", Primary: false }],
      InterfaceType: "interface",
      Tags: PROD,
    },
    replaced: { SubnetId: ref("Subnet"), PrivateIpAddresses: [{ PrivateIpAddress: "10.0.0.20", Primary: true }] },
    lacks: ["PrimaryIpv6Address", "PublicIpDnsNameOptions"],
    failing: { properties: { SubnetId: ref("Subnet"), PrivateIpAddress: "10.0.7.9" }, says: "Address does not fall within the subnet's address range" },
    drift: { by: ({ aws }, NetworkInterfaceId) => aws.ec2.ModifyNetworkInterfaceAttribute({ NetworkInterfaceId, SourceDestCheck: { Value: true } }), at: "SourceDestCheck" },
  },
  "AWS::EC2::NetworkInterfaceAttachment": {
    around: { Vpc, Subnet, Web: instance, Eni: eni, Second: eni },
    minimal: { InstanceId: ref("Web"), NetworkInterfaceId: ref("Eni"), DeviceIndex: "1" },
    maximal: { InstanceId: ref("Web"), NetworkInterfaceId: ref("Eni"), DeviceIndex: "1", DeleteOnTermination: true },
    changed: { InstanceId: ref("Web"), NetworkInterfaceId: ref("Eni"), DeviceIndex: "1", DeleteOnTermination: false },
    failing: { properties: { InstanceId: ref("Web"), NetworkInterfaceId: ref("Eni"), DeviceIndex: "0" }, says: "Value (0) for parameter deviceIndex is invalid" },
    drift: { by: ({ aws }, AttachmentId) => aws.ec2.DetachNetworkInterface({ AttachmentId, Force: true }), at: "all" },
  },
};

const endpoint = (more: object) => inVpc({ ServiceName: `${SERVICE}.s3`, ...more });
const connections: Readonly<Record<string, ResourceCase>> = {
  "AWS::EC2::PrefixList": {
    minimal: { PrefixListName: "offices", AddressFamily: "IPv4", MaxEntries: 1 },
    maximal: { PrefixListName: "offices", AddressFamily: "IPv4", MaxEntries: 3, Entries: [{ Cidr: "203.0.113.0/24", Description: "Tokyo" }, { Cidr: "198.51.100.0/24" }], Tags: FOUR },
    changed: { PrefixListName: "branches", AddressFamily: "IPv4", MaxEntries: 2, Entries: [{ Cidr: "203.0.113.0/24", Description: "Osaka" }], Tags: PROD },
    lasting: ["AddressFamily"],
    failing: { properties: { PrefixListName: "offices", AddressFamily: "IPv4", MaxEntries: 1, Entries: [{ Cidr: "none" }] }, says: "none" },
    drift: { by: ({ aws }, PrefixListId) => aws.ec2.ModifyManagedPrefixList({ PrefixListId, CurrentVersion: 1, RemoveEntries: [{ Cidr: "198.51.100.0/24" }] }), at: "Entries" },
  },
  "AWS::EC2::VPCPeeringConnection": {
    around: { Vpc, Other, Third: vpc("10.8.0.0/16") },
    minimal: inVpc({ PeerVpcId: ref("Other") }),
    maximal: inVpc({ PeerVpcId: ref("Other"), PeerOwnerId: "123456789012", PeerRegion: "ap-northeast-1", Tags: FOUR }),
    changed: inVpc({ PeerVpcId: ref("Other"), PeerOwnerId: "123456789012", PeerRegion: "ap-northeast-1", Tags: PROD }),
    replaced: inVpc({ PeerVpcId: ref("Third") }),
    failing: { properties: inVpc({ PeerVpcId: ref("Other"), PeerRegion: "us-east-1" }), says: "PeerRegion of another region" },
    drift: { by: ({ aws }, VpcPeeringConnectionId) => aws.ec2.DeleteVpcPeeringConnection({ VpcPeeringConnectionId }), at: "all" },
    leaves: /^ec2\.peering-/,
  },
  "AWS::EC2::VPCEndpoint": {
    around: { Vpc: { ...Vpc, Properties: { CidrBlock: "10.0.0.0/16", EnableDnsHostnames: true } }, Subnet, Table: table, Second: table, Group: group, Friend: group },
    minimal: endpoint({}),
    maximal: endpoint({ VpcEndpointType: "Gateway", RouteTableIds: [ref("Table")], PolicyDocument: policy("s3:GetObject"), Tags: FOUR }),
    others: [
      inVpc({ ServiceName: `${SERVICE}.ssm`, VpcEndpointType: "Interface", SubnetIds: [ref("Subnet")], SecurityGroupIds: [att("Group", "GroupId")], PrivateDnsEnabled: true, IpAddressType: "ipv4" }),
    ],
    changed: endpoint({ VpcEndpointType: "Gateway", RouteTableIds: [ref("Second")], PolicyDocument: policy("s3:PutObject"), Tags: PROD }),
    replaced: inVpc({ ServiceName: `${SERVICE}.ssm`, VpcEndpointType: "Interface", SubnetIds: [ref("Subnet")] }),
    failing: { properties: inVpc({ ServiceName: `${SERVICE}.nothing` }), says: "nothing" },
    drift: { by: ({ aws }, VpcEndpointId) => aws.ec2.ModifyVpcEndpoint({ VpcEndpointId, ResetPolicy: true }), at: "PolicyDocument" },
  },
  "AWS::EC2::FlowLog": {
    around: { Vpc, Role },
    before: ({ aws }) => aws.s3.CreateBucket({ Bucket: "flows", CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } }),
    leaves: /^s3\.objects /,
    minimal: { ResourceId: ref("Vpc"), ResourceType: "VPC", TrafficType: "ALL", LogDestinationType: "s3", LogDestination: "arn:aws:s3:::flows" },
    maximal: {
      ResourceId: ref("Vpc"),
      ResourceType: "VPC",
      TrafficType: "REJECT",
      LogDestinationType: "s3",
      LogDestination: "arn:aws:s3:::flows/vpc",
      LogFormat: "${version} ${srcaddr} ${dstaddr} ${action}",
      MaxAggregationInterval: 60,
      DestinationOptions: { FileFormat: "plain-text", HiveCompatiblePartitions: true, PerHourPartition: true },
      Tags: FOUR,
    },
    changed: {
      ResourceId: ref("Vpc"),
      ResourceType: "VPC",
      TrafficType: "REJECT",
      LogDestinationType: "s3",
      LogDestination: "arn:aws:s3:::flows/vpc",
      LogFormat: "${version} ${srcaddr} ${dstaddr} ${action}",
      MaxAggregationInterval: 60,
      DestinationOptions: { FileFormat: "plain-text", HiveCompatiblePartitions: true, PerHourPartition: true },
      Tags: PROD,
    },
    others: [{ ResourceId: ref("Vpc"), ResourceType: "VPC", TrafficType: "ALL", LogGroupName: "flows", DeliverLogsPermissionArn: att("Role", "Arn") }],
    replaced: { ResourceId: ref("Vpc"), ResourceType: "VPC", TrafficType: "ACCEPT", LogDestinationType: "s3", LogDestination: "arn:aws:s3:::flows/all" },
    failing: { properties: { ResourceId: ref("Vpc"), ResourceType: "VPC", TrafficType: "ALL", LogDestinationType: "s3", LogDestination: "arn:aws:s3:::nobodys" }, says: "LogDestination: nobodys does not exist" },
    drift: { by: ({ aws }, id) => aws.ec2.CreateTags({ Resources: [id], Tags: tag("team", "five") }), at: "Tags" },
  },
};

/** Of encryption controls, which are refused by name. */
function ENCRYPTION(): readonly string[] {
  const at = (path: string, names: readonly string[]) => names.map((name) => `${path}.${name}`);
  const exclusions = ["InternetGateway", "EgressOnlyInternetGateway", "NatGateway", "VirtualPrivateGateway", "VpcPeering", "Lambda", "VpcLattice", "ElasticFileSystem"];
  const control = "VpcEncryptionControl";
  return [
    ...at(control, ["VpcId", "VpcEncryptionControlId", "State", "StateMessage", "ResourceExclusions"]),
    ...exclusions.flatMap((name) => [`${control}.ResourceExclusions.${name}`, ...at(`${control}.ResourceExclusions.${name}`, ["State", "StateMessage"])]),
  ];
}

describeResourceTypes(networkResources, { ...networks, ...groups, ...addresses, ...connections } satisfies Readonly<Record<string, ResourceCase & { readonly around?: Definitions }>>);

it("an address that was given back can be had again", async () => {
  const cloud = await createTestCloud();
  const { PublicIp, AllocationId } = await cloud.aws.ec2.AllocateAddress({});
  await cloud.aws.ec2.ReleaseAddress({ AllocationId });
  await cloud.aws.cloudformation.CreateStack({ StackName: "again", TemplateBody: JSON.stringify({ Resources: { It: { Type: "AWS::EC2::EIP", Properties: { Address: PublicIp } } } }) });
  await cloud.advance("1m");
  expect((await cloud.aws.ec2.DescribeAddresses({})).Addresses).toMatchObject([{ PublicIp }]);
  await cloud.close();
});
