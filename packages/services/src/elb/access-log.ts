/** Classic's access log: https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html */
import type { Scope } from "@hakoniwa/kernel";
import { keepAccessLogs } from "../balancer-access-logs.js";
import { orDash, processingTimes, quoted, timestamp, type LoggedRequest } from "../balancer-log-lines.js";
import { watch } from "../define.js";
import { loadBalancers, logDeliveries, nodes } from "./state.js";

export const balancerArn = ({ region, account }: Scope, name: string): string => `arn:aws:elasticloadbalancing:${region}:${account}:loadbalancer/${name}`;

export function lineOf(name: string, request: LoggedRequest): string {
  const { at, took, client, target, protocol, status, targetStatus, received, sent, tls } = request;
  const isHttp = protocol !== "tcp" && protocol !== "ssl";
  return [
    timestamp(at - took),
    name,
    client,
    orDash(target),
    ...processingTimes(request, 6),
    ...(isHttp ? [status, targetStatus] : ["-", "-"]),
    received,
    sent,
    quoted(request.request),
    quoted(request.userAgent),
    orDash(tls?.cipher),
    orDash(tls?.version),
  ].join(" ");
}

export const keepLogs = keepAccessLogs({
  name: "elb.keep-access-logs",
  watches: [watch(loadBalancers, (balancer) => [balancer.dnsName]), watch(nodes, (node) => [node.dnsName])],
  nodes,
  deliveries: logDeliveries,
  find: (db, dnsName) => db(loadBalancers).where("dnsName", dnsName)[0],
  target: ({ name, attributes }, key) => attributes.accessLog && { ...attributes.accessLog, balancer: name, sourceArn: balancerArn(key, name) },
  compressed: false,
  line: ({ name }, request) => lineOf(name, request),
});
