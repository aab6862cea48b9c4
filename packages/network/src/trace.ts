/**
 * What happens to one packet in one VPC, there and back, and why, in the words of VPC Reachability Analyzer. Pure.
 * https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html
 */
import { contains } from "./addresses.js";
import type { NetworkInterface, Subnet, Vpc } from "./model.js";
import { aclDecision, groupsAllow, lookupRoute, replyTo } from "./packets.js";
import type { Direction, Packet } from "./packets.js";

export type ExplanationCode =
  | "BAD_STATE_ROUTE"
  | "ENI_SG_RULES_MISMATCH"
  | "ENI_SOURCE_DEST_CHECK_RESTRICTION"
  | "GATEWAY_REJECTS_SPOOFED_TRAFFIC"
  | "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"
  | "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
  | "NGW_REQUIRES_SOURCE_IN_VPC"
  | "NO_PATH"
  | "NO_POSSIBLE_DESTINATION"
  | "NO_ROUTE_TO_DESTINATION"
  | "NO_SOURCE_OR_DESTINATION"
  | "SUBNET_ACL_RESTRICTION";

/** Where a packet starts or ends: a network interface of the VPC, or the internet. */
export type Place = { readonly kind: "network-interface"; readonly id: string } | { readonly kind: "internet" };

/** A component that let the packet pass, in order. */
export interface Hop {
  readonly component: string;
  readonly direction: Direction;
  readonly way: "there" | "back";
}

export interface Explanation {
  readonly code: ExplanationCode;
  /** The id of what stops the packet. */
  readonly component: string;
  readonly direction: Direction;
  readonly way: "there" | "back";
}

export interface Trace {
  readonly reachable: boolean;
  readonly hops: readonly Hop[];
  /** Where the packet arrived, if it did. An appliance (source/destination check off) ends the walk: what it does is its own. */
  readonly arrivedAt: Place | undefined;
  /** Why it is not reachable; undefined when it is. */
  readonly explanation: Explanation | undefined;
}

/** One walk from a place to the next that rewrites or keeps the packet. */
interface Leg {
  readonly from: Place;
  readonly to: Place;
  /** As it arrives. */
  readonly packet: Packet;
}

class Stopped extends Error {
  readonly explanation: Explanation;

  constructor(explanation: Explanation) {
    super(explanation.code);
    this.explanation = explanation;
  }
}

/**
 * Follows the first packet of a flow from where it starts, and the answer back: groups know the answer, ACLs do not.
 * @param packet with the addresses that the sender sees: from the internet, the destination is a public one
 */
export function trace(vpc: Vpc, packet: Packet, from: Place): Trace {
  const hops: Hop[] = [];
  let arrivedAt: Place | undefined;
  try {
    const legs = walkThere(vpc, packet, from, hops);
    const last = legs.at(-1);
    arrivedAt = last?.to;
    walkBack(vpc, legs, hops);
    return { reachable: true, hops, arrivedAt, explanation: undefined };
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    return { reachable: false, hops, arrivedAt, explanation: error.explanation };
  }
}

function walkThere(vpc: Vpc, packet: Packet, from: Place, hops: Hop[]): Leg[] {
  const walk = new Walk(vpc, hops, "there");
  const legs = [walk.leg(packet, from)];
  const [first] = legs;
  const nat = first?.to.kind === "network-interface" ? vpc.interfaces.get(first.to.id) : undefined;
  // What the internet sends to a NAT gateway, or an instance to its address, ends there.
  if (first === undefined || nat?.managed !== "nat-gateway") return legs;
  const address = nat.addresses[0]?.private;
  if (address === undefined || from.kind === "internet" || packet.destination === address) stop("NO_POSSIBLE_DESTINATION", nat.id, "ingress", "there");
  if (!vpc.cidrs.some((cidr) => contains(cidr, packet.source))) stop("NGW_REQUIRES_SOURCE_IN_VPC", nat.id, "ingress", "there");
  return [first, walk.leg({ ...first.packet, source: address }, first.to)];
}

/** The answer takes its own way, leg by leg, and a NAT gateway in between knows whom it was for. */
function walkBack(vpc: Vpc, legs: readonly Leg[], hops: Hop[]): void {
  const walk = new Walk(vpc, hops, "back");
  for (const leg of legs.toReversed()) {
    const answer = replyTo(leg.packet);
    const back = walk.leg(answer, leg.to);
    const lost = leg.from.kind === "network-interface" && (back.to.kind !== "network-interface" || back.to.id !== leg.from.id);
    if (lost) stop("NO_PATH", leg.from.kind === "network-interface" ? leg.from.id : vpc.id, "ingress", "back");
  }
}

class Walk {
  readonly #vpc: Vpc;
  readonly #hops: Hop[];
  readonly #way: "there" | "back";

  constructor(vpc: Vpc, hops: Hop[], way: "there" | "back") {
    this.#vpc = vpc;
    this.#hops = hops;
    this.#way = way;
  }

  leg(packet: Packet, from: Place): Leg {
    return from.kind === "internet" ? this.#fromInternet(packet) : this.#fromInterface(packet, from.id);
  }

