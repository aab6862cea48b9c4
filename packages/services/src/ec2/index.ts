/** Elastic Compute Cloud: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/ */
import { service } from "../define.js";
import { computeResources } from "./cfn-compute.js";
import { networkResources } from "./cfn-network.js";
import { computeFacts } from "./compute-facts.js";
import { computeOperations } from "./compute-operations.js";
import { seed } from "./default-vpc.js";
import { dryRun } from "./errors.js";
import type { Ec2Facts } from "./facts.js";
import { keepFlowLogs } from "./flow-log-reconcile.js";
import { flowDeliveries } from "./flow-log-state.js";
import { networkFacts } from "./network-facts.js";
import { networkOperations } from "./network-operations.js";
import { identityKeys, seedIdentityKey } from "./identity.js";
import { keepModifications, keepSnapshots, keepVolumes } from "./reconcile-disks.js";
import { keepEndpoints } from "./reconcile-endpoints.js";
import { keepInstances } from "./reconcile-instances.js";
import { keepNames, keepNatGateways, keepNetworks } from "./reconcile-networks.js";
import { keepPeerings } from "./reconcile-peerings.js";
import { computeTables } from "./state-compute.js";
import { networkTables } from "./state.js";

export const ec2 = service<Ec2Facts>({
  id: "ec2",
  tables: [...networkTables, ...computeTables, flowDeliveries, identityKeys],
  operations: [...networkOperations, ...computeOperations],
  reconcilers: [keepNetworks, keepNatGateways, keepNames, keepPeerings, keepEndpoints, keepFlowLogs, keepInstances, keepVolumes, keepSnapshots, keepModifications],
  resources: [...networkResources, ...computeResources],
  facts: (db, scope) => ({ ...networkFacts(db, scope), ...computeFacts(db, scope) }),
  seed(ctx) {
    seed(ctx);
    seedIdentityKey(ctx);
  },
  authorized(input) {
    if (input["DryRun"] === true) throw dryRun();
  },
});
