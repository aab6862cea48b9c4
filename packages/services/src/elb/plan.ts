/** What a balancer's nodes are to do, and what their checks mean. Pure. */
import type { BalancerListener, BalancerTarget, BalancerWorkload, ListenerTls, Stickiness, TlsCertificate } from "@hakoniwa/network";
import { healthIn, stays, type BalancerNode, type ObservedNode } from "../balancer-nodes.js";
import type { InstanceFact } from "../ec2/facts.js";
import { sslPolicy, tlsOf } from "../ssl-policies.js";
import { nodeHealthCheck } from "./health-checks.js";
import { DEFAULT_SSL_POLICY } from "./policies.js";
import type { InstanceHealth, Listener, LoadBalancer } from "./state.js";

/** What a node's plan looks up. */
export interface Known {
  instance(id: string): InstanceFact | undefined;
  /** By its ARN. */
  certificate(arn: string): TlsCertificate | undefined;
}

/** The one group that all listeners of a balancer lead to. */
const INSTANCES = "instances";

/** What a node is to do, for the data plane. */
export function nodeWorkload(balancer: LoadBalancer, node: BalancerNode, known: Known): BalancerWorkload {
  return {
    kind: "balancer",
    vpc: node.vpcId,
    interfaces: [node.id],
    generation: "classic",
    listeners: balancer.listeners.flatMap((listener) => nodeListener(balancer, listener, known) ?? []),
    groups: [
      {
        id: INSTANCES,
        protocol: "HTTP",
        targets: targetsOf(balancer, node, known),
        healthCheck: nodeHealthCheck(balancer.healthCheck),
        algorithm: "least-outstanding",
        slowStart: 0,
        failOpen: false,
      },
    ],
    idleTimeout: balancer.attributes.idleTimeout * 1000,
    http: {
      forwardedFor: "append",
      clientPort: false,
      preserveHost: true,
      dropInvalidHeaders: false,
      desync: balancer.attributes.desyncMitigationMode,
      tlsHeaders: false,
    },
    logs: balancer.attributes.accessLog !== undefined,
  };
}

/** A listener whose certificate is gone can't be: its port is closed. */
function nodeListener(balancer: LoadBalancer, listener: Listener, known: Known): BalancerListener | undefined {
  const tls = tlsFor(balancer, listener, known);
  if (listener.certificate !== undefined && tls === undefined) return undefined;
  const at = { port: listener.instancePort, protocol: listener.instanceProtocol, stickiness: stickinessOf(balancer, listener) };
  const action = { kind: "forward", to: [{ group: INSTANCES, weight: 1, at }] } as const;
  return { port: listener.loadBalancerPort, protocol: listener.protocol, tls, rules: [{ priority: 0, conditions: [], action }] };
}

function tlsFor(balancer: LoadBalancer, { certificate: arn, policies }: Listener, known: Known): ListenerTls | undefined {
  const certificate = arn === undefined ? undefined : known.certificate(arn);
  if (certificate === undefined) return undefined;
  const chosen = balancer.policies.find((policy) => policy.kind === "ssl" && policies.includes(policy.name));
  const policy = sslPolicy(chosen?.kind === "ssl" ? chosen.reference : DEFAULT_SSL_POLICY);
  return policy && { certificates: [certificate], ...tlsOf(policy) };
}

function stickinessOf(balancer: LoadBalancer, { policies }: Listener): Stickiness | undefined {
  const policy = balancer.policies.find(({ name, kind }) => policies.includes(name) && kind !== "ssl");
  if (policy?.kind === "lb-cookie") return { kind: "duration", duration: policy.period === undefined ? undefined : policy.period * 1000 };
  return policy?.kind === "app-cookie" ? { kind: "application", cookie: policy.cookie, duration: undefined } : undefined;
}

