/** Sending replies. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { discardRest } from "./body.js";
import type { ByteStream } from "./model.js";
import type { WireReply } from "./protocols/protocol.js";

export interface Sending {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly headers: Readonly<Record<string, string>>;
  /** How long a client may take nothing of a body that streams, in milliseconds. */
  readonly idle: number;
}

const isStream = (body: WireReply["body"]): body is ByteStream => typeof body === "object" && Symbol.asyncIterator in body;
const BODILESS = new Set([204, 304]);

/** A body that streams, begun: its first part is here, so that an error at its beginning can still be told. */
export interface BegunReply extends Omit<WireReply, "body"> {
  readonly body: string | Uint8Array | { readonly first: IteratorResult<Uint8Array>; readonly rest: AsyncIterator<Uint8Array> };
}

/** Takes the first part of a reply's body. Rejects with what its source throws. */
export async function begin(reply: WireReply): Promise<BegunReply> {
  if (!isStream(reply.body)) {
    return reply as BegunReply;
  }
  const rest = reply.body[Symbol.asyncIterator]();
  return { ...reply, body: { first: await rest.next(), rest } };
}

/** Sends the whole reply. Resolves when it is handed over, never rejects; gives what a body's source threw half-way. */
export async function send(reply: BegunReply, { message, response, headers, idle }: Sending): Promise<unknown> {
  const { body, status } = reply;
  if (response.destroyed) {
    if (typeof body === "object" && "rest" in body) {
      await body.rest.return?.();
    }
    return undefined;
  }
  const bodiless = message.method === "HEAD" || BODILESS.has(status);
  // What was not read of the request must not be taken for the next one.
  const close = !message.complete || headers["connection"] === "close";
  const all = { ...reply.headers, ...headers, ...(close ? { connection: "close" } : {}) };
  if (typeof body === "string" || body instanceof Uint8Array) {
    response.writeHead(status, bodiless ? all : { ...all, "content-length": String(Buffer.byteLength(body)) });
    if (!close) {
      response.end(bodiless ? undefined : body);
      return undefined;
    }
    response.flushHeaders();
    if (!bodiless) {
      response.write(body);
    }
    // A connection that is closed on bytes still coming is reset, and the client never reads why.
    await discardRest(message);
    response.end();
    return undefined;
  }
  response.writeHead(status, all);
  const declared = Number(reply.headers["content-length"] ?? Number.NaN);
  return pump(response, body, declared, idle);
}

/** Resolves to what went wrong on our side, if anything did. */
async function pump(response: ServerResponse, body: { first: IteratorResult<Uint8Array>; rest: AsyncIterator<Uint8Array> }, declared: number, idle: number): Promise<unknown> {
  let sent = 0;
  let finished = false;
  const taken = drains(response, idle);
  try {
    let next = body.first;
    for (; !next.done; next = await body.rest.next()) {
      sent += next.value.length;
      if (sent > declared) {
        break;
      }
      if (!response.write(next.value) && !(await taken.next())) {
        return undefined;
      }
      if (response.destroyed) {
        return undefined;
      }
    }
    finished = next.done === true;
    if (sent !== declared && !Number.isNaN(declared)) {
      throw new Error(`a body of ${declared} bytes was announced, and ${sent > declared ? "more" : sent} came`);
    }
    response.end();
    return undefined;
  } catch (error) {
    // The status is sent: only a broken connection tells the client now.
    response.destroy();
    return error;
  } finally {
    taken.stop();
    if (!finished) {
      await body.rest.return?.().catch(() => undefined);
    }
  }
}

/** Waits until a client has taken what was written; false when it went away, or stood still for `idle` milliseconds. */
function drains(response: ServerResponse, idle: number): { next(): Promise<boolean>; stop(): void } {
  let wake: ((taken: boolean) => void) | undefined;
  const onDrain = (): void => wake?.(true);
  const onClose = (): void => wake?.(false);
  response.on("drain", onDrain);
  response.on("close", onClose);
  return {
    next: () =>
      new Promise((resolve) => {
        if (response.destroyed) {
          resolve(false);
          return;
        }
        const timer = setTimeout(() => {
          response.destroy();
          resolve(false);
        }, idle);
        wake = (taken) => {
          clearTimeout(timer);
          resolve(taken);
        };
      }),
    stop() {
      response.off("drain", onDrain);
      response.off("close", onClose);
    },
  };
}
