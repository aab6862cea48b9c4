/**
 * Links and routes of a VPC's peering connections and gateway endpoints. Pure. Each router makes its own way to a peer, and so
 * a connection between two is two one-way links: what has no route back gets no answer.
 */
import type { Vpc } from "@hakoniwa/network";
import { exitsOf } from "./exits.js";
import type { Exit, Surroundings } from "./exits.js";
import { exitMacs } from "./macs.js";
import { identifier } from "./names.js";
import type { RouterNames } from "./names.js";
import { INTERNET_SIDE, ROUTER_SIDE, serviceAddress } from "./reserved.js";
import { ROUTER } from "./topology-plan.js";
import type { ItemPlan, LinkPlan, Place, Plug } from "./topology-plan.js";

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/network_mtu.html */
const WITHIN_REGION = 9001;
const BETWEEN_REGIONS = 8500;

/** The namespace at the other end; undefined while there is none. */
export function farEnd(exit: Exit, around: Surroundings): Plug | undefined {
  return exit.kind === "peering" ? around.router(exit.vpc) : { namespace: { name: identifier(exit.id) }, generation: 0 };
}

/** The links of all exits that lead somewhere. @returns the device of each */
export function planExits(vpc: Vpc, names: RouterNames, around: Surroundings, links: Map<string, LinkPlan>, items: Map<string, ItemPlan>): ReadonlyMap<string, string> {
  const devices = new Map<string, string>();
  for (const exit of exitsOf(vpc).values()) {
    const far = farEnd(exit, around);
    if (far === undefined) continue;
    const device = names.device(exit.id);
    devices.set(exit.id, device);
    planExit(vpc, exit, device, names, far, links, items);
  }
  return devices;
}

function planExit(vpc: Vpc, exit: Exit, device: string, names: RouterNames, far: Plug, links: Map<string, LinkPlan>, items: Map<string, ItemPlan>): void {
  const macs = exitMacs(names.index(exit.id));
  const mtu = exit.kind === "gateway-endpoint" || exit.region === vpc.region ? WITHIN_REGION : BETWEEN_REGIONS;
  const on = (place: Place, key: string, add: readonly string[]): void => {
    items.set(`${device} ${key}`, { place, add, remove: [], link: device, workload: undefined });
  };
  const inside = "name" in far.namespace ? far.namespace.name : String(far.namespace.pid);
  links.set(device, {
    create: `link add name ${device} index ${names.index(exit.id)} netns ${names.namespace} address ${macs.near} mtu ${mtu} type veth peer name ${device} netns ${inside} address ${macs.far} mtu ${mtu}`,
    remove: { place: ROUTER, device },
    workload: undefined,
    networkInterface: undefined,
    generation: far.generation,
  });
  on(ROUTER, "near", [`link set ${device} up`, `neigh replace ${INTERNET_SIDE} lladdr ${macs.far} dev ${device} nud permanent`]);
  const service = exit.kind === "gateway-endpoint" ? serviceLines(exit.service, device, macs.near) : [];
  on({ kind: "guest", namespace: far.namespace }, "far", [`link set ${device} up`, ...service]);
}

/** The AWS service behind a gateway endpoint: its one address in the box, and the way back. */
function serviceLines(service: string, device: string, routerMac: string): string[] {
  const address = serviceAddress(service);
  return [
    "link set lo up",
    ...(address === undefined ? [] : [`addr replace ${address}/32 dev lo`]),
    `neigh replace ${ROUTER_SIDE} lladdr ${routerMac} dev ${device} nud permanent`,
    `route replace default via ${ROUTER_SIDE} dev ${device} onlink`,
  ];
}
