/** Packets, and what routes, security groups and network ACLs do with one. Pure. */
import { contains, prefixLength } from "./addresses.js";
import type { AclEntry, Address, Cidr, IcmpType, NetworkAcl, PortRange, Protocol, Route, RouteTable, SecurityGroup, SecurityGroupRule, Vpc } from "./model.js";

export interface Packet {
  readonly protocol: Exclude<Protocol, "all">;
  readonly source: Address;
  readonly destination: Address;
  /** For tcp and udp. */
  readonly sourcePort?: number | undefined;
  readonly destinationPort?: number | undefined;
  /** For icmp. */
  readonly icmp?: IcmpType | undefined;
}

export type Direction = "ingress" | "egress";

const NUMBERS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17 };

/** The answer to a packet. Of ICMP, only an echo has one. */
export function replyTo(packet: Packet): Packet {
  return {
    protocol: packet.protocol,
    source: packet.destination,
    destination: packet.source,
    sourcePort: packet.destinationPort,
    destinationPort: packet.sourcePort,
    icmp: packet.icmp?.type === 8 ? { type: 0, code: 0 } : packet.icmp,
  };
}

/**
 * Which route a packet takes: the one with the longest prefix; a route for exactly a range of the VPC replaces its local one.
 * https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html
 */
export function lookupRoute(table: RouteTable, cidrs: readonly Cidr[], destination: Address): Route | "local" | undefined {
  const routes = effectiveRoutes(table).filter((route) => contains(route.destination, destination));
  const longest = routes.toSorted((one, other) => prefixLength(other.destination) - prefixLength(one.destination))[0];
  const local = cidrs.find((cidr) => contains(cidr, destination));
  if (local === undefined) return longest;
  return longest !== undefined && prefixLength(longest.destination) >= prefixLength(local) ? longest : "local";
}

/** The routes that count, one for each destination: a route of its own goes before one that a prefix list brings. */
export function effectiveRoutes({ routes }: RouteTable): readonly Route[] {
  const chosen = new Map<Cidr, Route>();
  for (const route of routes) {
    const other = chosen.get(route.destination);
    if (other === undefined || (other.prefixList !== undefined && route.prefixList === undefined)) chosen.set(route.destination, route);
  }
  return [...chosen.values()];
}

/**
 * The first rule of the groups that lets a packet through, with its group; without one nothing passes.
 * @param peers the VPCs whose groups rules may name, by id
 */
export function allowingRule(
  vpc: Vpc, groups: readonly string[], direction: Direction, packet: Packet, peers: ReadonlyMap<string, Vpc>,
): { readonly group: SecurityGroup; readonly rule: SecurityGroupRule } | undefined {
  for (const id of groups) {
    const group = vpc.securityGroups.get(id);
    const rule = group?.[direction].find((one) => ruleMatches(vpc, one, direction, packet, peers));
    if (group !== undefined && rule !== undefined) return { group, rule };
  }
  return undefined;
}

/** What a network ACL decides, and by which entry; undefined for the last one, which denies everything. */
export function aclDecision(acl: NetworkAcl, direction: Direction, packet: Packet): { readonly allowed: boolean; readonly entry: AclEntry | undefined } {
  const peer = direction === "ingress" ? packet.source : packet.destination;
  const entry = acl[direction].toSorted((one, other) => one.number - other.number).find((one) => contains(one.cidr, peer) && trafficMatches(one, packet));
  return { allowed: entry?.action === "allow", entry };
}

function ruleMatches(vpc: Vpc, rule: SecurityGroupRule, direction: Direction, packet: Packet, peers: ReadonlyMap<string, Vpc>): boolean {
  const address = direction === "ingress" ? packet.source : packet.destination;
  if (!trafficMatches(rule, packet)) return false;
  if (rule.peer.kind === "cidr") return contains(rule.peer.cidr, address);
  const owner = rule.peer.vpc === undefined ? vpc : peers.get(rule.peer.vpc);
  return owner !== undefined && isMember(owner, rule.peer.id, address);
}

function isMember(vpc: Vpc, group: string, address: Address): boolean {
  if (!vpc.securityGroups.has(group)) return false;
  for (const { securityGroups, addresses } of vpc.interfaces.values()) {
    if (securityGroups.includes(group) && addresses.some((one) => one.private === address)) return true;
  }
  return false;
}

function trafficMatches(
  rule: { readonly protocol: Protocol; readonly ports?: PortRange | undefined; readonly icmp?: IcmpType | undefined }, packet: Packet,
): boolean {
  if (rule.protocol === "all") return true;
  const protocol = NUMBERS[rule.protocol] ?? rule.protocol;
  if (protocol !== (NUMBERS[packet.protocol] ?? packet.protocol)) return false;
  if (protocol === NUMBERS["icmp"]) return icmpMatches(rule.icmp, packet.icmp);
  if (rule.ports === undefined || (protocol !== NUMBERS["tcp"] && protocol !== NUMBERS["udp"])) return true;
  return packet.destinationPort !== undefined && packet.destinationPort >= rule.ports.from && packet.destinationPort <= rule.ports.to;
}

function icmpMatches(rule: IcmpType | undefined, packet: IcmpType | undefined): boolean {
  if (rule === undefined || rule.type === -1) return true;
  return packet !== undefined && rule.type === packet.type && (rule.code === -1 || rule.code === packet.code);
}
