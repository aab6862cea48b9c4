import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

/** The network of the fourth article. */
const RESOURCES = {
  Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16", EnableDnsSupport: true, EnableDnsHostnames: true, Tags: [{ Key: "Name", Value: "vpc-web-prod" }] } },
  Igw: { Type: "AWS::EC2::InternetGateway" },
  Attachment: { Type: "AWS::EC2::VPCGatewayAttachment", Properties: { VpcId: { Ref: "Vpc" }, InternetGatewayId: { Ref: "Igw" } } },
  Public: { Type: "AWS::EC2::Subnet", Properties: { VpcId: { Ref: "Vpc" }, CidrBlock: "10.0.0.0/24", AvailabilityZone: "ap-northeast-1a", MapPublicIpOnLaunch: true } },
  Private: { Type: "AWS::EC2::Subnet", Properties: { VpcId: { Ref: "Vpc" }, CidrBlock: "10.0.1.0/24", AvailabilityZone: "ap-northeast-1a" } },
  PublicTable: { Type: "AWS::EC2::RouteTable", Properties: { VpcId: { Ref: "Vpc" } } },
  PublicRoute: { Type: "AWS::EC2::Route", DependsOn: "Attachment", Properties: { RouteTableId: { Ref: "PublicTable" }, DestinationCidrBlock: "0.0.0.0/0", GatewayId: { Ref: "Igw" } } },
  PublicAssociation: { Type: "AWS::EC2::SubnetRouteTableAssociation", Properties: { RouteTableId: { Ref: "PublicTable" }, SubnetId: { Ref: "Public" } } },
  NatAddress: { Type: "AWS::EC2::EIP", DependsOn: "Attachment", Properties: { Domain: "vpc" } },
  Nat: { Type: "AWS::EC2::NatGateway", DependsOn: ["PublicRoute", "PublicAssociation"], Properties: { SubnetId: { Ref: "Public" }, AllocationId: { "Fn::GetAtt": ["NatAddress", "AllocationId"] } } },
  PrivateTable: { Type: "AWS::EC2::RouteTable", Properties: { VpcId: { Ref: "Vpc" } } },
  PrivateRoute: { Type: "AWS::EC2::Route", Properties: { RouteTableId: { Ref: "PrivateTable" }, DestinationCidrBlock: "0.0.0.0/0", NatGatewayId: { Ref: "Nat" } } },
  PrivateAssociation: { Type: "AWS::EC2::SubnetRouteTableAssociation", Properties: { RouteTableId: { Ref: "PrivateTable" }, SubnetId: { Ref: "Private" } } },
  ElbGroup: { Type: "AWS::EC2::SecurityGroup", Properties: { GroupDescription: "the balancer", VpcId: { Ref: "Vpc" }, SecurityGroupIngress: [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIp: "0.0.0.0/0" }] } },
  WebGroup: { Type: "AWS::EC2::SecurityGroup", Properties: { GroupDescription: "the web servers", VpcId: { Ref: "Vpc" }, SecurityGroupEgress: [{ IpProtocol: "tcp", FromPort: 443, ToPort: 443, CidrIp: "0.0.0.0/0" }] } },
  WebFromElb: { Type: "AWS::EC2::SecurityGroupIngress", Properties: { GroupId: { Ref: "WebGroup" }, IpProtocol: "tcp", FromPort: 80, ToPort: 80, SourceSecurityGroupId: { "Fn::GetAtt": ["ElbGroup", "GroupId"] } } },
  Acl: { Type: "AWS::EC2::NetworkAcl", Properties: { VpcId: { Ref: "Vpc" } } },
  AclEntry: { Type: "AWS::EC2::NetworkAclEntry", Properties: { NetworkAclId: { Ref: "Acl" }, RuleNumber: 100, Protocol: 6, RuleAction: "allow", Egress: false, CidrBlock: "10.0.0.0/16", PortRange: { From: 80, To: 80 } } },
  AclAssociation: { Type: "AWS::EC2::SubnetNetworkAclAssociation", Properties: { NetworkAclId: { Ref: "Acl" }, SubnetId: { Ref: "Private" } } },
  Eni: { Type: "AWS::EC2::NetworkInterface", Properties: { SubnetId: { Ref: "Public" }, GroupSet: [{ Ref: "WebGroup" }], SourceDestCheck: false } },
  EniAddress: { Type: "AWS::EC2::EIP", DependsOn: "Attachment" },
  EniAssociation: { Type: "AWS::EC2::EIPAssociation", Properties: { AllocationId: { "Fn::GetAtt": ["EniAddress", "AllocationId"] }, NetworkInterfaceId: { Ref: "Eni" } } },
};

async function statusOf(StackName: string): Promise<string | undefined> {
  return (await cloud.aws.cloudformation.DescribeStacks({ StackName })).Stacks![0]!.StackStatus;
}

