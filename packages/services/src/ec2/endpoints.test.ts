import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";
import { endpointPlan } from "./endpoint-plan.js";
import { hearNetworks } from "./testing.js";
import type { VpcEndpoint } from "./state-connections.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const SERVICE = "com.amazonaws.ap-northeast-1";

describe("the plan of an interface endpoint", () => {
  const endpoint = { state: "pending" } as VpcEndpoint;
  const running = { state: "running", boot: 0, health: new Map() } as const;

  test.each([
    ["runs it, and waits for all of its interfaces", "pending", [running, undefined], { run: true, next: undefined }],
    ["calls it available when all run", "pending", [running, running], { run: true, next: { to: "available" } }],
    ["calls it failed when one could not", "pending", [running, { state: "exited", boot: 0, reason: "no" }], { next: { to: "failed", failure: "no" } }],
    ["keeps it running", "available", [running], { run: true, takeDown: false, next: undefined }],
    ["takes it down, and forgets it", "deleting", [running], { run: false, takeDown: true, next: { to: "gone" } }],
    ["leaves alone what failed", "failed", [], { run: false, takeDown: false, next: undefined }],
  ] as const)("%s", (_name, state, workloads, expected) => {
    expect(endpointPlan({ ...endpoint, state }, workloads)).toMatchObject(expected);
  });
});

async function network(): Promise<{ readonly VpcId: string; readonly a: string; readonly c: string; readonly RouteTableId: string }> {
  const { Vpc } = await cloud.aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" });
  const VpcId = Vpc!.VpcId!;
  const subnet = async (CidrBlock: string, zone: string) => (await cloud.aws.ec2.CreateSubnet({ VpcId, CidrBlock, AvailabilityZone: `ap-northeast-1${zone}` })).Subnet!.SubnetId!;
  const { RouteTable } = await cloud.aws.ec2.CreateRouteTable({ VpcId });
  return { VpcId, a: await subnet("10.0.0.0/24", "a"), c: await subnet("10.0.1.0/24", "c"), RouteTableId: RouteTable!.RouteTableId! };
}

describe("a gateway endpoint", () => {
  test("brings its route into the tables that it is associated with, once for a service, and takes it away again", async () => {
    const hear = hearNetworks(cloud);
    const { VpcId, a, RouteTableId } = await network();
    const { VpcEndpoint } = await cloud.aws.ec2.CreateVpcEndpoint({ VpcId, ServiceName: `${SERVICE}.s3`, RouteTableIds: [RouteTableId] });
    expect(VpcEndpoint).toMatchObject({ State: "available", VpcEndpointType: "Gateway", RouteTableIds: [RouteTableId], DnsEntries: [] });
    const VpcEndpointId = VpcEndpoint!.VpcEndpointId!;
    const routes = async () => (await cloud.aws.ec2.DescribeRouteTables({ RouteTableIds: [RouteTableId] })).RouteTables![0]!.Routes;
    expect(await routes()).toContainEqual(expect.objectContaining({ DestinationPrefixListId: "pl-61a54008", GatewayId: VpcEndpointId, State: "active" }));
    await expect(cloud.aws.ec2.CreateVpcEndpoint({ VpcId, ServiceName: `${SERVICE}.s3`, RouteTableIds: [RouteTableId] })).rejects.toMatchObject({ code: "RouteAlreadyExists" });
    await expect(cloud.aws.ec2.DeleteRoute({ RouteTableId, DestinationPrefixListId: "pl-61a54008" })).rejects.toMatchObject({ code: "InvalidParameterValue" });
    await cloud.aws.ec2.CreateNetworkInterface({ SubnetId: a });
    await cloud.settle();
    expect(hear(VpcId).routeTables.get(RouteTableId)!.routes[0]).toMatchObject({ target: { kind: "gateway-endpoint", id: VpcEndpointId, service: "s3" }, prefixList: "pl-61a54008" });
    await cloud.aws.ec2.ModifyVpcEndpoint({ VpcEndpointId, RemoveRouteTableIds: [RouteTableId] });
    expect(await routes()).toHaveLength(1);
    expect((await cloud.aws.ec2.DeleteVpcEndpoints({ VpcEndpointIds: [VpcEndpointId, "vpce-00000000000000000"] })).Unsuccessful).toMatchObject([{ Error: { Code: "InvalidVpcEndpointId.NotFound" }, ResourceId: "vpce-00000000000000000" }]);
    expect((await cloud.aws.ec2.DescribeVpcEndpoints({})).VpcEndpoints).toEqual([]);
  });
});

