import { describe, expect, it } from "vitest";
import type { NetworkInterface, Route, SecurityGroup, SecurityGroupRule, Vpc } from "./model.js";
import type { Packet } from "./packets.js";
import { trace } from "./trace.js";

const everything = { kind: "cidr", cidr: "0.0.0.0/0" } as const;
const egress: SecurityGroup["egress"] = [{ id: "sgr-out", protocol: "all", peer: everything }];
const allow = { number: 100, action: "allow", protocol: "all", cidr: "0.0.0.0/0" } as const;
const toPeer: Route = { destination: "10.1.0.0/16", target: { kind: "peering", id: "pcx-1", vpc: "vpc-b", region: "ap-northeast-3" } };
const back: Route = { destination: "10.0.0.0/16", target: { kind: "peering", id: "pcx-1", vpc: "vpc-a", region: "ap-northeast-1" } };
const toS3: Route = { destination: "52.219.0.0/20", target: { kind: "gateway-endpoint", id: "vpce-1", service: "s3" }, prefixList: "pl-61a54008" };
const port = (id: string, number: number, peer: SecurityGroupRule["peer"] = everything): SecurityGroupRule => ({ id, protocol: "tcp", ports: { from: number, to: number }, peer });
const tcp = (source: string, destination: string, destinationPort: number): Packet => ({ protocol: "tcp", source, destination, sourcePort: 40_000, destinationPort });
const at = (name: string) => ({ kind: "network-interface", id: `eni-${name}` }) as const;

interface Host {
  readonly address: string;
  readonly public?: string;
  readonly subnet?: string;
  readonly ingress?: SecurityGroup["ingress"];
  readonly sourceDestCheck?: boolean;
}

/** A VPC whose hosts have a group each (`sg-NAME`); the subnet `main` unless another is named, each with routes of its own. */
function network(id: string, cidr: string, hosts: Readonly<Record<string, Host>>, routes: Readonly<Record<string, readonly Route[]>>): Vpc {
  const entries = Object.entries(hosts);
  return {
    id, region: "ap-northeast-1", cidrs: [cidr], dnsSupport: true, domainName: "internal", internetGateway: "igw-1",
    subnets: new Map(Object.keys(routes).map((name, index) => [`subnet-${name}`, { id: `subnet-${name}`, cidr: `${cidr.slice(0, 5)}${index}.0/24`, availabilityZone: "a", routeTable: `rtb-${name}`, networkAcl: "acl-1" }])),
    routeTables: new Map(Object.entries(routes).map(([name, own]) => [`rtb-${name}`, { id: `rtb-${name}`, routes: own }])),
    networkAcls: new Map([["acl-1", { id: "acl-1", ingress: [allow], egress: [allow] }]]),
    securityGroups: new Map(entries.map(([name, { ingress = [] }]) => [`sg-${name}`, { id: `sg-${name}`, ingress, egress }])),
    interfaces: new Map(entries.map(([name, host]): [string, NetworkInterface] => [`eni-${name}`, {
      id: `eni-${name}`, subnet: `subnet-${host.subnet ?? "main"}`, macAddress: "06:00:00:00:00:01", addresses: [{ private: host.address, public: host.public }],
      securityGroups: [`sg-${name}`], sourceDestCheck: host.sourceDestCheck ?? true, managed: undefined, attachment: { workload: name, deviceIndex: 0 },
    }])),
  };
}

const here = (routes: readonly Route[] = [toPeer]) => network("vpc-a", "10.0.0.0/16", { client: { address: "10.0.0.10" } }, { main: routes });
const there = (routes: readonly Route[] = [back], ingress: SecurityGroup["ingress"] = [port("sgr-web", 80)]) => network("vpc-b", "10.1.0.0/16", { web: { address: "10.1.0.10", ingress } }, { main: routes });
const acrossTo = (vpc: Vpc, from = here(), number = 80) => trace(from, tcp("10.0.0.10", "10.1.0.10", number), at("client"), [vpc]);

describe("S1-44: trace over a peering connection", () => {
  it("names each hop in the VPC that it is in, with the rule or route that let it pass", () => {
    const result = acrossTo(there());
    expect(result).toMatchObject({ reachable: true, arrivedAt: at("web"), arrivedAs: { source: "10.0.0.10" } });
    expect(result.hops.filter((hop) => hop.way === "there").map(({ vpc, component, detail }) => `${vpc} ${component} ${detail ?? ""}`.trim())).toEqual([
      "vpc-a sg-client sgr-out", "vpc-a rtb-main 10.1.0.0/16", "vpc-a acl-1 100", "vpc-a pcx-1", "vpc-b acl-1 100", "vpc-b sg-web sgr-web", "vpc-b eni-web",
    ]);
  });

  it("has no answer without a route back, and no way without the peer", () => {
    expect(acrossTo(there([])).explanation).toMatchObject({ code: "NO_ROUTE_TO_DESTINATION", component: "rtb-main", direction: "egress", way: "back" });
    expect(trace(here(), tcp("10.0.0.10", "10.1.0.10", 80), at("client")).explanation?.code).toBe("BAD_STATE_ROUTE");
  });

  it("goes no further than the peer's own addresses", () => {
    const out: Route = { ...toPeer, destination: "0.0.0.0/0" };
    expect(trace(here([out]), tcp("10.0.0.10", "8.8.8.8", 53), at("client"), [there()]).explanation).toMatchObject({ code: "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", component: "pcx-1" });
  });

  it("follows groups of the peer that rules name", () => {
    const named = (group: string) => there([back], [port("sgr-peer", 80, { kind: "group", id: group, vpc: "vpc-a" })]);
    expect(acrossTo(named("sg-client")).reachable).toBe(true);
    expect(acrossTo(named("sg-other")).explanation).toMatchObject({ code: "ENI_SG_RULES_MISMATCH", component: "eni-web" });
  });
});

