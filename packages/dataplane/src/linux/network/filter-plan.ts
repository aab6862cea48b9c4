/**
 * One VPC as nftables' state. Pure. Every stage of AWS's order is its own base chain, so "accept" means "on to the next
 * stage": sender's groups, sender subnet's outbound ACL, receiver subnet's inbound ACL, receiver's groups.
 */
import { nthAddress } from "@hakoniwa/network";
import type { NetworkInterface, SecurityGroup, Vpc } from "@hakoniwa/network";
import { aclChain, aclRules, groupChain, groupRules, memberSet } from "./filter-rules.js";
import type { Direction } from "./filter-rules.js";
import type { FilterChain, FilterSet, FilterState } from "./filter-state.js";
import { profileName } from "./names.js";
import type { RouterNames } from "./names.js";
import { DNS_ADDRESS, METADATA_ADDRESS } from "./reserved.js";

const DIRECTIONS: readonly Direction[] = ["out", "in"];

/** The filter of a VPC. The interfaces need not be plugged: their names are known before. */
export function planFilter(vpc: Vpc, names: RouterNames): FilterState {
  const members = membersByGroup(vpc);
  const chains = new Map<string, FilterChain>(baseChains(vpc));
  const sets = new Map<string, FilterSet>();
  for (const [id, group] of membersWithRules(vpc, members)) {
    chains.set(groupChain(id, "out"), { hook: undefined, rules: groupRules(group.egress, "out", members) });
    chains.set(groupChain(id, "in"), { hook: undefined, rules: groupRules(group.ingress, "in", members) });
  }
  for (const acl of vpc.networkAcls.values()) {
    for (const direction of DIRECTIONS) chains.set(aclChain(acl.id, direction), { hook: undefined, rules: aclRules(acl, direction) });
  }
  for (const networkInterface of vpc.interfaces.values()) {
    if (networkInterface.managed !== undefined) continue;
    for (const [name, chain] of profileChains(networkInterface.securityGroups, members)) chains.set(name, chain);
  }
  // A set for every group that has members, whether a rule names it or not: a rule that begins to is then one chain's change.
  for (const [group, addresses] of members) sets.set(memberSet(group), { kind: "set", type: "type ipv4_addr;", elements: keys(addresses) });
  for (const [name, set] of interfaceSets(vpc, names)) sets.set(name, set);
  return { sets, chains };
}

/** The stages, without anything that depends on more than the VPC's ranges. */
function baseChains(vpc: Vpc): [string, FilterChain][] {
  const chain = (name: string, hook: string, policy: "accept" | "drop", rules: readonly string[]): [string, FilterChain] => [
    name, { hook: `type filter hook ${hook}; policy ${policy};`, rules },
  ];
  return [
    // Before conntrack, without state. What the internet sends to or from the VPC's own ranges is forged.
    chain("igw_in", "prerouting priority raw", "accept", [
      'iifname != "igw0" return', "ip saddr @cidrs drop", "ip daddr @cidrs drop", "ip daddr set ip daddr map @eip_in", "ip daddr != @cidrs drop",
    ]),
    chain("igw_out", "postrouting priority srcnat + 10", "accept", ['oifname "igw0" ip saddr set ip saddr map @eip_out']),
    chain("source_check", "prerouting priority mangle", "accept", [
      "iifname @checked iifname . ip saddr != @owned drop", "meta mark set iifname map @eni_subnet",
    ]),
    chain("services_in", "input priority filter", "drop", [
      'iifname "lo" accept', "meta mark 0 drop",
      ...(vpc.dnsSupport ? dnsRules([nthAddress(vpc.cidrs[0] ?? "0.0.0.0/0", 2), DNS_ADDRESS]) : []),
      `ip daddr ${METADATA_ADDRESS} tcp dport 80 accept`,
    ]),
    // The hop limit of instance metadata: an answer goes no further than the instance itself.
    chain("services_out", "output priority filter", "accept", [`ip saddr ${METADATA_ADDRESS} tcp sport 80 ip ttl set 1`]),
    chain("s0_destination", "forward priority filter - 10", "accept", [
      'oifname "igw0" ip saddr != @eip_private drop', "oifname @checked oifname . ip daddr != @owned drop",
    ]),
    chain("s1_sender_groups", "forward priority filter", "drop", ["ct state established,related accept", "iifname vmap @sg_out", 'iifname "igw0" accept']),
    chain("s2_sender_acl", "forward priority filter + 10", "accept", ["meta mark . oifname @intra accept", "meta mark vmap @acl_out"]),
    chain("s3_receiver_acl", "forward priority filter + 30", "accept", ["meta mark . oifname @intra accept", "oifname vmap @acl_in"]),
    chain("s4_receiver_groups", "forward priority filter + 40", "drop", ["ct state established,related accept", "oifname vmap @sg_in", 'oifname "igw0" accept']),
    ["rej_out", { hook: undefined, rules: ["drop"] }],
    ["rej_in", { hook: undefined, rules: ["drop"] }],
  ];
}

function dnsRules(addresses: readonly string[]): string[] {
  return ["udp", "tcp"].map((protocol) => `ip daddr { ${addresses.join(", ")} } ${protocol} dport 53 accept`);
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

/** The private addresses of every group's members. Groups without members are left out: a change costs with the number of chains. */
function membersByGroup(vpc: Vpc): Map<string, string[]> {
  const members = new Map<string, string[]>();
  for (const networkInterface of vpc.interfaces.values()) {
    for (const group of networkInterface.securityGroups) {
      if (!vpc.securityGroups.has(group)) continue;
      const addresses = members.get(group) ?? [];
      addresses.push(...networkInterface.addresses.map((address) => address.private));
      members.set(group, addresses);
    }
  }
  return members;
}

function membersWithRules(vpc: Vpc, members: { has(id: string): boolean }): [string, SecurityGroup][] {
  return [...vpc.securityGroups].filter(([id]) => members.has(id));
}

function keys(elements: readonly string[]): Map<string, string> {
  return new Map(elements.map((element) => [element, ""]));
}
