/**
 * What one node of a load balancer does: listeners lead by rules to actions, actions to target groups, groups to targets. A Classic
 * Load Balancer is the case of one rule a listener, and one group.
 */
import type { Address } from "./model.js";

export interface BalancerSpec {
  /** Whose words, cookies and defaults hold: a Classic or an Application Load Balancer's. */
  readonly generation: "classic" | "application";
  readonly listeners: readonly BalancerListener[];
  readonly groups: readonly TargetGroup[];
  /** Milliseconds a connection may be silent in either direction. */
  readonly idleTimeout: number;
  readonly http: HttpSettings;
  /** Whether each request is noted for the access log; see `DataPlane.accessLogs`. */
  readonly logs: boolean;
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#load-balancer-attributes */
export interface HttpSettings {
  /** What becomes of X-Forwarded-For. */
  readonly forwardedFor: "append" | "preserve" | "remove";
  /** X-Forwarded-For tells the client's port too. */
  readonly clientPort: boolean;
  /** The Host header reaches the target as the client wrote it; else with the listener's port when the client's was without. */
  readonly preserveHost: boolean;
  readonly dropInvalidHeaders: boolean;
  /** How requests that two servers could read differently are met. */
  readonly desync: "monitor" | "defensive" | "strictest";
  /** Milliseconds after which a connection serves one more request and ends; undefined for never. */
  readonly keepAlive?: number | undefined;
  /** Adds X-Amzn-Tls-Version and X-Amzn-Tls-Cipher-Suite. */
  readonly tlsHeaders: boolean;
}

export interface BalancerListener {
  readonly port: number;
  readonly protocol: "HTTP" | "HTTPS" | "TCP" | "SSL";
  /** For HTTPS and SSL. */
  readonly tls?: ListenerTls | undefined;
  /** Tried in order; the last one has no conditions, so that there always is one that matches. */
  readonly rules: readonly BalancerRule[];
}

export interface ListenerTls {
  /** The default one first; the others are chosen by the server name that the client asks for. */
  readonly certificates: readonly TlsCertificate[];
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** OpenSSL's names; absent leaves the choice to the library. */
  readonly ciphers?: readonly string[] | undefined;
}

export type TlsVersion = "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";

/** All PEM. */
export interface TlsCertificate {
  readonly certificate: string;
  readonly chain: string | undefined;
  readonly privateKey: string;
}

export interface BalancerRule {
  /** For the access log. 0 is the default rule's. */
  readonly priority: number;
  /** All of them must hold. */
  readonly conditions: readonly RuleCondition[];
  readonly action: BalancerAction;
}

/** Any of the values will do. In patterns `*` stands for any characters and `?` for one. */
export type RuleCondition =
  | { readonly field: "host"; readonly patterns: readonly string[] }
  | { readonly field: "path"; readonly patterns: readonly string[] }
  | { readonly field: "header"; readonly name: string; readonly patterns: readonly string[] }
  | { readonly field: "method"; readonly methods: readonly string[] }
  | { readonly field: "query"; readonly pairs: readonly { readonly key: string | undefined; readonly value: string }[] }
  | { readonly field: "source"; readonly cidrs: readonly string[] };

export type BalancerAction =
  | { readonly kind: "forward"; readonly to: readonly ForwardTo[]; readonly stickiness?: ForwardStickiness | undefined }
  | { readonly kind: "redirect"; readonly redirect: Redirect }
  | { readonly kind: "fixed-response"; readonly status: number; readonly contentType: string; readonly body: string };

export interface ForwardTo {
  /** A target group's id. */
  readonly group: string;
  /** 0 to 999: its share among the action's groups. */
  readonly weight: number;
  /** Classic's listeners say where on the instance a request goes, and how clients are kept; else the target and its group do. */
  readonly at?: { readonly port: number; readonly protocol: TargetGroup["protocol"]; readonly stickiness?: Stickiness | undefined } | undefined;
}

/** A client stays with the group that it was sent to first. */
export interface ForwardStickiness {
  /** Milliseconds. */
  readonly duration: number;
}

/** Each part may hold `#{protocol}`, `#{host}`, `#{port}`, `#{path}` and `#{query}`, which stand for the request's own. */
export interface Redirect {
  readonly status: 301 | 302;
  readonly protocol: string;
  readonly host: string;
  readonly port: string;
  readonly path: string;
  readonly query: string;
}

export interface TargetGroup {
  readonly id: string;
  readonly protocol: "HTTP" | "HTTPS" | "TCP" | "SSL";
  readonly targets: readonly BalancerTarget[];
  /** Absent: its targets count as healthy. */
  readonly healthCheck: HealthCheck | undefined;
  readonly algorithm: "round-robin" | "least-outstanding";
  /** Milliseconds in which a target's share grows from little to full after it became healthy; 0 for at once. */
  readonly slowStart: number;
  readonly stickiness?: Stickiness | undefined;
  /** When no target is healthy, the unhealthy ones are used. */
  readonly failOpen: boolean;
}

/** How a client is kept with one target. */
export type Stickiness =
  /** A cookie of the balancer's own. Undefined stands for as long as the browser runs. */
  | { readonly kind: "duration"; readonly duration: number | undefined }
  /** For as long as the application keeps setting this cookie; `duration` as far as the balancer limits it. */
  | { readonly kind: "application"; readonly cookie: string; readonly duration: number | undefined };

/** Times in milliseconds. */
export interface HealthCheck {
  readonly protocol: "HTTP" | "HTTPS" | "TCP" | "SSL";
  /** Undefined stands for each target's own. */
  readonly port: number | undefined;
  /** Absent for TCP and SSL. */
  readonly path: string | undefined;
  /** The statuses that pass, as AWS writes them: `200`, `200,202`, `200-299`. */
  readonly matcher: string;
  readonly interval: number;
  readonly timeout: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  /** Successes that a target needs which was neither healthy nor unhealthy before. @default `healthyThreshold` */
  readonly initialThreshold?: number | undefined;
}

export interface BalancerTarget {
  /** Unique in the node; its health is told under this id. Classic's is the instance's. */
  readonly id: string;
  readonly address: Address;
  /** Undefined where the listener says it, as Classic's do. */
  readonly port: number | undefined;
  /** The workload behind it, if it is one. */
  readonly workload: string | undefined;
  /** It gets no new requests. When it leaves the group afterwards, what is still under way is cut. */
  readonly draining: boolean;
}

export interface TargetHealth {
  readonly state: "initial" | "healthy" | "unhealthy";
  /** Why the last check failed, e.g. `connection refused`, `HTTP 503`, `timeout`. */
  readonly reason: string | undefined;
  /** It is unhealthy still, but its last check passed. */
  readonly recovering?: true | undefined;
}

/** What a node's process has counted since it started: every number only grows, but for the gauges. */
export interface BalancerTraffic {
  /** Unlike for every process, so that a new count from nothing is known as one. */
  readonly process: string;
  /** Requests, or connections of TCP and SSL listeners, that were answered or refused. */
  readonly requests: number;
  /** Statuses that the balancer itself answered: index 0 for 1xx (none), 1 for 2xx, 2 for 3xx, 3 for 4xx and 4 for 5xx. */
  readonly own: readonly number[];
  readonly connectionErrors: number;
  /** Requests refused because 1,024 were waiting already. */
  readonly spillover: number;
  /** Gauge: requests that wait for a connection to a target. */
  readonly surge: number;
  /** The largest `surge` so far. */
  readonly surgePeak: number;
  readonly newConnections: number;
  /** Gauge. */
  readonly activeConnections: number;
  readonly rejectedConnections: number;
  readonly clientTlsErrors: number;
  readonly bytes: number;
  readonly redirects: number;
  readonly fixedResponses: number;
  readonly groups: Readonly<Record<string, GroupTraffic>>;
}

/** What went to one target group. */
export interface GroupTraffic {
  readonly requests: number;
  /** By the targets' statuses, as `own`. */
  readonly statuses: readonly number[];
  /** Milliseconds from the request's leaving to the response's head, in sum, and how many responses that was. */
  readonly latency: number;
  readonly responses: number;
  readonly connectionErrors: number;
}
