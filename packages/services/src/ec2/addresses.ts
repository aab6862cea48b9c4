/** Elastic IP addresses: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-eips.html */
import type { Reader } from "@hakoniwa/kernel";
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { alreadyAssociated, invalidCombination, invalidValue, limitExceeded, managedByService, missingParameter, notAttached, notFound, refuse } from "./errors.js";
import { paginateBy, select, type FilterTable } from "./filters.js";
import { hasInternetGateway } from "./internet-gateways.js";
import { need } from "./lookup.js";
import { interfacesOf } from "./network-interfaces.js";
import { ACCOUNT, AMAZON, addressOn, bindAddress, recoverPublicAddress, takePublicAddress } from "./public-addresses.js";
import { serviceOwner } from "./service-owner.js";
import { addresses, instances, natGateways, networkInterfaces, releasedAddresses, type Address, type NetworkInterface } from "./state.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";

export const addressOperations = operations(Ec2, {
  AllocateAddress: {
    authorize: allows("AllocateAddress", () => [["elastic-ip", undefined]]),
    handle(ctx, input) {
      refuse("AllocateAddress", input, ["CustomerOwnedIpv4Pool", "IpamPoolId"]);
      checkTagSpecifications(input.TagSpecifications, ["elastic-ip"]);
      if (input.Domain === "standard") throw invalidValue("Invalid value 'standard' for domain. EC2-Classic is not supported.");
      if (input.PublicIpv4Pool !== undefined && input.PublicIpv4Pool !== "amazon") {
        throw new AwsError("InvalidPublicIpv4PoolID.NotFound", `The pool ID '${input.PublicIpv4Pool}' does not exist`);
      }
      if (input.NetworkBorderGroup !== undefined && input.NetworkBorderGroup !== ctx.region) {
        throw invalidValue(`Invalid value '${input.NetworkBorderGroup}' for networkBorderGroup. It must be ${ctx.region}.`);
      }
      const owner = ownerFor(ctx);
      if (owner === ACCOUNT && ctx.db(addresses).where("owner", ACCOUNT).length >= MOST_ADDRESSES) {
        throw limitExceeded("AddressLimitExceeded", "The maximum number of addresses has been reached.");
      }
      const address = input.Address === undefined ? takePublicAddress(ctx, owner) : recoverPublicAddress(ctx, owner, input.Address);
      putTags(ctx, "elastic-ip", address.allocationId, input.TagSpecifications);
      return { PublicIp: address.publicIp, AllocationId: address.allocationId, PublicIpv4Pool: "amazon", NetworkBorderGroup: ctx.region, Domain: "vpc" };
    },
  },

  AssociateAddress: {
    authorize: allows("AssociateAddress", (input) => [["elastic-ip", input.AllocationId, input.PublicIp], input.InstanceId ? ["instance", input.InstanceId] : ["network-interface", input.NetworkInterfaceId]]),
    handle(ctx, input) {
      const address = addressOf(ctx, input);
      const target = targetOf(ctx.db, input);
      refuseManaged(ctx, target);
      const privateIpAddress = input.PrivateIpAddress ?? target.privateIpAddresses[0]!;
      if (!target.privateIpAddresses.includes(privateIpAddress)) {
        throw invalidValue(`Invalid value '${privateIpAddress}' for PrivateIpAddress. It is not an address of the network interface '${target.id}'.`);
      }
      if (!hasInternetGateway(ctx.db, target.vpcId)) throw notAttached(`Network ${target.vpcId} is not attached to any internet gateway`);
      const { association } = address;
      const same = association?.networkInterfaceId === target.id && association.privateIpAddress === privateIpAddress;
      if (association && same) return { AssociationId: association.id };
      // Without AllowReassociation AWS refuses; the console's check box sets it.
      if (association && !input.AllowReassociation) {
        throw alreadyAssociated(`resource ${address.allocationId} is already associated with associate-id ${association.id}`);
      }
      if (association && isNatGateways(ctx.db, association.networkInterfaceId)) throw managedByService();
      makeRoom(ctx, target, privateIpAddress, input.AllowReassociation ?? false);
      return { AssociationId: bindAddress(ctx, address, target, privateIpAddress).association!.id };
    },
  },

  DisassociateAddress: {
    authorize: allows("DisassociateAddress", (input) => [["elastic-ip", undefined, input.AssociationId || input.PublicIp]]),
    handle(ctx, input) {
      const address = associatedAddress(ctx, input);
      if (!address.association) return {};
      const holder = ctx.db(networkInterfaces).get(address.association.networkInterfaceId);
      if (holder) refuseManaged(ctx, holder);
      ctx.db(addresses).put({ ...address, association: undefined });
      return {};
    },
  },

  ReleaseAddress: {
    authorize: allows("ReleaseAddress", (input) => [["elastic-ip", input.AllocationId, input.PublicIp]]),
    handle(ctx, input) {
      const address = addressOf(ctx, input);
      if (address.association) throw new AwsError("InvalidIPAddress.InUse", `Address ${address.publicIp} is in use.`);
      ctx.db(addresses).delete(address.publicIp);
      if (address.owner === ACCOUNT) ctx.db(releasedAddresses).put({ publicIp: address.publicIp });
      dropTags(ctx.db, address.allocationId);
      return {};
    },
  },

  DescribeAddresses: {
    authorize: onEverything("ec2:DescribeAddresses"),
    handle(ctx, input) {
      const mine = ctx.db(addresses).where("owner", ownerFor(ctx));
      for (const id of input.AllocationIds ?? []) if (!mine.some((a) => a.allocationId === id)) throw notFound("allocation", id);
      for (const ip of input.PublicIps ?? []) if (!mine.some((a) => a.publicIp === ip)) throw addressNotFound(ip);
      const asked = mine
        .filter((a) => !input.AllocationIds?.length || input.AllocationIds.includes(a.allocationId))
        .filter((a) => !input.PublicIps?.length || input.PublicIps.includes(a.publicIp));
      return { Addresses: select(ctx.db, asked, input.Filters, filters(ctx), (a) => a.allocationId).map((a) => described(ctx, a)) };
    },
  },
});

