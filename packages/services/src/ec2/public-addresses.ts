/** Public addresses as records: where they come from, and how interfaces get and lose them. */
import type { Database, Reader } from "@hakoniwa/kernel";
import { AwsError } from "@hakoniwa/kernel";
import { PUBLIC_POOL, formatAddress, hostCount, parseAddress, parseCidr } from "@hakoniwa/network";
import type { Context } from "../define.js";
import { addresses, networkInterfaces, releasedAddresses, type Address, type NetworkInterface } from "./state.js";

/** The owner of addresses that are assigned at launch. */
export const AMAZON = "amazon";
/** The owner of Elastic IP addresses: the user. */
export const ACCOUNT = "account";

/**
 * Takes an address from the pool that nobody in the whole cloud has. Where in the pool the search begins is random, so
 * that an address that was released is rarely given out again at once.
 * @throws AwsError InsufficientAddressCapacity when all are taken
 */
export function takePublicAddress(ctx: Context, owner: string): Address {
  for (const range of PUBLIC_POOL) {
    const free = freeIn(ctx, range);
    if (free !== undefined) {
      return ctx.db(addresses).put({ publicIp: free, allocationId: ctx.ids.aws("eipalloc"), owner, association: undefined });
    }
  }
  throw new AwsError("InsufficientAddressCapacity", "There are not enough free public addresses to satisfy the request.", { status: 500 });
}

/**
 * Takes back an address that the account released, as long as nobody else has it: https://docs.aws.amazon.com/vpc/latest/userguide/WorkWithEIPs.html#recover-eip
 * @throws AwsError when it was never the account's, or is somebody's now
 */
export function recoverPublicAddress(ctx: Context, owner: string, publicIp: string): Address {
  if (parseAddress(publicIp) === undefined) throw new AwsError("InvalidParameterValue", `Value (${publicIp}) for parameter address is invalid. It must be an IPv4 address.`);
  if (!ctx.db(releasedAddresses).get(publicIp) || ctx.find(addresses, publicIp)) {
    throw new AwsError("InvalidAddress.NotFound", `The address '${publicIp}' can't be recovered: it was not released by this account, or is in use again.`);
  }
  ctx.db(releasedAddresses).delete(publicIp);
  return ctx.db(addresses).put({ publicIp, allocationId: ctx.ids.aws("eipalloc"), owner, association: undefined });
}

/** Binds a public address to a private one. What it was bound to before loses it. */
export function bindAddress(ctx: Context, address: Address, to: NetworkInterface, privateIpAddress: string): Address {
  return ctx.db(addresses).put({
    ...address,
    association: { id: ctx.ids.aws("eipassoc"), networkInterfaceId: to.id, privateIpAddress },
  });
}

/** Gives an interface a public address of Amazon's pool, now and after every later start. Returns the address. */
export function autoAssignPublicAddress(ctx: Context, interfaceId: string): string {
  const found = ctx.db(networkInterfaces).get(interfaceId)!;
  const marked = ctx.db(networkInterfaces).put({ ...found, autoAssignPublicIp: true });
  return bindAddress(ctx, takePublicAddress(ctx, AMAZON), marked, marked.privateIpAddresses[0]!).publicIp;
}

/** After a start: a new address for an interface that had one from Amazon's pool, unless an Elastic IP address took its place. */
export function restorePublicAddress(ctx: Context, interfaceId: string): void {
  const found = ctx.db(networkInterfaces).get(interfaceId);
  if (found?.autoAssignPublicIp && !addressOn(ctx.db, interfaceId, found.privateIpAddresses[0]!)) autoAssignPublicAddress(ctx, interfaceId);
}

/**
 * Takes from an interface what it can't keep: an address assigned at launch when its instance stops; when it is deleted also
 * its associations, while the user's Elastic IP addresses stay allocated.
 */
export function releaseInterfaceAddresses(db: Database, interfaceId: string, because: "stopped" | "deleted"): void {
  for (const address of db(addresses).where("networkInterface", interfaceId)) {
    if (address.owner === AMAZON) db(addresses).delete(address.publicIp);
    else if (because === "deleted") db(addresses).put({ ...address, association: undefined });
  }
}

/** The public address bound to one private address of an interface. */
export function addressOn(db: Reader, interfaceId: string, privateIpAddress: string): Address | undefined {
  return db(addresses)
    .where("networkInterface", interfaceId)
    .find((a) => a.association?.privateIpAddress === privateIpAddress);
}

/** The public address of an interface's primary private one. */
export function publicAddressOf(db: Reader, interfaceId: string): string | undefined {
  const found = db(networkInterfaces).get(interfaceId);
  return found && addressOn(db, interfaceId, found.privateIpAddresses[0]!)?.publicIp;
}

/** The first free address from a random place on, wrapping round; a range's first and last are never used. */
function freeIn(ctx: Context, range: string): string | undefined {
  const usable = hostCount(range) - 2;
  const { first } = parseCidr(range)!;
  const start = Number.parseInt(ctx.ids.hex(8), 16) % usable;
  for (let i = 0; i < usable; i++) {
    const candidate = formatAddress(first + 1 + ((start + i) % usable));
    if (!ctx.find(addresses, candidate)) return candidate;
  }
  return undefined;
}
