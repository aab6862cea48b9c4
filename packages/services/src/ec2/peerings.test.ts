import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";
import { hearNetworks } from "./testing.js";
import { forgottenAt, peeringState } from "./peering-state.js";
import type { PeeringAnswer, PeeringRequest } from "./state-connections.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const DAY = 86_400_000;

describe("the state of a peering connection", () => {
  const peer = { account: "1", region: "r", vpcId: "vpc-b" };
  const options = { allowDnsResolutionFromRemoteVpc: false };
  const request: PeeringRequest = { id: "pcx-1", vpcId: "vpc-a", cidrs: [], peer, created: 0, failure: undefined, deletedAt: undefined, options };
  const answer: PeeringAnswer = { id: "pcx-1", vpcId: "vpc-b", cidrs: [], requester: { ...peer, vpcId: "vpc-a" }, acceptedAt: undefined, rejectedAt: undefined, deletedAt: undefined, options };

  test.each([
    ["initiating-request", request, undefined, 0, undefined],
    ["pending-acceptance", request, answer, 7 * DAY - 1, undefined],
    ["expired", request, answer, 7 * DAY, 9 * DAY],
    ["active", request, { ...answer, acceptedAt: 5 }, 30 * DAY, undefined],
    ["rejected", request, { ...answer, rejectedAt: 5 }, 6, 2 * DAY + 5],
    ["deleted", { ...request, deletedAt: 9 }, { ...answer, acceptedAt: 5 }, 9, 7_200_009],
    ["deleted", request, { ...answer, acceptedAt: 5, deletedAt: 8 }, 9, 7_200_008],
    ["failed", { ...request, failure: "overlap" }, undefined, 0, 7_200_000],
  ] as const)("is %s", (code, asked, answered, now, forgotten) => {
    const state = peeringState({ request: asked, answer: answered }, now);
    expect(state.code).toBe(code);
    expect(forgottenAt(state)).toBe(forgotten);
  });
});

async function vpc(CidrBlock: string, region = "ap-northeast-1"): Promise<string> {
  return (await cloud.in(region).ec2.CreateVpc({ CidrBlock })).Vpc!.VpcId!;
}

async function stateOf(id: string, region = "ap-northeast-1"): Promise<string | undefined> {
  return (await cloud.in(region).ec2.DescribeVpcPeeringConnections({ VpcPeeringConnectionIds: [id] })).VpcPeeringConnections![0]!.Status!.Code;
}

async function peered(one: string, other: string): Promise<string> {
  const { VpcPeeringConnection } = await cloud.aws.ec2.CreateVpcPeeringConnection({ VpcId: one, PeerVpcId: other });
  const VpcPeeringConnectionId = VpcPeeringConnection!.VpcPeeringConnectionId!;
  await cloud.aws.ec2.AcceptVpcPeeringConnection({ VpcPeeringConnectionId });
  return VpcPeeringConnectionId;
}

