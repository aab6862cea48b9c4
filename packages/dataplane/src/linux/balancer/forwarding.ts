/**
 * What a head becomes on its way through the balancer.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/x-forwarded-headers.html
 */
import type net from "node:net";
import tls from "node:tls";
import type { HttpSettings } from "@hakoniwa/network";
import type { Header } from "./framing/headers.js";
import type { RequestHead } from "./framing/request-head.js";
import type { ResponseHead } from "./framing/response-head.js";
import type { Generation } from "./replies.js";

/** They speak of one connection only. */
const HOP_BY_HOP: ReadonlySet<string> = new Set(["connection", "keep-alive", "proxy-connection", "te", "upgrade"]);
/** What a sender may not have removed by naming it in Connection: it frames, routes or vouches for the message. */
const NEVER_NOMINATED: ReadonlySet<string> = new Set(["host", "content-length", "transfer-encoding", "authorization", "cookie"]);
const REPLACED: ReadonlySet<string> = new Set(["x-forwarded-for", "x-forwarded-proto", "x-forwarded-port"]);
const REPLACED_BY_APPLICATION: ReadonlySet<string> = new Set([...REPLACED, "x-amzn-trace-id", "x-amzn-tls-version", "x-amzn-tls-cipher-suite"]);
/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html (routing.http.drop_invalid_header_fields.enabled) */
const VALID_NAME = /^[-A-Za-z0-9]+$/;

/** The connection that a request came in by. */
export interface Arrival {
  readonly clientAddress: string;
  readonly clientPort: number;
  /** The node's own address and port, as the client sees them. */
  readonly address: string;
  readonly port: number;
  /** What was agreed on, for TLS. */
  readonly tls: { readonly version: string; readonly cipher: string; readonly serverName: string } | undefined;
  /** By `performance.now()`. */
  readonly since: number;
}

export function arrivalOf(socket: net.Socket, port: number): Arrival {
  return {
    clientAddress: socket.remoteAddress ?? "",
    clientPort: socket.remotePort ?? 0,
    address: socket.localAddress ?? "",
    port,
    tls: socket instanceof tls.TLSSocket ? { version: socket.getProtocol() ?? "", cipher: socket.getCipher().name, serverName: typeof socket.servername === "string" ? socket.servername : "" } : undefined,
    since: performance.now(),
  };
}

/** How a request is passed on. */
export interface RequestManner {
  readonly generation: Generation;
  readonly http: HttpSettings;
  /** The request asks to switch protocols, and may. */
  readonly upgrade: boolean;
  /** For Application Load Balancers. */
  readonly traceId: string;
}

/** The head that the target gets, as latin1 text that ends with its empty line. */
export function forwardedRequest(head: RequestHead, arrival: Arrival, manner: RequestManner): string {
  const { http, generation } = manner;
  let text = `${head.method} ${head.target} HTTP/1.1\r\n`;
  let forwardedFor = "";
  const replaced = generation === "classic" ? REPLACED : REPLACED_BY_APPLICATION;
  for (const header of head.headers) {
    if (header.key === "x-forwarded-for") {
      forwardedFor += forwardedFor === "" ? header.value : `, ${header.value}`;
    }
    // An HTTP/1.0 client can't be told to continue (RFC 9110, 10.1.1).
    const expectation = header.key === "expect" && head.minorVersion === 0;
    const invalid = http.dropInvalidHeaders && !VALID_NAME.test(header.name);
    if (header.key === "host" && !http.preserveHost && generation === "application") {
      text += `Host: ${withPort(header.value, arrival)}\r\n`;
    } else if (!replaced.has(header.key) && !expectation && !invalid && isEndToEnd(header, head.connection)) {
      text += `${header.name}: ${header.value}\r\n`;
    }
  }
  if (head.host === undefined) {
    text += `Host: ${arrival.port === 80 ? arrival.address : `${arrival.address}:${arrival.port}`}\r\n`;
  }
  text += forwardedForLine(forwardedFor, arrival, http);
  text += `X-Forwarded-Port: ${arrival.port}\r\n`;
  text += `X-Forwarded-Proto: ${arrival.tls === undefined ? "http" : "https"}\r\n`;
  if (generation === "application") {
    text += `X-Amzn-Trace-Id: ${manner.traceId}\r\n`;
    if (http.tlsHeaders && arrival.tls !== undefined) {
      text += `X-Amzn-Tls-Version: ${arrival.tls.version}\r\nX-Amzn-Tls-Cipher-Suite: ${arrival.tls.cipher}\r\n`;
    }
  }
  if (manner.upgrade) {
    const asked = head.headers.find(({ key }) => key === "upgrade")?.value ?? "";
    return `${text}Upgrade: ${asked}\r\nConnection: Upgrade\r\n\r\n`;
  }
  return `${text}Connection: keep-alive\r\n\r\n`;
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html */
function forwardedForLine(given: string, arrival: Arrival, http: HttpSettings): string {
  if (http.forwardedFor === "remove") {
    return "";
  }
  const own = http.clientPort ? `${arrival.clientAddress}:${arrival.clientPort}` : arrival.clientAddress;
  if (http.forwardedFor === "preserve") {
    return given === "" ? "" : `X-Forwarded-For: ${given}\r\n`;
  }
  return `X-Forwarded-For: ${given === "" ? own : `${given}, ${own}`}\r\n`;
}

/** Without the attribute for preserving it, the Host header that reaches a target names the listener's port, unless it is the standard one. */
function withPort(host: string, { port, tls }: Arrival): string {
  return /:\d+$/.test(host) || port === (tls === undefined ? 80 : 443) ? host : `${host}:${port}`;
}

/** How the client is answered: what becomes of the connection, and whether it can read the chunked coding. */
export interface ResponseManner {
  readonly keepAlive: boolean;
  readonly withoutChunked: boolean;
  /** Further header lines, each with its CRLF. */
  readonly cookies: string;
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
  return `${text}${manner.cookies}Connection: ${manner.keepAlive ? "keep-alive" : "close"}\r\n\r\n`;
}

/** The head that tells the client that protocols are switched. */
export function switchingResponse(head: ResponseHead, cookies: string): string {
  let text = statusLine(head);
  for (const header of head.headers) {
    if (header.key === "upgrade" || isEndToEnd(header, head.connection)) {
      text += `${header.name}: ${header.value}\r\n`;
    }
  }
  return `${text}${cookies}Connection: Upgrade\r\n\r\n`;
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
