/** The network as the data plane and the prover read it, projected from EC2's records. What did not change keeps its identity. */
import type { Reader } from "@hakoniwa/kernel";
import type * as model from "@hakoniwa/network";
import { networkAclOf } from "./network-acls.js";
import { mainRouteTable, routeTableOf } from "./route-tables.js";
import { liveNatGateway } from "./routes.js";
import {
  addresses,
  internetGateways,
  networkAcls,
  networkInterfaces,
  routeTables,
  securityGroups,
  subnets,
  vpcs,
  type NetworkAcl,
  type NetworkAclEntry,
  type NetworkInterface,
  type RouteTable,
  type RouteTarget,
  type SecurityGroup,
  type SecurityGroupRule,
  type Subnet,
  type Vpc,
} from "./state.js";
import { internalDomain } from "./zones.js";

/** The model of a VPC; undefined when there is no such VPC. The same records give the same object. */
export function projectVpc(db: Reader, region: string, vpcId: string): model.Vpc | undefined {
  const vpc = db(vpcs).get(vpcId);
  if (!vpc) return undefined;
  const parts = {
    subnets: sharedMap(vpc, "subnets", db(subnets).where("vpc", vpcId).map((s) => projectSubnet(db, s))),
    routeTables: sharedMap(vpc, "routeTables", db(routeTables).where("vpc", vpcId).map((t) => projectRouteTable(db, t))),
    securityGroups: sharedMap(vpc, "securityGroups", db(securityGroups).where("vpc", vpcId).map(projectSecurityGroup)),
    networkAcls: sharedMap(vpc, "networkAcls", db(networkAcls).where("vpc", vpcId).map(projectNetworkAcl)),
    interfaces: sharedMap(vpc, "interfaces", db(networkInterfaces).where("vpc", vpcId).map((i) => projectInterface(db, i))),
  };
  const internetGateway = db(internetGateways).where("vpc", vpcId)[0]?.id;
  return remembered(vpc, "vpc", [region, internetGateway, ...Object.values(parts)], () => ({
    id: vpc.id,
    region,
    cidrs: vpc.cidrs.map((c) => c.cidr),
    dnsSupport: vpc.dnsSupport,
    domainName: internalDomain(region),
    internetGateway,
    ...parts,
  }));
}

function projectSubnet(db: Reader, subnet: Subnet): model.Subnet {
  const routeTable = (routeTableOf(db, subnet) ?? mainRouteTable(db, subnet.vpcId))!.id;
  const networkAcl = networkAclOf(db, subnet.id)!.id;
  return remembered(subnet, "subnet", [routeTable, networkAcl], () => ({
    id: subnet.id,
    cidr: subnet.cidr,
    availabilityZone: subnet.availabilityZone,
    routeTable,
    networkAcl,
  }));
}

function projectRouteTable(db: Reader, table: RouteTable): model.RouteTable {
  const targets = table.routes.map((route) => projectTarget(db, table.vpcId, route.target));
  const state = targets.map((t) => `${t.kind}/${"networkInterface" in t ? t.networkInterface : ""}`);
  return remembered(table, "routeTable", state, () => ({
    id: table.id,
    routes: table.routes.map((route, index) => ({ destination: route.destination, target: targets[index]! })),
  }));
}

/** A stopped instance's interface stays the target: nothing answers behind it, as in AWS, whatever the route's state says. */
function projectTarget(db: Reader, vpcId: string, target: RouteTarget): model.RouteTarget {
  switch (target.kind) {
    case "internet-gateway":
      return db(internetGateways).get(target.id)?.vpcId === vpcId ? target : { kind: "blackhole" };
    case "nat-gateway": {
      const networkInterface = liveNatGateway(db, target.id);
      return networkInterface === undefined ? { kind: "blackhole" } : { ...target, networkInterface };
    }
    case "network-interface":
      return db(networkInterfaces).get(target.id)?.attachment ? target : { kind: "blackhole" };
  }
}

