import { FramingError } from "./errors.js";
import { framingOf, parseHeaderLine, type BodyFraming, type Header } from "./headers.js";

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
  readonly connection: ReadonlySet<string>;
  readonly body: BodyFraming;
  /** Whether the target would serve another request on this connection. */
  readonly keepAlive: boolean;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

/**
 * Parses the lines of a response's head. Its body depends on the request's method (RFC 9112, 6.3).
 * @throws FramingError for anything malformed; a client then gets 502
 */
export function parseResponseHead(lines: readonly string[], method: string): ResponseHead {
  const match = STATUS_LINE.exec(lines[0] ?? "");
  if (match === null) {
    throw new FramingError("the status line is malformed");
  }
  const status = Number(match[2]);
  const headers: Header[] = [];
  for (let i = 1; i < lines.length; i += 1) {
    headers.push(parseHeaderLine(lines[i] ?? ""));
  }
  const { length, chunked, connection } = framingOf(headers);
  if (chunked && match[1] === "0") {
    throw new FramingError("Transfer-Encoding is not part of HTTP/1.0");
  }
  const body = bodyOf(status, method, length, chunked);
  const persistent = match[1] === "1" ? !connection.has("close") : connection.has("keep-alive");
  return { status, reason: match[3] ?? "", headers, connection, body, keepAlive: persistent && body.kind !== "until-close" };
}

function bodyOf(status: number, method: string, length: number | undefined, chunked: boolean): BodyFraming {
  if (status < 200 || status === 204 || status === 304 || method === "HEAD") {
    return { kind: "none" };
  }
  if (chunked) {
    return { kind: "chunked" };
  }
  if (length === undefined) {
    return { kind: "until-close" };
  }
  return length === 0 ? { kind: "none" } : { kind: "length", length };
}
