/** What a balancer's nodes are to do, and what their checks mean. Pure. */
import type { BalancerAction, BalancerListener, BalancerRule, BalancerTarget, BalancerWorkload, RuleCondition, Stickiness, TargetGroup as NodeGroup, TlsCertificate } from "@hakoniwa/network";
import { healthIn, stays, type BalancerNode, type ObservedNode } from "../balancer-nodes.js";
import type { InstanceFact } from "../ec2/facts.js";
import { sslPolicy, tlsOf } from "../ssl-policies.js";
import { attributesOf } from "./balancer-attributes.js";
import { groupAttributesOf } from "./group-attributes.js";
import { nodeHealthCheck } from "./health-checks.js";
import { inOrder } from "./rules.js";
import { shortName } from "./names.js";
import type { Action, Condition, Listener, LoadBalancer, Rule, Target, TargetGroup, TargetHealth } from "./state.js";
import { CHECKING, DRAINING, failed, HEALTHY, invalidState, NOT_IN_USE, REGISTERING, ZONE_NOT_ENABLED, type Verdict } from "./verdicts.js";

/** A balancer with all that it leads to. */
export interface Whole {
  readonly balancer: LoadBalancer;
  readonly listeners: readonly Listener[];
  readonly rules: readonly Rule[];
  readonly groups: readonly TargetGroup[];
}

/** What a node's plan looks up. */
export interface Known {
  instance(id: string): InstanceFact | undefined;
  /** By its ARN. */
  certificate(arn: string): TlsCertificate | undefined;
}

/** What a node is to do, for the data plane. */
export function nodeWorkload({ balancer, listeners, rules, groups }: Whole, node: BalancerNode, known: Known): BalancerWorkload {
  const attributes = attributesOf(balancer);
  const on = (name: string): boolean => attributes[name] === "true";
  return {
    kind: "balancer",
    vpc: node.vpcId,
    interfaces: [node.id],
    generation: "application",
    listeners: listeners.flatMap((listener) => nodeListener(listener, rules.filter((rule) => rule.listenerArn === listener.arn), known) ?? []),
    groups: groups.map((group) => nodeGroup(balancer, group, node, known)),
    idleTimeout: Number(attributes["idle_timeout.timeout_seconds"]) * 1000,
    http: {
      forwardedFor: attributes["routing.http.xff_header_processing.mode"] as "append" | "preserve" | "remove",
      clientPort: on("routing.http.xff_client_port.enabled"),
      preserveHost: on("routing.http.preserve_host_header.enabled"),
      dropInvalidHeaders: on("routing.http.drop_invalid_header_fields.enabled"),
      desync: attributes["routing.http.desync_mitigation_mode"] as "monitor" | "defensive" | "strictest",
      keepAlive: Number(attributes["client_keep_alive.seconds"]) * 1000,
      tlsHeaders: on("routing.http.x_amzn_tls_version_and_cipher_suite.enabled"),
    },
    logs: on("access_logs.s3.enabled"),
  };
}

/** A listener whose default certificate is gone can't be: its port is closed. */
function nodeListener(listener: Listener, rules: readonly Rule[], known: Known): BalancerListener | undefined {
  const policy = sslPolicy(listener.sslPolicy ?? "");
  const [fallback, ...others] = listener.certificates.map((arn) => known.certificate(arn));
  if (listener.protocol === "HTTPS" && (!fallback || !policy)) return undefined;
  const tls = policy && fallback && { ...tlsOf(policy), certificates: [fallback, ...others.filter((each) => each !== undefined)] };
  const last: BalancerRule = { priority: 0, conditions: [], action: nodeAction(listener.actions) };
  const first = inOrder(rules).map((rule): BalancerRule => ({ priority: rule.priority, conditions: rule.conditions.map(nodeCondition), action: nodeAction(rule.actions) }));
  return { port: listener.port, protocol: listener.protocol, tls, rules: [...first, last] };
}

function nodeAction(actions: readonly Action[]): BalancerAction {
  const action = actions.at(-1);
  if (action?.type === "forward") {
    const stickiness = action.stickySeconds === undefined ? undefined : { duration: action.stickySeconds * 1000 };
    return { kind: "forward", to: action.to.map(({ arn, weight }) => ({ group: shortName(arn), weight })), stickiness };
  }
  if (action?.type === "redirect") {
    const { protocol, host, port, path, query } = action;
    return { kind: "redirect", redirect: { status: action.status === "HTTP_301" ? 301 : 302, protocol, host, port, path, query } };
  }
  const { status = "503", contentType = "text/plain", body = "" } = action ?? {};
  return { kind: "fixed-response", status: Number(status), contentType, body };
}

