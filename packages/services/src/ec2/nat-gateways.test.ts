import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { WorkloadStatus } from "@hakoniwa/network";
import { createTestCloud, type TestCloud } from "../testing.js";
import { natPlan } from "./nat-plan.js";
import type { NatGateway } from "./state.js";

describe("the plan of a NAT gateway", () => {
  const gateway: NatGateway = {
    id: "nat-1",
    vpcId: "vpc-1",
    subnetId: "subnet-1",
    state: "pending",
    failure: undefined,
    connectivityType: "public",
    createTime: 0,
    deleteTime: undefined,
    clientToken: undefined,
    networkInterfaceId: "eni-1",
    privateIp: "10.0.0.4",
    publicIp: "198.51.100.1",
    allocationId: "eipalloc-1",
    associationId: "eipassoc-1",
  };
  const running: WorkloadStatus = { state: "running", boot: 1, health: new Map() };

  test("runs it until it is there, and then says available", () => {
    expect(natPlan(gateway, undefined, 0)).toMatchObject({ run: true, next: undefined });
    expect(natPlan(gateway, running, 0)).toMatchObject({ run: true, next: { from: "pending", to: "available" } });
    expect(natPlan({ ...gateway, state: "available" }, running, 0)).toMatchObject({ run: true, next: undefined });
  });

  test("takes it down, and forgets it after an hour", () => {
    expect(natPlan({ ...gateway, state: "deleting", deleteTime: 5 }, running, 5)).toMatchObject({ run: false, takeDown: true, next: { to: "deleted" } });
    const deleted = { ...gateway, state: "deleted", deleteTime: 5 } as const;
    expect(natPlan(deleted, undefined, 6)).toMatchObject({ takeDown: false, next: undefined, wakeAt: 3_600_005 });
    expect(natPlan(deleted, undefined, 3_600_005)).toMatchObject({ next: { to: "gone" } });
  });
});

describe("a NAT gateway", () => {
  let cloud: TestCloud;
  let vpcId: string;
  let SubnetId: string;
  beforeEach(async () => {
    cloud = await createTestCloud();
    vpcId = (await cloud.aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!;
    SubnetId = (await cloud.aws.ec2.CreateSubnet({ VpcId: vpcId, CidrBlock: "10.0.0.0/24" })).Subnet!.SubnetId!;
  });
  afterEach(() => cloud.close());

  async function attachGateway(): Promise<void> {
    const { InternetGateway } = await cloud.aws.ec2.CreateInternetGateway({});
    await cloud.aws.ec2.AttachInternetGateway({ InternetGatewayId: InternetGateway!.InternetGatewayId!, VpcId: vpcId });
  }

  async function state(id: string) {
    return (await cloud.aws.ec2.DescribeNatGateways({ NatGatewayIds: [id] })).NatGateways![0]!;
  }

  test("with a new Elastic IP address becomes available, takes the private 0/0 route over, and goes (S4-34, S4-35)", async () => {
    await attachGateway();
    const eni = (await cloud.aws.ec2.CreateNetworkInterface({ SubnetId })).NetworkInterface!.NetworkInterfaceId!;
    const RouteTableId = (await cloud.aws.ec2.CreateRouteTable({ VpcId: vpcId })).RouteTable!.RouteTableId!;
    await cloud.aws.ec2.CreateRoute({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", NetworkInterfaceId: eni });
    const { AllocationId, PublicIp } = await cloud.aws.ec2.AllocateAddress({ Domain: "vpc" });
    const { NatGateway } = await cloud.aws.ec2.CreateNatGateway({ SubnetId, AllocationId });
    const id = NatGateway!.NatGatewayId!;
    expect(NatGateway).toMatchObject({ State: "pending", NatGatewayAddresses: [{ AllocationId, PublicIp, PrivateIp: "10.0.0.5" }] });
    await cloud.advance("10s");
    expect(await state(id)).toMatchObject({ State: "available", NatGatewayAddresses: [{ Status: "succeeded" }] });
    await cloud.aws.ec2.ReplaceRoute({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", NatGatewayId: id });
    const route = async () => (await cloud.aws.ec2.DescribeRouteTables({ RouteTableIds: [RouteTableId] })).RouteTables![0]!.Routes![1];
    expect(await route()).toMatchObject({ NatGatewayId: id, State: "active" });

    const natEni = NatGateway!.NatGatewayAddresses![0]!.NetworkInterfaceId!;
    expect(cloud.paper.workloads.keys()).toEqual([natEni]);
    const { NetworkInterfaces } = await cloud.aws.ec2.DescribeNetworkInterfaces({ NetworkInterfaceIds: [natEni] });
    expect(NetworkInterfaces).toMatchObject([{ InterfaceType: "nat_gateway", RequesterManaged: true, SourceDestCheck: false, Groups: [], Description: `Interface for NAT Gateway ${id}`, Association: { PublicIp } }]);
    await expect(cloud.aws.ec2.DeleteNetworkInterface({ NetworkInterfaceId: natEni })).rejects.toMatchObject({ code: "AuthFailure" });

    await cloud.aws.ec2.DeleteNatGateway({ NatGatewayId: id });
    await cloud.advance("10s");
    expect((await state(id)).State).toBe("deleted");
    expect(await route()).toMatchObject({ State: "blackhole" });
    expect(cloud.paper.workloads.keys()).toEqual([]);
    await cloud.aws.ec2.ReleaseAddress({ AllocationId });
    await cloud.advance("61m");
    await expect(state(id)).rejects.toMatchObject({ code: "NatGatewayNotFound" });
  });

  test("without an internet gateway fails and says why", async () => {
    const { AllocationId } = await cloud.aws.ec2.AllocateAddress({});
    const { NatGateway } = await cloud.aws.ec2.CreateNatGateway({ SubnetId, AllocationId });
    await cloud.settle();
    expect(await state(NatGateway!.NatGatewayId!)).toMatchObject({ State: "failed", FailureCode: "Gateway.NotAttached", FailureMessage: `Network ${vpcId} has no Internet gateway attached` });
    expect((await cloud.aws.ec2.DescribeNetworkInterfaces({})).NetworkInterfaces).toEqual([]);
  });

  test("is made once for a client token", async () => {
    await attachGateway();
    const { AllocationId } = await cloud.aws.ec2.AllocateAddress({});
    const one = await cloud.aws.ec2.CreateNatGateway({ SubnetId, AllocationId, ClientToken: "t" });
    const two = await cloud.aws.ec2.CreateNatGateway({ SubnetId, AllocationId, ClientToken: "t" });
    expect(two.NatGateway!.NatGatewayId).toBe(one.NatGateway!.NatGatewayId);
    await expect(cloud.aws.ec2.CreateNatGateway({ SubnetId, AllocationId, ConnectivityType: "private", ClientToken: "t" })).rejects.toMatchObject({ code: "IdempotentParameterMismatch" });
  });

  test("reconciled again changes nothing", async () => {
    await attachGateway();
    const { AllocationId } = await cloud.aws.ec2.AllocateAddress({});
    const { NatGateway } = await cloud.aws.ec2.CreateNatGateway({ SubnetId, AllocationId });
    await cloud.advance("10s");
    const sequence = cloud.store.sequence;
    for (const key of cloud.paper.workloads.keys()) cloud.core.driver.signal("workloads", key);
    await cloud.settle();
    expect(cloud.store.sequence).toBe(sequence);
    expect((await state(NatGateway!.NatGatewayId!)).State).toBe("available");
  });
});
