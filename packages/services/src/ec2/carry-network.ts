import type { Jobs } from "../define.js";
import { projectVpc } from "./network.js";
import { networkInterfaces } from "./state.js";

/**
 * Carries a VPC as it is now to the data plane. Workloads whose interface must be there first await it.
 * A VPC without interfaces needs no router, so it has none.
 */
export async function carryNetwork(jobs: Jobs, region: string, vpcId: string): Promise<void> {
  const inUse = jobs.db(networkInterfaces).where("vpc", vpcId).length > 0;
  const network = inUse ? projectVpc({ db: jobs.db, find: jobs.find, now: jobs.now, region }, vpcId) : undefined;
  if (network) await jobs.ports.networks.ensure(vpcId, network);
  else if (jobs.ports.networks.observe(vpcId)) await jobs.ports.networks.remove(vpcId);
}
