/** Network interfaces as records: made and deleted inside the transaction of whoever needs them (RunInstances, CreateNatGateway). */
import type { Database, Reader } from "@hakoniwa/kernel";
import { AwsError } from "@hakoniwa/kernel";
import { formatAddress, hostCount, parseAddress, parseCidr, contains } from "@hakoniwa/network";
import type { Context } from "../define.js";
import { invalidValue, limitExceeded, notFound } from "./errors.js";
import { forgetToken } from "./idempotency.js";
import { instanceType, type InstanceType } from "./instance-types.js";
import { releaseInterfaceAddresses } from "./public-addresses.js";
import { flowLogs, subnetReservations } from "./state-connections.js";
import {
  instances,
  networkInterfaces,
  securityGroups,
  subnets,
  type Attachment,
  type NetworkInterface,
  type Subnet,
} from "./state.js";
import { dropTags } from "./tags.js";

/** AWS keeps the first four addresses of every subnet (network, router, resolver, future use) and the last: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
const RESERVED_FIRST = 4;
const RESERVED_LAST = 1;
/** https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html */
const MOST_GROUPS = 5;

export interface NewInterface {
  readonly subnetId: string;
  readonly description?: string | undefined;
  /** The primary address, or none to take the lowest that is free. */
  readonly privateIpAddress?: string | undefined;
  readonly secondaryAddresses?: readonly string[] | undefined;
  /** How many more addresses to choose. */
  readonly secondaryCount?: number | undefined;
  /** Ids. The VPC's default group when none are given. */
  readonly securityGroups?: readonly string[] | undefined;
  readonly sourceDestCheck?: boolean | undefined;
  readonly interfaceType?: NetworkInterface["interfaceType"] | undefined;
  /** The service that it is made for, e.g. `amazon-elb`. Such an interface is held by a workload whose key is the interface's own id. */
  readonly requester?: string | undefined;
  /** The instance that it is made for. */
  readonly attach?: { readonly instanceId: string; readonly deviceIndex: number; readonly deleteOnTermination: boolean } | undefined;
}

/**
 * Makes an interface, attached at once where `attach` says so.
 * @throws AwsError when the subnet or a group does not exist, or no address is free
 */
export function createInterface(ctx: Context, wanted: NewInterface): NetworkInterface {
  const subnet = ctx.db(subnets).get(wanted.subnetId);
  if (!subnet) throw notFound("subnet", wanted.subnetId);
  const taken = takenAddresses(ctx.db, subnet.id);
  const primary = allocatePrivateAddress(ctx.db, subnet, wanted.privateIpAddress, taken);
  taken.add(primary);
  const privateIpAddresses = [primary, ...moreAddresses(ctx.db, subnet, wanted, taken)];
  const id = ctx.ids.aws("eni");
  return ctx.db(networkInterfaces).put({
    id,
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    availabilityZone: subnet.availabilityZone,
    description: wanted.description ?? "",
    macAddress: macAddressOf(id),
    privateIpAddresses,
    securityGroups: groupsFor(ctx.db, subnet, wanted),
    sourceDestCheck: wanted.sourceDestCheck ?? wanted.interfaceType !== "nat_gateway",
    interfaceType: wanted.interfaceType ?? "interface",
    requester: wanted.requester,
    attachment: attachmentFor(ctx, wanted),
    autoAssignPublicIp: false,
  });
}

/** Deletes an interface with its tags and what addresses it had. Elastic IP addresses stay allocated. Accepts that it is gone. */
export function deleteInterface(db: Database, id: string): void {
  releaseInterfaceAddresses(db, id, "deleted");
  for (const log of db(flowLogs).where("resource", id)) db(flowLogs).delete(log.id);
  db(networkInterfaces).delete(id);
  dropTags(db, id);
  forgetToken(db, id);
}

/**
 * Attaches an interface that nothing holds.
 * @returns the attachment's id
 * @throws AwsError when something holds it, or the instance has the device index already
 */
export function attachInterface(
  ctx: Context,
  id: string,
  to: { readonly instanceId: string; readonly deviceIndex: number; readonly deleteOnTermination: boolean },
): string {
  const found = ctx.db(networkInterfaces).get(id);
  if (!found) throw notFound("networkInterface", id);
  if (found.attachment) throw interfaceInUse(id);
  if (ctx.db(networkInterfaces).where("instance", to.instanceId).some((other) => other.attachment?.deviceIndex === to.deviceIndex)) {
    throw invalidValue(`Instance '${to.instanceId}' already has an interface attached at device index '${to.deviceIndex}'.`);
  }
  checkRoom(ctx, found, to.instanceId);
  const attachment: Attachment = { ...to, id: ctx.ids.aws("eni-attach"), attachTime: ctx.now };
  ctx.db(networkInterfaces).put({ ...found, attachment });
  return attachment.id;
}

/** How many interfaces, and addresses on each, an instance has room for: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AvailableIpPerENI.html */
function checkRoom(ctx: Context, found: NetworkInterface, instanceId: string): void {
  const type = instanceTypeOf(ctx.db, instanceId);
  if (!type) return;
  const count = ctx.db(networkInterfaces).where("instance", instanceId).length + 1;
  if (count > type.interfaces) throw limitExceeded("AttachmentLimitExceeded", `Interface count ${count} exceeds the limit for ${type.name}`);
  if (found.privateIpAddresses.length > type.addressesPerInterface) throw limitExceeded("PrivateIpAddressLimitExceeded", "Number of private addresses will exceed limit.");
}

/** The type of an instance, if it is one that we know the limits of. */
export function instanceTypeOf(db: Reader, instanceId: string): InstanceType | undefined {
  const instance = db(instances).get(instanceId);
  return instance && instanceType(instance.instanceType);
}

