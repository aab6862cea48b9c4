/** One leg of a packet's way: from where it is to the next place that could rewrite it, or where it ends. Pure. */
import { contains } from "./addresses.js";
import type { NetworkInterface, Route, RouteTarget, Subnet, Vpc } from "./model.js";
import { aclDecision, allowingRule, lookupRoute } from "./packets.js";
import type { Direction, Packet } from "./packets.js";

/** https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html */
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
  | "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"
  | "SUBNET_ACL_RESTRICTION"
  | "VPCE_GATEWAY_PROTOCOL_RESTRICTION";

/** Where a packet starts or ends: a network interface, the internet, or an AWS service behind a gateway endpoint. */
export type Place =
  | { readonly kind: "network-interface"; readonly id: string }
  | { readonly kind: "internet" }
  | { readonly kind: "service"; readonly service: string; readonly endpoint: string };

export type Way = "there" | "back";

/** A component that let the packet pass, in order. */
export interface Hop {
  readonly component: string;
  readonly direction: Direction;
  readonly way: Way;
  readonly vpc: string;
  /** What of the component it was: a rule's id, an entry's number, a route's destination. */
  readonly detail?: string | undefined;
}

export interface Explanation {
  readonly code: ExplanationCode;
  /** The id of what stops the packet. */
  readonly component: string;
  readonly direction: Direction;
  readonly way: Way;
  /** As it was there: translated by the gateways that it passed, and turned round on the way back. */
  readonly packet: Packet;
  /** The number of the ACL's entry that denies it; without one, no entry allows it. */
  readonly deniedBy?: number | undefined;
}

export interface Leg {
  readonly from: Place;
  /** The VPC that it starts in; of the internet, the one that it enters. */
  readonly fromVpc: Vpc;
  readonly to: Place;
  /** The VPC that it ends in; of the internet and of services, the one that it left. */
  readonly toVpc: Vpc;
  /** As it arrives. */
  readonly packet: Packet;
}

export class Stopped extends Error {
  readonly explanation: Explanation;

  constructor(explanation: Explanation) {
    super(explanation.code);
    this.explanation = explanation;
  }
}

/** Gateway endpoints carry TCP, and ICMP's echo: VPCE_GATEWAY_PROTOCOL_RESTRICTION. */
const SERVICE_PROTOCOLS: readonly (string | number)[] = ["tcp", 6, "icmp", 1];

export class Walk {
  readonly #vpcs: ReadonlyMap<string, Vpc>;
  readonly #hops: Hop[];
  readonly #way: Way;
  /** As it is now, for the explanation. */
  #packet: Packet;

  constructor(vpcs: ReadonlyMap<string, Vpc>, hops: Hop[], way: Way, packet: Packet) {
    this.#vpcs = vpcs;
    this.#hops = hops;
    this.#way = way;
    this.#packet = packet;
  }

  /** @throws Stopped when something doesn't let it pass */
  leg(packet: Packet, from: Place, vpc: Vpc): Leg {
    this.#packet = packet;
    switch (from.kind) {
      case "internet":
        return this.#fromInternet(packet, vpc);
      case "service":
        return this.#fromService(packet, from, vpc);
      case "network-interface":
        return this.#fromInterface(packet, from, vpc);
    }
  }

  stop(code: ExplanationCode, component: string, direction: Direction, deniedBy?: number): never {
    throw new Stopped({ code, component, direction, way: this.#way, packet: this.#packet, deniedBy });
  }

  #fromInternet(packet: Packet, vpc: Vpc): Leg {
    const { internetGateway, cidrs } = vpc;
    if (internetGateway === undefined) this.stop("NO_PATH", vpc.id, "ingress");
    if (cidrs.some((cidr) => contains(cidr, packet.source))) this.stop("GATEWAY_REJECTS_SPOOFED_TRAFFIC", internetGateway, "ingress");
    for (const networkInterface of vpc.interfaces.values()) {
      for (const address of networkInterface.addresses) {
        if (address.public !== packet.destination || networkInterface.attachment === undefined) continue;
        this.#pass(vpc, internetGateway, "ingress");
        this.#packet = { ...packet, destination: address.private };
        return this.#deliver(this.#packet, { kind: "internet" }, vpc, undefined, networkInterface, vpc);
      }
    }
    return this.stop("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", internetGateway, "ingress");
  }

  #fromService(packet: Packet, from: Place & { readonly kind: "service" }, vpc: Vpc): Leg {
    this.#pass(vpc, from.endpoint, "ingress");
    return this.#deliver(packet, from, vpc, undefined, this.#receiver(vpc, packet, from.endpoint), vpc);
  }