async function failures(StackName: string): Promise<readonly (string | undefined)[]> {
  const { StackEvents } = await cloud.aws.cloudformation.DescribeStackEvents({ StackName });
  return StackEvents!.filter((e) => e.ResourceStatus?.endsWith("FAILED")).map((e) => `${e.LogicalResourceId}: ${e.ResourceStatusReason}`);
}

async function physical(StackName: string, LogicalResourceId: string): Promise<string> {
  return (await cloud.aws.cloudformation.DescribeStackResource({ StackName, LogicalResourceId })).StackResourceDetail!.PhysicalResourceId!;
}

describe("a stack of a whole network", () => {
  test("is created, updated and deleted without a trace (S4-08 to S4-12, S4-34, S4-35)", async () => {
    const { StackId } = await cloud.aws.cloudformation.CreateStack({ StackName: "net", TemplateBody: JSON.stringify({ Resources: RESOURCES }) });
    await cloud.advance("1m");
    expect(await failures("net")).toEqual([]);
    expect(await statusOf("net")).toBe("CREATE_COMPLETE");

    const VpcId = await physical("net", "Vpc");
    const { Vpcs } = await cloud.aws.ec2.DescribeVpcs({ VpcIds: [VpcId] });
    expect(Vpcs![0]!.Tags).toEqual(expect.arrayContaining([{ Key: "Name", Value: "vpc-web-prod" }]));
    const WebGroup = await physical("net", "WebGroup");
    const group = (await cloud.aws.ec2.DescribeSecurityGroups({ GroupIds: [WebGroup] })).SecurityGroups![0]!;
    expect(group.IpPermissions).toMatchObject([{ FromPort: 80, UserIdGroupPairs: [{ GroupId: await physical("net", "ElbGroup") }] }]);
    expect(group.IpPermissionsEgress).toMatchObject([{ FromPort: 443 }]);
    expect(group.IpPermissionsEgress).toHaveLength(1);
    expect(await physical("net", "PublicRoute")).toBe(`${await physical("net", "PublicTable")}|0.0.0.0/0`);
    const acl = await cloud.aws.ec2.DescribeNetworkAcls({ Filters: [{ Name: "association.subnet-id", Values: [await physical("net", "Private")] }] });
    expect(acl.NetworkAcls).toMatchObject([{ NetworkAclId: await physical("net", "Acl") }]);

    const changed = structuredClone(RESOURCES);
    changed.ElbGroup.Properties.SecurityGroupIngress[0]!.FromPort = 443;
    changed.ElbGroup.Properties.SecurityGroupIngress[0]!.ToPort = 443;
    changed.Public.Properties.MapPublicIpOnLaunch = false;
    await cloud.aws.cloudformation.UpdateStack({ StackName: "net", TemplateBody: JSON.stringify({ Resources: changed }) });
    await cloud.advance("1m");
    expect(await failures("net")).toEqual([]);
    expect(await statusOf("net")).toBe("UPDATE_COMPLETE");
    const elb = (await cloud.aws.ec2.DescribeSecurityGroups({ GroupIds: [await physical("net", "ElbGroup")] })).SecurityGroups![0]!;
    expect(elb.IpPermissions!.map((p) => p.FromPort)).toEqual([443]);

    await cloud.aws.cloudformation.DeleteStack({ StackName: "net" });
    await cloud.advance("1m");
    expect(await failures(StackId!)).toEqual([]);
    expect(await statusOf(StackId!)).toBe("DELETE_COMPLETE");
    expect((await cloud.aws.ec2.DescribeVpcs({})).Vpcs).toMatchObject([{ IsDefault: true }]);
    expect((await cloud.aws.ec2.DescribeAddresses({})).Addresses).toEqual([]);
    expect((await cloud.aws.ec2.DescribeNetworkInterfaces({})).NetworkInterfaces).toEqual([]);
    expect((await cloud.aws.ec2.DescribeInternetGateways({})).InternetGateways).toHaveLength(1);
    expect(cloud.paper.networks.keys()).toEqual([]);
  });

  test("says which property it can't carry out, and rolls back", async () => {
    const resources = { ...RESOURCES, Public: { ...RESOURCES.Public, Properties: { ...RESOURCES.Public.Properties, AssignIpv6AddressOnCreation: true } } };
    await cloud.aws.cloudformation.CreateStack({ StackName: "net", TemplateBody: JSON.stringify({ Resources: resources }) });
    await cloud.advance("1m");
    expect(await statusOf("net")).toBe("ROLLBACK_COMPLETE");
    expect((await failures("net")).join()).toContain("does not implement the property AssignIpv6AddressOnCreation of AWS::EC2::Subnet");
    expect((await cloud.aws.ec2.DescribeVpcs({})).Vpcs).toHaveLength(1);
  });
});
