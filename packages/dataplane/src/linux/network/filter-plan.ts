/**
 * One VPC as nftables' state. Pure. Every stage of AWS's order is its own base chain, so "accept" means "on to the next
 * stage": sender's groups, sender subnet's outbound ACL, receiver subnet's inbound ACL, receiver's groups.
 */
import type { NetworkAcl, NetworkInterface, SecurityGroup, Vpc } from "@hakoniwa/network";
import { baseChains } from "./filter-base.js";
import { exitsOf, groupPeersOf } from "./exits.js";
import type { Surroundings } from "./exits.js";
import { aclChain, aclRules, groupChain, groupChains, groupRules, memberSet } from "./filter-rules.js";
import type { Direction } from "./filter-rules.js";
import type { FilterChain, FilterSet, FilterState } from "./filter-state.js";
import { Memory } from "./memory.js";
import { profileName } from "./names.js";
import type { RouterNames } from "./names.js";

const DIRECTIONS: readonly Direction[] = ["out", "in"];

/**
 * The filter of a VPC. The interfaces need not be plugged: their names are known before.
 * @param memory what this VPC's last filter was made of: with 1,000 interfaces, most of the work of a small change
 */
export function planFilter(vpc: Vpc, names: RouterNames, around: Surroundings, memory = new Memory()): FilterState {
  const members = memory.recall("members", membersFrom(vpc, around), () => membersByGroup(vpc, around));
  const chains = new Map<string, FilterChain>(memory.recall("base", [vpc.cidrs, vpc.dnsSupport], () => baseChains(vpc)));
  const used = new Set<string>();
  for (const [id, group] of vpc.securityGroups) {
    if (!members.has(id)) continue;
    used.add(id);
    for (const [name, chain] of memory.recall(`group ${id}`, [group, members], () => chainsOfGroup(group, members))) chains.set(name, chain);
  }
  for (const acl of vpc.networkAcls.values()) {
    for (const [name, chain] of memory.recall(`acl ${acl.id}`, [acl], () => chainsOfAcl(acl))) chains.set(name, chain);
  }
  for (const [name, chain] of memory.recall("profiles", [vpc.interfaces, members], () => profiles(vpc, members))) chains.set(name, chain);
  // A set for every group that has members, whether a rule names it or not: a rule that begins to is then one chain's change.
  const sets = new Map<string, FilterSet>(memory.recall("member sets", [members], () => memberSets(members)));
  const hops = hopLimits(vpc, around);
  for (const limit of new Set(hops.values())) chains.set(hopChain(limit), { hook: undefined, rules: [`ip ttl set ${limit}`, "accept"] });
  sets.set("hops", { kind: "map", type: "type ipv4_addr : verdict;", elements: new Map([...hops].map(([address, limit]) => [address, `goto ${hopChain(limit)}`])) });
  const { interfaces, subnets, networkAcls, cidrs } = vpc;
  for (const [name, set] of memory.recall("interfaces", [interfaces, subnets, networkAcls, cidrs], () => interfaceSets(vpc, names))) sets.set(name, set);
  for (const [name, set] of exitSets(vpc, names, around)) sets.set(name, set);
  memory.keep({ has: (key) => !key.startsWith("group ") || used.has(key.slice("group ".length)) });
  return { sets, chains };
}

function chainsOfGroup({ id, ingress, egress }: SecurityGroup, members: Members): [string, FilterChain][] {
  const lists = [groupChains(id, "out", groupRules(egress, "out", members)), groupChains(id, "in", groupRules(ingress, "in", members))];
  return lists.flat().map(([name, rules]) => [name, { hook: undefined, rules }]);
}

function chainsOfAcl(acl: NetworkAcl): [string, FilterChain][] {
  return DIRECTIONS.map((direction) => [aclChain(acl.id, direction), { hook: undefined, rules: aclRules(acl, direction) }]);
}

function profiles(vpc: Vpc, members: Members): Map<string, FilterChain> {
  const chains = new Map<string, FilterChain>();
  for (const { managed, securityGroups } of vpc.interfaces.values()) {
    if (managed !== undefined || chains.has(`${profileName(securityGroups)}_out`)) continue;
    for (const [name, chain] of profileChains(securityGroups, members)) chains.set(name, chain);
  }
  return chains;
}

function memberSets(members: Members): [string, FilterSet][] {
  return [...members].map(([group, addresses]) => [memberSet(group), { kind: "set", type: "type ipv4_addr;", elements: keys(addresses) }]);
}

/** By the address of a workload; those with the usual limit are left out. */
function hopLimits(vpc: Vpc, around: Surroundings): Map<string, number> {
  const limits = new Map<string, number>();
  for (const { attachment, addresses } of vpc.interfaces.values()) {
    const limit = attachment && around.hopLimit(attachment.workload);
    if (limit !== undefined && limit > 1 && limit <= 64) for (const address of addresses) limits.set(address.private, limit);
  }
  return limits;
}

function hopChain(limit: number): string {
  return `hops_${limit}`;
}