/** Detaches an interface from what holds it, which lets go of an address that was assigned at launch. */
export function detachInterface(db: Database, id: string): void {
  const found = db(networkInterfaces).get(id);
  if (!found?.attachment) return;
  releaseInterfaceAddresses(db, id, "stopped");
  db(networkInterfaces).put({ ...found, attachment: undefined, autoAssignPublicIp: false });
}

/** The interfaces of an instance, by their device index. */
export function interfacesOf(db: Reader, instanceId: string): readonly NetworkInterface[] {
  return db(networkInterfaces)
    .where("instance", instanceId)
    .toSorted((a, b) => a.attachment!.deviceIndex - b.attachment!.deviceIndex);
}

/**
 * An address of a subnet for a new interface: the one wanted, else the lowest that is free. The first is the subnet's .4.
 * @param taken the subnet's addresses in use; looked up when left out
 * @throws AwsError when the wanted one can't be had, or none is left
 */
export function allocatePrivateAddress(db: Reader, subnet: Subnet, wanted?: string, taken: ReadonlySet<string> = takenAddresses(db, subnet.id)): string {
  if (wanted !== undefined) return checkedWanted(subnet, wanted, taken);
  return lowestFree(subnet, taken, db(subnetReservations).where("subnet", subnet.id).map((r) => r.cidr));
}

/** How many addresses of a subnet are free. */
export function availableAddresses(db: Reader, subnet: Subnet): number {
  return hostCount(subnet.cidr) - RESERVED_FIRST - RESERVED_LAST - takenAddresses(db, subnet.id).size;
}

/**
 * Checks the groups of an interface: that they exist, in its VPC, and are not too many.
 * @returns them without repetition
 */
export function checkedGroups(db: Reader, vpcId: string, ids: readonly string[]): readonly string[] {
  const distinct = [...new Set(ids)];
  if (distinct.length > MOST_GROUPS) {
    throw new AwsError("SecurityGroupsPerInterfaceLimitExceeded", `The maximum number of security groups per interface has been reached: ${MOST_GROUPS}.`);
  }
  for (const id of distinct) {
    const group = db(securityGroups).get(id);
    if (!group) throw notFound("securityGroup", id);
    if (group.vpcId !== vpcId) throw invalidValue(`Security group ${id} and the network interface belong to different networks: ${group.vpcId} and ${vpcId}.`);
  }
  return distinct;
}

/** The id of the group that a VPC's interfaces get when none is named. */
export function defaultGroupOf(db: Reader, vpcId: string): string | undefined {
  return db(securityGroups).where("name", `${vpcId}/default`)[0]?.id;
}

export function interfaceInUse(id: string): AwsError {
  return invalidValue(`Network interface '${id}' is currently in use.`);
}

/** A locally administered address from the id's random digits, so that it repeats with the id. */
function macAddressOf(id: string): string {
  const digits = id.slice(-10);
  return ["02", ...(digits.match(/../g) ?? [])].join(":");
}

function groupsFor(db: Reader, subnet: Subnet, wanted: NewInterface): readonly string[] {
  if (wanted.interfaceType === "nat_gateway") return [];
  if (wanted.securityGroups?.length) return checkedGroups(db, subnet.vpcId, wanted.securityGroups);
  const standard = defaultGroupOf(db, subnet.vpcId);
  return standard === undefined ? [] : [standard];
}

function attachmentFor(ctx: Context, wanted: NewInterface): Attachment | undefined {
  const base = { id: ctx.ids.aws("eni-attach"), attachTime: ctx.now };
  if (wanted.attach) return { ...base, ...wanted.attach };
  return wanted.requester === undefined ? undefined : { ...base, instanceId: undefined, deviceIndex: 0, deleteOnTermination: false };
}

function moreAddresses(db: Reader, subnet: Subnet, wanted: NewInterface, taken: Set<string>): readonly string[] {
  const more: string[] = [];
  const take = (address?: string): void => {
    const found = allocatePrivateAddress(db, subnet, address, taken);
    taken.add(found);
    more.push(found);
  };
  for (const address of wanted.secondaryAddresses ?? []) take(address);
  for (let i = 0; i < (wanted.secondaryCount ?? 0); i++) take();
  return more;
}

function takenAddresses(db: Reader, subnetId: string): Set<string> {
  return new Set(db(networkInterfaces).where("subnet", subnetId).flatMap((i) => i.privateIpAddresses));
}

/** @param reserved ranges that nothing gets by itself */
function lowestFree(subnet: Subnet, taken: ReadonlySet<string>, reserved: readonly string[]): string {
  const { first } = parseCidr(subnet.cidr)!;
  const end = first + hostCount(subnet.cidr) - RESERVED_LAST;
  for (let value = first + RESERVED_FIRST; value < end; value++) {
    const address = formatAddress(value);
    if (!taken.has(address) && !reserved.some((range) => contains(range, address))) return address;
  }
  throw new AwsError("InsufficientFreeAddressesInSubnet", "The specified subnet does not have enough free addresses to satisfy the request.");
}

function checkedWanted(subnet: Subnet, wanted: string, taken: ReadonlySet<string>): string {
  const value = parseAddress(wanted);
  if (value === undefined) throw invalidValue(`invalid value for parameter address: [${wanted}]`);
  if (!contains(subnet.cidr, wanted)) throw invalidValue("Address does not fall within the subnet's address range");
  const offset = value - parseCidr(subnet.cidr)!.first;
  if (offset < RESERVED_FIRST || offset >= hostCount(subnet.cidr) - RESERVED_LAST) {
    throw invalidValue("Address is in subnet's reserved address range");
  }
  if (taken.has(wanted)) throw new AwsError("InvalidIPAddress.InUse", `Address ${wanted} is in use.`);
  return wanted;
}
