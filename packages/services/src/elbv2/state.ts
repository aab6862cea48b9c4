/** Records and tables of Application Load Balancers, their listeners and rules, and of target groups. */
import { table } from "@hakoniwa/kernel";
import type { LogDelivery } from "../balancer-access-logs.js";
import type { Balancer, BalancerNode } from "../balancer-nodes.js";

export interface LoadBalancer extends Balancer {
  readonly arn: string;
  readonly name: string;
  /** Only those that were set; `attributes.ts` knows the others' defaults. */
  readonly attributes: Attributes;
  readonly tags: readonly Tag[];
  readonly created: number;
  /** All its nodes have run. */
  readonly active: boolean;
  /** What CreateLoadBalancer was asked for, as JSON: asked again for the same, it answers the same. */
  readonly request: string;
}

export type Attributes = Readonly<Record<string, string>>;

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export interface Listener {
  readonly arn: string;
  readonly loadBalancerArn: string;
  readonly port: number;
  readonly protocol: "HTTP" | "HTTPS";
  /** For HTTPS. */
  readonly sslPolicy: string | undefined;
  /** ARNs, the default one first; empty for HTTP. */
  readonly certificates: readonly string[];
  readonly actions: readonly Action[];
  readonly tags: readonly Tag[];
}

export interface Rule {
  readonly arn: string;
  readonly listenerArn: string;
  readonly loadBalancerArn: string;
  readonly priority: number;
  readonly conditions: readonly Condition[];
  readonly actions: readonly Action[];
  readonly tags: readonly Tag[];
}

export type Action =
  | { readonly type: "forward"; readonly order: number | undefined; readonly to: readonly { readonly arn: string; readonly weight: number }[]; readonly stickySeconds: number | undefined }
  | {
      readonly type: "redirect";
      readonly order: number | undefined;
      readonly status: "HTTP_301" | "HTTP_302";
      readonly protocol: string;
      readonly host: string;
      readonly port: string;
      readonly path: string;
      readonly query: string;
    }
  | { readonly type: "fixed-response"; readonly order: number | undefined; readonly status: string; readonly contentType: string | undefined; readonly body: string | undefined };

export type Condition =
  | { readonly field: "host-header" | "path-pattern" | "http-request-method" | "source-ip"; readonly values: readonly string[] }
  | { readonly field: "http-header"; readonly name: string; readonly values: readonly string[] }
  | { readonly field: "query-string"; readonly pairs: readonly { readonly key: string | undefined; readonly value: string }[] };

export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  readonly protocol: "HTTP" | "HTTPS";
  readonly port: number;
  readonly vpcId: string;
  readonly targetType: "instance" | "ip";
  readonly healthCheck: HealthCheck;
  readonly attributes: Attributes;
  readonly targets: readonly Target[];
  readonly tags: readonly Tag[];
}

/** As AWS shows it; times in seconds. */
export interface HealthCheck {
  readonly protocol: "HTTP" | "HTTPS";
  /** A port, or `traffic-port`. */
  readonly port: string;
  readonly path: string;
  readonly interval: number;
  readonly timeout: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  readonly matcher: string;
}

export interface Target {
  /** An instance's id, or an address. */
  readonly id: string;
  readonly port: number;
  readonly availabilityZone: string | undefined;
  /** It was deregistered; what is under way may go on until then. */
  readonly drainingUntil: number | undefined;
}

/** One target as its group sees it. */
export interface TargetHealth {
  readonly targetGroupArn: string;
  readonly id: string;
  readonly port: number;
  readonly state: "initial" | "healthy" | "unhealthy" | "unused" | "draining";
  readonly reason: string | undefined;
  readonly description: string | undefined;
  /** When its checks last began from nothing. */
  readonly checkedSince: number;
}

export const loadBalancers = table<LoadBalancer>()({
  name: "elbv2.load-balancers",
  key: (b) => b.arn,
  indexes: { name: (b) => b.name, dnsName: (b) => b.dnsName },
});

export const nodes = table<BalancerNode>()({ name: "elbv2.nodes", key: (n) => n.id, indexes: { dnsName: (n) => n.dnsName } });

export const listeners = table<Listener>()({
  name: "elbv2.listeners",
  key: (l) => l.arn,
  indexes: { loadBalancer: (l) => l.loadBalancerArn, targetGroup: (l) => groupsOf(l.actions), certificate: (l) => l.certificates },
});

export const rules = table<Rule>()({
  name: "elbv2.rules",
  key: (r) => r.arn,
  indexes: { listener: (r) => r.listenerArn, loadBalancer: (r) => r.loadBalancerArn, targetGroup: (r) => groupsOf(r.actions) },
});

export const targetGroups = table<TargetGroup>()({
  name: "elbv2.target-groups",
  key: (g) => g.arn,
  indexes: { name: (g) => g.name, target: (g) => g.targets.map(({ id }) => id) },
});

export const logDeliveries = table<LogDelivery>()({ name: "elbv2.log-deliveries", key: (d) => d.id });

export const health = table<TargetHealth>()({
  name: "elbv2.health",
  key: healthKey,
  indexes: { targetGroup: (h) => h.targetGroupArn, target: (h) => h.id },
});

export function healthKey({ targetGroupArn, id, port }: Pick<TargetHealth, "targetGroupArn" | "id" | "port">): string {
  return `${targetGroupArn} ${id}:${port}`;
}

/** The target groups that actions forward to. */
export function groupsOf(actions: readonly Action[]): readonly string[] {
  return actions.flatMap((action) => (action.type === "forward" ? action.to.map(({ arn }) => arn) : []));
}
