/** The ways out of a VPC besides its internet gateway: peering connections and gateway endpoints. Pure. */
import type { RouteTarget, Vpc } from "@hakoniwa/network";
import type { Plug } from "./topology-plan.js";

export type Exit = Extract<RouteTarget, { readonly kind: "peering" | "gateway-endpoint" }>;

/** What a router has to know of the others. */
export interface Surroundings {
  /** Another VPC as it should be; undefined while there is none. */
  model(vpc: string): Vpc | undefined;
  /** Another VPC's router; undefined while it has none. */
  router(vpc: string): Plug | undefined;
  /** The devices through which other routers' packets come into a VPC's. */
  entrances(vpc: string): readonly string[];
  /** Over how many hops the metadata service's answers may go to a workload: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html. 1 when undefined. */
  hopLimit(workload: string): number | undefined;
}

const exits = new WeakMap<Vpc["routeTables"], ReadonlyMap<string, Exit>>();
const peers = new WeakMap<Vpc["securityGroups"], ReadonlySet<string>>();

/** Every exit that a route of the VPC leads to, by its id. */
export function exitsOf({ routeTables }: Vpc): ReadonlyMap<string, Exit> {
  const known = exits.get(routeTables);
  if (known !== undefined) return known;
  const found = new Map<string, Exit>();
  for (const { routes } of routeTables.values()) {
    for (const { target } of routes) if (target.kind === "peering" || target.kind === "gateway-endpoint") found.set(target.id, target);
  }
  exits.set(routeTables, found);
  return found;
}

/** The VPCs that have groups which this one's rules name. */
export function groupPeersOf({ securityGroups }: Vpc): ReadonlySet<string> {
  const known = peers.get(securityGroups);
  if (known !== undefined) return known;
  const found = new Set<string>();
  for (const { ingress, egress } of securityGroups.values()) {
    for (const { peer } of [...ingress, ...egress]) if (peer.kind === "group" && peer.vpc !== undefined) found.add(peer.vpc);
  }
  peers.set(securityGroups, found);
  return found;
}

/** Whether a packet can go from one to the other, or one's rules name the other's groups. */
export function areRelated(one: Vpc, other: Vpc): boolean {
  return reaches(one, other.id) || reaches(other, one.id) || groupPeersOf(one).has(other.id) || groupPeersOf(other).has(one.id);
}

/** Whether a route of the VPC leads to another. */
export function reaches(vpc: Vpc, other: string): boolean {
  return [...exitsOf(vpc).values()].some((exit) => exit.kind === "peering" && exit.vpc === other);
}
