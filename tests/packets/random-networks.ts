/** Networks at random: two that are peered, and a third with the range of the first, in which the same hosts always live. */
import fc from "fast-check";
import type { AclEntry, Route, SecurityGroupRule, Vpc } from "@hakoniwa/network";
import { peerRule, rule, vpc } from "./model.js";

/** The one address that a host is probed at, by the interface's name; `multi2` is the second interface of `multi`. */
export const HOSTS: Readonly<Record<string, { readonly vpc: string; readonly address: string; readonly workload: string }>> = {
  one: { vpc: "vpc-a", address: "10.0.0.10", workload: "one" },
  multi: { vpc: "vpc-a", address: "10.0.0.11", workload: "multi" },
  multi2: { vpc: "vpc-a", address: "10.0.2.11", workload: "multi" },
  three: { vpc: "vpc-a", address: "10.0.1.10", workload: "three" },
  four: { vpc: "vpc-a", address: "10.0.1.11", workload: "four" },
  peer1: { vpc: "vpc-b", address: "10.1.0.10", workload: "peer1" },
  peer2: { vpc: "vpc-b", address: "10.1.1.10", workload: "peer2" },
  twin: { vpc: "vpc-c", address: "10.0.0.10", workload: "twin" },
};
export const SECONDARY = "10.0.1.50";
export const INTERNET = "203.0.113.1";
export const S3 = "52.219.0.10";
const NAT = { id: "nat-a", networkInterface: "eni-nat", address: "10.0.2.5" };

const everywhere = "0.0.0.0/0";
const GROUPS = ["sg-a", "sg-b", "sg-c"];
const traffic = fc.constantFrom<[SecurityGroupRule["protocol"], number?]>(["all"], ["tcp"], ["tcp", 80], ["udp"], [17, 80], ["icmp"]);

function groupRule(groups: readonly string[], peer?: { readonly vpc: string; readonly groups: readonly string[] }): fc.Arbitrary<SecurityGroupRule> {
  const cidr = fc.constantFrom(everywhere, "10.0.0.0/24", "10.0.1.10/32", "10.1.0.0/16", "52.219.0.0/20", "203.0.113.1/32");
  const own = fc.tuple(fc.oneof(cidr, fc.constantFrom(...groups)), traffic).map(([from, [protocol, port]]) => rule(from, protocol, port));
  if (peer === undefined) return own;
  const theirs = fc.tuple(fc.constantFrom(...peer.groups), traffic).map(([group, [protocol, port]]) => peerRule(peer.vpc, group, protocol, port));
  return fc.oneof({ weight: 1, arbitrary: own }, { weight: 1, arbitrary: theirs });
}

function group(rules: fc.Arbitrary<SecurityGroupRule>) {
  return fc.record({
    ingress: fc.oneof({ weight: 1, arbitrary: fc.constant<SecurityGroupRule[]>([rule(everywhere)]) }, { weight: 4, arbitrary: fc.array(rules, { maxLength: 3 }) }),
    egress: fc.oneof({ weight: 3, arbitrary: fc.constant<SecurityGroupRule[]>([rule(everywhere)]) }, { weight: 1, arbitrary: fc.array(rules, { maxLength: 3 }) }),
  });
}

const aclEntry: fc.Arbitrary<AclEntry> = fc.record({
  number: fc.integer({ min: 1, max: 50 }),
  action: fc.constantFrom("allow", "deny"),
  protocol: fc.constantFrom<AclEntry["protocol"]>("all", "tcp", 17),
  cidr: fc.constantFrom(everywhere, "10.0.0.0/24", "10.0.1.11/32", "10.1.0.0/16", "52.219.0.0/20"),
  ports: fc.constantFrom(undefined, { from: 80, to: 80 }, { from: 1024, to: 65_535 }),
}).map((entry) => (entry.protocol === "all" ? { ...entry, ports: undefined } : entry));
const entries = fc.uniqueArray(aclEntry, { maxLength: 3, selector: (entry) => entry.number });
const rest = { number: 100, action: "allow", protocol: "all", cidr: everywhere } as const;
const acl = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.record({ ingress: entries, egress: entries }).map(({ ingress, egress }) => ({ ingress: [...ingress, rest], egress: [...egress, rest] })) },
);

const to = (destination: string, target: Route["target"], prefixList?: string): Route => ({ destination, target, prefixList });
const igw = (destination: string): Route => to(destination, { kind: "internet-gateway", id: "igw-test" });
const peering = (destination: string, id: string, peer: string): Route => to(destination, { kind: "peering", id, vpc: peer, region: "ap-northeast-1" });
const endpoint = to("52.219.0.0/20", { kind: "gateway-endpoint", id: "vpce-a", service: "s3" }, "pl-61a54008");

