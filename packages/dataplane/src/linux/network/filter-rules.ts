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