  #fromInternet(packet: Packet): Leg {
    const { internetGateway, cidrs } = this.#vpc;
    if (internetGateway === undefined) this.#stop("NO_PATH", this.#vpc.id, "ingress");
    if (cidrs.some((cidr) => contains(cidr, packet.source))) this.#stop("GATEWAY_REJECTS_SPOOFED_TRAFFIC", internetGateway, "ingress");
    for (const networkInterface of this.#vpc.interfaces.values()) {
      for (const address of networkInterface.addresses) {
        if (address.public !== packet.destination || networkInterface.attachment === undefined) continue;
        this.#pass(internetGateway, "ingress");
        return this.#deliver({ ...packet, destination: address.private }, { kind: "internet" }, undefined, networkInterface);
      }
    }
    return this.#stop("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", internetGateway, "ingress");
  }

  #fromInterface(packet: Packet, id: string): Leg {
    const from: Place = { kind: "network-interface", id };
    const sender = this.#vpc.interfaces.get(id);
    const subnet = sender && this.#vpc.subnets.get(sender.subnet);
    if (sender?.attachment === undefined || subnet === undefined) this.#stop("NO_SOURCE_OR_DESTINATION", id, "egress");
    if (isChecked(sender) && !owns(sender, packet.source)) this.#stop("ENI_SOURCE_DEST_CHECK_RESTRICTION", id, "egress");
    this.#checkGroups(sender, "egress", packet);
    const table = this.#vpc.routeTables.get(subnet.routeTable);
    const route = table && lookupRoute(table, this.#vpc.cidrs, packet.destination);
    if (table === undefined || route === undefined) this.#stop("NO_ROUTE_TO_DESTINATION", subnet.routeTable, "egress");
    this.#pass(table.id, "egress");
    if (route === "local") {
      const receiver = [...this.#vpc.interfaces.values()].find((one) => owns(one, packet.destination));
      if (receiver?.attachment === undefined) return this.#stop("NO_POSSIBLE_DESTINATION", table.id, "egress");
      return this.#deliver(packet, from, subnet, receiver);
    }
    if (route.target.kind === "internet-gateway") return this.#toInternet(packet, from, sender, subnet, route.target.id);
    const hop = route.target.kind === "blackhole" ? undefined
      : this.#vpc.interfaces.get(route.target.kind === "nat-gateway" ? route.target.networkInterface : route.target.id);
    if (hop?.attachment === undefined) return this.#stop("BAD_STATE_ROUTE", table.id, "egress");
    return this.#deliver(packet, from, subnet, hop);
  }

  #toInternet(packet: Packet, from: Place, sender: NetworkInterface, subnet: Subnet, gateway: string): Leg {
    if (gateway !== this.#vpc.internetGateway) this.#stop("BAD_STATE_ROUTE", subnet.routeTable, "egress");
    this.#checkAcl(subnet, "egress", packet);
    const address = [...this.#vpc.interfaces.values()].flatMap((one) => one.addresses).find((one) => one.private === packet.source)?.public;
    if (address === undefined) return this.#stop("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", sender.id, "egress");
    this.#pass(gateway, "egress");
    return { from, to: { kind: "internet" }, packet: { ...packet, source: address } };
  }

  /** An ACL guards a subnet's border: what stays inside doesn't meet it. */
  #deliver(packet: Packet, from: Place, fromSubnet: Subnet | undefined, receiver: NetworkInterface): Leg {
    const subnet = this.#vpc.subnets.get(receiver.subnet);
    if (fromSubnet?.id !== subnet?.id) {
      if (fromSubnet !== undefined) this.#checkAcl(fromSubnet, "egress", packet);
      if (subnet !== undefined) this.#checkAcl(subnet, "ingress", packet);
    }
    if (isChecked(receiver) && !owns(receiver, packet.destination)) this.#stop("ENI_SOURCE_DEST_CHECK_RESTRICTION", receiver.id, "ingress");
    this.#checkGroups(receiver, "ingress", packet);
    this.#pass(receiver.id, "ingress");
    return { from, to: { kind: "network-interface", id: receiver.id }, packet };
  }

  #checkGroups(networkInterface: NetworkInterface, direction: Direction, packet: Packet): void {
    const isKnown = this.#way === "back" || networkInterface.managed !== undefined;
    if (!isKnown && !groupsAllow(this.#vpc, networkInterface.securityGroups, direction, packet)) {
      this.#stop("ENI_SG_RULES_MISMATCH", networkInterface.id, direction);
    }
    for (const group of networkInterface.securityGroups) this.#pass(group, direction);
  }

  #checkAcl(subnet: Subnet, direction: Direction, packet: Packet): void {
    const acl = this.#vpc.networkAcls.get(subnet.networkAcl);
    if (acl === undefined) return;
    if (!aclDecision(acl, direction, packet).allowed) this.#stop("SUBNET_ACL_RESTRICTION", acl.id, direction);
    this.#pass(acl.id, direction);
  }

  #pass(component: string, direction: Direction): void {
    this.#hops.push({ component, direction, way: this.#way });
  }

  #stop(code: ExplanationCode, component: string, direction: Direction): never {
    return stop(code, component, direction, this.#way);
  }
}

function stop(code: ExplanationCode, component: string, direction: Direction, way: "there" | "back"): never {
  throw new Stopped({ code, component, direction, way });
}

function isChecked(networkInterface: NetworkInterface): boolean {
  return networkInterface.sourceDestCheck && networkInterface.managed === undefined;
}

function owns(networkInterface: NetworkInterface, address: string): boolean {
  return networkInterface.addresses.some((one) => one.private === address);
}