/** The way out of a subnet of the first VPC, and whatever else its table says. */
const routesOfA = fc.record({
  out: fc.constantFrom<Route | undefined>(undefined, igw(everywhere), to(everywhere, { kind: "nat-gateway", ...NAT }), to(everywhere, { kind: "network-interface", id: "eni-one" })),
  more: fc.subarray<Route>([
    to("203.0.113.0/24", { kind: "blackhole" }), to("10.0.1.10/32", { kind: "network-interface", id: "eni-one" }), endpoint, to("52.219.0.0/20", { kind: "blackhole" }, "pl-other"),
  ]),
  // Both sides must lead to the other for anything to be heard: chances are good.
  peer: fc.constantFrom<Route[]>([], ...Array.from({ length: 4 }, () => [peering("10.1.0.0/16", "pcx-ab", "vpc-b")]), [peering("10.1.1.0/24", "pcx-ab", "vpc-b")]),
}).map(({ out, more, peer }) => [...(out === undefined ? [] : [out]), ...more, ...peer]);

/** The second VPC has two peers with one range, and chooses between them by its routes. */
const routesOfB = fc.record({
  out: fc.constantFrom<Route[]>([], [igw(everywhere)]),
  peer: fc.constantFrom<Route[]>([], ...Array.from({ length: 4 }, () => [peering("10.0.0.0/16", "pcx-ab", "vpc-a")]),
    [peering("10.0.0.0/16", "pcx-ab", "vpc-a"), peering("10.0.0.10/32", "pcx-bc", "vpc-c")], [peering("10.0.0.0/24", "pcx-bc", "vpc-c")]),
}).map(({ out, peer }) => [...out, ...peer]);

const subnet = (cidr: string, routes: fc.Arbitrary<Route[]>) => fc.record({ routes, acl }).map((one) => ({ cidr, routes: one.routes, ...(one.acl && { acl: one.acl }) }));
const groupsOf = (rules: fc.Arbitrary<SecurityGroupRule>) => fc.tuple(...GROUPS.map(() => group(rules)));
const membership = fc.subarray(GROUPS, { minLength: 1 });
const publicAddress = (at: number) => fc.constantFrom(undefined, `198.51.100.${at}`);
const named = (groups: readonly { readonly ingress: readonly SecurityGroupRule[]; readonly egress: readonly SecurityGroupRule[] }[], prefix = "") =>
  Object.fromEntries(GROUPS.map((name, at) => [`${name}${prefix}`, groups[at] ?? { ingress: [], egress: [] }]));
const suffixed = (names: readonly string[], suffix: string) => names.map((name) => `${name}${suffix}`);
const openly = (address: string | undefined) => (address === undefined ? {} : { public: address });

const first = fc.record({
  left: subnet("10.0.0.0/24", routesOfA), right: subnet("10.0.1.0/24", routesOfA), public: subnet("10.0.2.0/24", fc.constant([igw(everywhere), endpoint])),
  groups: groupsOf(groupRule(GROUPS, { vpc: "vpc-b", groups: suffixed(GROUPS, "-peer") })),
  members: fc.tuple(...Array.from({ length: 5 }, () => membership)), addresses: fc.tuple(...[1, 2, 3, 4].map(publicAddress)), unchecked: fc.boolean(),
}).map(({ left, right, public: outer, groups, members, addresses, unchecked }) => vpc({
  id: "vpc-a", subnets: { left, right, public: outer }, groups: named(groups),
  interfaces: {
    one: { subnet: "left", address: "10.0.0.10", groups: members[0] ?? [], sourceDestCheck: !unchecked, ...openly(addresses[0]) },
    multi: { subnet: "left", address: "10.0.0.11", groups: members[1] ?? [], ...openly(addresses[1]) },
    multi2: { subnet: "public", address: "10.0.2.11", groups: members[4] ?? [], workload: "multi", deviceIndex: 1, ...openly(addresses[2]) },
    three: { subnet: "right", address: "10.0.1.10", groups: members[2] ?? [], secondary: [SECONDARY] },
    four: { subnet: "right", address: "10.0.1.11", groups: members[3] ?? [], ...openly(addresses[3]) },
    nat: { subnet: "public", address: NAT.address, public: "198.51.100.9", managed: "nat-gateway" },
  },
}));

const second = fc.record({
  left: subnet("10.1.0.0/24", routesOfB), right: subnet("10.1.1.0/24", routesOfB),
  groups: groupsOf(groupRule(suffixed(GROUPS, "-peer"), { vpc: "vpc-a", groups: GROUPS })), members: fc.tuple(membership, membership), address: publicAddress(20),
}).map(({ left, right, groups, members, address }) => vpc({
  id: "vpc-b", cidr: "10.1.0.0/16", subnets: { left, right }, groups: named(groups, "-peer"),
  interfaces: {
    peer1: { subnet: "left", address: "10.1.0.10", groups: suffixed(members[0], "-peer"), ...openly(address) },
    peer2: { subnet: "right", address: "10.1.1.10", groups: suffixed(members[1], "-peer") },
  },
}));

const third = fc.record({ main: subnet("10.0.0.0/24", fc.constantFrom<Route[]>([], [peering("10.1.0.0/16", "pcx-bc", "vpc-b")])), groups: groupsOf(groupRule(suffixed(GROUPS, "-twin"))), member: membership })
  .map(({ main, groups, member }) => vpc({
    id: "vpc-c", internetGateway: false, subnets: { main }, groups: named(groups, "-twin"), interfaces: { twin: { subnet: "main", address: "10.0.0.10", groups: suffixed(member, "-twin") } },
  }));

/** The three VPCs of one world. */
export const networks: fc.Arbitrary<readonly Vpc[]> = fc.tuple(first, second, third);
