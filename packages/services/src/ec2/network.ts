/** The network as the data plane and the prover read it, projected from EC2's records. What did not change keeps its identity. */
import type { Find, Reader } from "@hakoniwa/kernel";
import type * as model from "@hakoniwa/network";
import { awsPrefixLists } from "./aws-prefix-lists.js";
import { dhcpSettingsOf, domainNameOf } from "./dhcp-plan.js";
import { endpointService, serviceDnsName } from "./endpoint-services.js";
import { isFlowLogged } from "./flow-log-resource.js";
import { networkAclOf } from "./network-acls.js";
import { activePeer } from "./peering-state.js";
import { prefixListCidrs } from "./prefix-lists.js";
import { remembered, sharedMap } from "./remembered.js";
import { mainRouteTable, routeTableOf } from "./route-tables.js";
import { liveNatGateway } from "./routes.js";
import { vpcEndpoints } from "./state-connections.js";
import {
  addresses,
  dhcpOptions,
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
  type Route,
  type RouteTable,
  type RouteTarget,
  type SecurityGroup,
  type SecurityGroupRule,
  type Subnet,
  type Vpc,
} from "./state.js";

/** Where a projection reads: one region's records, and those of the VPCs that are peered with its own. */
export interface Ground {
  readonly db: Reader;
  readonly find: Find;
  readonly now: number;
  readonly region: string;
}

/** The model of a VPC; undefined when there is no such VPC. The same records give the same object. */
export function projectVpc(ground: Ground, vpcId: string): model.Vpc | undefined {
  const { db, region } = ground;
  const vpc = db(vpcs).get(vpcId);
  if (!vpc) return undefined;
  const parts = {
    subnets: sharedMap(vpc, "subnets", db(subnets).where("vpc", vpcId).map((s) => projectSubnet(db, s))),
    routeTables: sharedMap(vpc, "routeTables", db(routeTables).where("vpc", vpcId).map((t) => projectRouteTable(ground, t))),
    securityGroups: sharedMap(vpc, "securityGroups", db(securityGroups).where("vpc", vpcId).map((g) => projectSecurityGroup(ground, g))),
    networkAcls: sharedMap(vpc, "networkAcls", db(networkAcls).where("vpc", vpcId).map(projectNetworkAcl)),
    interfaces: sharedMap(vpc, "interfaces", db(networkInterfaces).where("vpc", vpcId).map((i) => projectInterface(db, i))),
  };
  const internetGateway = db(internetGateways).where("vpc", vpcId)[0]?.id;
  const options = db(dhcpOptions).get(vpc.dhcpOptionsId);
  const privateNames = projectNames(ground, vpc);
  return remembered(vpc, "vpc", [region, internetGateway, options, privateNames, ...Object.values(parts)], () => ({
    id: vpc.id,
    region,
    cidrs: vpc.cidrs.map((c) => c.cidr),
    dnsSupport: vpc.dnsSupport,
    domainName: domainNameOf(options),
    dhcp: dhcpSettingsOf(options),
    internetGateway,
    privateNames,
    ...parts,
  }));
}