/** Who is who. The sets that let an interface's packets pass come last: it is admitted when everything about it is known. */
function interfaceSets(vpc: Vpc, names: RouterNames): [string, FilterSet][] {
  const of = { subnet: new Map<string, string>(), owned: [] as string[], checked: [] as string[], intra: [] as string[] };
  const eip = { in: new Map<string, string>(), out: new Map<string, string>() };
  const acl = { in: new Map<string, string>(), out: new Map<string, string>() };
  const groups = { in: new Map<string, string>(), out: new Map<string, string>() };
  for (const subnet of vpc.subnets.values()) {
    if (vpc.networkAcls.has(subnet.networkAcl)) acl.out.set(`${names.marks.of(subnet.id)}`, `jump ${aclChain(subnet.networkAcl, "out")}`);
  }
  for (const networkInterface of vpc.interfaces.values()) {
    const subnet = vpc.subnets.get(networkInterface.subnet);
    if (subnet === undefined) continue;
    const device = `"${names.device(networkInterface.id)}"`;
    const mark = names.marks.of(subnet.id);
    of.subnet.set(device, `${mark}`);
    of.intra.push(`${mark} . ${device}`);
    if (networkInterface.sourceDestCheck && networkInterface.managed === undefined) of.checked.push(device);
    for (const address of networkInterface.addresses) {
      of.owned.push(`${device} . ${address.private}`);
      if (address.public === undefined) continue;
      eip.in.set(address.public, address.private);
      eip.out.set(address.private, address.public);
    }
    if (vpc.networkAcls.has(subnet.networkAcl)) acl.in.set(device, `jump ${aclChain(subnet.networkAcl, "in")}`);
    for (const direction of DIRECTIONS) groups[direction].set(device, verdictOf(networkInterface, direction));
  }
  const set = (type: string, elements: readonly string[]): FilterSet => ({ kind: "set", type, elements: keys(elements) });
  const map = (type: string, elements: ReadonlyMap<string, string>): FilterSet => ({ kind: "map", type, elements });
  return [
    ["cidrs", set("type ipv4_addr; flags interval;", vpc.cidrs)],
    ["eip_in", map("type ipv4_addr : ipv4_addr;", eip.in)],
    ["eip_out", map("type ipv4_addr : ipv4_addr;", eip.out)],
    ["eip_private", set("type ipv4_addr;", [...eip.out.keys()])],
    ["acl_out", map("type mark : verdict;", acl.out)],
    ["acl_in", map("type ifname : verdict;", acl.in)],
    ["owned", set("type ifname . ipv4_addr;", of.owned)],
    ["checked", set("type ifname;", of.checked)],
    ["intra", set("type mark . ifname;", of.intra)],
    ["eni_subnet", map("type ifname : mark;", of.subnet)],
    ["sg_out", map("type ifname : verdict;", groups.out)],
    ["sg_in", map("type ifname : verdict;", groups.in)],
  ];
}

/** What comes out of an entrance has no mark, so no route table leads it on, and no service of the router hears it: it goes to an interface, or nowhere. */
function exitSets(vpc: Vpc, names: RouterNames, around: Surroundings): [string, FilterSet][] {
  const set = (devices: readonly string[]): FilterSet => ({ kind: "set", type: "type ifname;", elements: keys(devices.map((device) => `"${device}"`)) });
  const exits = [...exitsOf(vpc).values()];
  const services = exits.filter((exit) => exit.kind === "gateway-endpoint").map((exit) => names.device(exit.id));
  return [["services", set(services)], ["exits", set(exits.map((exit) => names.device(exit.id)))], ["entrances", set([...services, ...around.entrances(vpc.id)])]];
}

function verdictOf(networkInterface: NetworkInterface, direction: Direction): string {
  return networkInterface.managed === undefined ? `goto ${profileName(networkInterface.securityGroups)}_${direction}` : "accept";
}

/** The chains of one list of groups: each group in turn, and what none accepted is dropped. */
function profileChains(groups: readonly string[], members: { has(id: string): boolean }): [string, FilterChain][] {
  return DIRECTIONS.map((direction) => [
    `${profileName(groups)}_${direction}`,
    { hook: undefined, rules: [...groups.filter((id) => members.has(id)).map((id) => `jump ${groupChain(id, direction)}`), `goto rej_${direction}`] },
  ]);
}

/** Addresses by group. */
type Members = ReadonlyMap<string, readonly string[]>;

/** What the members depend on: the interfaces, and which groups there are, but none of their rules. */
function membersFrom(vpc: Vpc, around: Surroundings): unknown[] {
  const peers = [...groupPeersOf(vpc)].map((id) => around.model(id)).flatMap((peer) => [peer?.id, peer?.interfaces, peer && idsOf(peer)]);
  return [vpc.interfaces, idsOf(vpc), ...peers];
}

function idsOf({ securityGroups }: Vpc): string {
  return [...securityGroups.keys()].join();
}

/**
 * The private addresses of every group's members, and of those groups of peered VPCs that the rules name. Groups without
 * members are left out: a change costs with the number of chains.
 */
function membersByGroup(vpc: Vpc, around: Surroundings): Members {
  const members = new Map<string, string[]>();
  addMembers(members, vpc, (group) => vpc.securityGroups.has(group));
  for (const id of groupPeersOf(vpc)) {
    const peer = around.model(id);
    if (peer !== undefined) addMembers(members, peer, (group) => !vpc.securityGroups.has(group) && peer.securityGroups.has(group));
  }
  return members;
}

function addMembers(members: Map<string, string[]>, vpc: Vpc, isWanted: (group: string) => boolean): void {
  for (const networkInterface of vpc.interfaces.values()) {
    for (const group of networkInterface.securityGroups) {
      if (!isWanted(group)) continue;
      const addresses = members.get(group) ?? [];
      addresses.push(...networkInterface.addresses.map((address) => address.private));
      members.set(group, addresses);
    }
  }
}

function keys(elements: readonly string[]): Map<string, string> {
  return new Map(elements.map((element) => [element, ""]));
}
