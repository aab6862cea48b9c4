/** The access log: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html */
import { createHash } from "node:crypto";
import { keepAccessLogs } from "../balancer-access-logs.js";
import { orDash, processingTimes, quoted, timestamp, type LoggedRequest } from "../balancer-log-lines.js";
import { watch } from "../define.js";
import { logPlace } from "./balancer-attributes.js";
import { shortName } from "./names.js";
import { listeners, loadBalancers, logDeliveries, nodes, type LoadBalancer } from "./state.js";

/** Minutes; it can't be chosen. */
const INTERVAL = 5;

/**
 * @param certificates ARNs, of the listener that it came by
 * @param arn what precedes a target group's id in its ARN
 */
export function lineOf(name: string, request: LoggedRequest, certificates: readonly string[], arn: string): string {
  const { at, took, protocol, client, target, status, targetStatus, received, sent, tls, group, rule } = request;
  return [
    protocol,
    timestamp(at),
    name,
    client,
    orDash(target),
    ...processingTimes(request, 3),
    orDash(status),
    orDash(targetStatus),
    received,
    sent,
    quoted(request.request),
    quoted(request.userAgent),
    orDash(tls?.cipher),
    orDash(tls?.version),
    group === undefined ? "-" : `${arn}${group}`,
    quoted(request.traceId),
    quoted(tls?.serverName ?? ""),
    // Of several, the node knows which one it was, but not its ARN.
    quoted(certificates.length === 1 ? certificates[0]! : ""),
    rule ?? "-",
    timestamp(at - took),
    quoted(request.action),
    quoted(request.location),
    quoted(""),
    quoted(target ?? ""),
    quoted(targetStatus === 0 ? "" : String(targetStatus)),
    quoted(""),
    quoted(""),
    `TID_${createHash("sha256").update(`${name} ${client}`).digest("hex").slice(0, 32)}`,
  ].join(" ");
}

export const keepLogs = keepAccessLogs<LoadBalancer>({
  name: "elbv2.keep-access-logs",
  watches: [watch(loadBalancers, (balancer) => [balancer.dnsName]), watch(nodes, (node) => [node.dnsName])],
  nodes,
  deliveries: logDeliveries,
  find: (db, dnsName) => db(loadBalancers).where("dnsName", dnsName)[0],
  target(balancer) {
    const place = logPlace(balancer);
    return place && { ...place, interval: INTERVAL, balancer: shortName(balancer.arn).replaceAll("/", "."), sourceArn: balancer.arn };
  },
  compressed: true,
  line(balancer, request, _key, db) {
    const listener = db(listeners).where("loadBalancer", balancer.arn).find(({ port }) => port === request.port);
    return lineOf(shortName(balancer.arn), request, listener?.certificates ?? [], balancer.arn.slice(0, balancer.arn.indexOf("loadbalancer/")));
  },
});