function projectSecurityGroup(group: SecurityGroup): model.SecurityGroup {
  return remembered(group, "securityGroup", [], () => ({
    id: group.id,
    ingress: group.rules.filter((r) => !r.egress).map(projectRule),
    egress: group.rules.filter((r) => r.egress).map(projectRule),
  }));
}

function projectRule(rule: SecurityGroupRule): model.SecurityGroupRule {
  return remembered(rule, "rule", [], () => {
    const base = { id: rule.id, peer: rule.peer };
    const { from, to } = rule;
    if (rule.protocol === "-1") return { ...base, protocol: "all" };
    if (rule.protocol === "tcp" || rule.protocol === "udp") return { ...base, protocol: rule.protocol, ports: { from: from!, to: to! } };
    if (rule.protocol === "icmp") return { ...base, protocol: "icmp", icmp: { type: from!, code: to! } };
    return { ...base, protocol: Number(rule.protocol) };
  });
}

function projectNetworkAcl(acl: NetworkAcl): model.NetworkAcl {
  const entries = acl.entries.toSorted((a, b) => a.number - b.number);
  return remembered(acl, "networkAcl", [], () => ({
    id: acl.id,
    ingress: entries.filter((e) => !e.egress).map(projectEntry),
    egress: entries.filter((e) => e.egress).map(projectEntry),
  }));
}

const ACL_PROTOCOLS: Readonly<Record<string, model.Protocol>> = { "-1": "all", "6": "tcp", "17": "udp", "1": "icmp" };

function projectEntry(entry: NetworkAclEntry): model.AclEntry {
  return remembered(entry, "entry", [], () => ({
    number: entry.number,
    action: entry.action,
    protocol: ACL_PROTOCOLS[entry.protocol] ?? Number(entry.protocol),
    cidr: entry.cidr,
    ports: entry.ports,
    icmp: entry.icmp,
  }));
}

function projectInterface(db: Reader, found: NetworkInterface): model.NetworkInterface {
  const bound = new Map(db(addresses).where("networkInterface", found.id).map((a) => [a.association!.privateIpAddress, a.publicIp]));
  const publics = found.privateIpAddresses.map((address) => bound.get(address));
  return remembered(found, "interface", publics, () => ({
    id: found.id,
    subnet: found.subnetId,
    macAddress: found.macAddress,
    addresses: found.privateIpAddresses.map((address, index) => ({ private: address, public: publics[index] })),
    securityGroups: found.securityGroups,
    sourceDestCheck: found.sourceDestCheck,
    managed: found.interfaceType === "nat_gateway" ? "nat-gateway" : undefined,
    // What holds a service's interface is a workload with the interface's own id.
    attachment: found.attachment && { workload: found.attachment.instanceId ?? found.id, deviceIndex: found.attachment.deviceIndex },
  }));
}

interface Remembered {
  readonly dependencies: readonly unknown[];
  readonly value: unknown;
}

/** By record, then by what was made of it. Records are immutable, so nothing here can go stale; it goes with its record. */
const memory = new WeakMap<object, Map<string, Remembered>>();

/** What was made of a record before, if everything else that it was made of is the same; else what `make` makes. */
function remembered<T>(record: object, name: string, dependencies: readonly unknown[], make: () => T): T {
  let made = memory.get(record);
  if (!made) memory.set(record, (made = new Map()));
  const before = made.get(name);
  const same = before?.dependencies.length === dependencies.length && before.dependencies.every((d, i) => d === dependencies[i]);
  if (same) return before.value as T;
  const value = make();
  made.set(name, { dependencies, value });
  return value;
}

/** Parts by their id: the map of before when every part is the same. */
function sharedMap<T extends { readonly id: string }>(vpc: Vpc, name: string, parts: readonly T[]): ReadonlyMap<string, T> {
  return remembered(vpc, name, parts, () => new Map(parts.map((part) => [part.id, part])));
}
