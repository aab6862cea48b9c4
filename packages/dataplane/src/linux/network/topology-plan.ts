/**
 * One VPC as links, addresses and routes. Pure. An interface is one veth from the router straight into its workload's
 * namespace, without a bridge; a workload reaches even its own subnet through the router, so that groups apply there too.
 */
import { effectiveRoutes, nthAddress, prefixLength } from "@hakoniwa/network";
import type { NetworkInterface, RouteTable, Subnet, Vpc } from "@hakoniwa/network";
import { linkTarget } from "../tools/namespaces.js";
import type { Namespace } from "../tools/namespaces.js";
import type { Surroundings } from "./exits.js";
import { planGuest } from "./guest-plan.js";
import { gatewayMac } from "./macs.js";
import type { RouterNames } from "./names.js";
import { DNS_ADDRESS, INTERNET_CLIENT, INTERNET_SIDE, METADATA_ADDRESS, ROUTER_SIDE, TIME_ADDRESS } from "./reserved.js";
import { planExits } from "./topology-exits.js";

/** Where lines for `ip` are carried out. */
export type Place = { readonly kind: "internet" } | { readonly kind: "router" } | { readonly kind: "guest"; readonly namespace: Namespace };

/** The namespace that a workload's interfaces go into; a later plug of the same one counts as another. */
export interface Plug {
  readonly namespace: Namespace;
  readonly generation: number;
}

/** A veth. What is on it goes with it. */
export interface LinkPlan {
  /** Carried out on the internet's side, which sees all namespaces. */
  readonly create: string;
  readonly remove: { readonly place: Place; readonly device: string };
  /** The workload that it leads to, which carries the error when it cannot be made. */
  readonly workload: string | undefined;
  readonly networkInterface: string | undefined;
  readonly generation: number;
}

/** Something that lines bring about. Of two plans under one key the later one's lines replace what the earlier one's did. */
export interface ItemPlan {
  readonly place: Place;
  /** May be carried out again. */
  readonly add: readonly string[];
  readonly remove: readonly string[];
  /** The link that it is on. */
  readonly link: string | undefined;
  readonly workload: string | undefined;
}

export interface TopologyPlan {
  readonly links: ReadonlyMap<string, LinkPlan>;
  readonly items: ReadonlyMap<string, ItemPlan>;
}

export const INTERNET: Place = { kind: "internet" };
export const ROUTER: Place = { kind: "router" };
/** The table with the way to every interface. Nothing in a VPC is reached but through it. */
const LOCAL_TABLE = 50;

/** @param plugOf the namespace of a workload, undefined while it is not plugged */
export function planTopology(vpc: Vpc, names: RouterNames, plugOf: (workload: string) => Plug | undefined, around: Surroundings): TopologyPlan {
  const links = new Map<string, LinkPlan>();
  const items = new Map<string, ItemPlan>();
  const put = (key: string, add: readonly string[], remove: readonly string[], link?: string): void => {
    items.set(key, { place: ROUTER, add, remove, link, workload: undefined });
  };
  const plugged = new Map<string, NetworkInterface>();
  put("lo", ["link set lo up"], []);
  put("no way", [`route replace blackhole default table ${LOCAL_TABLE}`], []);
  put("rule local", [`rule add pref 20000 lookup ${LOCAL_TABLE}`], []);
  for (const address of serviceAddresses(vpc)) put(`address ${address}`, [`addr replace ${address}/32 dev lo`], [`addr del ${address}/32 dev lo`]);
  if (vpc.internetGateway !== undefined) planInternetGateway(vpc, names, links, items);
  for (const networkInterface of vpc.interfaces.values()) {
    const subnet = vpc.subnets.get(networkInterface.subnet);
    const plug = networkInterface.attachment && plugOf(networkInterface.attachment.workload);
    if (subnet === undefined || plug === undefined) continue;
    plugged.set(networkInterface.id, networkInterface);
    planInterface(networkInterface, subnet, plug, names, links, items);
  }
  const exits = planExits(vpc, names, around, links, items);
  for (const table of vpc.routeTables.values()) planRoutes(vpc, table, names, plugged, exits, put);
  for (const subnet of vpc.subnets.values()) {
    const mark = names.marks.of(subnet.id);
    if (!vpc.routeTables.has(subnet.routeTable)) continue;
    const rule = `pref ${1000 + mark} fwmark ${mark}/0xfff lookup ${names.tables.of(subnet.routeTable)}`;
    put(`rule ${rule}`, [`rule add ${rule}`], [`rule del ${rule}`]);
  }
  return { links, items };
}

/** What the router itself answers to: the metadata service, the resolvers, the time, and the gateway of every subnet. */
function serviceAddresses(vpc: Vpc): Set<string> {
  const resolvers = vpc.cidrs.slice(0, 1).map((cidr) => nthAddress(cidr, 2));
  return new Set([METADATA_ADDRESS, DNS_ADDRESS, TIME_ADDRESS, ...resolvers, ...[...vpc.subnets.values()].map((subnet) => nthAddress(subnet.cidr, 1))]);
}

