import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { everyNetwork } from "@hakoniwa/services";
import { createTestCloud, type TestCloud } from "./testing.js";
import { answerTrace } from "./trace-answer.js";

/** A VPC with a public and a private subnet, a server in each, and a network beside it that is not connected. */
describe("a trace, asked as people call things", () => {
  let cloud: TestCloud;
  let id: { readonly vpc: string; readonly publicTable: string; readonly privateTable: string; readonly acl: string; readonly web: string; readonly nat: string; readonly stranger: string };
  let publicAddress: string;

  const ask = (source: string, destination: string, { protocol = "tcp", port = protocol === "tcp" ? 80 : undefined }: { readonly protocol?: string; readonly port?: number } = {}) =>
    answerTrace({ source, destination, protocol, port }, everyNetwork(cloud.store, cloud.now()));

  beforeAll(async () => {
    cloud = await createTestCloud();
    const { ec2 } = cloud.aws;
    const named = (type: string, Name: string) => ({ TagSpecifications: [{ ResourceType: type as never, Tags: [{ Key: "Name", Value: Name }] }] });
    const vpc = (await ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!;
    const other = (await ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!;
    const subnet = async (VpcId: string, CidrBlock: string) => (await ec2.CreateSubnet({ VpcId, CidrBlock })).Subnet!.SubnetId!;
    const [publicSubnet, privateSubnet, otherSubnet] = [await subnet(vpc, "10.0.0.0/24"), await subnet(vpc, "10.0.1.0/24"), await subnet(other, "10.0.0.0/24")];
    const igw = (await ec2.CreateInternetGateway(named("internet-gateway", "igw-shop"))).InternetGateway!.InternetGatewayId!;
    await ec2.AttachInternetGateway({ VpcId: vpc, InternetGatewayId: igw });
    const table = async (SubnetId: string, Name: string) => {
      const made = (await ec2.CreateRouteTable({ VpcId: vpc, ...named("route-table", Name) })).RouteTable!.RouteTableId!;
      await ec2.AssociateRouteTable({ RouteTableId: made, SubnetId });
      return made;
    };
    const [publicTable, privateTable] = [await table(publicSubnet, "rtb-public"), await table(privateSubnet, "rtb-private")];
    await ec2.CreateRoute({ RouteTableId: publicTable, DestinationCidrBlock: "0.0.0.0/0", GatewayId: igw });
    const group = async (GroupName: string, port: number) => {
      const made = (await ec2.CreateSecurityGroup({ VpcId: vpc, GroupName, Description: GroupName })).GroupId!;
      await ec2.AuthorizeSecurityGroupIngress({ GroupId: made, IpPermissions: [{ IpProtocol: "tcp", FromPort: port, ToPort: port, IpRanges: [{ CidrIp: "10.0.0.0/16" }] }] });
      return made;
    };
    const ImageId = (await ec2.DescribeImages({ Owners: ["amazon"] })).Images![0]!.ImageId!;
    const launch = async (Name: string, SubnetId: string, ...SecurityGroupIds: string[]) =>
      (await ec2.RunInstances({ ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, SubnetId, ...(SecurityGroupIds.length > 0 ? { SecurityGroupIds } : {}), ...named("instance", Name) })).Instances![0]!.InstanceId!;
    const nat = await launch("nat-shop", publicSubnet, await group("nat", 80));
    const web = await launch("web-shop", privateSubnet, await group("web", 80));
    await launch("twin", privateSubnet);
    await launch("twin", privateSubnet);
    const stranger = await launch("stranger", otherSubnet);
    await cloud.advance("10s");
    const { AllocationId, PublicIp } = await ec2.AllocateAddress({ Domain: "vpc" });
    await ec2.AssociateAddress({ AllocationId, InstanceId: nat });
    publicAddress = PublicIp!;
    await ec2.ModifyInstanceAttribute({ InstanceId: nat, SourceDestCheck: { Value: false } });
    await ec2.CreateRoute({ RouteTableId: privateTable, DestinationCidrBlock: "0.0.0.0/0", InstanceId: nat });
    const acl = (await ec2.DescribeNetworkAcls({ Filters: [{ Name: "vpc-id", Values: [vpc] }] })).NetworkAcls![0]!.NetworkAclId!;
    id = { vpc, publicTable, privateTable, acl, web, nat, stranger };
  });
  afterAll(() => cloud.close());

  it("finds instances by Name, id and address, and says what lets the packet through", () => {
    const answer = ask("nat-shop", "web-shop");
    expect(answer).toMatchObject({ reachable: true, source: { name: "nat-shop", address: "10.0.0.4" }, destination: { name: "web-shop", address: "10.0.1.4" }, traffic: "tcp 80" });
    const told = answer.stages[0]!.hops.map(({ way, kind, name, rule }) => [way, kind, name, rule].join(" | "));
    expect(told).toContain("there | security group, inbound | web | tcp 80 from 10.0.0.0/16");
    expect(told).toContain("there | route table | rtb-public | local");
    expect(told).toContain("back | security group, outbound | web | the answer to a connection that it let through");
    expect(ask(id.nat, "10.0.1.4")).toMatchObject({ reachable: true, destination: { name: "web-shop" } });
  });

  it("S4-01: names a private address as what it is, and a public one that nothing has", () => {
    expect(ask("internet", "web-shop").explanation).toMatchObject({ code: "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", text: "10.0.1.4 is a private address, which the internet can't reach" });
    expect(ask("web-shop", "198.51.100.254").reachable).toBe(true);
  });

  it("S4-36: follows on where a NAT instance hands the packet on", () => {
    const { reachable, stages } = ask("web-shop", "internet");
    expect(reachable).toBe(true);
    expect(stages.map(({ packet, handedOnBy }) => [packet.source, handedOnBy?.slice(0, 4)])).toEqual([["10.0.1.4", undefined], ["10.0.0.4", "eni-"]]);
  });

  it("S4-15: says which group has no rule, and which rules it has", () => {
    const { explanation } = ask("web-shop", "internet", { protocol: "icmp" });
    expect(explanation!.text).toMatch(/^no inbound rule of nat \(sg-\w+\) admits icmp echo request from 10\.0\.1\.4: only tcp 80 from 10\.0\.0\.0\/16$/);
  });

  it("S0-51: says that an ACL forgets who asked", async () => {
    const entry = { NetworkAclId: id.acl, RuleNumber: 50, Egress: true };
    await cloud.aws.ec2.CreateNetworkAclEntry({ ...entry, Protocol: "6", PortRange: { From: 1024, To: 65_535 }, CidrBlock: "0.0.0.0/0", RuleAction: "deny" });
    const { explanation } = ask("nat-shop", "web-shop");
    expect(explanation).toMatchObject({ code: "SUBNET_ACL_RESTRICTION", way: "back", direction: "egress" });
    expect(explanation!.text).toBe(`the network ACL ${id.acl} denies the answer to 10.0.0.4 (entry 50: deny tcp 1024-65535 to 0.0.0.0/0): an ACL is stateless, so the answer to port 49152 needs an entry of its own`);
    await cloud.aws.ec2.DeleteNetworkAclEntry(entry);
  });

  it("goes over the internet to what another network shows there, and no further", () => {
    const { stages, explanation, reachable } = ask("nat-shop", publicAddress);
    expect(reachable).toBe(false);
    expect(stages.map(({ handedOnBy }) => handedOnBy)).toEqual([undefined, "internet"]);
    expect(explanation!.text).toMatch(/^no inbound rule of nat .* admits tcp 80 from 198\.51\.100\.\d+/);
    expect(ask("stranger", "nat-shop").explanation).toMatchObject({ code: "NO_ROUTE_TO_DESTINATION", text: expect.stringMatching(/^the route table rtb-\w+ has no route to 198\.51\.100\.\d+$/) });
  });

  it("tells of an instance that is stopped, whatever the network allows", async () => {
    await cloud.aws.ec2.StopInstances({ InstanceIds: [id.nat] });
    await cloud.advance("10s");
    expect(ask("nat-shop", "web-shop").notes).toEqual([`${id.nat} is stopped: whatever the network allows, nothing answers there`]);
    await cloud.aws.ec2.StartInstances({ InstanceIds: [id.nat] });
    await cloud.advance("10s");
  });

  it.each([
    [["nobody", "internet"], 'nothing with a network interface is called "nobody": ask for a running instance\'s id or Name'],
    [["twin", "internet"], '"twin" is 2 network interfaces: ask for one of them, eni-'],
    [["10.0.0.4", "internet"], '"10.0.0.4" is 2 network interfaces'],
    [["10.0.9.9", "web-shop"], "no network interface has the address 10.0.9.9, so nothing can be sent from it"],
    [["internet", "8.8.8.8"], 'neither "internet" nor "8.8.8.8" is in a VPC'],
    [["web-shop", "internet", { protocol: "tcpp" }], '--protocol is "tcpp", but must be tcp, udp, icmp or a number from 0 to 255'],
    [["web-shop", "internet", { protocol: "udp" }], "udp needs a port: --port N"],
    [["web-shop", "internet", { protocol: "icmp", port: 80 }], "icmp has no ports, but --port is 80"],
  ] as const)("refuses %j, by name and value", (question, message) => {
    const [source, destination, options] = question;
    expect(() => ask(source, destination, options)).toThrow(expect.objectContaining({ name: "QuestionError", message: expect.stringContaining(message) }));
  });
});