  #fromInterface(packet: Packet, from: Place & { readonly kind: "network-interface" }, vpc: Vpc): Leg {
    const sender = vpc.interfaces.get(from.id);
    const subnet = sender && vpc.subnets.get(sender.subnet);
    if (sender?.attachment === undefined || subnet === undefined) this.stop("NO_SOURCE_OR_DESTINATION", from.id, "egress");
    if (isChecked(sender) && !owns(sender, packet.source)) this.stop("ENI_SOURCE_DEST_CHECK_RESTRICTION", from.id, "egress");
    this.#checkGroups(vpc, sender, "egress", packet);
    const table = vpc.routeTables.get(subnet.routeTable);
    const route = table && lookupRoute(table, vpc.cidrs, packet.destination);
    if (table === undefined || route === undefined) this.stop("NO_ROUTE_TO_DESTINATION", subnet.routeTable, "egress");
    this.#pass(vpc, table.id, "egress", route === "local" ? "local" : routeName(route));
    if (route === "local") return this.#deliver(packet, from, vpc, subnet, this.#receiver(vpc, packet, table.id), vpc);
    return this.#by(route.target, packet, from, vpc, sender, subnet);
  }

  #by(target: RouteTarget, packet: Packet, from: Place, vpc: Vpc, sender: NetworkInterface, subnet: Subnet): Leg {
    switch (target.kind) {
      case "internet-gateway":
        return this.#toInternet(packet, from, vpc, sender, subnet, target.id);
      case "peering":
        return this.#toPeer(packet, from, vpc, subnet, target);
      case "gateway-endpoint":
        return this.#toService(packet, from, vpc, subnet, target);
      case "blackhole":
        return this.stop("BAD_STATE_ROUTE", subnet.routeTable, "egress");
      case "nat-gateway":
      case "network-interface": {
        const hop = vpc.interfaces.get(target.kind === "nat-gateway" ? target.networkInterface : target.id);
        if (hop?.attachment === undefined) return this.stop("BAD_STATE_ROUTE", subnet.routeTable, "egress");
        return this.#deliver(packet, from, vpc, subnet, hop, vpc);
      }
    }
  }

  #toInternet(packet: Packet, from: Place, vpc: Vpc, sender: NetworkInterface, subnet: Subnet, gateway: string): Leg {
    if (gateway !== vpc.internetGateway) this.stop("BAD_STATE_ROUTE", subnet.routeTable, "egress");
    this.#checkAcl(vpc, subnet, "egress", packet);
    const address = [...vpc.interfaces.values()].flatMap((one) => one.addresses).find((one) => one.private === packet.source)?.public;
    if (address === undefined) return this.stop("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", sender.id, "egress");
    this.#pass(vpc, gateway, "egress");
    return { from, fromVpc: vpc, to: { kind: "internet" }, toVpc: vpc, packet: { ...packet, source: address } };
  }

  /** A peering connection leads to the peer's interfaces, and no further: https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html */
  #toPeer(packet: Packet, from: Place, vpc: Vpc, subnet: Subnet, { id, vpc: peerId }: RouteTarget & { readonly kind: "peering" }): Leg {
    const peer = this.#vpcs.get(peerId);
    if (peer === undefined) this.stop("BAD_STATE_ROUTE", subnet.routeTable, "egress");
    this.#checkAcl(vpc, subnet, "egress", packet);
    const isOwn = vpc.cidrs.some((cidr) => contains(cidr, packet.source));
    if (!isOwn || !peer.cidrs.some((cidr) => contains(cidr, packet.destination))) this.stop("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", id, "egress");
    this.#pass(vpc, id, "egress");
    return this.#deliver(packet, from, vpc, undefined, this.#receiver(peer, packet, id), peer);
  }

  #toService(packet: Packet, from: Place, vpc: Vpc, subnet: Subnet, { id, service }: RouteTarget & { readonly kind: "gateway-endpoint" }): Leg {
    this.#checkAcl(vpc, subnet, "egress", packet);
    if (!SERVICE_PROTOCOLS.includes(packet.protocol)) this.stop("VPCE_GATEWAY_PROTOCOL_RESTRICTION", id, "egress");
    if (!vpc.cidrs.some((cidr) => contains(cidr, packet.source))) this.stop("GATEWAY_REJECTS_SPOOFED_TRAFFIC", id, "egress");
    this.#pass(vpc, id, "egress");
    return { from, fromVpc: vpc, to: { kind: "service", service, endpoint: id }, toVpc: vpc, packet };
  }

  #receiver(vpc: Vpc, packet: Packet, before: string): NetworkInterface {
    const receiver = [...vpc.interfaces.values()].find((one) => owns(one, packet.destination));
    if (receiver?.attachment === undefined) return this.stop("NO_POSSIBLE_DESTINATION", before, "egress");
    return receiver;
  }

  /**
   * An ACL guards a subnet's border: what stays inside doesn't meet it.
   * @param fromSubnet whose outbound ACL is still to be met
   */
  #deliver(packet: Packet, from: Place, fromVpc: Vpc, fromSubnet: Subnet | undefined, receiver: NetworkInterface, vpc: Vpc): Leg {
    const subnet = vpc.subnets.get(receiver.subnet);
    if (fromSubnet?.id !== subnet?.id) {
      if (fromSubnet !== undefined) this.#checkAcl(fromVpc, fromSubnet, "egress", packet);
      if (subnet !== undefined) this.#checkAcl(vpc, subnet, "ingress", packet);
    }
    if (isChecked(receiver) && !owns(receiver, packet.destination)) this.stop("ENI_SOURCE_DEST_CHECK_RESTRICTION", receiver.id, "ingress");
    this.#checkGroups(vpc, receiver, "ingress", packet);
    this.#pass(vpc, receiver.id, "ingress");
    return { from, fromVpc, to: { kind: "network-interface", id: receiver.id }, toVpc: vpc, packet };
  }

  /** An answer is let through by the connection that it belongs to: the groups are met, and no rule of theirs is asked. */
  #checkGroups(vpc: Vpc, networkInterface: NetworkInterface, direction: Direction, packet: Packet): void {
    const { securityGroups } = networkInterface;
    if (this.#way === "back" || networkInterface.managed !== undefined) {
      for (const group of securityGroups) this.#pass(vpc, group, direction);
      return;
    }
    const allowing = allowingRule(vpc, securityGroups, direction, packet, this.#vpcs);
    if (allowing === undefined) return this.stop("ENI_SG_RULES_MISMATCH", networkInterface.id, direction);
    this.#pass(vpc, allowing.group.id, direction, allowing.rule.id);
  }

  #checkAcl(vpc: Vpc, subnet: Subnet, direction: Direction, packet: Packet): void {
    const acl = vpc.networkAcls.get(subnet.networkAcl);
    if (acl === undefined) return;
    const { allowed, entry } = aclDecision(acl, direction, packet);
    if (!allowed) this.stop("SUBNET_ACL_RESTRICTION", acl.id, direction, entry?.number);
    this.#pass(vpc, acl.id, direction, String(entry?.number));
  }

  #pass(vpc: Vpc, component: string, direction: Direction, detail?: string): void {
    this.#hops.push({ component, direction, way: this.#way, vpc: vpc.id, detail });
  }
}

function routeName({ destination, prefixList }: Route): string {
  return prefixList === undefined ? destination : `${destination} of ${prefixList}`;
}

function isChecked(networkInterface: NetworkInterface): boolean {
  return networkInterface.sourceDestCheck && networkInterface.managed === undefined;
}

function owns(networkInterface: NetworkInterface, address: string): boolean {
  return networkInterface.addresses.some((one) => one.private === address);
}