/** Private DNS of the endpoints that can be reached. */
function projectNames({ db, region }: Ground, vpc: Vpc): ReadonlyMap<string, readonly string[]> {
  const named = db(vpcEndpoints).where("vpc", vpc.id).filter((e) => e.privateDns && e.state === "available");
  return remembered(vpc, "privateNames", named, () => {
    const addressesOf = (id: string): readonly string[] => db(networkInterfaces).get(id)?.privateIpAddresses.slice(0, 1) ?? [];
    return new Map(named.map((e) => [
      serviceDnsName(region, endpointService(region, e.serviceName).short),
      e.interfaces.flatMap((i) => addressesOf(i.networkInterfaceId)),
    ]));
  });
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

function projectRouteTable(ground: Ground, table: RouteTable): model.RouteTable {
  const own = table.routes.flatMap((route) => projectRoute(ground, table.vpcId, route));
  const routes = [...own, ...endpointRoutes(ground, table)];
  // Plain data, so its text says whether it is the same.
  return remembered(table, "routeTable", [JSON.stringify(routes)], () => ({ id: table.id, routes }));
}

function projectRoute(ground: Ground, vpcId: string, route: Route): readonly model.Route[] {
  const target = projectTarget(ground, vpcId, route.target);
  const { destination } = route;
  if (!destination.startsWith("pl-")) return [{ destination, target }];
  return (prefixListCidrs(ground.db, ground.region, destination) ?? []).map((cidr) => ({ destination: cidr, target, prefixList: destination }));
}

/** The routes that gateway endpoints bring into their tables. */
function endpointRoutes({ db, region }: Ground, table: RouteTable): readonly model.Route[] {
  return db(vpcEndpoints).where("routeTable", table.id).flatMap((endpoint) => {
    const { short: service } = endpointService(region, endpoint.serviceName);
    const list = awsPrefixLists(region).find((each) => each.service === service)!;
    return list.cidrs.map((destination) => ({ destination, target: { kind: "gateway-endpoint" as const, id: endpoint.id, service }, prefixList: list.id }));
  });
}

/** A stopped instance's interface stays the target: nothing answers behind it, as in AWS, whatever the route's state says. */
function projectTarget({ db, find, now }: Ground, vpcId: string, target: RouteTarget): model.RouteTarget {
  switch (target.kind) {
    case "internet-gateway":
      return db(internetGateways).get(target.id)?.vpcId === vpcId ? target : { kind: "blackhole" };
    case "nat-gateway": {
      const networkInterface = liveNatGateway(db, target.id);
      return networkInterface === undefined ? { kind: "blackhole" } : { ...target, networkInterface };
    }
    case "network-interface":
      return db(networkInterfaces).get(target.id)?.attachment ? target : { kind: "blackhole" };
    case "vpc-peering-connection": {
      const peer = activePeer(find, target.id, vpcId, now);
      return peer ? { kind: "peering", id: target.id, vpc: peer.vpc, region: peer.region } : { kind: "blackhole" };
    }
  }
}

function projectSecurityGroup(ground: Ground, group: SecurityGroup): model.SecurityGroup {
  const rules = group.rules.map((rule) => ({ egress: rule.egress, projected: projectRule(ground, group, rule) }));
  return remembered(group, "securityGroup", rules.map((r) => r.projected), () => ({
    id: group.id,
    ingress: rules.filter((r) => !r.egress).flatMap((r) => r.projected),
    egress: rules.filter((r) => r.egress).flatMap((r) => r.projected),
  }));
}

/** One rule, or one for each entry of its prefix list. A group's rule counts only while the group is there and, where it is a peer's, the peering active. */
function projectRule({ db, find, now, region }: Ground, group: SecurityGroup, rule: SecurityGroupRule): readonly model.SecurityGroupRule[] {
  const { peer } = rule;
  switch (peer.kind) {
    case "cidr":
      return remembered(rule, "rule", [], () => [{ ...projectTraffic(rule), peer }]);
    case "group": {
      const vpc = peer.peered && activePeer(find, peer.peered.connectionId, group.vpcId, now) ? peer.peered.vpcId : undefined;
      const stale = peer.peered !== undefined && vpc === undefined;
      return remembered(rule, "rule", [vpc, stale], () => (stale ? [] : [{ ...projectTraffic(rule), peer: { kind: "group", id: peer.id, ...(vpc === undefined ? {} : { vpc }) } }]));
    }
    case "prefix-list": {
      const cidrs = prefixListCidrs(db, region, peer.id) ?? [];
      return remembered(rule, "rule", [cidrs.join()], () => cidrs.map((cidr) => ({ ...projectTraffic(rule), peer: { kind: "cidr", cidr } })));
    }
  }
}

function projectTraffic(rule: SecurityGroupRule): Omit<model.SecurityGroupRule, "peer"> {
  const base = { id: rule.id };
  const { from, to } = rule;
  if (rule.protocol === "-1") return { ...base, protocol: "all" };
  if (rule.protocol === "tcp" || rule.protocol === "udp") return { ...base, protocol: rule.protocol, ports: { from: from!, to: to! } };
  if (rule.protocol === "icmp") return { ...base, protocol: "icmp", icmp: { type: from!, code: to! } };
  return { ...base, protocol: Number(rule.protocol) };
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
  const flowLogged = isFlowLogged(db, found);
  return remembered(found, "interface", [...publics, flowLogged], () => ({
    id: found.id,
    subnet: found.subnetId,
    macAddress: found.macAddress,
    addresses: found.privateIpAddresses.map((address, index) => ({ private: address, public: publics[index] })),
    securityGroups: found.securityGroups,
    sourceDestCheck: found.sourceDestCheck,
    managed: found.interfaceType === "nat_gateway" ? "nat-gateway" : undefined,
    // What holds a service's interface is a workload with the interface's own id.
    attachment: found.attachment && { workload: found.attachment.instanceId ?? found.id, deviceIndex: found.attachment.deviceIndex },
    ...(flowLogged ? { flowLogged } : {}),
  }));
}
