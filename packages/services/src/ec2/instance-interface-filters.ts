/** The filters of DescribeInstances that look at an instance's network interfaces. */
import type { Reader, Scope } from "@hakoniwa/kernel";
import type { FilterTable } from "./filters.js";
import { interfacesOf } from "./network-interfaces.js";
import { AMAZON, addressOn } from "./public-addresses.js";
import type { Instance } from "./state-compute.js";
import { addresses, securityGroups, type Address, type NetworkInterface } from "./state.js";
import { tagsOf } from "./tags.js";
import { timestamp } from "./times.js";
import { privateDnsName, publicDnsName } from "./zones.js";

type Value = string | number | boolean | undefined;

/** There is no IPv6, no carrier, no outpost: filters by them match nothing. */
const NOTHING = [
  "network-interface.addresses.association.carrier-ip",
  "network-interface.addresses.association.customer-owned-ip",
  "network-interface.association.carrier-ip",
  "network-interface.association.customer-owned-ip",
  "network-interface.ipv4-prefixes.ipv4-prefix",
  "network-interface.ipv6-address",
  "network-interface.ipv6-addresses.ipv6-address",
  "network-interface.ipv6-addresses.is-primary-ipv6",
  "network-interface.ipv6-prefixes.ipv6-prefix",
  "network-interface.operator.principal",
  "network-interface.outpost-arn",
] as const;

export function interfaceFilters(db: Reader, scope: Scope): FilterTable<Instance> {
  const of = (value: (found: NetworkInterface) => Value | readonly Value[]) => (instance: Instance): readonly Value[] => interfacesOf(db, instance.id).flatMap((each) => value(each));
  const bound = (value: (address: Address) => Value) => of((each) => db(addresses).where("networkInterface", each.id).map(value));
  const primary = (value: (address: Address) => Value) =>
    of((each) => {
      const address = addressOn(db, each.id, each.privateIpAddresses[0]!);
      return address && value(address);
    });
  const owner = (address: Address): string => (address.owner === AMAZON ? "amazon" : scope.account);
  const dnsName = (address: Address): string => publicDnsName(address.publicIp, scope.region);
  return {
    ...Object.fromEntries(NOTHING.map((name) => [name, () => []])),
    "network-interface.addresses.association.allocation-id": bound((address) => (address.owner === AMAZON ? undefined : address.allocationId)),
    "network-interface.addresses.association.association-id": bound((address) => address.association?.id),
    "network-interface.addresses.association.ip-owner-id": bound(owner),
    "network-interface.addresses.association.public-dns-name": bound(dnsName),
    "network-interface.addresses.association.public-ip": bound((address) => address.publicIp),
    "network-interface.addresses.primary": of((each) => each.privateIpAddresses.map((_, index) => index === 0)),
    "network-interface.addresses.private-dns-name": of((each) => each.privateIpAddresses.map((address) => privateDnsName(address, scope.region))),
    "network-interface.addresses.private-ip-address": of((each) => each.privateIpAddresses),
    "network-interface.association.allocation-id": primary((address) => (address.owner === AMAZON ? undefined : address.allocationId)),
    "network-interface.association.association-id": primary((address) => address.association?.id),
    "network-interface.association.ip-owner-id": primary(owner),
    "network-interface.association.public-dns-name": primary(dnsName),
    "network-interface.association.public-ip": primary((address) => address.publicIp),
    "network-interface.attachment.attach-time": of((each) => each.attachment && timestamp(each.attachment.attachTime).toISOString()),
    "network-interface.attachment.attachment-id": of((each) => each.attachment?.id),
    "network-interface.attachment.delete-on-termination": of((each) => each.attachment?.deleteOnTermination),
    "network-interface.attachment.device-index": of((each) => each.attachment?.deviceIndex),
    "network-interface.attachment.instance-id": of((each) => each.attachment?.instanceId),
    "network-interface.attachment.instance-owner-id": of(() => scope.account),
    "network-interface.attachment.network-card-index": of(() => 0),
    "network-interface.attachment.status": of(() => "attached"),
    "network-interface.availability-zone": of((each) => each.availabilityZone),
    "network-interface.deny-all-igw-traffic": of(() => false),
    "network-interface.description": of((each) => each.description),
    "network-interface.group-id": of((each) => each.securityGroups),
    "network-interface.group-name": of((each) => each.securityGroups.map((id) => db(securityGroups).get(id)?.name)),
    "network-interface.ipv6-native": of(() => false),
    "network-interface.mac-address": of((each) => each.macAddress),
    "network-interface.network-interface-id": of((each) => each.id),
    "network-interface.operator.managed": of(() => false),
    "network-interface.owner-id": of(() => scope.account),
    "network-interface.private-dns-name": of((each) => privateDnsName(each.privateIpAddresses[0]!, scope.region)),
    "network-interface.private-ip-address": of((each) => each.privateIpAddresses[0]),
    "network-interface.public-dns-name": primary(dnsName),
    "network-interface.requester-id": of((each) => each.requester),
    "network-interface.requester-managed": of((each) => each.requester !== undefined),
    "network-interface.source-dest-check": of((each) => each.sourceDestCheck),
    "network-interface.status": of(() => "in-use"),
    "network-interface.subnet-id": of((each) => each.subnetId),
    "network-interface.tag-key": of((each) => tagsOf(db, each.id).map((tag) => tag.Key)),
    "network-interface.tag-value": of((each) => tagsOf(db, each.id).map((tag) => tag.Value)),
    "network-interface.vpc-id": of((each) => each.vpcId),
  };
}
