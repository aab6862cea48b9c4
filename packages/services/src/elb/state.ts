/** Classic Load Balancing's records and tables. */
import { table } from "@hakoniwa/kernel";
import type { LogDelivery } from "../balancer-access-logs.js";
import type { Balancer, BalancerNode } from "../balancer-nodes.js";

export interface LoadBalancer extends Balancer {
  readonly name: string;
  readonly sourceSecurityGroup: string;
  readonly listeners: readonly Listener[];
  readonly healthCheck: HealthCheck;
  readonly instances: readonly string[];
  /** Instances that were deregistered, and until when what is under way with them may go on. */
  readonly draining: readonly { readonly id: string; readonly until: number }[];
  readonly policies: readonly Policy[];
  readonly attributes: Attributes;
  readonly tags: readonly Tag[];
  readonly created: number;
  /** What CreateLoadBalancer was asked for, as JSON: asked again for the same, it answers the same. */
  readonly request: string;
}

export type Protocol = "HTTP" | "HTTPS" | "TCP" | "SSL";

export interface Listener {
  readonly protocol: Protocol;
  readonly loadBalancerPort: number;
  readonly instanceProtocol: Protocol;
  readonly instancePort: number;
  /** The certificate's ARN, for HTTPS and SSL. */
  readonly certificate: string | undefined;
  readonly policies: readonly string[];
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-sticky-sessions.html, and which TLS a listener speaks */
export type Policy =
  | { readonly kind: "app-cookie"; readonly name: string; readonly cookie: string }
  /** Seconds; undefined for as long as the browser runs. */
  | { readonly kind: "lb-cookie"; readonly name: string; readonly period: number | undefined }
  /** `reference` is a predefined security policy. */
  | { readonly kind: "ssl"; readonly name: string; readonly reference: string };

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
  readonly desyncMitigationMode: "monitor" | "defensive" | "strictest";
  readonly accessLog: AccessLog | undefined;
}

export interface AccessLog {
  readonly bucket: string;
  /** Without slashes at its ends; empty for none. */
  readonly prefix: string;
  /** Minutes: 5 or 60. */
  readonly interval: number;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
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

/** The shape before listeners had certificates and policies. */
type First = Omit<LoadBalancer, "draining" | "policies" | "listeners" | "attributes"> & {
  readonly listeners: readonly Omit<Listener, "certificate" | "policies">[];
  readonly attributes: Omit<Attributes, "accessLog">;
};

export const loadBalancers = table<LoadBalancer>()({
  name: "elb.load-balancers",
  version: 2,
  upgrades: {
    1: (old: First): LoadBalancer => ({
      ...old,
      listeners: old.listeners.map((listener) => ({ ...listener, certificate: undefined, policies: [] })),
      draining: [],
      policies: [],
      attributes: { ...old.attributes, accessLog: undefined },
    }),
  },
  key: (b) => b.name,
  indexes: {
    dnsName: (b) => b.dnsName,
    instance: (b) => b.instances,
    draining: (b) => b.draining.map(({ id }) => id),
    certificate: (b) => [...new Set(b.listeners.flatMap(({ certificate }) => certificate ?? []))],
  },
});

export const nodes = table<BalancerNode>()({ name: "elb.nodes", key: (n) => n.id, indexes: { dnsName: (n) => n.dnsName } });

export const logDeliveries = table<LogDelivery>()({ name: "elb.log-deliveries", key: (d) => d.id });

export const health = table<InstanceHealth>()({
  name: "elb.health",
  key: (h) => healthKey(h.loadBalancerName, h.instanceId),
  indexes: { instance: (h) => h.instanceId, loadBalancer: (h) => h.loadBalancerName },
});

export function healthKey(loadBalancerName: string, instanceId: string): string {
  return `${loadBalancerName}/${instanceId}`;
}
