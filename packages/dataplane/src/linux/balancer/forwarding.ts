/**
 * What a head becomes on its way through the balancer.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/x-forwarded-headers.html
 */
import type { Header } from "./framing/headers.js";
import type { RequestHead } from "./framing/request-head.js";
import type { ResponseHead } from "./framing/response-head.js";

/** They speak of one connection only; Classic keeps its own connections on both sides and supports no upgrades. */
const HOP_BY_HOP: ReadonlySet<string> = new Set(["connection", "keep-alive", "proxy-connection", "te", "upgrade"]);
/** What a sender may not have removed by naming it in Connection: it frames, routes or vouches for the message. */
const NEVER_NOMINATED: ReadonlySet<string> = new Set(["host", "content-length", "transfer-encoding", "authorization", "cookie"]);
const REPLACED: ReadonlySet<string> = new Set(["x-forwarded-for", "x-forwarded-proto", "x-forwarded-port"]);

/** The connection that a request came in by. */
export interface Arrival {
  readonly clientAddress: string;
  /** The node's own address and port, as the client sees them. */
  readonly address: string;
  readonly port: number;
}

/** The head that the target gets, as latin1 text that ends with its empty line. */
export function forwardedRequest(head: RequestHead, arrival: Arrival): string {
  let text = `${head.method} ${head.target} HTTP/1.1\r\n`;
  let forwardedFor = "";
  for (const header of head.headers) {
    if (header.key === "x-forwarded-for") {
      forwardedFor += `${header.value}, `;
    }
    // An HTTP/1.0 client can't be told to continue (RFC 9110, 10.1.1).
    const expectation = header.key === "expect" && head.minorVersion === 0;
    if (!REPLACED.has(header.key) && !expectation && isEndToEnd(header, head.connection)) {
      text += `${header.name}: ${header.value}\r\n`;
    }
  }
  if (head.host === undefined) {
    text += `Host: ${arrival.port === 80 ? arrival.address : `${arrival.address}:${arrival.port}`}\r\n`;
  }
  text += `X-Forwarded-For: ${forwardedFor}${arrival.clientAddress}\r\n`;
  text += `X-Forwarded-Port: ${arrival.port}\r\n`;
  text += "X-Forwarded-Proto: http\r\n";
  return `${text}Connection: keep-alive\r\n\r\n`;
}

/** How the client is answered: what becomes of the connection, and whether it can read the chunked coding. */
export interface ResponseManner {
  readonly keepAlive: boolean;
  readonly withoutChunked: boolean;
}

/** The head that the client gets, as latin1 text that ends with its empty line. */
export function forwardedResponse(head: ResponseHead, manner: ResponseManner): string {
  let text = statusLine(head);
  const dropChunked = manner.withoutChunked || head.status === 204;
  for (const header of head.headers) {
    const dropped = dropChunked && (header.key === "transfer-encoding" || header.key === "trailer");
    if (!dropped && isEndToEnd(header, head.connection)) {
      text += `${header.name}: ${header.value}\r\n`;
    }
  }
  return `${text}Connection: ${manner.keepAlive ? "keep-alive" : "close"}\r\n\r\n`;
}

/** A 1xx head: the final response is still to come. */
export function forwardedInterim(head: ResponseHead): string {
  let text = statusLine(head);
  for (const header of head.headers) {
    if (isEndToEnd(header, head.connection) && header.key !== "content-length" && header.key !== "transfer-encoding") {
      text += `${header.name}: ${header.value}\r\n`;
    }
  }
  return `${text}\r\n`;
}

function statusLine(head: ResponseHead): string {
  return `HTTP/1.1 ${head.status} ${head.reason}\r\n`;
}

function isEndToEnd(header: Header, connection: ReadonlySet<string>): boolean {
  if (HOP_BY_HOP.has(header.key)) {
    return false;
  }
  return !connection.has(header.key) || NEVER_NOMINATED.has(header.key);
}
