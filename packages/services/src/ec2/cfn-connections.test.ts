import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const SERVICE = "com.amazonaws.ap-northeast-1";
const inVpc = (more: object = {}) => ({ VpcId: { Ref: "Vpc" }, ...more });
const RESOURCES = {
  Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.2.0.0/16", EnableDnsHostnames: true } },
  Peer: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.9.0.0/16" } },
  Range: { Type: "AWS::EC2::VPCCidrBlock", Properties: inVpc({ CidrBlock: "10.3.0.0/16" }) },
  Subnet: { Type: "AWS::EC2::Subnet", DependsOn: "Range", Properties: inVpc({ CidrBlock: "10.3.0.0/24" }) },
  Options: { Type: "AWS::EC2::DHCPOptions", Properties: { DomainName: "example.com", DomainNameServers: ["AmazonProvidedDNS"], NetbiosNodeType: 2 } },
  OptionsAssociation: { Type: "AWS::EC2::VPCDHCPOptionsAssociation", Properties: inVpc({ DhcpOptionsId: { Ref: "Options" } }) },
  Offices: { Type: "AWS::EC2::PrefixList", Properties: { PrefixListName: "offices", AddressFamily: "IPv4", MaxEntries: 3, Entries: [{ Cidr: "203.0.113.0/24", Description: "Tokyo" }] } },
  Peering: { Type: "AWS::EC2::VPCPeeringConnection", Properties: inVpc({ PeerVpcId: { Ref: "Peer" } }) },
  Table: { Type: "AWS::EC2::RouteTable", Properties: inVpc() },
  ToPeer: { Type: "AWS::EC2::Route", Properties: { RouteTableId: { Ref: "Table" }, DestinationPrefixListId: { Ref: "Offices" }, VpcPeeringConnectionId: { Ref: "Peering" } } },
  Group: { Type: "AWS::EC2::SecurityGroup", Properties: inVpc({ GroupDescription: "g", SecurityGroupIngress: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, SourcePrefixListId: { Ref: "Offices" } }] }) },
  S3: { Type: "AWS::EC2::VPCEndpoint", Properties: inVpc({ ServiceName: `${SERVICE}.s3`, RouteTableIds: [{ Ref: "Table" }] }) },
  Ssm: {
    Type: "AWS::EC2::VPCEndpoint",
    Properties: inVpc({ ServiceName: `${SERVICE}.ssm`, VpcEndpointType: "Interface", SubnetIds: [{ Ref: "Subnet" }], SecurityGroupIds: [{ "Fn::GetAtt": ["Group", "GroupId"] }], PrivateDnsEnabled: true }),
  },
  Flow: { Type: "AWS::EC2::FlowLog", Properties: { ResourceId: { Ref: "Vpc" }, ResourceType: "VPC", TrafficType: "REJECT", LogDestinationType: "s3", LogDestination: { "Fn::GetAtt": ["FlowBucket", "Arn"] }, Tags: [{ Key: "Name", Value: "flow" }] } },
  FlowBucket: { Type: "AWS::S3::Bucket", Properties: {} },
};

async function status(StackName: string): Promise<string | undefined> {
  return (await cloud.aws.cloudformation.DescribeStacks({ StackName })).Stacks![0]!.StackStatus;
}

async function failures(StackName: string): Promise<readonly string[]> {
  const { StackEvents } = await cloud.aws.cloudformation.DescribeStackEvents({ StackName });
  return StackEvents!.filter((e) => e.ResourceStatus?.endsWith("FAILED")).map((e) => `${e.LogicalResourceId}: ${e.ResourceStatusReason}`);
}

