/** A REST operation's input from labels, query, headers and body. https://smithy.io/2.0/spec/http-bindings.html */
import type { RouteMatch } from "./http-routes.js";
import type { ByteStream } from "./model.js";
import { located, parseText } from "./scalar.js";
import type { Member, Operation, Shape, Traits } from "./shape.js";

export type HeaderMap = Readonly<Record<string, readonly string[] | undefined>>;

export interface RestRequest {
  readonly headers: HeaderMap;
  readonly match: RouteMatch;
  readonly body: Uint8Array;
  /** Instead of `body`, when the operation's body streams. */
  readonly stream?: ByteStream | undefined;
}

/** How rest-json and rest-xml read what stands in a body. */
export interface BodyReader {
  /** Members together in one document named after `shape`. */
  readonly document: (shape: Shape) => (body: Uint8Array) => unknown;
  /** One member that is the whole body. */
  readonly payload: (member: Member) => (body: Uint8Array) => unknown;
  readonly text: (body: Uint8Array) => string;
}

type Bind = (request: RestRequest, input: Record<string, unknown>) => void;

/** Whether a request's body goes to the operation as it comes. */
export function streamsInput(operation: Operation): boolean {
  return operation.input.members.some((member) => member.traits.httpPayload && member.traits.streaming && member.shape.kind === "blob");
}

const bound = ({ httpLabel, httpQuery, httpQueryParams, httpHeader, httpPrefixHeaders, httpPayload }: Traits): boolean =>
  Boolean(httpLabel ?? httpQuery ?? httpQueryParams ?? httpHeader ?? httpPayload) || httpPrefixHeaders !== undefined;

/** `a, "b, c"` are two values. */
function headerItems(value: string): readonly string[] {
  return Array.from(value.matchAll(/\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)/g))
    .filter(([all]) => all !== "")
    .map(([, quoted, plain]) => (quoted === undefined ? plain!.trim() : quoted.replace(/\\(.)/g, "$1")));
}

function parsed(member: Member, values: readonly string[], name: string): unknown {
  try {
    if (member.shape.kind !== "list") {
      return parseText(member.shape, values[0]!);
    }
    const item = member.shape.members[0]!.shape;
    return values.map((value) => parseText(item, value));
  } catch (error) {
    throw located(error, name);
  }
}

function fromHeader(member: Member, name: string): Bind {
  const key = name.toLowerCase();
  return ({ headers }, input) => {
    const values = headers[key];
    if (values !== undefined && values.length > 0) {
      input[member.name] = parsed(member, member.shape.kind === "list" ? values.flatMap(headerItems) : [values.join(",")], name);
    }
  };
}

function fromPrefix(member: Member, prefix: string): Bind {
  const start = prefix.toLowerCase();
  return ({ headers }, input) => {
    // Without a prototype: the keys are the caller's.
    const found: Record<string, string> = Object.create(null);
    for (const [name, values] of Object.entries(headers)) {
      if (name.startsWith(start) && values) {
        found[name.slice(start.length)] = values.join(",");
      }
    }
    if (Object.keys(found).length > 0) {
      input[member.name] = found;
    }
  };
}

function fromQuery(member: Member, name: string): Bind {
  return ({ match }, input) => {
    const values = match.query.get(name);
    if (values) {
      input[member.name] = parsed(member, values, name);
    }
  };
}

/** What no other member is bound to. */
function fromOtherQuery(member: Member, operation: Operation): Bind {
  const template = operation.http?.[1].split("?")[1] ?? "";
  const named = operation.input.members.flatMap((other) => other.traits.httpQuery ?? []);
  const taken = new Set([...named, ...template.split("&").map((pair) => pair.split("=")[0])]);
  const lists = member.shape.members[1]!.shape.kind === "list";
  return ({ match }, input) => {
    const found: Record<string, unknown> = Object.create(null);
    for (const [name, values] of match.query) {
      if (!taken.has(name)) {
        found[name] = lists ? values : values[0];
      }
    }
    if (Object.keys(found).length > 0) {
      input[member.name] = found;
    }
  };
}

function fromPayload(member: Member, reader: BodyReader): Bind {
  if (member.traits.streaming && member.shape.kind === "blob") {
    return ({ stream }, input) => {
      input[member.name] = stream;
    };
  }
  const read = member.shape.kind === "blob" ? (body: Uint8Array) => body : member.shape.kind === "string" ? reader.text : reader.payload(member);
  return ({ body }, input) => {
    if (body.length > 0) {
      input[member.name] = read(body);
    }
  };
}

function bindMember(member: Member, operation: Operation, reader: BodyReader): Bind | undefined {
  const { httpLabel, httpQuery, httpQueryParams, httpHeader, httpPrefixHeaders, httpPayload } = member.traits;
  if (httpLabel) {
    return ({ match }, input) => {
      const label = match.labels.get(member.name);
      if (label !== undefined) {
        input[member.name] = parsed(member, [label], member.name);
      }
    };
  }
  if (httpQuery !== undefined) {
    return fromQuery(member, httpQuery);
  }
  if (httpQueryParams) {
    return fromOtherQuery(member, operation);
  }
  if (httpHeader !== undefined) {
    return fromHeader(member, httpHeader);
  }
  if (httpPrefixHeaders !== undefined) {
    return fromPrefix(member, httpPrefixHeaders);
  }
  return httpPayload ? fromPayload(member, reader) : undefined;
}

/** Compiles readers of operations' inputs; they throw MalformedValue and what the body reader throws. */
export function inputReader(reader: BodyReader): (operation: Operation) => (request: RestRequest) => Record<string, unknown> {
  const made = new WeakMap<Operation, (request: RestRequest) => Record<string, unknown>>();
  const make = (operation: Operation): ((request: RestRequest) => Record<string, unknown>) => {
    const { input: shape } = operation;
    const binds = shape.members.flatMap((member) => bindMember(member, operation, reader) ?? []);
    const rest = shape.members.filter((member) => !bound(member.traits));
    const read = rest.length > 0 ? reader.document({ ...shape, members: rest }) : undefined;
    return (request) => {
      const input: Record<string, unknown> = {};
      for (const bind of binds) {
        bind(request, input);
      }
      return read && request.body.length > 0 ? Object.assign(input, read(request.body)) : input;
    };
  };
  return (operation) => {
    let read = made.get(operation);
    if (!read) {
      read = make(operation);
      made.set(operation, read);
    }
    return read;
  };
}
