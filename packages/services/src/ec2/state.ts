/** EC2's records and tables: the network's. What joins networks is in `state-connections.ts`, the compute half in `state-compute.ts`. */
import { table } from "@hakoniwa/kernel";
import { connectionTables } from "./state-connections.js";

export interface Vpc {
  readonly id: string;
  /** The primary range first. */
  readonly cidrs: readonly { readonly associationId: string; readonly cidr: string }[];
  readonly isDefault: boolean;
  readonly instanceTenancy: "default" | "dedicated" | "host";
  readonly dnsSupport: boolean;
  readonly dnsHostnames: boolean;
  /** The id of a set of DHCP options, or `default`. */
  readonly dhcpOptionsId: string;
  readonly networkAddressUsageMetrics: boolean;
}

export interface Subnet {
  readonly id: string;
  readonly vpcId: string;
  readonly cidr: string;
  readonly availabilityZone: string;
  readonly defaultForAz: boolean;
  readonly mapPublicIpOnLaunch: boolean;
}

export interface InternetGateway {
  readonly id: string;
  readonly vpcId: string | undefined;
}

export interface RouteTable {
  readonly id: string;
  readonly vpcId: string;
  /** Without the local routes, which follow from the VPC's ranges. */
  readonly routes: readonly Route[];
  /** One without a subnet is the main association. */
  readonly associations: readonly { readonly id: string; readonly subnetId: string | undefined }[];
}

export interface Route {
  /** A range, or a prefix list's id. */
  readonly destination: string;
  readonly target: RouteTarget;
}

/** What a route points to, whether or not it still exists. */
export type RouteTarget =
  | { readonly kind: "internet-gateway"; readonly id: string }
  | { readonly kind: "nat-gateway"; readonly id: string }
  | { readonly kind: "network-interface"; readonly id: string }
  | { readonly kind: "vpc-peering-connection"; readonly id: string };

export interface SecurityGroup {
  readonly id: string;
  readonly vpcId: string;
  readonly name: string;
  readonly description: string;
  readonly rules: readonly SecurityGroupRule[];
}

