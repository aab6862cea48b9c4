/** CloudFormation: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/ */
import type { Resource, Schemas } from "@hakoniwa/cloudformation";
import { service } from "../define.js";
import { cloudformationResources } from "./cfn.js";
import { changeSetOperations } from "./change-sets.js";
import { detectDrift, driftOperations } from "./drift.js";
import { eventOperations } from "./events.js";
import { exportOperations } from "./exports.js";
import { cloudformationFacts } from "./facts.js";
import { makeNestedChangeSets } from "./nested-change-sets.js";
import { notifyTopics } from "./notify.js";
import { runStacks } from "./reconcile.js";
import { createRegistry } from "./registry.js";
import { resourceOperations } from "./resources.js";
import { signalOperations } from "./signals.js";
import { rollbackOperations } from "./rollbacks.js";
import { stackPolicyOperations } from "./stack-policies.js";
import { stackOperations } from "./stacks.js";
import { changeSets, driftDetections, stackEvents, stackResources, stacks, templates } from "./state.js";
import { templateOperations } from "./templates.js";
import { waitingTables } from "./wait-state.js";

/**
 * @param resources every service's resource types; asked for on first use, when all services are there
 * @param schemas what their properties are checked against: AWS's registry by default
 */
export function createCloudformation(resources: () => readonly Resource[], schemas?: () => Schemas) {
  const registry = createRegistry(resources, schemas);
  return service({
    id: "cloudformation",
    tables: [stacks, templates, stackResources, stackEvents, changeSets, driftDetections, ...waitingTables],
    operations: [
      ...[stackOperations, changeSetOperations, driftOperations, templateOperations].map((operations) => operations(registry)),
      rollbackOperations,
      resourceOperations,
      eventOperations,
      exportOperations,
      stackPolicyOperations,
      signalOperations,
    ],
    reconcilers: [runStacks(registry), detectDrift(registry), makeNestedChangeSets(registry), notifyTopics],
    resources: cloudformationResources,
    facts: cloudformationFacts,
  });
}
