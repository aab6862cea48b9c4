import { describe, expect, it } from "vitest";
import type { NetworkAcl, NetworkInterface, Route, SecurityGroup, Vpc } from "./model.js";
import { trace } from "./trace.js";

const all = { number: 100, action: "allow", protocol: "all", cidr: "0.0.0.0/0" } as const;
const egress: SecurityGroup["egress"] = [{ id: "sgr-out", protocol: "all", peer: { kind: "cidr", cidr: "0.0.0.0/0" } }];
const http = { id: "sgr-http", protocol: "tcp", ports: { from: 80, to: 80 }, peer: { kind: "cidr", cidr: "0.0.0.0/0" } } as const;
const toInternet: Route = { destination: "0.0.0.0/0", target: { kind: "internet-gateway", id: "igw-1" } };
const toNat: Route = { destination: "0.0.0.0/0", target: { kind: "nat-gateway", id: "nat-1", networkInterface: "eni-nat" } };

interface Changes {
  readonly privateRoutes?: readonly Route[];
  readonly webRules?: SecurityGroup["ingress"];
  readonly privateAcl?: Partial<NetworkAcl>;
  readonly bastion?: Partial<NetworkInterface>;
}

function network({ privateRoutes = [toNat], webRules = [http], privateAcl = {}, bastion = {} }: Changes = {}): Vpc {
  const eni = (name: string, subnet: string, address: string, groups: readonly string[], publicAddress?: string): NetworkInterface => ({
    id: `eni-${name}`, subnet, macAddress: "06:00:00:00:00:01", addresses: [{ private: address, public: publicAddress }], securityGroups: groups,
    sourceDestCheck: true, managed: undefined, attachment: { workload: name, deviceIndex: 0 },
  });
  const interfaces: NetworkInterface[] = [
    { ...eni("bastion", "subnet-public", "10.0.0.10", ["sg-bastion"], "198.51.100.10"), ...bastion },
    { ...eni("nat", "subnet-public", "10.0.0.5", [], "198.51.100.5"), managed: "nat-gateway" },
    eni("web", "subnet-private", "10.0.1.10", ["sg-web"]),
  ];
  const subnet = (name: string, cidr: string) => ({ id: `subnet-${name}`, cidr, availabilityZone: "a", routeTable: `rtb-${name}`, networkAcl: `acl-${name}` });
  return {
    id: "vpc-1", region: "ap-northeast-1", cidrs: ["10.0.0.0/16"], dnsSupport: true, domainName: "internal", internetGateway: "igw-1",
    subnets: new Map([subnet("public", "10.0.0.0/24"), subnet("private", "10.0.1.0/24")].map((one) => [one.id, one])),
    routeTables: new Map([["rtb-public", { id: "rtb-public", routes: [toInternet] }], ["rtb-private", { id: "rtb-private", routes: privateRoutes }]]),
    securityGroups: new Map([["sg-bastion", { id: "sg-bastion", ingress: [], egress }], ["sg-web", { id: "sg-web", ingress: webRules, egress }]]),
    networkAcls: new Map([["acl-public", { id: "acl-public", ingress: [all], egress: [all] }], ["acl-private", { id: "acl-private", ingress: [all], egress: [all], ...privateAcl }]]),
    interfaces: new Map(interfaces.map((one) => [one.id, one])),
  };
}

const tcp = (source: string, destination: string, destinationPort = 80) => ({ protocol: "tcp", source, destination, sourcePort: 40_000, destinationPort }) as const;
const at = (name: string) => ({ kind: "network-interface", id: `eni-${name}` }) as const;
const toWeb = (vpc: Vpc, port = 80) => trace(vpc, tcp("10.0.0.10", "10.0.1.10", port), at("bastion"));

describe("trace", () => {
  it("names every component on the way there and back", () => {
    const result = toWeb(network());
    expect(result).toMatchObject({ reachable: true, arrivedAt: at("web") });
    expect(result.hops.map((hop) => `${hop.way} ${hop.direction} ${hop.component}`)).toEqual([
      "there egress sg-bastion", "there egress rtb-public", "there egress acl-public", "there ingress acl-private", "there ingress sg-web", "there ingress eni-web",
      "back egress sg-web", "back egress rtb-private", "back egress acl-private", "back ingress acl-public", "back ingress sg-bastion", "back ingress eni-bastion",
    ]);
  });

  it("stops where no group's rule applies", () => {
    expect(toWeb(network(), 22).explanation).toMatchObject({ code: "ENI_SG_RULES_MISMATCH", component: "eni-web", direction: "ingress", way: "there" });
  });

  it("S0-51: stops the answer at an ACL without ephemeral ports", () => {
    const answers = { number: 100, action: "allow", protocol: "tcp", cidr: "0.0.0.0/0", ports: { from: 80, to: 80 } } as const;
    const result = toWeb(network({ privateAcl: { egress: [answers] } }));
    expect(result.explanation).toMatchObject({ code: "SUBNET_ACL_RESTRICTION", component: "acl-private", direction: "egress", way: "back" });
    expect(result.arrivedAt).toEqual(at("web"));
  });

  it("S4-36: goes out by the NAT gateway and back", () => {
    const ping = { protocol: "icmp", source: "10.0.1.10", destination: "8.8.8.8", icmp: { type: 8, code: 0 } } as const;
    expect(trace(network(), ping, at("web"))).toMatchObject({ reachable: true, arrivedAt: { kind: "internet" } });
    expect(trace(network({ privateRoutes: [] }), ping, at("web")).explanation?.code).toBe("NO_ROUTE_TO_DESTINATION");
    expect(trace(network({ privateRoutes: [{ ...toNat, target: { kind: "blackhole" } }] }), ping, at("web")).explanation?.code).toBe("BAD_STATE_ROUTE");
  });

  it("S4-18: stops at an instance that is no NAT instance yet", () => {
    const privateRoutes: Route[] = [{ destination: "0.0.0.0/0", target: { kind: "network-interface", id: "eni-bastion" } }];
    expect(trace(network({ privateRoutes }), tcp("10.0.1.10", "8.8.8.8"), at("web")).explanation)
      .toMatchObject({ code: "ENI_SOURCE_DEST_CHECK_RESTRICTION", component: "eni-bastion", direction: "ingress", way: "there" });
  });

  it("S4-01: finds no way from the internet but to public addresses", () => {
    const from = { kind: "internet" } as const;
    expect(trace(network(), tcp("203.0.113.1", "10.0.1.10"), from).explanation?.code).toBe("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS");
    expect(trace(network(), tcp("203.0.113.1", "198.51.100.10"), from).explanation?.code).toBe("ENI_SG_RULES_MISMATCH");
    expect(trace(network(), tcp("203.0.113.1", "198.51.100.5"), from).explanation?.code).toBe("NO_POSSIBLE_DESTINATION");
  });

  it("S4-19: needs a public address to leave by the internet gateway", () => {
    const bastion = { addresses: [{ private: "10.0.0.10", public: undefined }] };
    expect(trace(network({ bastion }), tcp("10.0.0.10", "8.8.8.8"), at("bastion")).explanation?.code).toBe("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS");
  });
});
