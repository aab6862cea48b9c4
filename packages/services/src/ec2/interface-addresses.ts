/** Secondary private addresses: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-secondary-ip-addresses.html */
import { AwsError } from "@hakoniwa/kernel";
import { Ec2 } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { invalidCombination, invalidParameter, invalidValue, limitExceeded, missingParameter, refuse } from "./errors.js";
import { own } from "./interface-operations.js";
import { allocatePrivateAddress, instanceTypeOf } from "./network-interfaces.js";
import { AMAZON, addressOn } from "./public-addresses.js";
import { addresses, networkInterfaces, subnets, type NetworkInterface } from "./state.js";

/** What no instance type has room for. */
const MOST_ADDRESSES = 50;

export const interfaceAddressOperations = operations(Ec2, {
  AssignPrivateIpAddresses: {
    authorize: allows("AssignPrivateIpAddresses", (input) => [["network-interface", input.NetworkInterfaceId]]),
    handle(ctx, input) {
      refuse("AssignPrivateIpAddresses", input, ["Ipv4Prefixes", "Ipv4PrefixCount"]);
      const found = own(ctx, input.NetworkInterfaceId);
      const { PrivateIpAddresses: wanted, SecondaryPrivateIpAddressCount: count } = input;
      if (wanted?.length && count !== undefined) throw invalidCombination("The parameters privateIpAddresses and secondaryPrivateIpAddressCount can't be used together.");
      if (!wanted?.length && count === undefined) throw missingParameter("privateIpAddresses or secondaryPrivateIpAddressCount");
      if (count !== undefined && (!Number.isInteger(count) || count < 1)) throw invalidParameter(count, "secondaryPrivateIpAddressCount", "It must be 1 or greater.");
      const coming = wanted?.length ? [...new Set(wanted)].filter((address) => !found.privateIpAddresses.includes(address)) : [];
      refuseTooMany(ctx, found, count ?? coming.length);
      if (input.AllowReassignment) for (const address of coming) takeAway(ctx, found, address);
      const assigned: string[] = [];
      for (const address of count === undefined ? coming : Array.from({ length: count }, () => undefined)) assigned.push(assign(ctx, found.id, address));
      return { NetworkInterfaceId: found.id, AssignedPrivateIpAddresses: assigned.map((PrivateIpAddress) => ({ PrivateIpAddress })), AssignedIpv4Prefixes: [] };
    },
  },

  UnassignPrivateIpAddresses: {
    authorize: allows("UnassignPrivateIpAddresses", (input) => [["network-interface", input.NetworkInterfaceId]]),
    handle(ctx, input) {
      refuse("UnassignPrivateIpAddresses", input, ["Ipv4Prefixes"]);
      const found = own(ctx, input.NetworkInterfaceId);
      const leaving = input.PrivateIpAddresses ?? [];
      if (leaving.length === 0) throw missingParameter("privateIpAddresses");
      const foreign = leaving.find((address) => !found.privateIpAddresses.includes(address));
      if (foreign !== undefined) throw invalidValue(`Some of the specified addresses are not assigned to interface ${found.id}: ${foreign}`);
      if (leaving.includes(found.privateIpAddresses[0]!)) throw invalidValue(`The primary private address ${found.privateIpAddresses[0]} of interface ${found.id} can't be unassigned`);
      remove(ctx, found, leaving);
      return {};
    },
  },
});

function refuseTooMany(ctx: Context, found: NetworkInterface, more: number): void {
  const instanceId = found.attachment?.instanceId;
  const most = (instanceId === undefined ? undefined : instanceTypeOf(ctx.db, instanceId)?.addressesPerInterface) ?? MOST_ADDRESSES;
  if (found.privateIpAddresses.length + more > most) throw limitExceeded("PrivateIpAddressLimitExceeded", "Number of private addresses will exceed limit.");
}

function assign(ctx: Context, id: string, wanted: string | undefined): string {
  const found = ctx.db(networkInterfaces).get(id)!;
  const address = allocatePrivateAddress(ctx.db, ctx.db(subnets).get(found.subnetId)!, wanted);
  ctx.db(networkInterfaces).put({ ...found, privateIpAddresses: [...found.privateIpAddresses, address] });
  return address;
}

/** Another interface loses the address, unless it is its primary one. */
function takeAway(ctx: Context, target: NetworkInterface, address: string): void {
  const holder = ctx.db(networkInterfaces).where("subnet", target.subnetId).find((other) => other.privateIpAddresses.includes(address));
  if (!holder) return;
  own(ctx, holder.id);
  if (holder.privateIpAddresses[0] === address) throw new AwsError("InvalidParameterValue", `Address ${address} is the primary address of ${holder.id} and can't be reassigned.`);
  remove(ctx, holder, [address]);
}

/** With a private address goes what public one it had. */
function remove(ctx: Context, found: NetworkInterface, leaving: readonly string[]): void {
  for (const address of leaving) {
    const bound = addressOn(ctx.db, found.id, address);
    if (bound?.owner === AMAZON) ctx.db(addresses).delete(bound.publicIp);
    else if (bound) ctx.db(addresses).put({ ...bound, association: undefined });
  }
  ctx.db(networkInterfaces).put({ ...found, privateIpAddresses: found.privateIpAddresses.filter((address) => !leaving.includes(address)) });
}
