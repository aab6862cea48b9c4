/** What a trace says to people: the components that a packet meets by their names and rules, and why one stops it. Pure. */
import { contains } from "./addresses.js";
import type { AclEntry, PortRange, Protocol, RouteTarget, SecurityGroup, SecurityGroupRule, Vpc } from "./model.js";
import type { Direction, Packet } from "./packets.js";
import type { Explanation, Hop } from "./walk.js";

/** What people call a resource; undefined where there is nothing but its id. */
export type NameOf = (id: string) => string | undefined;

export interface HopWording {
  /** e.g. `security group, inbound`. */
  readonly kind: string;
  /** What of it let the packet pass, e.g. `tcp 80 from 10.0.0.0/16`; empty where it has no rules. */
  readonly rule: string;
}

const KINDS: Readonly<Record<string, string>> = {
  acl: "network ACL", eni: "network interface", igw: "internet gateway", pcx: "peering connection", rtb: "route table", sg: "security group", vpce: "VPC endpoint",
};
const WAYS: Readonly<Record<Direction, string>> = { ingress: "inbound", egress: "outbound" };

/** e.g. `tcp 80`, `icmp echo request`. */
export function wordTraffic(packet: Packet): string {
  if (packet.destinationPort !== undefined) return `${packet.protocol} ${packet.destinationPort}`;
  if (packet.icmp?.type === 8) return "icmp echo request";
  if (packet.icmp?.type === 0) return "icmp echo reply";
  return typeof packet.protocol === "number" ? `protocol ${packet.protocol}` : packet.protocol;
}

/** A component that let the packet pass. */
export function wordHop(hop: Hop, vpcs: readonly Vpc[], name: NameOf): HopWording {
  const kind = KINDS[hop.component.slice(0, hop.component.indexOf("-"))] ?? "component";
  const vpc = vpcs.find((one) => one.id === hop.vpc);
  const table = vpc?.routeTables.get(hop.component);
  if (table) {
    const route = table.routes.find((one) => one.destination === hop.detail?.split(" ")[0]);
    return { kind, rule: route === undefined ? "local" : `${hop.detail} to ${wordTarget(route.target, name)}` };
  }
  const acl = vpc?.networkAcls.get(hop.component);
  if (acl) {
    const entry = acl[hop.direction].find((one) => String(one.number) === hop.detail);
    return { kind: `${kind}, ${WAYS[hop.direction]}`, rule: entry === undefined ? "" : wordEntry(entry, hop.direction) };
  }
  const group = vpc?.securityGroups.get(hop.component);
  if (group) {
    const rule = group[hop.direction].find((one) => one.id === hop.detail);
    // On the way back no rule is asked.
    return { kind: `${kind}, ${WAYS[hop.direction]}`, rule: rule === undefined ? "the answer to a connection that it let through" : wordRule(rule, hop.direction, name) };
  }
  return { kind, rule: "" };
}

/** Why the packet got no further, in a sentence without a final stop. */
export function wordExplanation(stop: Explanation, vpcs: readonly Vpc[], name: NameOf): string {
  const { packet, component, direction } = stop;
  const at = called(component, name);
  const what = `${stop.way === "back" ? "the answer" : wordTraffic(packet)} ${direction === "ingress" ? `from ${packet.source}` : `to ${packet.destination}`}`;
  switch (stop.code) {
    case "ENI_SG_RULES_MISMATCH":
      return `no ${WAYS[direction]} rule of ${wordGroups(component, vpcs, name)} admits ${what}: ${wordRulesOf(component, direction, vpcs, name)}`;
    case "SUBNET_ACL_RESTRICTION":
      return `the network ACL ${at} denies ${what}${wordDenial(stop, vpcs)}`;
    case "NO_ROUTE_TO_DESTINATION":
      return `the route table ${at} has no route to ${packet.destination}`;
    case "BAD_STATE_ROUTE":
      return `the route of ${at} to ${packet.destination} is a black hole: what it led to is gone`;
    case "ENI_SOURCE_DEST_CHECK_RESTRICTION":
      return `the source/destination check of ${at} is on, and ${direction === "ingress" ? packet.destination : packet.source} is not its own address`;
    case "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS":
      return vpcs.some((vpc) => vpc.cidrs.some((cidr) => contains(cidr, packet.destination))) ? `${packet.destination} is a private address, which the internet can't reach` : `no network interface has the public address ${packet.destination}`;
    case "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS":
      return `${at} has no public address, without which nothing leaves by an internet gateway`;
    case "NGW_REQUIRES_SOURCE_IN_VPC":
      return `the NAT gateway ${at} serves only addresses of its own VPC, not ${packet.source}`;
    case "GATEWAY_REJECTS_SPOOFED_TRAFFIC":
      return `${at} refuses ${packet.source}, which is no address that could come this way`;
    case "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR":
      return `the peering connection ${at} carries only what goes from an address of one VPC to one of the other`;
    case "VPCE_GATEWAY_PROTOCOL_RESTRICTION":
      return `the gateway endpoint ${at} carries TCP and ICMP only`;
    case "NO_SOURCE_OR_DESTINATION":
      return `${at} is attached to nothing`;
    case "NO_POSSIBLE_DESTINATION":
      return component.startsWith("eni-") ? `${at} accepts no connections to itself` : `no network interface has the address ${packet.destination}`;
    case "NO_PATH":
      return stop.way === "back" ? "the answer takes another way, which does not lead back to where the packet came from" : `${at} has no internet gateway`;
  }
}

