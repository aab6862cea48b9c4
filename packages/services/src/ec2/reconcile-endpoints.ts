/** What carries interface VPC endpoints to the data plane, and through their states. */
import type { ReconcileKey, Reader, Scope } from "@hakoniwa/kernel";
import { reconciler, watch, type Jobs } from "../define.js";
import { carryNetwork } from "./carry-network.js";
import { endpointPlan } from "./endpoint-plan.js";
import { endpointService } from "./endpoint-services.js";
import { endpointNames } from "./endpoint-view.js";
import { forgetToken } from "./idempotency.js";
import { deleteInterface } from "./network-interfaces.js";
import { vpcEndpoints, type VpcEndpoint } from "./state-connections.js";
import { networkInterfaces } from "./state.js";
import { dropTags } from "./tags.js";

export const keepEndpoints = reconciler({
  name: "ec2.keep-endpoints",
  watches: [
    watch(vpcEndpoints, (e) => [e.id]),
    // An interface that left its endpoint leaves its workload behind.
    watch(networkInterfaces, (i) => (i.interfaceType === "vpc_endpoint" ? [i.id] : [])),
  ],
  signals: [{ port: "workloads", keys: (workload, find, read) => endpointOf(find(networkInterfaces, workload)?.scope, workload, read) }],
  async reconcile(key, jobs) {
    if (key.id.startsWith("eni-")) return removeOrphan(jobs, key.id);
    const endpoint = jobs.db(vpcEndpoints).get(key.id);
    if (!endpoint || endpoint.type === "Gateway") return;
    const workloads = endpoint.interfaces.map((i) => i.networkInterfaceId);
    const first = endpointPlan(endpoint, workloads.map((id) => jobs.ports.workloads.observe(id)));
    if (first.run && first.next?.to !== "failed") await run(jobs, key.region, endpoint);
    if (first.takeDown) await takeDown(jobs, key.region, endpoint);
    const { next } = endpointPlan(endpoint, workloads.map((id) => jobs.ports.workloads.observe(id)));
    if (next) await settle(jobs, endpoint, next);
    if (endpoint.state === "available") await nameIt(jobs, key.region, endpoint);
  },
});

async function run(jobs: Jobs, region: string, endpoint: VpcEndpoint): Promise<void> {
  await carryNetwork(jobs, region, endpoint.vpcId);
  const { short } = endpointService(region, endpoint.serviceName);
  for (const { networkInterfaceId: id } of endpoint.interfaces) {
    try {
      await jobs.ports.workloads.ensure(id, { kind: "endpoint", endpoint: endpoint.id, vpc: endpoint.vpcId, interfaces: [id], service: short });
    } catch (error) {
      // A data plane that can't have it says so by the workload's status, which the plan makes the endpoint's failure.
      if (jobs.ports.workloads.observe(id)?.state !== "exited") throw error;
    }
  }
}

async function takeDown(jobs: Jobs, region: string, endpoint: VpcEndpoint): Promise<void> {
  await forgetNames(jobs, endpoint, []);
  for (const { networkInterfaceId } of endpoint.interfaces) await jobs.ports.workloads.remove(networkInterfaceId);
}

async function settle(jobs: Jobs, before: VpcEndpoint, next: { readonly to: "available" | "failed" | "gone"; readonly failure?: string | undefined }): Promise<void> {
  await jobs.write((db) => {
    const endpoint = db(vpcEndpoints).get(before.id);
    // It moved on meanwhile, and this is about what it was.
    if (endpoint !== before) return;
    if (next.to !== "gone") {
      db(vpcEndpoints).put({ ...endpoint, state: next.to, failure: next.failure });
      return;
    }
    for (const { networkInterfaceId } of endpoint.interfaces) deleteInterface(db, networkInterfaceId);
    db(vpcEndpoints).delete(endpoint.id);
    dropTags(db, endpoint.id);
    forgetToken(db, endpoint.id);
  });
}

/** The public names of its private addresses, and none of interfaces that it no longer has. */
async function nameIt(jobs: Jobs, region: string, endpoint: VpcEndpoint): Promise<void> {
  const wanted = endpointNames({ db: jobs.db, region }, endpoint);
  await forgetNames(jobs, endpoint, wanted.map(({ name }) => name));
  for (const { name, networkInterfaceIds } of wanted) {
    const addresses = networkInterfaceIds.flatMap((id) => jobs.db(networkInterfaces).get(id)?.privateIpAddresses[0] ?? []);
    if (addresses.length > 0) await jobs.ports.names.ensure(name, { addresses, scope: { kind: "internet" }, site: false });
  }
}

async function forgetNames(jobs: Jobs, endpoint: VpcEndpoint, kept: readonly string[]): Promise<void> {
  for (const name of jobs.ports.names.keys()) {
    if (name.startsWith(`${endpoint.id}-`) && !kept.includes(name)) await jobs.ports.names.remove(name);
  }
}

async function removeOrphan(jobs: Jobs, interfaceId: string): Promise<void> {
  if (jobs.db(networkInterfaces).get(interfaceId) || !jobs.ports.workloads.observe(interfaceId)) return;
  await jobs.ports.workloads.remove(interfaceId);
}

function endpointOf(scope: Scope | undefined, workload: string, read: (scope: Scope) => Reader): readonly ReconcileKey[] {
  if (!scope) return [];
  return read(scope)(vpcEndpoints).where("networkInterface", workload).map((e) => ({ ...scope, id: e.id }));
}