describe("a stack of what joins networks", () => {
  test("is created, updated in place and deleted without a trace", async () => {
    const { StackId } = await cloud.aws.cloudformation.CreateStack({ StackName: "joined", TemplateBody: JSON.stringify({ Resources: RESOURCES }) });
    await cloud.advance("2m");
    expect(await failures("joined")).toEqual([]);
    expect(await status("joined")).toBe("CREATE_COMPLETE");
    const { aws } = cloud;
    expect((await aws.ec2.DescribeVpcPeeringConnections({})).VpcPeeringConnections).toMatchObject([{ Status: { Code: "active" } }]);
    expect((await aws.ec2.DescribeVpcEndpoints({})).VpcEndpoints!.map((e) => e.State)).toEqual(["available", "available"]);
    expect((await aws.ec2.DescribeFlowLogs({ Filter: [{ Name: "tag:Name", Values: ["flow"] }] })).FlowLogs).toMatchObject([{ TrafficType: "REJECT" }]);
    const Filters = [{ Name: "owner-id", Values: ["123456789012"] }];
    expect((await aws.ec2.DescribeManagedPrefixLists({ Filters })).PrefixLists).toMatchObject([{ PrefixListName: "offices", Version: 1 }]);

    const changed = structuredClone(RESOURCES);
    changed.Offices.Properties.MaxEntries = 5;
    changed.Offices.Properties.Entries.push({ Cidr: "198.51.100.0/24", Description: "Osaka" });
    changed.Ssm.Properties = { ...changed.Ssm.Properties, PrivateDnsEnabled: false } as never;
    changed.S3.Properties = { ...changed.S3.Properties, RouteTableIds: [] } as never;
    await aws.cloudformation.UpdateStack({ StackName: "joined", TemplateBody: JSON.stringify({ Resources: changed }) });
    await cloud.advance("2m");
    expect(await failures("joined")).toEqual([]);
    expect(await status("joined")).toBe("UPDATE_COMPLETE");
    expect((await aws.ec2.DescribeManagedPrefixLists({ Filters })).PrefixLists).toMatchObject([{ MaxEntries: 5, Version: 2 }]);
    expect((await aws.ec2.DescribeVpcEndpoints({ Filters: [{ Name: "vpc-endpoint-type", Values: ["Gateway"] }] })).VpcEndpoints).toMatchObject([{ RouteTableIds: [] }]);

    await aws.cloudformation.DeleteStack({ StackName: "joined" });
    await cloud.advance("5m");
    expect(await failures(StackId!)).toEqual([]);
    expect(await status(StackId!)).toBe("DELETE_COMPLETE");
    expect((await aws.ec2.DescribeVpcs({})).Vpcs).toMatchObject([{ IsDefault: true }]);
    expect((await aws.ec2.DescribeNetworkInterfaces({})).NetworkInterfaces).toEqual([]);
    expect(cloud.logs).toEqual([]);
  });

  test("rolls back when the flow log's bucket isn't there, and says so", async () => {
    const { Vpc, Flow } = RESOURCES;
    const Resources = { Vpc, Flow: { ...Flow, Properties: { ...Flow.Properties, LogDestination: "arn:aws:s3:::nobodys" } } };
    await cloud.aws.cloudformation.CreateStack({ StackName: "unlogged", TemplateBody: JSON.stringify({ Resources }) });
    await cloud.advance("2m");
    expect(await failures("unlogged")).toContainEqual(expect.stringContaining("LogDestination: nobodys does not exist"));
    expect(await status("unlogged")).toBe("ROLLBACK_COMPLETE");
  });

  test("rolls back when the peering fails, with its reason", async () => {
    const resources = { Vpc: RESOURCES.Vpc, Peer: { ...RESOURCES.Peer, Properties: { CidrBlock: "10.2.128.0/17" } }, Peering: RESOURCES.Peering };
    await cloud.aws.cloudformation.CreateStack({ StackName: "clash", TemplateBody: JSON.stringify({ Resources: resources }) });
    await cloud.advance("2m");
    expect(await status("clash")).toBe("ROLLBACK_COMPLETE");
    expect((await failures("clash")).join()).toContain("overlapping CIDR range");
  });
});
