/** What happens to one packet, there and back, and why, in the words of VPC Reachability Analyzer. Pure. */
import { contains } from "./addresses.js";
import type { Vpc } from "./model.js";
import { replyTo } from "./packets.js";
import type { Packet } from "./packets.js";
import { Stopped, Walk } from "./walk.js";
import type { Explanation, Hop, Leg, Place } from "./walk.js";

export type { Explanation, ExplanationCode, Hop, Place } from "./walk.js";

export interface Trace {
  readonly reachable: boolean;
  readonly hops: readonly Hop[];
  /** Where the packet arrived, if it did. An appliance (source/destination check off) ends the walk: what it does is its own. */
  readonly arrivedAt: Place | undefined;
  /** The packet as it arrived there: translated by the gateways on its way. */
  readonly arrivedAs: Packet | undefined;
  /** Why it is not reachable; undefined when it is. */
  readonly explanation: Explanation | undefined;
}

/**
 * Follows the first packet of a flow from where it starts, and the answer back: groups know the answer, ACLs do not.
 * @param vpc where it starts; for one from the internet, the VPC that it enters
 * @param packet with the addresses that the sender sees: from the internet, the destination is a public one
 * @param others the VPCs that peering connections of this one lead to, or whose groups its rules name
 */
export function trace(vpc: Vpc, packet: Packet, from: Place, others: readonly Vpc[] = []): Trace {
  const vpcs = new Map([...others, vpc].map((one) => [one.id, one]));
  const hops: Hop[] = [];
  let last: Leg | undefined;
  try {
    const legs = walkThere(new Walk(vpcs, hops, "there", packet), vpc, packet, from);
    last = legs.at(-1);
    walkBack(new Walk(vpcs, hops, "back", packet), legs);
    return { reachable: true, hops, arrivedAt: last?.to, arrivedAs: last?.packet, explanation: undefined };
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    return { reachable: false, hops, arrivedAt: last?.to, arrivedAs: last?.packet, explanation: error.explanation };
  }
}

function walkThere(walk: Walk, vpc: Vpc, packet: Packet, from: Place): Leg[] {
  const first = walk.leg(packet, from, vpc);
  const nat = first.to.kind === "network-interface" ? first.toVpc.interfaces.get(first.to.id) : undefined;
  if (nat?.managed !== "nat-gateway") return [first];
  // What the internet or a peer sends to a NAT gateway, or an instance to its address, ends there.
  const address = nat.addresses[0]?.private;
  if (address === undefined || from.kind !== "network-interface" || first.toVpc !== vpc || first.packet.destination === address) {
    walk.stop("NO_POSSIBLE_DESTINATION", nat.id, "ingress");
  }
  if (!vpc.cidrs.some((cidr) => contains(cidr, packet.source))) walk.stop("NGW_REQUIRES_SOURCE_IN_VPC", nat.id, "ingress");
  return [first, walk.leg({ ...first.packet, source: address }, first.to, vpc)];
}

/** The answer takes its own way, leg by leg, and a NAT gateway in between knows whom it was for. */
function walkBack(walk: Walk, legs: readonly Leg[]): void {
  for (const leg of legs.toReversed()) {
    const back = walk.leg(replyTo(leg.packet), leg.to, leg.toVpc);
    if (!isSame(back.to, leg.from) || back.toVpc !== leg.fromVpc) walk.stop("NO_PATH", nameOf(leg.from, leg.fromVpc), "ingress");
  }
}

function isSame(one: Place, other: Place): boolean {
  return one.kind === other.kind && (one.kind !== "network-interface" || other.kind !== "network-interface" || one.id === other.id);
}

function nameOf(place: Place, vpc: Vpc): string {
  return place.kind === "network-interface" ? place.id : vpc.id;
}
