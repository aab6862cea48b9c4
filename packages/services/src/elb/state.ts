/** Classic Load Balancing's records and tables. */
import { table } from "@hakoniwa/kernel";

export interface LoadBalancer {
  readonly name: string;
  /** Unique for good: a balancer made later under the same name has another. */
  readonly dnsName: string;
  readonly scheme: "internet-facing" | "internal";
  readonly vpcId: string;
  /** One for each Availability Zone. */
  readonly subnets: readonly BalancerSubnet[];
  readonly securityGroups: readonly string[];
  readonly sourceSecurityGroup: string;
  readonly listeners: readonly Listener[];
  readonly healthCheck: HealthCheck;
  readonly instances: readonly string[];
  readonly attributes: Attributes;
  readonly tags: readonly Tag[];
  readonly created: number;
  /** What CreateLoadBalancer was asked for, as JSON: asked again for the same, it answers the same. */
  readonly request: string;
}

export interface BalancerSubnet {
  readonly id: string;
  readonly availabilityZone: string;
}

export interface Listener {
  readonly protocol: "HTTP" | "TCP";
  readonly loadBalancerPort: number;
  readonly instanceProtocol: "HTTP" | "TCP";
  readonly instancePort: number;
}

/** As AWS shows it; times in seconds. */
export interface HealthCheck {
  readonly target: string;
  readonly interval: number;
  readonly timeout: number;
  readonly unhealthyThreshold: number;
  readonly healthyThreshold: number;
}

export interface Attributes {
  readonly crossZone: boolean;
  readonly connectionDraining: boolean;
  /** Seconds. */
  readonly drainingTimeout: number;
  /** Seconds. */
  readonly idleTimeout: number;
  readonly desyncMitigationMode: string;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** The node of one balancer in one subnet. It may outlive the balancer's record: until it is taken down. */
export interface Node {
  /** Of its network interface, and so of its workload. */
  readonly id: string;
  readonly dnsName: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly securityGroups: readonly string[];
  readonly privateAddress: string;
  /** Undefined for an internal balancer. */
  readonly publicAddress: { readonly ip: string; readonly allocation: string; readonly association: string } | undefined;
  /** The data plane could not start it: how often in a row, and when last. */
  readonly failedStart: { readonly count: number; readonly at: number; readonly reason: string } | undefined;
}

/** One registered instance as one balancer sees it. */
export interface InstanceHealth {
  readonly loadBalancerName: string;
  readonly instanceId: string;
  readonly state: "InService" | "OutOfService" | "Unknown";
  /** `ELB`, `Instance` or `N/A`: whose fault it is. */
  readonly reasonCode: string;
  readonly description: string;
  /** When its checks last began from nothing: at registration, or when the balancer's nodes started anew. */
  readonly checkedSince: number;
}

export const loadBalancers = table<LoadBalancer>()({
  name: "elb.load-balancers",
  key: (b) => b.name,
  indexes: { dnsName: (b) => b.dnsName, instance: (b) => b.instances },
});

export const nodes = table<Node>()({ name: "elb.nodes", key: (n) => n.id, indexes: { dnsName: (n) => n.dnsName } });

export const health = table<InstanceHealth>()({
  name: "elb.health",
  key: (h) => healthKey(h.loadBalancerName, h.instanceId),
  indexes: { instance: (h) => h.instanceId, loadBalancer: (h) => h.loadBalancerName },
});

export function healthKey(loadBalancerName: string, instanceId: string): string {
  return `${loadBalancerName}/${instanceId}`;
}