/** An account's Elastic IP addresses in a region: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html */
const MOST_ADDRESSES = 5;

export const addressAttributeOperations = operations(Ec2, {
  /** Reverse DNS names can't be set, so no address has one. */
  DescribeAddressesAttribute: {
    authorize: onEverything("ec2:DescribeAddressesAttribute"),
    handle(ctx, input) {
      const mine = ctx.db(addresses).where("owner", ownerFor(ctx));
      const missing = input.AllocationIds?.find((id) => !mine.some((a) => a.allocationId === id));
      if (missing !== undefined) throw notFound("allocation", missing);
      const asked = mine.filter((a) => !input.AllocationIds?.length || input.AllocationIds.includes(a.allocationId));
      const page = paginateBy(asked, input, ({ allocationId }) => allocationId, 1);
      return { Addresses: page.items.map((a) => ({ PublicIp: a.publicIp, AllocationId: a.allocationId })), NextToken: page.nextToken };
    },
  },
});

/** Addresses that a service takes for itself (an ELB's nodes) are the service's. */
function ownerFor(ctx: Context): string {
  const { via } = ctx.caller;
  return via.kind === "serviceRole" ? serviceOwner(via.service) : ACCOUNT;
}

function isVisible(ctx: Context, address: Address): boolean {
  return address.owner === ownerFor(ctx);
}

/** The address that a request names, by its allocation or itself. Others' don't exist for it. */
function addressOf(ctx: Context, input: { readonly AllocationId?: string | undefined; readonly PublicIp?: string | undefined }): Address {
  if (input.AllocationId && input.PublicIp) throw invalidCombination("You may specify public IP or allocation id, but not both in the same call");
  if (input.AllocationId) {
    const [found] = ctx.db(addresses).where("allocation", input.AllocationId);
    if (!found || !isVisible(ctx, found)) throw notFound("allocation", input.AllocationId);
    return found;
  }
  if (!input.PublicIp) throw missingParameter("AllocationId or PublicIp");
  const found = ctx.db(addresses).get(input.PublicIp);
  if (!found || !isVisible(ctx, found)) throw addressNotFound(input.PublicIp);
  return found;
}

