/**
 * What an access log needs of a request, or of a connection.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html#access-log-entry-syntax
 */
import type { AccessNote } from "../../access-notes.js";
import type { Arrival } from "./forwarding.js";
import type { RequestRecord } from "./request-record.js";

/** Of a header, as AWS cuts user agents off at 8 kB. */
const LONGEST = 8192;

export function noteOfRequest(record: RequestRecord, arrival: Arrival): AccessNote {
  const { head, action, location, group, rule, traceId, target, status, targetStatus } = record;
  // https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html: Classic counts bodies only.
  const [headReceived, headSent] = record.generation === "classic" ? [record.headReceived, record.headSent] : [0, 0];
  const endedAt = performance.now();
  const scheme = arrival.tls === undefined ? "http" : "https";
  const socket = arrival.tls === undefined ? "ws" : "wss";
  const find = (name: string): string => head.headers.find(({ key }) => key === name)?.value ?? "";
  return {
    endedAt: record.time + (endedAt - record.began),
    took: endedAt - record.began,
    protocol: targetStatus === 101 ? socket : scheme,
    ...connectionOf(arrival),
    target,
    times: timesOf(record, endedAt),
    status,
    targetStatus,
    received: Math.max(0, record.received - headReceived),
    sent: Math.max(0, record.sent - headSent),
    request: requestOf(record, scheme, arrival),
    userAgent: find("user-agent").slice(0, LONGEST),
    group,
    traceId,
    rule,
    action,
    location,
  };
}

export interface ConnectionEnd {
  /** By `performance.now()`: when it came, when a target had accepted it, and when its first byte came from there. */
  readonly began: number;
  readonly connectedAt: number | undefined;
  readonly answeredAt: number | undefined;
  readonly target: string | undefined;
  readonly received: number;
  readonly sent: number;
}

export function noteOfConnection(end: ConnectionEnd, arrival: Arrival): AccessNote {
  const { began, connectedAt, answeredAt, target, received, sent } = end;
  const took = performance.now() - began;
  return {
    endedAt: Date.now(),
    took,
    protocol: arrival.tls === undefined ? "tcp" : "ssl",
    ...connectionOf(arrival),
    target,
    times: connectedAt === undefined ? undefined : { request: connectedAt - began, target: (answeredAt ?? connectedAt) - connectedAt, response: 0 },
    status: 0,
    targetStatus: 0,
    received,
    sent,
    request: "- - - ",
    userAgent: "",
    group: undefined,
    traceId: "",
    rule: undefined,
    action: "",
    location: "",
  };
}

function connectionOf({ clientAddress, clientPort, port, tls }: Arrival): Pick<AccessNote, "client" | "port" | "tls"> {
  return { client: `${clientAddress}:${clientPort}`, port, tls };
}

function timesOf({ began, sentAt, answeredAt }: RequestRecord, endedAt: number): AccessNote["times"] {
  if (sentAt === undefined || answeredAt === undefined) {
    return undefined;
  }
  return { request: sentAt - began, target: answeredAt - sentAt, response: endedAt - answeredAt };
}

function requestOf({ head }: RequestRecord, scheme: string, { address, port }: Arrival): string {
  const { method, target, minorVersion, host = address } = head;
  const isAbsolute = /^https?:\/\//i.test(target);
  const url = isAbsolute ? target : `${scheme}://${/:\d+$/.test(host) ? host : `${host}:${port}`}${target}`;
  return `${method} ${url} HTTP/1.${minorVersion}`;
}
