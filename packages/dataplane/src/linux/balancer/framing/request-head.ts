import { FramingError } from "./errors.js";
import { framingOf, parseHeaderLine, TOKEN, type BodyFraming, type Header } from "./headers.js";

export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** The minor version: HTTP/1.0 or HTTP/1.1. */
  readonly minorVersion: 0 | 1;
  readonly headers: readonly Header[];
  readonly connection: ReadonlySet<string>;
  readonly host: string | undefined;
  readonly body: BodyFraming;
  /** Whether the client wants to keep the connection. */
  readonly keepAlive: boolean;
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/ts-elb-error-message.html (HTTP 405) */
const METHOD_LIMIT = 127;
/** Everything but controls and the space: a request line has exactly two spaces. */
const TARGET = /^[\x21-\x7e\x80-\xff]+$/;

/**
 * Parses the lines of a request's head.
 * @throws FramingError for anything that RFC 9112 forbids or that two servers could read differently
 */
export function parseRequestHead(lines: readonly string[]): RequestHead {
  const [method, target, minorVersion] = parseRequestLine(lines[0] ?? "");
  const headers: Header[] = [];
  let host: string | undefined;
  for (let i = 1; i < lines.length; i += 1) {
    const header = parseHeaderLine(lines[i] ?? "");
    headers.push(header);
    if (header.key === "host") {
      if (host !== undefined) {
        throw new FramingError("Host is given twice");
      }
      host = header.value;
    }
  }
  if (host === undefined && minorVersion === 1) {
    throw new FramingError("Host is missing");
  }
  const { length, chunked, connection } = framingOf(headers);
  if (chunked && minorVersion === 0) {
    throw new FramingError("Transfer-Encoding is not part of HTTP/1.0");
  }
  const keepAlive = minorVersion === 1 ? !connection.has("close") : connection.has("keep-alive");
  return { method, target, minorVersion, headers, connection, host, body: bodyOf(length, chunked), keepAlive };
}

function parseRequestLine(line: string): [method: string, target: string, minorVersion: 0 | 1] {
  const first = line.indexOf(" ");
  const last = line.lastIndexOf(" ");
  const method = line.slice(0, first < 0 ? line.length : first);
  if (method.length > METHOD_LIMIT) {
    throw new FramingError(`the method is longer than ${METHOD_LIMIT} characters`, 405);
  }
  const target = line.slice(first + 1, last);
  const version = line.slice(last + 1);
  if (first < 0 || !TOKEN.test(method) || !TARGET.test(target)) {
    throw new FramingError("the request line is malformed");
  }
  if (method === "CONNECT") {
    throw new FramingError("CONNECT is not supported");
  }
  if (version !== "HTTP/1.1" && version !== "HTTP/1.0") {
    throw new FramingError(`${JSON.stringify(version.slice(0, 16))} is not HTTP/1.1 or HTTP/1.0`);
  }
  return [method, target, version === "HTTP/1.1" ? 1 : 0];
}

function bodyOf(length: number | undefined, chunked: boolean): BodyFraming {
  if (chunked) {
    return { kind: "chunked" };
  }
  return length === undefined || length === 0 ? { kind: "none" } : { kind: "length", length };
}
