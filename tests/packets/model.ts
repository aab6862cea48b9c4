/** Networks for tests, from few words. */
import type { NetworkAcl, NetworkInterface, Route, SecurityGroup, SecurityGroupRule, Subnet, Vpc } from "@hakoniwa/network";

export interface SubnetWords {
  readonly cidr: string;
  readonly routes?: readonly Route[];
  readonly acl?: Pick<NetworkAcl, "ingress" | "egress">;
}

export interface InterfaceWords {
  readonly subnet: string;
  readonly address: string;
  readonly secondary?: readonly string[];
  readonly public?: string;
  readonly groups?: readonly string[];
  readonly sourceDestCheck?: boolean;
  readonly managed?: "nat-gateway";
  readonly workload?: string;
  readonly deviceIndex?: number;
}

export interface VpcWords {
  readonly id: string;
  readonly cidr?: string;
  readonly region?: string;
  readonly internetGateway?: boolean;
  readonly subnets: Readonly<Record<string, SubnetWords>>;
  readonly groups?: Readonly<Record<string, Pick<SecurityGroup, "ingress" | "egress">>>;
  readonly interfaces: Readonly<Record<string, InterfaceWords>>;
}

export const toInternet: Route = { destination: "0.0.0.0/0", target: { kind: "internet-gateway", id: "igw-test" } };
export const allowAll = { number: 100, action: "allow", protocol: "all", cidr: "0.0.0.0/0" } as const;
export const openAcl = { ingress: [allowAll], egress: [allowAll] };

/** The way from a VPC to a peer. */
export function toPeer(destination: string, vpc: string, region = "ap-northeast-1"): Route {
  return { destination, target: { kind: "peering", id: "pcx-test", vpc, region } };
}

/** A rule that admits the members of a peered VPC's group. */
export function peerRule(vpc: string, group: string, protocol: SecurityGroupRule["protocol"] = "all", port?: number): SecurityGroupRule {
  return { ...rule(group, protocol, port), peer: { kind: "group", id: group, vpc } };
}

/** A rule that admits a range, or the members of a group (`sg-…`). */
export function rule(peer: string, protocol: SecurityGroupRule["protocol"] = "all", port?: number): SecurityGroupRule {
  return {
    id: `sgr-${peer}-${protocol}-${port}`,
    protocol,
    ports: port === undefined ? undefined : { from: port, to: port },
    peer: peer.startsWith("sg-") ? { kind: "group", id: peer } : { kind: "cidr", cidr: peer },
  };
}

export const anywhere = rule("0.0.0.0/0");

/** Names in words become ids: subnet `web` is `subnet-web`; an interface's name is its workload's, unless it says another. */
export function vpc(words: VpcWords): Vpc {
  const subnets = Object.entries(words.subnets);
  return {
    id: words.id,
    region: words.region ?? "ap-northeast-1",
    cidrs: [words.cidr ?? "10.0.0.0/16"],
    dnsSupport: true,
    domainName: "ap-northeast-1.compute.internal",
    internetGateway: words.internetGateway === false ? undefined : "igw-test",
    subnets: new Map(subnets.map(([name, { cidr }]): [string, Subnet] => [`subnet-${name}`, {
      id: `subnet-${name}`, cidr, availabilityZone: "ap-northeast-1a", routeTable: `rtb-${name}`, networkAcl: `acl-${name}`,
    }])),
    routeTables: new Map(subnets.map(([name, { routes }]) => [`rtb-${name}`, { id: `rtb-${name}`, routes: routes ?? [] }])),
    networkAcls: new Map(subnets.map(([name, { acl }]) => [`acl-${name}`, { id: `acl-${name}`, ...(acl ?? openAcl) }])),
    securityGroups: new Map(Object.entries(words.groups ?? { "sg-open": { ingress: [anywhere], egress: [anywhere] } }).map(([id, group]) => [id, { id, ...group }])),
    interfaces: new Map(Object.entries(words.interfaces).map(([name, one], at): [string, NetworkInterface] => [`eni-${name}`, {
      id: `eni-${name}`,
      subnet: `subnet-${one.subnet}`,
      macAddress: `06:00:00:00:00:${(at + 1).toString(16).padStart(2, "0")}`,
      addresses: [{ private: one.address, public: one.public }, ...(one.secondary ?? []).map((address) => ({ private: address, public: undefined }))],
      securityGroups: one.managed === undefined ? one.groups ?? ["sg-open"] : [],
      sourceDestCheck: one.sourceDestCheck ?? one.managed === undefined,
      managed: one.managed,
      attachment: { workload: one.workload ?? name, deviceIndex: one.deviceIndex ?? 0 },
    }])),
  };
}

/** The same network with some interfaces otherwise; undefined takes one away. */
export function withInterfaces(network: Vpc, changes: Readonly<Record<string, Partial<NetworkInterface> | undefined>>): Vpc {
  const interfaces = new Map(network.interfaces);
  for (const [name, change] of Object.entries(changes)) {
    const id = `eni-${name}`;
    const known = interfaces.get(id);
    if (change === undefined) interfaces.delete(id);
    else if (known !== undefined) interfaces.set(id, { ...known, ...change });
  }
  return { ...network, interfaces };
}

/** The same network with one group's rules otherwise. */
export function withGroup(network: Vpc, id: string, change: Partial<SecurityGroup>): Vpc {
  const group = network.securityGroups.get(id) ?? { id, ingress: [], egress: [] };
  return { ...network, securityGroups: new Map(network.securityGroups).set(id, { ...group, ...change }) };
}

/** The same network with one subnet's ACL otherwise. */
export function withAcl(network: Vpc, subnet: string, change: Partial<NetworkAcl>): Vpc {
  const id = `acl-${subnet}`;
  const acl = network.networkAcls.get(id) ?? { id, ...openAcl };
  return { ...network, networkAcls: new Map(network.networkAcls).set(id, { ...acl, ...change }) };
}

/** The same network with one subnet's routes otherwise. */
export function withRoutes(network: Vpc, subnet: string, routes: readonly Route[]): Vpc {
  const id = `rtb-${subnet}`;
  return { ...network, routeTables: new Map(network.routeTables).set(id, { id, routes }) };
}
