/** A REST operation's output as a status, headers and a body. https://smithy.io/2.0/spec/http-bindings.html */
import type { ByteStream } from "./model.js";
import { printText } from "./scalar.js";
import type { Member, Operation, Shape } from "./shape.js";

export interface RestReply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | ByteStream;
}

/** How rest-json and rest-xml write what stands in a body. */
export interface BodyWriter {
  readonly contentType: string;
  /** Members together in one document named after `shape`. */
  readonly document: (shape: Shape) => (value: Readonly<Record<string, unknown>>) => string;
  /** One member that is the whole body. */
  readonly payload: (member: Member) => (value: unknown) => string;
  /** The body of an output without any member for it. */
  readonly nothing: string;
}

type Output = Readonly<Record<string, unknown>>;

/** A value that no header can carry. */
export class UnfitHeader extends Error {
  override readonly name = "UnfitHeader";
}

// oxlint-disable-next-line no-control-regex
const NOT_IN_HEADERS = /[^\t\x20-\x7e\x80-\xff]/;

function headerText(name: string, text: string): string {
  if (NOT_IN_HEADERS.test(text)) {
    throw new UnfitHeader(name);
  }
  return text;
}

const quoted = (text: string): string => (/[",]/.test(text) ? `"${text.replace(/["\\]/g, "\\$&")}"` : text);

/** Compiles a writer of the members that are bound to headers. */
export function headerWriter(shape: Shape): (output: Output) => Record<string, string> {
  const writers = shape.members.flatMap((member) => writerOf(member) ?? []);
  return (output) => {
    const headers: Record<string, string> = {};
    for (const write of writers) {
      write(output, headers);
    }
    return headers;
  };
}

function writerOf(member: Member): ((output: Output, headers: Record<string, string>) => void) | undefined {
  const { httpHeader, httpPrefixHeaders } = member.traits;
  const { shape } = member;
  if (httpHeader !== undefined) {
    const name = httpHeader.toLowerCase();
    const item = shape.kind === "list" ? shape.members[0]!.shape : undefined;
    return (output, headers) => {
      const value = output[member.name];
      if (value !== undefined && value !== null) {
        const text = item ? (value as unknown[]).map((own) => quoted(printText(item, own, "http-date"))).join(", ") : printText(shape, value, "http-date");
        headers[name] = headerText(name, text);
      }
    };
  }
  if (httpPrefixHeaders !== undefined) {
    return (output, headers) => {
      for (const [key, value] of Object.entries((output[member.name] as Record<string, string> | undefined) ?? {})) {
        const name = `${httpPrefixHeaders}${key}`.toLowerCase();
        headers[name] = headerText(name, String(value));
      }
    };
  }
  return undefined;
}

type Write = (output: Output) => RestReply;

function make(operation: Operation, writer: BodyWriter): Write {
  const { output: shape } = operation;
  const writeHeaders = headerWriter(shape);
  const statusMember = shape.members.find((member) => member.traits.httpResponseCode);
  const body = bodyWriter(shape, writer);
  return (output) => {
    const headers = writeHeaders(output);
    const status = statusMember === undefined ? undefined : (output[statusMember.name] as number | undefined);
    const written = body(output);
    if (written.contentType !== undefined) {
      headers["content-type"] ??= written.contentType;
    }
    return { status: status ?? operation.http?.[2] ?? 200, headers, body: written.body };
  };
}

interface Written {
  readonly contentType?: string;
  readonly body: RestReply["body"];
}

function bodyWriter(shape: Shape, writer: BodyWriter): (output: Output) => Written {
  const { contentType } = writer;
  const payload = shape.members.find((member) => member.traits.httpPayload);
  if (payload) {
    const { kind } = payload.shape;
    if (kind === "blob" || kind === "string") {
      return (output) => ({ body: (output[payload.name] as RestReply["body"] | undefined) ?? "" });
    }
    const write = writer.payload(payload);
    return (output) => {
      const value = output[payload.name];
      return value === undefined || value === null ? { body: "" } : { contentType, body: write(value) };
    };
  }
  const rest = shape.members.filter(({ traits }) => traits.httpHeader === undefined && traits.httpPrefixHeaders === undefined && !traits.httpResponseCode);
  if (rest.length === 0) {
    return () => (writer.nothing === "" ? { body: "" } : { contentType, body: writer.nothing });
  }
  const write = writer.document({ ...shape, members: rest });
  return (output) => ({ contentType, body: write(output) });
}

/** Compiles writers of operations' outputs; they throw UnfitHeader. */
export function outputWriter(writer: BodyWriter): (operation: Operation) => Write {
  const made = new WeakMap<Operation, Write>();
  return (operation) => {
    let write = made.get(operation);
    if (!write) {
      write = make(operation, writer);
      made.set(operation, write);
    }
    return write;
  };
}