describe("an interface endpoint", () => {
  test("has an interface in each subnet, is pending until they run, answers by name, and leaves nothing", async () => {
    const hear = hearNetworks(cloud);
    const { VpcId, a, c } = await network();
    await cloud.aws.ec2.ModifyVpcAttribute({ VpcId, EnableDnsHostnames: { Value: true } });
    const input = { VpcId, ServiceName: `${SERVICE}.ssm`, VpcEndpointType: "Interface", SubnetIds: [a, c], ClientToken: "t" } as const;
    const { VpcEndpoint } = await cloud.aws.ec2.CreateVpcEndpoint(input);
    expect(VpcEndpoint).toMatchObject({ State: "pending", PrivateDnsEnabled: true, SubnetIds: [a, c], Groups: [{ GroupName: "default" }] });
    const VpcEndpointId = VpcEndpoint!.VpcEndpointId!;
    expect((await cloud.aws.ec2.CreateVpcEndpoint(input)).VpcEndpoint!.VpcEndpointId).toBe(VpcEndpointId);
    await cloud.advance("1m");
    const [shown] = (await cloud.aws.ec2.DescribeVpcEndpoints({ Filters: [{ Name: "vpc-endpoint-state", Values: ["available"] }] })).VpcEndpoints!;
    expect(shown!.DnsEntries!.map((entry) => entry.DnsName)).toContain("ssm.ap-northeast-1.amazonaws.com");
    const { NetworkInterfaces } = await cloud.aws.ec2.DescribeNetworkInterfaces({ NetworkInterfaceIds: shown!.NetworkInterfaceIds });
    expect(NetworkInterfaces).toMatchObject([{ InterfaceType: "vpc_endpoint", RequesterManaged: true, Status: "in-use", PrivateIpAddress: "10.0.0.4" }, { PrivateIpAddress: "10.0.1.4" }]);
    expect(hear(VpcId).privateNames).toEqual(new Map([["ssm.ap-northeast-1.amazonaws.com", ["10.0.0.4", "10.0.1.4"]]]));
    expect(cloud.paper.names.observe(shown!.DnsEntries![0]!.DnsName!)).toEqual({ addresses: ["10.0.0.4", "10.0.1.4"] });
    await expect(cloud.aws.ec2.DeleteNetworkInterface({ NetworkInterfaceId: shown!.NetworkInterfaceIds![0]! })).rejects.toMatchObject({ code: "AuthFailure" });
    await expect(cloud.aws.ec2.DeleteVpc({ VpcId })).rejects.toMatchObject({ code: "DependencyViolation" });

    await cloud.aws.ec2.ModifyVpcEndpoint({ VpcEndpointId, RemoveSubnetIds: [c], PrivateDnsEnabled: false });
    await cloud.settle();
    expect(cloud.paper.workloads.keys()).toHaveLength(1);
    expect(hear(VpcId).privateNames).toEqual(new Map());
    expect(cloud.paper.names.keys().filter((name) => name.startsWith("vpce-"))).toHaveLength(2);

    await cloud.aws.ec2.DeleteVpcEndpoints({ VpcEndpointIds: [VpcEndpointId] });
    await cloud.settle();
    expect((await cloud.aws.ec2.DescribeVpcEndpoints({})).VpcEndpoints).toEqual([]);
    expect((await cloud.aws.ec2.DescribeNetworkInterfaces({})).NetworkInterfaces).toEqual([]);
    expect([cloud.paper.workloads.keys(), cloud.paper.names.keys()]).toEqual([[], []]);
    expect(cloud.logs).toEqual([]);
  });

  test.each([
    ["a service that isn't", { ServiceName: `${SERVICE}.nothing` }, "InvalidServiceName", `The Vpc Endpoint Service '${SERVICE}.nothing' does not exist`],
    ["a type that the service hasn't", { VpcEndpointType: "Gateway" }, "InvalidParameter", "Endpoint type (Gateway) does not match available service types ([Interface])."],
    ["private names without DNS hostnames", { PrivateDnsEnabled: true }, "InvalidParameter", /^Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for vpc-/],
    ["route tables", { RouteTableIds: ["rtb-00000000000000000"] }, "InvalidParameter", "RouteTableIds can't be specified for VPC endpoints of type Interface."],
    ["a policy that is no policy", { PrivateDnsEnabled: false, PolicyDocument: "{" }, "InvalidPolicyDocument", "This policy contains invalid Json"],
    ["IPv6", { IpAddressType: "dualstack" }, "NotImplemented", /IpAddressType/],
    ["a subnet that isn't", { PrivateDnsEnabled: false, SubnetIds: ["subnet-00000000000000000"] }, "InvalidSubnetID.NotFound", /does not exist/],
  ] as const)("is refused with %s, and nothing is left of it", async (_name, wrong, code, message) => {
    const { VpcId } = await network();
    const input = { VpcId, ServiceName: `${SERVICE}.ssm`, VpcEndpointType: "Interface", ...wrong } as const;
    await expect(cloud.aws.ec2.CreateVpcEndpoint(input)).rejects.toMatchObject({ code, message: typeof message === "string" ? message : expect.stringMatching(message) });
    expect((await cloud.aws.ec2.DescribeVpcEndpoints({})).VpcEndpoints).toEqual([]);
  });
});

test("the services that endpoints lead to are listed by their names and types", async () => {
  const { ServiceNames, ServiceDetails } = await cloud.aws.ec2.DescribeVpcEndpointServices({ Filters: [{ Name: "service-type", Values: ["Gateway"] }] });
  expect(ServiceNames).toEqual([`${SERVICE}.dynamodb`, `${SERVICE}.s3`]);
  expect(ServiceDetails![0]).toMatchObject({ Owner: "amazon", ServiceType: [{ ServiceType: "Gateway" }] });
});
