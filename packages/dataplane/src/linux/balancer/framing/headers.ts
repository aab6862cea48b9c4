import { FramingError } from "./errors.js";

export interface Header {
  /** As it was written. */
  readonly name: string;
  /** In lower case, for comparing. */
  readonly key: string;
  /** Without the white space around it. */
  readonly value: string;
}

/** How many bytes of body follow a head. */
export type BodyFraming =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "until-close" };

export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const CONTROL = /[^\t\x20-\x7e\x80-\xff]/;
const LENGTH = /^\d{1,15}$/;

/**
 * Parses one header line.
 * @throws FramingError for a folded line, white space before the colon, or characters that no header may have
 */
export function parseHeaderLine(line: string): Header {
  const colon = line.indexOf(":");
  if (line.startsWith(" ") || line.startsWith("\t")) {
    throw new FramingError("a header line is folded (obs-fold)");
  }
  if (colon < 0) {
    throw new FramingError("a header line has no colon");
  }
  const name = line.slice(0, colon);
  if (!TOKEN.test(name)) {
    throw new FramingError(`${JSON.stringify(name.slice(0, 64))} is no header name`);
  }
  const value = trimBlanks(line, colon + 1);
  if (CONTROL.test(value)) {
    throw new FramingError(`the header ${name} has a control character`);
  }
  return { name, key: name.toLowerCase(), value };
}

/** HTTP's optional white space is space and tab only; String.trim would also take bytes such as 0xA0. */
function trimBlanks(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isBlank(line.charCodeAt(start))) {
    start += 1;
  }
  while (end > start && isBlank(line.charCodeAt(end - 1))) {
    end -= 1;
  }
  return line.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

export interface FramingHeaders {
  readonly length: number | undefined;
  readonly chunked: boolean;
  /** The options of every Connection header, in lower case. */
  readonly connection: ReadonlySet<string>;
}

const NO_OPTIONS: ReadonlySet<string> = new Set();

/**
 * What the headers say of the message's extent (RFC 9112, 6). Whatever two servers could read differently is refused.
 * @throws FramingError for repeated, malformed or contradicting Content-Length and Transfer-Encoding
 */
export function framingOf(headers: readonly Header[]): FramingHeaders {
  let length: number | undefined;
  let chunked = false;
  let connection: Set<string> | undefined;
  for (const { key, value } of headers) {
    if (key === "content-length") {
      if (length !== undefined) {
        throw new FramingError("Content-Length is given twice");
      }
      if (!LENGTH.test(value)) {
        throw new FramingError(`Content-Length is ${JSON.stringify(value.slice(0, 64))}, which is no length`);
      }
      length = Number(value);
    } else if (key === "transfer-encoding") {
      if (chunked) {
        throw new FramingError("Transfer-Encoding is given twice");
      }
      if (value.toLowerCase() !== "chunked") {
        throw new FramingError(`Transfer-Encoding is ${JSON.stringify(value.slice(0, 64))}, only chunked is known`, 501);
      }
      chunked = true;
    } else if (key === "connection") {
      connection ??= new Set();
      for (const option of value.split(",")) {
        connection.add(option.trim().toLowerCase());
      }
    }
  }
  if (chunked && length !== undefined) {
    throw new FramingError("both Transfer-Encoding and Content-Length are given");
  }
  return { length, chunked, connection: connection ?? NO_OPTIONS };
}