function planInternetGateway(vpc: Vpc, names: RouterNames, links: Map<string, LinkPlan>, items: Map<string, ItemPlan>): void {
  const device = names.internetDevice;
  const macs = { router: gatewayMac(ROUTER_SIDE), internet: gatewayMac(INTERNET_SIDE) };
  const on = (place: Place, key: string, add: readonly string[], remove: readonly string[] = []): void => {
    items.set(key, { place, add, remove, link: "igw0", workload: undefined });
  };
  // AWS's internet gateway carries 1500 bytes: https://docs.aws.amazon.com/vpc/latest/userguide/internet-gateway-subnets.html
  links.set("igw0", {
    create: `link add name ${device} index ${names.internetIndex} address ${macs.internet} mtu 1500 type veth peer name igw0 netns ${names.namespace} address ${macs.router} mtu 1500`,
    remove: { place: INTERNET, device },
    workload: undefined,
    networkInterface: undefined,
    generation: 0,
  });
  on(INTERNET, "igw outside", [`link set ${device} up`, `neigh replace ${ROUTER_SIDE} lladdr ${macs.router} dev ${device} nud permanent`]);
  on(ROUTER, "igw inside", ["link set igw0 up", `neigh replace ${INTERNET_SIDE} lladdr ${macs.internet} dev igw0 nud permanent`]);
  for (const networkInterface of vpc.interfaces.values()) {
    for (const { public: address } of networkInterface.addresses) {
      if (address === undefined) continue;
      on(INTERNET, `public ${address}`, [`route replace ${address}/32 via ${ROUTER_SIDE} dev ${device} onlink src ${INTERNET_CLIENT}`],
        [`route del ${address}/32 dev ${device}`]);
    }
  }
}

function planInterface(
  networkInterface: NetworkInterface, subnet: Subnet, { namespace, generation }: Plug, names: RouterNames, links: Map<string, LinkPlan>, items: Map<string, ItemPlan>,
): void {
  const device = names.device(networkInterface.id);
  const workload = networkInterface.attachment?.workload;
  const inside = `eth${networkInterface.attachment?.deviceIndex ?? 0}`;
  const mac = networkInterface.macAddress;
  const routerMac = gatewayMac(nthAddress(subnet.cidr, 1));
  const on = (place: Place, key: string, add: readonly string[], remove: readonly string[]): void => {
    items.set(`${device} ${key}`, { place, add, remove, link: device, workload });
  };
  links.set(device, {
    create: `link add name ${device} index ${names.index(networkInterface.id)} netns ${names.namespace} address ${routerMac} mtu 9001 type veth peer name ${inside} netns ${linkTarget(namespace)} address ${mac} mtu 9001`,
    remove: { place: ROUTER, device },
    workload,
    networkInterface: networkInterface.id,
    generation,
  });
  on(ROUTER, "up", [`link set ${device} up`], []);
  for (const { private: address } of networkInterface.addresses) {
    // Whoever has the address last has its route, so the key is the address alone.
    items.set(`local ${address}`, {
      place: ROUTER, link: device, workload,
      add: [`route replace ${address}/32 dev ${device} table ${LOCAL_TABLE}`],
      remove: [`route del ${address}/32 dev ${device} table ${LOCAL_TABLE}`],
    });
    on(ROUTER, `neighbour ${address}`, [`neigh replace ${address} lladdr ${mac} dev ${device} nud permanent`], [`neigh del ${address} dev ${device}`]);
  }
  const guest: Place = { kind: "guest", namespace };
  for (const item of planGuest({
    device: inside,
    index: networkInterface.attachment?.deviceIndex ?? 0,
    addresses: networkInterface.addresses.map((address) => address.private),
    prefix: prefixLength(subnet.cidr),
    subnet: subnet.cidr,
    gateway: nthAddress(subnet.cidr, 1),
    gatewayMac: routerMac,
  })) on(guest, `inside ${item.key}`, item.add, item.remove);
}

/** One route table. The throw routes are AWS's local ones: what they match goes to the table of interfaces. */
function planRoutes(
  vpc: Vpc, table: RouteTable, names: RouterNames, plugged: ReadonlyMap<string, NetworkInterface>, exits: ReadonlyMap<string, string>,
  put: (key: string, add: readonly string[], remove: readonly string[], link?: string) => void,
): void {
  const number = names.tables.of(table.id);
  const route = (destination: string, type: "throw" | "blackhole" | undefined, way: string, link?: string): void => {
    const text = `${type === undefined ? "" : `${type} `}${destination}${way} table ${number}`;
    put(`route ${number} ${destination}`, [`route replace ${text}`], [`route del ${destination} table ${number}`], link);
  };
  for (const cidr of vpc.cidrs) route(cidr, "throw", "");
  for (const { destination, target } of effectiveRoutes(table)) {
    if (target.kind === "internet-gateway" && target.id === vpc.internetGateway) {
      route(destination, undefined, ` via ${INTERNET_SIDE} dev igw0 onlink`, "igw0");
      continue;
    }
    const exit = target.kind === "peering" || target.kind === "gateway-endpoint" ? exits.get(target.id) : undefined;
    if (exit !== undefined) {
      route(destination, undefined, ` via ${INTERNET_SIDE} dev ${exit} onlink`, exit);
      continue;
    }
    const id = target.kind === "network-interface" ? target.id : target.kind === "nat-gateway" ? target.networkInterface : undefined;
    const hop = id === undefined ? undefined : plugged.get(id);
    const address = hop?.addresses[0]?.private;
    if (hop === undefined || address === undefined) {
      // EC2 calls the route a black hole, also while the instance behind it is stopped.
      route(destination, "blackhole", "");
      continue;
    }
    const device = names.device(hop.id);
    route(destination, undefined, ` via ${address} dev ${device} onlink`, device);
  }
}