function wordGroups(networkInterface: string, vpcs: readonly Vpc[], name: NameOf): string {
  const groups = groupsOf(networkInterface, vpcs).map(({ id }) => (name(id) === undefined ? id : `${name(id)} (${id})`));
  return groups.length === 0 ? `${called(networkInterface, name)}, which has no security group,` : groups.join(" or ");
}

function wordRulesOf(networkInterface: string, direction: Direction, vpcs: readonly Vpc[], name: NameOf): string {
  const rules = groupsOf(networkInterface, vpcs).flatMap((group) => group[direction].map((rule) => wordRule(rule, direction, name)));
  return rules.length === 0 ? "there is none" : `only ${[...new Set(rules)].join(", ")}`;
}

function groupsOf(networkInterface: string, vpcs: readonly Vpc[]): readonly SecurityGroup[] {
  const vpc = vpcs.find((one) => one.interfaces.has(networkInterface));
  return (vpc?.interfaces.get(networkInterface)?.securityGroups ?? []).flatMap((id) => vpc?.securityGroups.get(id) ?? []);
}

/** Which entry denies, and what people forget of ACLs. */
function wordDenial({ component, direction, way, packet, deniedBy }: Explanation, vpcs: readonly Vpc[]): string {
  const entry = vpcs.flatMap((vpc) => vpc.networkAcls.get(component) ?? [])[0]?.[direction].find((one) => one.number === deniedBy);
  const by = entry === undefined ? " (no entry allows it)" : ` (entry ${wordEntry(entry, direction)})`;
  return way === "back" ? `${by}: an ACL is stateless, so the answer to port ${packet.destinationPort ?? "?"} needs an entry of its own` : by;
}

function wordTarget(target: RouteTarget, name: NameOf): string {
  return target.kind === "blackhole" ? "nothing (blackhole)" : called(target.id, name);
}

function wordRule(rule: SecurityGroupRule, direction: Direction, name: NameOf): string {
  const peer = rule.peer.kind === "cidr" ? rule.peer.cidr : called(rule.peer.id, name);
  return `${wordRange(rule)} ${direction === "ingress" ? "from" : "to"} ${peer}`;
}

function wordEntry(entry: AclEntry, direction: Direction): string {
  return `${entry.number}: ${entry.action} ${wordRange(entry)} ${direction === "ingress" ? "from" : "to"} ${entry.cidr}`;
}

function wordRange({ protocol, ports }: { readonly protocol: Protocol; readonly ports?: PortRange | undefined }): string {
  if (protocol === "all") return "everything";
  const named = typeof protocol === "number" ? `protocol ${protocol}` : protocol;
  if (ports === undefined || (ports.from === 0 && ports.to === 65_535)) return named;
  return ports.from === ports.to ? `${named} ${ports.from}` : `${named} ${ports.from}-${ports.to}`;
}

function called(id: string, name: NameOf): string {
  return name(id) ?? id;
}
