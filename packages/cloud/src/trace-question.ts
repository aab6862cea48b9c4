/** From what people call things to the packet that `trace` follows: instances, load balancers, addresses, the internet. Pure. */
import { contains, parseAddress, type NetworkInterface, type Packet, type Place, type Vpc } from "@hakoniwa/network";
import type { EveryNetwork } from "@hakoniwa/services";

/** As a user asks. */
export interface TraceQuestion {
  /** An instance's, interface's or NAT gateway's id, a load balancer's or instance's name, an address, or `internet`. */
  readonly source: string;
  readonly destination: string;
  /** tcp, udp, icmp (an echo request) or a protocol's number. */
  readonly protocol: string;
  /** For tcp and udp. */
  readonly port: number | undefined;
}

/** A question that can't be answered: what is named is not there, or is not one thing. */
export class QuestionError extends Error {
  override readonly name = "QuestionError";
}

/** One end of the way. */
export interface End {
  /** As it was asked for. */
  readonly given: string;
  /** Its interface, with its VPC; undefined for the internet, and for an address that nothing has. */
  readonly at: { readonly vpc: Vpc; readonly networkInterface: NetworkInterface } | undefined;
  /** The address that was asked for, where it was one. */
  readonly address: string | undefined;
}

export interface Start {
  readonly vpc: Vpc;
  readonly from: Place;
  readonly packet: Packet;
}

/** Somebody on the internet: the box's own client. */
const SOMEBODY = "203.0.113.1";
/** Something on the internet: the one address there that answers. */
const SOMETHING = "8.8.8.8";
const EPHEMERAL_PORT = 49_152;

/** @throws QuestionError */
export function findEnd(given: string, { vpcs, nameOf }: EveryNetwork): End {
  if (given === "internet") return { given, at: undefined, address: undefined };
  const all = vpcs.flatMap((vpc) => [...vpc.interfaces.values()].map((networkInterface) => ({ vpc, networkInterface })));
  const isAddress = parseAddress(given) !== undefined;
  const found = all.filter(({ networkInterface }) =>
    isAddress ? networkInterface.addresses.some((one) => one.private === given || one.public === given) : isCalled(networkInterface, given, nameOf),
  );
  // A name means an instance's first interface.
  const first = found.filter(({ networkInterface }) => isAddress || networkInterface.id === given || (networkInterface.attachment?.deviceIndex ?? 0) === 0);
  const [one, ...more] = first;
  if (more.length > 0) {
    const ids = first.map(({ vpc, networkInterface }) => `${networkInterface.id} (${networkInterface.addresses[0]?.private} in ${vpc.id})`);
    throw new QuestionError(`"${given}" is ${first.length} network interfaces: ask for one of them, ${ids.join(" or ")}`);
  }
  if (one === undefined && !isAddress) {
    throw new QuestionError(`nothing with a network interface is called "${given}": ask for a running instance's id or Name, a load balancer's name, an address, an interface's id, or internet`);
  }
  return { given, at: one, address: isAddress ? given : undefined };
}

/** @throws QuestionError */
export function startOf(source: End, destination: End, { protocol, port }: TraceQuestion, vpcs: readonly Vpc[]): Start {
  const vpc = source.at?.vpc ?? destination.at?.vpc;
  if (source.at === undefined && source.address !== undefined && vpcs.some((one) => isWithin(one, source.address!))) {
    throw new QuestionError(`no network interface has the address ${source.address}, so nothing can be sent from it`);
  }
  if (vpc === undefined) throw new QuestionError(`neither "${source.given}" nor "${destination.given}" is in a VPC`);
  const sourceAddress = source.at?.networkInterface.addresses[0]?.private ?? source.address ?? SOMEBODY;
  return {
    vpc,
    from: source.at ? { kind: "network-interface", id: source.at.networkInterface.id } : { kind: "internet" },
    packet: { ...traffic(protocol, port), source: sourceAddress, destination: addressFor(source, destination) },
  };
}

/** Neighbours, and peers, meet under private addresses; strangers under public ones. */
function addressFor(source: End, destination: End): string {
  if (destination.address !== undefined) return destination.address;
  const address = destination.at?.networkInterface.addresses[0];
  if (destination.at === undefined || address === undefined) return SOMETHING;
  const own = source.at?.vpc;
  const near = own !== undefined && (own === destination.at.vpc || isPeered(own, destination.at.vpc));
  return near ? address.private : (address.public ?? address.private);
}

function isPeered(vpc: Vpc, other: Vpc): boolean {
  return [...vpc.routeTables.values()].some(({ routes }) => routes.some(({ target }) => target.kind === "peering" && target.vpc === other.id));
}

function isWithin(vpc: Vpc, address: string): boolean {
  return vpc.cidrs.some((cidr) => contains(cidr, address));
}

/** By its id, its instance's, its instance's Name; a service's, by what its description says: `ELB shop`, `ELB app/shop/…`, `Interface for NAT Gateway nat-…`. */
function isCalled({ id, attachment }: NetworkInterface, given: string, nameOf: EveryNetwork["nameOf"]): boolean {
  if (id === given || attachment?.workload === given || nameOf(id) === given) return true;
  return attachment?.workload === id && (nameOf(id)?.split(/[ /]/).includes(given) ?? false);
}

function traffic(protocol: string, port: number | undefined): Omit<Packet, "source" | "destination"> {
  switch (protocol) {
    case "tcp":
    case "udp":
      if (port === undefined) throw new QuestionError(`${protocol} needs a port: --port N`);
      return { protocol, sourcePort: EPHEMERAL_PORT, destinationPort: port };
    case "icmp":
      if (port !== undefined) throw new QuestionError(`icmp has no ports, but --port is ${port}`);
      return { protocol, icmp: { type: 8, code: 0 } };
    default: {
      if (!/^\d{1,3}$/.test(protocol) || Number(protocol) > 255) throw new QuestionError(`--protocol is "${protocol}", but must be tcp, udp, icmp or a number from 0 to 255`);
      if (port !== undefined) throw new QuestionError(`protocol ${protocol} has no ports here, but --port is ${port}`);
      return { protocol: Number(protocol) };
    }
  }
}
