/** Elastic Load Balancing, Classic: https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/ */
import { service } from "../define.js";
import { keepLogs } from "./access-log.js";
import { attributeOperations } from "./attributes.js";
import { balancerOperations } from "./balancers.js";
import { loadBalancer } from "./cfn.js";
import { elbFacts } from "./facts.js";
import { healthCheckOperations } from "./health-checks.js";
import { instanceOperations } from "./instances.js";
import { listenerOperations } from "./listeners.js";
import { policyOperations } from "./policies.js";
import { endDraining, keepNodes, watchHealth } from "./reconcile.js";
import { health, loadBalancers, logDeliveries, nodes } from "./state.js";
import { subnetOperations } from "./subnets.js";
import { tagOperations } from "./tags.js";

export const elb = service({
  id: "elb",
  tables: [loadBalancers, nodes, logDeliveries, health],
  operations: [
    balancerOperations,
    listenerOperations,
    policyOperations,
    healthCheckOperations,
    instanceOperations,
    subnetOperations,
    attributeOperations,
    tagOperations,
  ],
  reconcilers: [keepNodes, endDraining, watchHealth, keepLogs],
  resources: [loadBalancer],
  facts: elbFacts,
});
