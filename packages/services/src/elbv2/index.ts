/** Application Load Balancers: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/ */
import { service } from "../define.js";
import { keepLogs } from "./access-log.js";
import { balancerAttributeOperations } from "./balancer-attributes.js";
import { balancerOperations } from "./balancers.js";
import { loadBalancer } from "./cfn.js";
import { targetGroup } from "./cfn-target-group.js";
import { listener, listenerCertificate, listenerRule } from "./cfn-listeners.js";
import { elbv2Facts } from "./facts.js";
import { groupAttributeOperations } from "./group-attributes.js";
import { listenerOperations } from "./listeners.js";
import { keepNames, keepNodes, watchHealth } from "./reconcile.js";
import { ruleOperations } from "./rules.js";
import { sslOperations } from "./ssl.js";
import { health, listeners, loadBalancers, logDeliveries, nodes, rules, targetGroups } from "./state.js";
import { tagOperations } from "./tags.js";
import { targetGroupOperations } from "./target-groups.js";
import { targetOperations } from "./targets.js";

export const elbv2 = service({
  id: "elbv2",
  tables: [loadBalancers, nodes, logDeliveries, listeners, rules, targetGroups, health],
  operations: [
    balancerOperations,
    balancerAttributeOperations,
    listenerOperations,
    ruleOperations,
    sslOperations,
    targetGroupOperations,
    groupAttributeOperations,
    targetOperations,
    tagOperations,
  ],
  reconcilers: [keepNodes, keepNames, watchHealth, keepLogs],
  resources: [loadBalancer, targetGroup, listener, listenerRule, listenerCertificate],
  facts: elbv2Facts,
});
