/** What a balancer needs next, and what its nodes' checks mean. Pure. */
import type { BalancerTarget, BalancerWorkload, NameRecord, TargetHealth, WorkloadStatus } from "@hakoniwa/network";
import type { InstanceFact } from "../ec2/facts.js";
import { nodeHealthCheck } from "./health-checks.js";
import type { BalancerSubnet, InstanceHealth, LoadBalancer, Node } from "./state.js";

export interface NodePlan {
  /** Subnets that have no node yet. */
  readonly create: readonly BalancerSubnet[];
  /** Nodes whose security groups are not the balancer's. */
  readonly regroup: readonly Node[];
  readonly retire: readonly Node[];
}

/** One node in each of the balancer's subnets, and none once it is deleted. */
export function planNodes(balancer: LoadBalancer | undefined, nodes: readonly Node[]): NodePlan {
  const wanted = balancer?.subnets ?? [];
  const staying = nodes.filter((node) => wanted.some((subnet) => subnet.id === node.subnetId));
  return {
    create: wanted.filter((subnet) => !nodes.some((node) => node.subnetId === subnet.id)),
    regroup: staying.filter((node) => !sameIds(node.securityGroups, balancer?.securityGroups ?? [])),
    retire: nodes.filter((node) => !staying.includes(node)),
  };
}

const FIRST_RETRY = 200;
const LAST_RETRY = 30_000;

/** When a node may be started; later and later after failures in a row. */
export function startAt(node: Node): number {
  if (!node.failedStart) return 0;
  return node.failedStart.at + Math.min(LAST_RETRY, FIRST_RETRY * 2 ** (node.failedStart.count - 1));
}

function sameIds(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}

/** What a node is to do, for the data plane. */
export function nodeWorkload(balancer: LoadBalancer, node: Node, instanceOf: (id: string) => InstanceFact | undefined): BalancerWorkload {
  return {
    kind: "balancer",
    vpc: node.vpcId,
    interfaces: [node.id],
    listeners: balancer.listeners.map((listener) => ({
      port: listener.loadBalancerPort,
      protocol: listener.protocol,
      targetPort: listener.instancePort,
      targetProtocol: listener.instanceProtocol,
    })),
    healthCheck: nodeHealthCheck(balancer.healthCheck),
    targets: targetsOf(balancer, node, instanceOf),
    idleTimeout: balancer.attributes.idleTimeout * 1000,
  };
}

/** The registered instances that run in an enabled zone: the node's own, or with cross-zone load balancing any. */
function targetsOf(balancer: LoadBalancer, node: Node, instanceOf: (id: string) => InstanceFact | undefined): readonly BalancerTarget[] {
  return balancer.instances.flatMap((id) => {
    const instance = instanceOf(id);
    if (instance?.state !== "running" || instance.privateIpAddress === undefined) return [];
    if (!isRoutedTo(balancer, node, instance)) return [];
    return [{ id, address: instance.privateIpAddress }];
  });
}

function isRoutedTo(balancer: LoadBalancer, node: Node, instance: InstanceFact): boolean {
  if (!isInEnabledZone(balancer, instance)) return false;
  return balancer.attributes.crossZone || instance.availabilityZone === node.availabilityZone;
}

function isInEnabledZone(balancer: LoadBalancer, instance: InstanceFact): boolean {
  return balancer.subnets.some((subnet) => subnet.availabilityZone === instance.availabilityZone);
}

export interface ObservedNode {
  readonly node: Node;
  readonly status: WorkloadStatus | undefined;
}

/** States and words of https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_InstanceState.html */
type Verdict = Pick<InstanceHealth, "state" | "reasonCode" | "description">;

const IN_SERVICE: Verdict = { state: "InService", reasonCode: "N/A", description: "N/A" };
const REGISTERING: Verdict = { state: "OutOfService", reasonCode: "ELB", description: "Instance registration is still in progress." };
const FAILED: Verdict = outOfService("Instance has failed at least the UnhealthyThreshold number of health checks consecutively.");
const ZONE_NOT_ENABLED: Verdict = outOfService(
  "Instance is in the EC2 Availability Zone for which LoadBalancer is not configured to route traffic to.",
);

function outOfService(description: string): Verdict {
  return { state: "OutOfService", reasonCode: "Instance", description };
}

/** What is so of one registered instance. It is in service when any node that may route to it finds it healthy. */
export function judgeInstance(
  balancer: LoadBalancer,
  id: string,
  instance: InstanceFact | undefined,
  observed: readonly ObservedNode[],
  before: InstanceHealth | undefined,
  now: number,
): InstanceHealth {
  const verdict = verdictOn(balancer, id, instance, observed);
  const beginsAnew = verdict === REGISTERING && before?.reasonCode !== REGISTERING.reasonCode;
  return { loadBalancerName: balancer.name, instanceId: id, ...verdict, checkedSince: beginsAnew ? now : (before?.checkedSince ?? now) };
}

function verdictOn(balancer: LoadBalancer, id: string, instance: InstanceFact | undefined, observed: readonly ObservedNode[]): Verdict {
  // EC2 forgets a terminated instance after an hour; it stays registered until somebody deregisters it.
  if (!instance || instance.state === "terminated" || instance.state === "shutting-down") return outOfService("Instance is in terminated state.");
  if (instance.state === "stopped" || instance.state === "stopping") return outOfService("Instance is in stopped state.");
  if (instance.state === "pending") return outOfService("Instance is in pending state.");
  if (!isInEnabledZone(balancer, instance)) return ZONE_NOT_ENABLED;
  const found = observed.map(({ status }) => healthIn(status, id)?.state);
  if (found.includes("healthy")) return IN_SERVICE;
  if (found.includes("unhealthy")) return FAILED;
  return REGISTERING;
}

function healthIn(status: WorkloadStatus | undefined, id: string): TargetHealth | undefined {
  return status?.state === "running" ? status.health.get(id) : undefined;
}

/** The balancer's name leads to its nodes that have somebody to route to, or to all when none has. */
export function nameRecord(balancer: LoadBalancer, observed: readonly ObservedNode[]): NameRecord {
  const able = observed.filter(({ status }) => status?.state === "running" && [...status.health.values()].some((h) => h.state === "healthy"));
  const listed = able.length > 0 ? able : observed;
  return {
    addresses: listed.map(({ node }) => node.publicAddress?.ip ?? node.privateAddress),
    // An internal balancer's name too resolves anywhere, to private addresses:
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-internal-load-balancers.html
    scope: { kind: "internet" },
    site: balancer.scheme === "internet-facing",
  };
}