describe("S3-40: trace to a gateway endpoint", () => {
  it("ends at the service, by the prefix list's route, with the private address", () => {
    const result = trace(here([toS3]), tcp("10.0.0.10", "52.219.0.10", 443), at("client"));
    expect(result).toMatchObject({ reachable: true, arrivedAt: { kind: "service", service: "s3", endpoint: "vpce-1" }, arrivedAs: { source: "10.0.0.10" } });
    expect(result.hops).toContainEqual({ component: "rtb-main", direction: "egress", way: "there", vpc: "vpc-a", detail: "52.219.0.0/20 of pl-61a54008" });
  });

  it("carries no UDP, and gives way to a route of one's own", () => {
    const udp: Packet = { ...tcp("10.0.0.10", "52.219.0.10", 443), protocol: "udp" };
    expect(trace(here([toS3]), udp, at("client")).explanation?.code).toBe("VPCE_GATEWAY_PROTOCOL_RESTRICTION");
    const own: Route = { destination: "52.219.0.0/20", target: { kind: "blackhole" } };
    expect(trace(here([toS3, own]), tcp("10.0.0.10", "52.219.0.10", 443), at("client")).explanation?.code).toBe("BAD_STATE_ROUTE");
  });
});

describe("where the documents contradict each other", () => {
  const igw: Route = { destination: "0.0.0.0/0", target: { kind: "internet-gateway", id: "igw-1" } };
  const toNat: Route = { destination: "0.0.0.0/0", target: { kind: "network-interface", id: "eni-nat" } };
  const range = { kind: "cidr", cidr: "10.0.0.0/16" } as const;
  /** The fourth document's VPC, as it is written there. */
  const s4 = network("vpc-a", "10.0.0.0/16", {
    nat: { address: "10.0.0.5", public: "198.51.100.5", sourceDestCheck: false, ingress: [port("sgr-nat-ssh", 22, range), port("sgr-nat-http", 80, range)] },
    bastion: { address: "10.0.0.10", public: "198.51.100.10", ingress: [port("sgr-bastion-ssh", 22)] },
    web: { address: "10.0.1.10", subnet: "private", ingress: [port("sgr-web-ssh", 22, range), port("sgr-web-http", 80, range)] },
  }, { main: [igw], private: [toNat] });

  it("X1: ping and HTTPS fail at the NAT instance's group (S4-15), and HTTP passes it", () => {
    const ping: Packet = { protocol: "icmp", source: "10.0.1.10", destination: "8.8.8.8", icmp: { type: 8, code: 0 } };
    for (const packet of [ping, tcp("10.0.1.10", "203.0.113.1", 443)]) {
      expect(trace(s4, packet, at("web")).explanation).toMatchObject({ code: "ENI_SG_RULES_MISMATCH", component: "eni-nat", direction: "ingress", way: "there" });
    }
    expect(trace(s4, tcp("10.0.1.10", "203.0.113.1", 80), at("web"))).toMatchObject({ arrivedAt: at("nat") });
  });

  it("X2: SSH from anywhere reaches the bastion (S4-22), by the rule that S0-52 forbids", () => {
    const result = trace(s4, tcp("203.0.113.9", "198.51.100.10", 22), { kind: "internet" });
    expect(result.reachable).toBe(true);
    expect(result.hops).toContainEqual({ component: "sg-bastion", direction: "ingress", way: "there", vpc: "vpc-a", detail: "sgr-bastion-ssh" });
  });

  it("X3: bastion and NAT instance reach the web server's port 80 (S4-21), by the rule for the whole range", () => {
    for (const [name, source] of [["bastion", "10.0.0.10"], ["nat", "10.0.0.5"]] as const) {
      const result = trace(s4, tcp(source, "10.0.1.10", 80), at(name));
      expect(result.reachable).toBe(true);
      expect(result.hops).toContainEqual({ component: "sg-web", direction: "ingress", way: "there", vpc: "vpc-a", detail: "sgr-web-http" });
    }
  });
});
