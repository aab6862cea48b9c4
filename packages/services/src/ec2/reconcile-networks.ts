/** What carries EC2's networks to the data plane, and NAT gateways through their states. */
import type { Database, ReconcileKey, Reader, Scope } from "@hakoniwa/kernel";
import { reconciler, watch } from "../define.js";
import { carryNetwork } from "./carry-network.js";
import { vpcOfLog } from "./flow-log-resource.js";
import { natPlan } from "./nat-plan.js";
import { deleteInterface } from "./network-interfaces.js";
import { flowLogs, peeringAnswers, peeringRequests, prefixLists, vpcEndpoints } from "./state-connections.js";
import {
  addresses,
  dhcpOptions,
  internetGateways,
  natGateways,
  networkAcls,
  networkInterfaces,
  routeTables,
  securityGroups,
  subnets,
  vpcs,
  type Address,
  type NatGateway,
} from "./state.js";
import { dropTags } from "./tags.js";
import { publicDnsName } from "./zones.js";

export const keepNetworks = reconciler({
  name: "ec2.keep-networks",
  watches: [
    watch(vpcs, (v) => [v.id]),
    watch(subnets, (s) => [s.vpcId]),
    watch(routeTables, (t) => [t.vpcId]),
    watch(internetGateways, (g) => (g.vpcId ? [g.vpcId] : [])),
    watch(securityGroups, (g) => [g.vpcId]),
    watch(networkAcls, (a) => [a.vpcId]),
    watch(networkInterfaces, (i) => [i.vpcId]),
    watch(natGateways, (n) => [n.vpcId]),
    watch(addresses, (a, scope, read) => vpcOf(a, read(scope))),
    watch(vpcEndpoints, (e) => [e.vpcId]),
    watch(flowLogs, (log, scope, read) => [vpcOfLog(read(scope), log) ?? []].flat()),
    watch(dhcpOptions, (d, scope, read) => read(scope)(vpcs).where("dhcpOptions", d.id).map((v) => v.id)),
    watch(prefixLists, (p, scope, read) => [...read(scope)(routeTables).where("prefixList", p.id), ...read(scope)(securityGroups).where("prefixList", p.id)].map((user) => user.vpcId)),
    watch(peeringRequests, (p, scope) => [{ ...scope, id: p.vpcId }, { account: p.peer.account, region: p.peer.region, id: p.peer.vpcId }]),
    watch(peeringAnswers, (p, scope) => [{ ...scope, id: p.vpcId }, { account: p.requester.account, region: p.requester.region, id: p.requester.vpcId }]),
  ],
  reconcile: (key, jobs) => carryNetwork(jobs, key.region, key.id),
});

function vpcOf(address: Address, db: Reader): readonly string[] {
  const id = address.association?.networkInterfaceId;
  const vpcId = id === undefined ? undefined : db(networkInterfaces).get(id)?.vpcId;
  return vpcId === undefined ? [] : [vpcId];
}

export const keepNatGateways = reconciler({
  name: "ec2.keep-nat-gateways",
  watches: [watch(natGateways, (n) => [n.id])],
  signals: [{ port: "workloads", keys: (workload, find, read) => natGatewayOf(find(networkInterfaces, workload)?.scope, workload, read) }],
  async reconcile(key, jobs) {
    const gateway = jobs.db(natGateways).get(key.id);
    if (!gateway) return;
    const workload = gateway.networkInterfaceId;
    const plan = natPlan(gateway, workload === undefined ? undefined : jobs.ports.workloads.observe(workload), jobs.now);
    if (plan.run && workload !== undefined) {
      await carryNetwork(jobs, key.region, gateway.vpcId);
      await jobs.ports.workloads.ensure(workload, { kind: "nat-gateway", vpc: gateway.vpcId, interfaces: [workload] });
    }
    if (plan.takeDown && workload !== undefined) await jobs.ports.workloads.remove(workload);
    if (plan.next) await jobs.write((db) => settle(db, gateway.id, plan.next!));
    return plan.wakeAt === undefined ? undefined : { at: plan.wakeAt };
  },
});

function natGatewayOf(scope: Scope | undefined, workload: string, read: (scope: Scope) => Reader): readonly ReconcileKey[] {
  if (!scope) return [];
  return read(scope)(natGateways).where("networkInterface", workload).map((n) => ({ ...scope, id: n.id }));
}

/** Writes the state that the plan came to, unless the gateway moved on meanwhile. */
function settle(db: Database, id: string, next: { readonly from: NatGateway["state"]; readonly to: NatGateway["state"] | "gone" }): void {
  const gateway = db(natGateways).get(id);
  if (gateway?.state !== next.from) return;
  if (next.to === "gone") {
    db(natGateways).delete(id);
    dropTags(db, id);
    return;
  }
  if (next.to === "deleted" && gateway.networkInterfaceId !== undefined) deleteInterface(db, gateway.networkInterfaceId);
  db(natGateways).put({ ...gateway, state: next.to });
}

/** Public names of addresses, where their VPC has DNS hostnames on: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html */
export const keepNames = reconciler({
  name: "ec2.keep-names",
  watches: [
    watch(addresses, (a) => [a.publicIp]),
    watch(vpcs, (v, scope, read) => {
      const db = read(scope);
      const interfaces = db(networkInterfaces).where("vpc", v.id);
      return interfaces.flatMap((i) => db(addresses).where("networkInterface", i.id).map((a) => a.publicIp));
    }),
  ],
  async reconcile(key, jobs) {
    const name = publicDnsName(key.id, key.region);
    const address = jobs.db(addresses).get(key.id);
    const holder = address?.association && jobs.db(networkInterfaces).get(address.association.networkInterfaceId);
    const named = holder !== undefined && jobs.db(vpcs).get(holder.vpcId)?.dnsHostnames === true;
    if (named) await jobs.ports.names.ensure(name, { addresses: [key.id], scope: { kind: "internet" }, site: false });
    else if (jobs.ports.names.observe(name)) await jobs.ports.names.remove(name);
  },
});