/** The registered instances that run in an enabled zone, and those that leave: the node's own, or with cross-zone load balancing any. */
function targetsOf(balancer: LoadBalancer, node: BalancerNode, known: Known): readonly BalancerTarget[] {
  const all = [...balancer.instances.map((id) => ({ id, draining: false })), ...balancer.draining.map(({ id }) => ({ id, draining: true }))];
  return all.flatMap(({ id, draining }) => {
    const instance = known.instance(id);
    if (instance?.state !== "running" || instance.privateIpAddress === undefined) return [];
    if (!isRoutedTo(balancer, node, instance)) return [];
    return [{ id, address: instance.privateIpAddress, port: undefined, workload: id, draining }];
  });
}

function isRoutedTo(balancer: LoadBalancer, node: BalancerNode, instance: InstanceFact): boolean {
  if (!isInEnabledZone(balancer, instance)) return false;
  return balancer.attributes.crossZone || instance.availabilityZone === node.availabilityZone;
}

function isInEnabledZone(balancer: LoadBalancer, instance: InstanceFact): boolean {
  return balancer.subnets.some((subnet) => subnet.availabilityZone === instance.availabilityZone);
}

/** States and words of https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_InstanceState.html */
type Verdict = Pick<InstanceHealth, "state" | "reasonCode" | "description">;

/** An instance that was deregistered while requests may still be under way with it. */
export const DEREGISTERING: Verdict = { state: "InService", reasonCode: "N/A", description: "Instance deregistration currently in progress." };

const IN_SERVICE: Verdict = { state: "InService", reasonCode: "N/A", description: "N/A" };
const REGISTERING: Verdict = { state: "OutOfService", reasonCode: "ELB", description: "Instance registration is still in progress." };
const FAILED: Verdict = outOfService("Instance has failed at least the UnhealthyThreshold number of health checks consecutively.");
const ZONE_NOT_ENABLED: Verdict = outOfService(
  "Instance is in the EC2 Availability Zone for which LoadBalancer is not configured to route traffic to.",
);

function outOfService(description: string): Verdict {
  return { state: "OutOfService", reasonCode: "Instance", description };
}

/**
 * What is so of one registered instance. It comes into service when a node finds it healthy and every other that may route to it has judged it
 * too: who hears that it is in service may take all the others away. It stays in service while any node finds it healthy, whoever starts anew.
 */
export function judgeInstance(
  balancer: LoadBalancer,
  id: string,
  instance: InstanceFact | undefined,
  observed: readonly ObservedNode[],
  before: InstanceHealth | undefined,
  now: number,
): InstanceHealth {
  const verdict = verdictOn(balancer, id, instance, observed, before);
  const beginsAnew = verdict === REGISTERING && before?.reasonCode !== REGISTERING.reasonCode;
  return { loadBalancerName: balancer.name, instanceId: id, ...verdict, checkedSince: beginsAnew ? now : (before?.checkedSince ?? now) };
}

function verdictOn(balancer: LoadBalancer, id: string, instance: InstanceFact | undefined, observed: readonly ObservedNode[], before: InstanceHealth | undefined): Verdict {
  // EC2 forgets a terminated instance after an hour; it stays registered until somebody deregisters it.
  if (!instance || instance.state === "terminated" || instance.state === "shutting-down") return outOfService("Instance is in terminated state.");
  if (instance.state === "stopped" || instance.state === "stopping") return outOfService("Instance is in stopped state.");
  if (instance.state === "pending") return outOfService("Instance is in pending state.");
  if (!isInEnabledZone(balancer, instance)) return ZONE_NOT_ENABLED;
  const asked = observed.filter(({ node, status }) => status?.state === "running" && stays(balancer, node) && isRoutedTo(balancer, node, instance));
  const found = asked.flatMap((node) => healthIn(node, id) ?? []);
  const judged = found.filter(({ state, recovering }) => state !== "initial" && !recovering);
  if (found.some(({ state }) => state === "healthy")) {
    if (before?.state === "InService" || judged.length === asked.length) return IN_SERVICE;
    return before?.description === FAILED.description ? FAILED : REGISTERING;
  }
  return found.some(({ state }) => state === "unhealthy") ? FAILED : REGISTERING;
}