export interface SecurityGroupRule {
  readonly id: string;
  readonly egress: boolean;
  /** `-1`, `tcp`, `udp`, `icmp`, or a number in text. */
  readonly protocol: string;
  /** Ports, or ICMP's type and code; -1 stands for all. Undefined when the protocol has neither. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly peer: RulePeer;
  readonly description: string | undefined;
}

export type RulePeer =
  | { readonly kind: "cidr"; readonly cidr: string }
  /** A group of the same VPC, or of one that is peered with it. */
  | { readonly kind: "group"; readonly id: string; readonly peered?: { readonly vpcId: string; readonly connectionId: string } | undefined }
  | { readonly kind: "prefix-list"; readonly id: string };

export interface NetworkAcl {
  readonly id: string;
  readonly vpcId: string;
  readonly isDefault: boolean;
  readonly entries: readonly NetworkAclEntry[];
  readonly associations: readonly { readonly id: string; readonly subnetId: string }[];
}

export interface NetworkAclEntry {
  readonly number: number;
  readonly egress: boolean;
  readonly action: "allow" | "deny";
  /** An IP protocol's number, or `-1`. */
  readonly protocol: string;
  readonly cidr: string;
  readonly ports: { readonly from: number; readonly to: number } | undefined;
  readonly icmp: { readonly type: number; readonly code: number } | undefined;
}

export interface NetworkInterface {
  readonly id: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly description: string;
  readonly macAddress: string;
  /** The primary address first. */
  readonly privateIpAddresses: readonly string[];
  readonly securityGroups: readonly string[];
  readonly sourceDestCheck: boolean;
  readonly interfaceType: "interface" | "nat_gateway" | "vpc_endpoint";
  /** The service that made it and alone may change it, e.g. `amazon-elb`. */
  readonly requester: string | undefined;
  readonly attachment: Attachment | undefined;
  /** It gets a public address from Amazon's pool at launch, and another one after every start. */
  readonly autoAssignPublicIp: boolean;
}

export interface Attachment {
  readonly id: string;
  /** Undefined for requester-managed interfaces: what holds them is no instance of the user's. */
  readonly instanceId: string | undefined;
  readonly deviceIndex: number;
  readonly attachTime: number;
  readonly deleteOnTermination: boolean;
}

/** A public address in use, keyed by itself, so that it is unique in the whole cloud. */
export interface Address {
  readonly publicIp: string;
  readonly allocationId: string;
  /** `account`: an Elastic IP address of the user's. `amazon`: assigned at launch. Else the service that it belongs to, e.g. `amazon-elb`. */
  readonly owner: string;
  readonly association: AddressAssociation | undefined;
}

export interface AddressAssociation {
  readonly id: string;
  readonly networkInterfaceId: string;
  readonly privateIpAddress: string;
}

export interface NatGateway {
  readonly id: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly state: "pending" | "available" | "deleting" | "deleted" | "failed";
  readonly failure: { readonly code: string; readonly message: string } | undefined;
  readonly connectivityType: "public" | "private";
  readonly createTime: number;
  readonly deleteTime: number | undefined;
  readonly clientToken: string | undefined;
  readonly networkInterfaceId: string | undefined;
  /** Kept after deletion, as AWS shows them for an hour. */
  readonly privateIp: string | undefined;
  readonly publicIp: string | undefined;
  readonly allocationId: string | undefined;
  readonly associationId: string | undefined;
}

export interface DhcpOptions {
  readonly id: string;
  readonly configurations: readonly { readonly key: string; readonly values: readonly string[] }[];
}

export const vpcs = table<Vpc>()({
  name: "ec2.vpcs",
  key: (v) => v.id,
  version: 2,
  upgrades: { 1: (old: Omit<Vpc, "networkAddressUsageMetrics">): Vpc => ({ ...old, networkAddressUsageMetrics: false }) },
  indexes: {
    association: (v) => v.cidrs.map((c) => c.associationId),
    default: (v) => (v.isDefault ? "true" : undefined),
    dhcpOptions: (v) => v.dhcpOptionsId,
  },
});
export const subnets = table<Subnet>()({ name: "ec2.subnets", key: (s) => s.id, indexes: { vpc: (s) => s.vpcId } });
export const internetGateways = table<InternetGateway>()({
  name: "ec2.internet-gateways",
  key: (g) => g.id,
  indexes: { vpc: (g) => g.vpcId },
});
export const routeTables = table<RouteTable>()({
  name: "ec2.route-tables",
  key: (t) => t.id,
  indexes: {
    vpc: (t) => t.vpcId,
    association: (t) => t.associations.map((a) => a.id),
    subnet: (t) => t.associations.flatMap((a) => a.subnetId ?? []),
    target: (t) => t.routes.map((r) => r.target.id),
    prefixList: (t) => t.routes.flatMap((r) => (r.destination.startsWith("pl-") ? r.destination : [])),
  },
});
export const securityGroups = table<SecurityGroup>()({
  name: "ec2.security-groups",
  key: (g) => g.id,
  indexes: {
    vpc: (g) => g.vpcId,
    name: (g) => `${g.vpcId}/${g.name}`,
    prefixList: (g) => g.rules.flatMap((r) => (r.peer.kind === "prefix-list" ? r.peer.id : [])),
    rule: (g) => g.rules.map((r) => r.id),
    referenced: (g) => g.rules.flatMap((r) => (r.peer.kind === "group" ? r.peer.id : [])),
  },
});
export const networkAcls = table<NetworkAcl>()({
  name: "ec2.network-acls",
  key: (a) => a.id,
  indexes: {
    vpc: (a) => a.vpcId,
    association: (a) => a.associations.map((x) => x.id),
    subnet: (a) => a.associations.map((x) => x.subnetId),
  },
});
export const networkInterfaces = table<NetworkInterface>()({
  name: "ec2.network-interfaces",
  key: (i) => i.id,
  indexes: {
    vpc: (i) => i.vpcId,
    subnet: (i) => i.subnetId,
    instance: (i) => i.attachment?.instanceId,
    attachment: (i) => i.attachment?.id,
    securityGroup: (i) => i.securityGroups,
  },
});
export const addresses = table<Address>()({
  name: "ec2.addresses",
  key: (a) => a.publicIp,
  indexes: {
    owner: (a) => a.owner,
    allocation: (a) => a.allocationId,
    association: (a) => a.association?.id,
    networkInterface: (a) => a.association?.networkInterfaceId,
  },
});
/** Elastic IP addresses that the account had, which it may recover. */
export const releasedAddresses = table<{ readonly publicIp: string }>()({ name: "ec2.released-addresses", key: (a) => a.publicIp });
export const natGateways = table<NatGateway>()({
  name: "ec2.nat-gateways",
  key: (n) => n.id,
  indexes: { vpc: (n) => n.vpcId, subnet: (n) => n.subnetId, clientToken: (n) => n.clientToken, networkInterface: (n) => n.networkInterfaceId },
});
export const dhcpOptions = table<DhcpOptions>()({ name: "ec2.dhcp-options", key: (d) => d.id });

export { instances, type Instance } from "./state-compute.js";

export const networkTables = [
  vpcs,
  subnets,
  internetGateways,
  routeTables,
  securityGroups,
  networkAcls,
  networkInterfaces,
  addresses,
  releasedAddresses,
  natGateways,
  dhcpOptions,
  ...connectionTables,
] as const;
