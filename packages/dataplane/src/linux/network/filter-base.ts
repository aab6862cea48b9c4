/** The stages of a packet's way through a router, as base chains on the kernel's hooks. Pure. */
import { nthAddress } from "@hakoniwa/network";
import type { Vpc } from "@hakoniwa/network";
import type { FilterChain } from "./filter-state.js";
import { DNS_ADDRESS, METADATA_ADDRESS, TIME_ADDRESS } from "./reserved.js";

/** The stages, without anything that depends on more than the VPC's ranges. */
export function baseChains(vpc: Vpc): [string, FilterChain][] {
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
      `ip daddr ${METADATA_ADDRESS} tcp dport 80 accept`, `ip daddr ${TIME_ADDRESS} udp dport 123 accept`,
    ]),
    // Unless an instance's metadata options say otherwise, an answer goes no further than the instance itself.
    chain("services_out", "output priority filter", "accept", [`ip saddr != ${METADATA_ADDRESS} accept`, "ip daddr vmap @hops", "ip ttl set 1"]),
    chain("s0_destination", "forward priority filter - 10", "accept", [
      'oifname "igw0" ip saddr != @eip_private drop', "oifname @exits ip saddr != @cidrs drop",
      // A gateway endpoint carries TCP, and ICMP's echo.
      "oifname @services ip protocol != { icmp, tcp } drop", "oifname @checked oifname . ip daddr != @owned drop",
    ]),
    chain("s1_sender_groups", "forward priority filter", "drop", ["ct state established,related accept", "iifname vmap @sg_out", 'iifname "igw0" accept', "iifname @entrances accept"]),
    chain("s2_sender_acl", "forward priority filter + 10", "accept", ["meta mark . oifname @intra accept", "meta mark vmap @acl_out"]),
    chain("s3_receiver_acl", "forward priority filter + 30", "accept", ["meta mark . oifname @intra accept", "oifname vmap @acl_in"]),
    chain("s4_receiver_groups", "forward priority filter + 40", "drop", ["ct state established,related accept", "oifname vmap @sg_in", 'oifname "igw0" accept', "oifname @exits accept"]),
    ["rej_out", { hook: undefined, rules: ["drop"] }],
    ["rej_in", { hook: undefined, rules: ["drop"] }],
  ];
}

function dnsRules(addresses: readonly string[]): string[] {
  return ["udp", "tcp"].map((protocol) => `ip daddr { ${addresses.join(", ")} } ${protocol} dport 53 accept`);
}