describe("a peering connection", () => {
  test("waits for acceptance, becomes active, and can be deleted once", async () => {
    const [a, b] = [await vpc("10.0.0.0/16"), await vpc("10.1.0.0/16")];
    const made = await cloud.aws.ec2.CreateVpcPeeringConnection({ VpcId: a, PeerVpcId: b });
    expect(made.VpcPeeringConnection).toMatchObject({ Status: { Code: "initiating-request" }, RequesterVpcInfo: { VpcId: a, CidrBlock: "10.0.0.0/16" }, AccepterVpcInfo: { VpcId: b, Region: "ap-northeast-1" } });
    const VpcPeeringConnectionId = made.VpcPeeringConnection!.VpcPeeringConnectionId!;
    expect(await stateOf(VpcPeeringConnectionId)).toBe("pending-acceptance");
    await expect(cloud.aws.ec2.CreateVpcPeeringConnection({ VpcId: b, PeerVpcId: a })).rejects.toMatchObject({ code: "VpcPeeringConnectionAlreadyExists" });
    expect((await cloud.aws.ec2.AcceptVpcPeeringConnection({ VpcPeeringConnectionId })).VpcPeeringConnection!.Status!.Code).toBe("provisioning");
    expect(await stateOf(VpcPeeringConnectionId)).toBe("active");
    await expect(cloud.aws.ec2.AcceptVpcPeeringConnection({ VpcPeeringConnectionId })).rejects.toMatchObject({ code: "InvalidStateTransition" });
    await cloud.aws.ec2.DeleteVpcPeeringConnection({ VpcPeeringConnectionId });
    expect(await stateOf(VpcPeeringConnectionId)).toBe("deleted");
    await cloud.advance("3h");
    await expect(stateOf(VpcPeeringConnectionId)).rejects.toMatchObject({ code: "InvalidVpcPeeringConnectionID.NotFound" });
  });

  test("that nobody answers expires after seven days, and is forgotten two days later", async () => {
    const { VpcPeeringConnection } = await cloud.aws.ec2.CreateVpcPeeringConnection({ VpcId: await vpc("10.0.0.0/16"), PeerVpcId: await vpc("10.1.0.0/16") });
    const id = VpcPeeringConnection!.VpcPeeringConnectionId!;
    await cloud.advance("6d");
    expect(await stateOf(id)).toBe("pending-acceptance");
    await cloud.advance("1d");
    expect(await stateOf(id)).toBe("expired");
    await expect(cloud.aws.ec2.AcceptVpcPeeringConnection({ VpcPeeringConnectionId: id })).rejects.toMatchObject({ code: "InvalidStateTransition" });
    await cloud.advance("2d");
    await expect(stateOf(id)).rejects.toMatchObject({ code: "InvalidVpcPeeringConnectionID.NotFound" });
  });

  test("of overlapping ranges, or with a VPC that isn't, fails", async () => {
    const a = await vpc("10.0.0.0/16");
    for (const PeerVpcId of [await vpc("10.0.128.0/17"), "vpc-00000000000000000"]) {
      const { VpcPeeringConnection } = await cloud.aws.ec2.CreateVpcPeeringConnection({ VpcId: a, PeerVpcId });
      expect(await stateOf(VpcPeeringConnection!.VpcPeeringConnectionId!)).toBe("failed");
    }
  });

  test("across regions arrives at the other side, which alone accepts it, and both see it end", async () => {
    const a = await vpc("10.0.0.0/16");
    const b = await vpc("10.1.0.0/16", "us-east-1");
    const there = cloud.in("us-east-1").ec2;
    const { VpcPeeringConnection } = await cloud.aws.ec2.CreateVpcPeeringConnection({ VpcId: a, PeerVpcId: b, PeerRegion: "us-east-1" });
    const VpcPeeringConnectionId = VpcPeeringConnection!.VpcPeeringConnectionId!;
    await cloud.settle();
    expect(await stateOf(VpcPeeringConnectionId, "us-east-1")).toBe("pending-acceptance");
    await expect(cloud.aws.ec2.AcceptVpcPeeringConnection({ VpcPeeringConnectionId })).rejects.toMatchObject({ code: "OperationNotPermitted" });
    await there.AcceptVpcPeeringConnection({ VpcPeeringConnectionId });
    expect(await stateOf(VpcPeeringConnectionId)).toBe("active");
    await there.DeleteVpcPeeringConnection({ VpcPeeringConnectionId });
    expect(await stateOf(VpcPeeringConnectionId)).toBe("deleted");
    await cloud.advance("3h");
    await expect(stateOf(VpcPeeringConnectionId, "us-east-1")).rejects.toMatchObject({ code: "InvalidVpcPeeringConnectionID.NotFound" });
    expect(cloud.logs).toEqual([]);
  });

  test("is a route's target, in the data plane too, and a black hole once it is gone", async () => {
    const hear = hearNetworks(cloud);
    const [a, b] = [await vpc("10.0.0.0/16"), await vpc("10.1.0.0/16")];
    const id = await peered(a, b);
    const { Subnet } = await cloud.aws.ec2.CreateSubnet({ VpcId: a, CidrBlock: "10.0.0.0/24" });
    await cloud.aws.ec2.CreateNetworkInterface({ SubnetId: Subnet!.SubnetId! });
    const { RouteTables } = await cloud.aws.ec2.DescribeRouteTables({ Filters: [{ Name: "vpc-id", Values: [a] }] });
    const RouteTableId = RouteTables![0]!.RouteTableId!;
    await cloud.aws.ec2.CreateRoute({ RouteTableId, DestinationCidrBlock: "10.1.0.0/16", VpcPeeringConnectionId: id });
    const target = () => hear(a).routeTables.get(RouteTableId)!.routes[0]!.target;
    await cloud.settle();
    expect(target()).toEqual({ kind: "peering", id, vpc: b, region: "ap-northeast-1" });
    await cloud.aws.ec2.DeleteVpcPeeringConnection({ VpcPeeringConnectionId: id });
    await cloud.settle();
    expect(target()).toEqual({ kind: "blackhole" });
    const described = await cloud.aws.ec2.DescribeRouteTables({ Filters: [{ Name: "route.vpc-peering-connection-id", Values: [id] }] });
    expect(described.RouteTables![0]!.Routes).toContainEqual(expect.objectContaining({ VpcPeeringConnectionId: id, State: "blackhole" }));
  });

  test("lets rules name the peer's groups, which go stale with it", async () => {
    const [a, b] = [await vpc("10.0.0.0/16"), await vpc("10.1.0.0/16")];
    const group = async (VpcId: string) => (await cloud.aws.ec2.CreateSecurityGroup({ GroupName: "g", Description: "g", VpcId })).GroupId!;
    const [mine, theirs] = [await group(a), await group(b)];
    const IpPermissions = [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, UserIdGroupPairs: [{ GroupId: theirs }] }];
    await expect(cloud.aws.ec2.AuthorizeSecurityGroupIngress({ GroupId: mine, IpPermissions })).rejects.toMatchObject({ code: "InvalidParameterValue" });
    const VpcPeeringConnectionId = await peered(a, b);
    await cloud.aws.ec2.AuthorizeSecurityGroupIngress({ GroupId: mine, IpPermissions });
    expect((await cloud.aws.ec2.DescribeSecurityGroupReferences({ GroupId: [theirs] })).SecurityGroupReferenceSet).toEqual([{ GroupId: theirs, ReferencingVpcId: a, VpcPeeringConnectionId }]);
    expect((await cloud.aws.ec2.DescribeStaleSecurityGroups({ VpcId: a })).StaleSecurityGroupSet).toEqual([]);
    await cloud.aws.ec2.DeleteSecurityGroup({ GroupId: theirs });
    expect((await cloud.aws.ec2.DescribeStaleSecurityGroups({ VpcId: a })).StaleSecurityGroupSet).toMatchObject([{ GroupId: mine, StaleIpPermissions: [{ UserIdGroupPairs: [{ GroupId: theirs, VpcPeeringConnectionId }] }] }]);
  });

  test("keeps ranges that the peer has out of the VPC", async () => {
    const [a, b] = [await vpc("10.2.0.0/16"), await vpc("10.3.0.0/16")];
    await peered(a, b);
    await expect(cloud.aws.ec2.AssociateVpcCidrBlock({ VpcId: a, CidrBlock: "10.3.1.0/24" })).rejects.toMatchObject({ code: "InvalidVpc.Range" });
  });
});
