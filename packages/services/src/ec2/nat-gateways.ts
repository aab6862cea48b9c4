/** NAT gateways: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html */
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { invalidParameter, missingParameter, notFound, refuse } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { hasInternetGateway } from "./internet-gateways.js";
import { named, need } from "./lookup.js";
import { createInterface } from "./network-interfaces.js";
import { ACCOUNT, bindAddress } from "./public-addresses.js";
import { addresses, natGateways, subnets, type Address, type NatGateway, type Subnet } from "./state.js";
import { checkTagSpecifications, putTags, tagsOf } from "./tags.js";
import { timestamp } from "./times.js";

export const natGatewayOperations = operations(Ec2, {
  CreateNatGateway: {
    authorize: allows("CreateNatGateway", (input) => [["natgateway", undefined], ["subnet", input.SubnetId], ["elastic-ip", input.AllocationId]]),
    handle(ctx, input) {
      refuse("CreateNatGateway", input, ["VpcId", "AvailabilityZoneAddresses", "SecondaryAllocationIds", "SecondaryPrivateIpAddresses", "SecondaryPrivateIpAddressCount"]);
      if (input.AvailabilityMode !== undefined && input.AvailabilityMode !== "zonal") refuse("CreateNatGateway", input, ["AvailabilityMode"]);
      checkTagSpecifications(input.TagSpecifications, ["natgateway"]);
      const earlier = input.ClientToken === undefined ? undefined : ctx.db(natGateways).where("clientToken", input.ClientToken)[0];
      if (earlier) return { NatGateway: sameRequest(ctx, earlier, input), ClientToken: input.ClientToken };
      const connectivityType = input.ConnectivityType ?? "public";
      const subnet = need(ctx.db, subnets, "subnet", input.SubnetId, "subnetId");
      const address = connectivityType === "public" ? elasticIp(ctx, input.AllocationId) : undefined;
      if (connectivityType === "private" && input.AllocationId) throw invalidParameter(input.AllocationId, "allocationId", "A private NAT gateway can't have an Elastic IP address.");
      const gateway = create(ctx, subnet, address, input);
      putTags(ctx, "natgateway", gateway.id, input.TagSpecifications);
      return { NatGateway: described(ctx, gateway), ClientToken: input.ClientToken };
    },
  },

  DescribeNatGateways: {
    authorize: onEverything("ec2:DescribeNatGateways"),
    handle(ctx, input) {
      const all = named(ctx.db, natGateways, "natGateway", input.NatGatewayIds);
      const page = paginate(select(ctx.db, all, input.Filter, filters(), (n) => n.id), input);
      return { NatGateways: page.items.map((gateway) => described(ctx, gateway)), NextToken: page.nextToken };
    },
  },

  DeleteNatGateway: {
    authorize: allows("DeleteNatGateway", (input) => [["natgateway", input.NatGatewayId]]),
    handle(ctx, input) {
      const gateway = need(ctx.db, natGateways, "natGateway", input.NatGatewayId, "natGatewayId");
      if (gateway.state === "deleted") throw notFound("natGateway", gateway.id);
      if (gateway.state !== "deleting") {
        // What failed has nothing left to take down.
        const state = gateway.state === "failed" ? "deleted" : "deleting";
        ctx.db(natGateways).put({ ...gateway, state, deleteTime: ctx.now });
      }
      return { NatGatewayId: gateway.id };
    },
  },
});

/** AWS takes the request and fails later, with these reasons: https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html */
function failureOf(ctx: Context, subnet: Subnet, address: Address | undefined): NatGateway["failure"] {
  if (!address) return undefined;
  if (address.association) {
    return { code: "Resource.AlreadyAssociated", message: `Elastic IP address ${address.allocationId} is already associated` };
  }
  if (!hasInternetGateway(ctx.db, subnet.vpcId)) {
    return { code: "Gateway.NotAttached", message: `Network ${subnet.vpcId} has no Internet gateway attached` };
  }
  return undefined;
}

function create(ctx: Context, subnet: Subnet, address: Address | undefined, input: Ec2Types.CreateNatGatewayRequest): NatGateway {
  const id = ctx.ids.aws("nat");
  const base = {
    id,
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    state: "pending",
    connectivityType: input.ConnectivityType ?? "public",
    createTime: ctx.now,
    deleteTime: undefined,
    clientToken: input.ClientToken,
    allocationId: address?.allocationId,
    publicIp: address?.publicIp,
  } as const;
  const failure = failureOf(ctx, subnet, address);
  if (failure) return ctx.db(natGateways).put({ ...base, failure, networkInterfaceId: undefined, privateIp: undefined, associationId: undefined });
  const eni = createInterface(ctx, {
    subnetId: subnet.id,
    description: `Interface for NAT Gateway ${id}`,
    privateIpAddress: input.PrivateIpAddress,
    interfaceType: "nat_gateway",
    sourceDestCheck: false,
    requester: "amazon-nat-gateway",
  });
  const privateIp = eni.privateIpAddresses[0]!;
  const bound = address && bindAddress(ctx, address, eni, privateIp);
  return ctx.db(natGateways).put({ ...base, failure: undefined, networkInterfaceId: eni.id, privateIp, associationId: bound?.association?.id });
}

function elasticIp(ctx: Context, allocationId: string | undefined): Address {
  if (!allocationId) throw missingParameter("AllocationId");
  const [found] = ctx.db(addresses).where("allocation", allocationId);
  if (!found || found.owner !== ACCOUNT) throw notFound("allocation", allocationId);
  return found;
}

/** The same token again gives the same gateway, unless the rest of the request differs. */
function sameRequest(ctx: Context, earlier: NatGateway, input: Ec2Types.CreateNatGatewayRequest): Ec2Types.NatGateway {
  const same =
    earlier.subnetId === input.SubnetId && earlier.allocationId === input.AllocationId && earlier.connectivityType === (input.ConnectivityType ?? "public");
  if (!same) {
    throw new AwsError("IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).");
  }
  return described(ctx, earlier);
}

function described(ctx: Context, gateway: NatGateway): Ec2Types.NatGateway {
  return {
    NatGatewayId: gateway.id,
    State: gateway.state,
    VpcId: gateway.vpcId,
    SubnetId: gateway.subnetId,
    ConnectivityType: gateway.connectivityType,
    AvailabilityMode: "zonal",
    CreateTime: timestamp(gateway.createTime),
    DeleteTime: gateway.deleteTime === undefined ? undefined : timestamp(gateway.deleteTime),
    FailureCode: gateway.state === "failed" ? gateway.failure?.code : undefined,
    FailureMessage: gateway.state === "failed" ? gateway.failure?.message : undefined,
    NatGatewayAddresses: [describedAddress(gateway)],
    Tags: tagsOf(ctx.db, gateway.id),
  };
}

function describedAddress(gateway: NatGateway): Ec2Types.NatGatewayAddress {
  return {
    AllocationId: gateway.allocationId,
    AssociationId: gateway.associationId,
    NetworkInterfaceId: gateway.networkInterfaceId,
    PrivateIp: gateway.privateIp,
    PublicIp: gateway.publicIp,
    IsPrimary: true,
    Status: gateway.state === "available" ? "succeeded" : gateway.state === "failed" ? "failed" : gateway.state === "pending" ? "associating" : "disassociating",
    FailureMessage: gateway.state === "failed" ? gateway.failure?.message : undefined,
  };
}

function filters(): FilterTable<NatGateway> {
  return {
    "nat-gateway-id": (n) => n.id,
    state: (n) => n.state,
    "subnet-id": (n) => n.subnetId,
    "vpc-id": (n) => n.vpcId,
  };
}
