/** Security-group rules and network ACL entries in nftables' words. Pure. */
import type { AclEntry, NetworkAcl, Protocol, SecurityGroupRule } from "@hakoniwa/network";
import { identifier } from "./names.js";

export type Direction = "in" | "out";

interface Traffic {
  readonly protocol: Protocol;
  readonly ports?: { readonly from: number; readonly to: number } | undefined;
  readonly icmp?: { readonly type: number; readonly code: number } | undefined;
}

const TCP = 6;
const UDP = 17;
const ICMP = 1;

/** The set that holds the addresses of a group's members. */
export function memberSet(group: string): string {
  return `m_${identifier(group)}`;
}

export function groupChain(group: string, direction: Direction): string {
  return `g_${identifier(group)}_${direction}`;
}

export function aclChain(acl: string, direction: Direction): string {
  return `acl_${identifier(acl)}_${direction}`;
}

/** So many rules fit into one transaction, and are soon written again when one of them changes. */
const BUCKET = 40;

/**
 * A group's chain in one direction. More rules than a bucket holds are in chains of their own, each in the one that its words
 * choose: a change rewrites that one alone. As all they do is accept, their order has no meaning.
 */
export function groupChains(group: string, direction: Direction, rules: readonly string[]): [string, readonly string[]][] {
  const name = groupChain(group, direction);
  if (rules.length <= BUCKET) return [[name, rules]];
  const count = 2 ** Math.ceil(Math.log2((2 * rules.length) / BUCKET));
  const buckets: string[][] = Array.from({ length: count }, () => []);
  for (const rule of rules) buckets[wordsHash(rule) % count]?.push(rule);
  // The number of buckets is in their names: when it changes, the new ones are full before the old ones go.
  const named = buckets.map((bucket, at): [string, readonly string[]] => [`${name}_${count}_${at}`, bucket]);
  return [...named, [name, named.map(([bucket]) => `jump ${bucket}`)]];
}

/** FNV-1a. */
function wordsHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
}

/** A group's rules in one direction: each accepts; what none accepts goes on to the interface's next group. */
export function groupRules(rules: readonly SecurityGroupRule[], direction: Direction, knownGroups: { has(id: string): boolean }): string[] {
  const side = direction === "in" ? "saddr" : "daddr";
  const texts: string[] = [];
  for (const rule of rules) {
    // A rule may outlive the group that it names: AWS calls it stale, and it lets nobody through.
    if (rule.peer.kind === "group" && !knownGroups.has(rule.peer.id)) continue;
    const peer = rule.peer.kind === "group" ? `ip ${side} @${memberSet(rule.peer.id)} ` : addressMatch(side, rule.peer.cidr);
    texts.push(`${peer}${trafficMatch(rule)}accept`);
  }
  return texts;
}

/** An ACL's entries in one direction, by rising number; the last one denies everything. */
export function aclRules(acl: NetworkAcl, direction: Direction): string[] {
  const side = direction === "in" ? "saddr" : "daddr";
  const entries: readonly AclEntry[] = direction === "in" ? acl.ingress : acl.egress;
  const texts = entries
    .toSorted((one, other) => one.number - other.number)
    .map((entry) => `${addressMatch(side, entry.cidr)}${trafficMatch(entry)}${entry.action === "allow" ? "return" : `goto rej_${direction}`}`);
  return [...texts, `goto rej_${direction}`];
}

function addressMatch(side: "saddr" | "daddr", cidr: string): string {
  return cidr === "0.0.0.0/0" ? "" : `ip ${side} ${cidr} `;
}

function trafficMatch({ protocol, ports, icmp }: Traffic): string {
  switch (protocol) {
    case "all":
      return "";
    case "tcp":
    case TCP:
      return portMatch("tcp", ports);
    case "udp":
    case UDP:
      return portMatch("udp", ports);
    case "icmp":
    case ICMP:
      return icmpMatch(icmp);
    default:
      return `meta l4proto ${protocol} `;
  }
}

function portMatch(protocol: "tcp" | "udp", ports: Traffic["ports"]): string {
  if (ports === undefined || (ports.from === 0 && ports.to === 65_535)) return `meta l4proto ${protocol} `;
  return `${protocol} dport ${ports.from === ports.to ? ports.from : `${ports.from}-${ports.to}`} `;
}

function icmpMatch(icmp: Traffic["icmp"]): string {
  if (icmp === undefined || icmp.type === -1) return "meta l4proto icmp ";
  return icmp.code === -1 ? `icmp type ${icmp.type} ` : `icmp type ${icmp.type} icmp code ${icmp.code} `;
}