function associatedAddress(ctx: Context, input: Ec2Types.DisassociateAddressRequest): Address {
  if (!input.AssociationId) return addressOf(ctx, { PublicIp: input.PublicIp });
  const [found] = ctx.db(addresses).where("association", input.AssociationId);
  if (!found || !isVisible(ctx, found)) throw notFound("addressAssociation", input.AssociationId);
  return found;
}

/** The interface that the address shall belong to: an instance's only one, or the one that is named. */
function targetOf(db: Reader, input: Ec2Types.AssociateAddressRequest): NetworkInterface {
  if (input.NetworkInterfaceId && input.InstanceId) throw invalidCombination("You may specify an instance or a network interface, but not both in the same call.");
  if (input.NetworkInterfaceId) return need(db, networkInterfaces, "networkInterface", input.NetworkInterfaceId, "networkInterfaceId");
  if (!input.InstanceId) throw missingParameter("instanceId or networkInterfaceId");
  const instance = need(db, instances, "instance", input.InstanceId, "instanceId");
  const found = interfacesOf(db, instance.id);
  if (found.length === 0) throw new AwsError("IncorrectInstanceState", `The instance '${instance.id}' has no network interface.`);
  if (found.length > 1) {
    throw new AwsError("InvalidInstanceID", `There are multiple interfaces attached to instance '${instance.id}'. Please specify an interface ID for the operation instead.`);
  }
  return found[0]!;
}

/** Only its service touches an interface that a service manages. */
function refuseManaged(ctx: Context, target: NetworkInterface): void {
  if (target.requester !== undefined && ctx.caller.via.kind !== "serviceRole") throw managedByService();
}

function isNatGateways(db: Reader, interfaceId: string): boolean {
  return db(natGateways).where("networkInterface", interfaceId).length > 0;
}

/** Frees the private address of the public one it has: Amazon's goes back to the pool, another Elastic IP address only with leave. */
function makeRoom(ctx: Context, target: NetworkInterface, privateIpAddress: string, reassociate: boolean): void {
  const there = addressOn(ctx.db, target.id, privateIpAddress);
  if (!there) return;
  if (there.owner === AMAZON) {
    ctx.db(addresses).delete(there.publicIp);
    return;
  }
  if (!reassociate) {
    throw alreadyAssociated(`resource ${target.id} is already associated with address ${there.publicIp}`);
  }
  ctx.db(addresses).put({ ...there, association: undefined });
}

function addressNotFound(ip: string): AwsError {
  return new AwsError("InvalidAddress.NotFound", `Address '${ip}' not found.`);
}

function described(ctx: Context, address: Address): Ec2Types.Address {
  const { association } = address;
  return {
    PublicIp: address.publicIp,
    AllocationId: address.allocationId,
    Domain: "vpc",
    PublicIpv4Pool: "amazon",
    NetworkBorderGroup: ctx.region,
    AssociationId: association?.id,
    NetworkInterfaceId: association?.networkInterfaceId,
    NetworkInterfaceOwnerId: association && ctx.account,
    PrivateIpAddress: association?.privateIpAddress,
    InstanceId: association && ctx.db(networkInterfaces).get(association.networkInterfaceId)?.attachment?.instanceId,
    Tags: tagsOf(ctx.db, address.allocationId),
  };
}

function filters(ctx: Context): FilterTable<Address> {
  return {
    "allocation-id": (a) => a.allocationId,
    "association-id": (a) => a.association?.id,
    domain: () => "vpc",
    "instance-id": (a) => described(ctx, a).InstanceId,
    "network-border-group": () => ctx.region,
    "network-interface-id": (a) => a.association?.networkInterfaceId,
    "network-interface-owner-id": (a) => a.association && ctx.account,
    "private-ip-address": (a) => a.association?.privateIpAddress,
    "public-ip": (a) => a.publicIp,
  };
}
