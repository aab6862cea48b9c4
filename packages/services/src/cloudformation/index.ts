/** CloudFormation: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/ */
import type { Resource, Schemas } from "@hakoniwa/cloudformation";
import { service } from "../define.js";
import { changeSetOperations } from "./change-sets.js";
import { eventOperations } from "./events.js";
import { exportOperations } from "./exports.js";
import { cloudformationFacts } from "./facts.js";
import { runStacks } from "./reconcile.js";
import { createRegistry } from "./registry.js";
import { resourceOperations } from "./resources.js";
import { stackOperations } from "./stacks.js";
import { changeSets, stackEvents, stackResources, stacks, templates } from "./state.js";
import { templateOperations } from "./templates.js";

/**
 * @param resources every service's resource types; asked for on first use, when all services are there
 * @param schemas what their properties are checked against: AWS's registry by default
 */
export function createCloudformation(resources: () => readonly Resource[], schemas?: () => Schemas) {
  const registry = createRegistry(resources, schemas);
  return service({
    id: "cloudformation",
    tables: [stacks, templates, stackResources, stackEvents, changeSets],
    operations: [
      stackOperations(registry),
      changeSetOperations(registry),
      templateOperations(registry),
      resourceOperations,
      eventOperations,
      exportOperations,
    ],
    reconcilers: [runStacks(registry)],
    facts: cloudformationFacts,
  });
}