function nodeCondition(condition: Condition): RuleCondition {
  switch (condition.field) {
    case "host-header":
      return { field: "host", patterns: condition.values };
    case "path-pattern":
      return { field: "path", patterns: condition.values };
    case "http-request-method":
      return { field: "method", methods: condition.values };
    case "source-ip":
      return { field: "source", cidrs: condition.values };
    case "http-header":
      return { field: "header", name: condition.name, patterns: condition.values };
    case "query-string":
      return { field: "query", pairs: condition.pairs };
  }
}

function nodeGroup(balancer: LoadBalancer, group: TargetGroup, node: BalancerNode, known: Known): NodeGroup {
  const attributes = groupAttributesOf(group);
  return {
    id: shortName(group.arn),
    protocol: group.protocol,
    targets: group.targets.flatMap((target) => nodeTarget(balancer, group, node, target, known) ?? []),
    healthCheck: nodeHealthCheck(group.healthCheck),
    algorithm: attributes["load_balancing.algorithm.type"] === "least_outstanding_requests" ? "least-outstanding" : "round-robin",
    slowStart: Number(attributes["slow_start.duration_seconds"]) * 1000,
    stickiness: stickinessOf(attributes),
    failOpen: true,
  };
}

function stickinessOf(attributes: Readonly<Record<string, string>>): Stickiness | undefined {
  if (attributes["stickiness.enabled"] !== "true") return undefined;
  const seconds = (name: string): number => Number(attributes[`stickiness.${name}.duration_seconds`]);
  return attributes["stickiness.type"] === "app_cookie"
    ? { kind: "application", cookie: attributes["stickiness.app_cookie.cookie_name"] ?? "", duration: seconds("app_cookie") * 1000 }
    : { kind: "duration", duration: seconds("lb_cookie") * 1000 };
}

/** A target that this node sends something to, or lets finish; undefined when it is none of its own. */
function nodeTarget(balancer: LoadBalancer, group: TargetGroup, node: BalancerNode, target: Target, known: Known): BalancerTarget | undefined {
  const instance = group.targetType === "instance" ? known.instance(target.id) : undefined;
  const address = group.targetType === "instance" ? (instance?.state === "running" ? instance.privateIpAddress : undefined) : target.id;
  const zone = instance?.availabilityZone ?? target.availabilityZone;
  if (address === undefined || !isEnabled(balancer, zone)) return undefined;
  const crossZone = groupAttributesOf(group)["load_balancing.cross_zone.enabled"] !== "false";
  if (!crossZone && zone !== undefined && zone !== "all" && zone !== node.availabilityZone) return undefined;
  return { id: targetId(group, target), address, port: target.port, workload: instance?.id, draining: target.drainingUntil !== undefined };
}

function isEnabled(balancer: LoadBalancer, zone: string | undefined): boolean {
  return zone === undefined || zone === "all" || balancer.subnets.some((subnet) => subnet.availabilityZone === zone);
}

/** Under which a node tells a target's health. */
function targetId(group: TargetGroup, { id, port }: Target): string {
  return `${shortName(group.arn)} ${id}:${port}`;
}

/**
 * What is so of one target. It becomes healthy when a node finds it so and every other that may route to it has judged it too: who hears that it
 * is healthy may take all the others away. It stays healthy while any node finds it so, whoever starts anew.
 */
export function judgeTarget(
  group: TargetGroup,
  target: Target,
  balancers: readonly LoadBalancer[],
  observed: readonly ObservedNode[],
  before: TargetHealth | undefined,
  known: Known,
): Verdict {
  if (target.drainingUntil !== undefined) return DRAINING;
  const instance = group.targetType === "instance" ? known.instance(target.id) : undefined;
  if (group.targetType === "instance" && instance?.state !== "running") return invalidState(instance?.state ?? "terminated");
  if (balancers.length === 0) return NOT_IN_USE;
  const zone = instance?.availabilityZone ?? target.availabilityZone;
  if (!balancers.some((balancer) => isEnabled(balancer, zone))) return ZONE_NOT_ENABLED;
  const asked = observed.filter(({ node, status }) => {
    const balancer = balancers.find(({ dnsName }) => dnsName === node.dnsName);
    return status?.state === "running" && balancer !== undefined && stays(balancer, node) && nodeTarget(balancer, group, node, target, known) !== undefined;
  });
  const found = asked.flatMap((node) => healthIn(node, targetId(group, target)) ?? []);
  const judged = found.filter(({ state, recovering }) => state !== "initial" && !recovering);
  if (found.some(({ state }) => state === "healthy")) {
    if (before?.state === "healthy" || judged.length === asked.length) return HEALTHY;
    return before?.state === "unhealthy" ? { state: before.state, reason: before.reason, description: before.description } : CHECKING;
  }
  const sick = found.find(({ state }) => state === "unhealthy");
  if (sick) return failed(sick);
  return found.length > 0 ? CHECKING : REGISTERING;
}
