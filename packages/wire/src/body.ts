/** Reading a request's body: whole with a bound, or as it comes. */
import { AwsError } from "@hakoniwa/kernel";
import type { IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import type { ByteStream } from "./model.js";

export type Body = { readonly bytes: Uint8Array } | "too-large" | "too-slow" | "aborted";

/** In milliseconds. */
export interface BodyTimes {
  /** How long a body that is read whole may take. */
  readonly whole: number;
  /** How long a body that streams may stand still, either way. */
  readonly idle: number;
}

/** How much of an unwanted body is thrown away before the connection is cut, so that the client can read why. */
const MOST_DISCARDED = 16 * 1024 * 1024;
const LONGEST_DISCARDING = 5000;

/** Reads at most `limit` bytes. Of a larger body the rest is discarded, to a bound. Never rejects. */
export function readBody(request: IncomingMessage, limit: number, times: BodyTimes): Promise<Body> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => resolve("too-slow"), times.whole);
    const done = (body: Body): void => {
      clearTimeout(timer);
      resolve(body);
    };
    if (Number(request.headers["content-length"] ?? 0) > limit) {
      done("too-large");
    }
    request.on("data", (part: Buffer) => {
      size += part.length;
      if (size <= limit) {
        parts.push(part);
        return;
      }
      parts.length = 0;
      done("too-large");
      if (size > limit + MOST_DISCARDED) {
        request.destroy();
      }
    });
    request.on("end", () => done({ bytes: parts.length === 1 ? parts[0]! : Buffer.concat(parts) }));
    request.on("error", () => done("aborted"));
    request.on("close", () => done("aborted"));
  });
}

/** The client went away or stands still. Codes of S3's, which is the one service whose bodies stream. */
const incomplete = (): AwsError =>
  new AwsError("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header", { status: 400 });
export const tooSlow = (): AwsError =>
  new AwsError(
    "RequestTimeout",
    "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.",
    { status: 400 },
  );

/** A request's body as it comes: nothing is read before it is asked for. Throws an AwsError when it breaks off or stands still. */
export async function* bodyStream(request: IncomingMessage, idle: number): AsyncGenerator<Uint8Array, undefined> {
  let wake = (): void => undefined;
  const stir = (): void => wake();
  // Not by the stream's own iterator: that destroys the socket, and with it the reply, when whoever reads stops early.
  for (const event of ["readable", "end", "close", "error"] as const) {
    request.on(event, stir);
  }
  try {
    for (;;) {
      const part = request.read() as Buffer | null;
      if (part !== null) {
        yield part;
      } else if (request.readableEnded) {
        return undefined;
      } else if (request.destroyed) {
        throw incomplete();
      } else {
        await stirred(idle, (resolve) => (wake = resolve));
      }
    }
  } finally {
    for (const event of ["readable", "end", "close", "error"] as const) {
      request.off(event, stir);
    }
    request.on("error", () => undefined);
  }
}

function stirred(idle: number, listen: (resolve: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tooSlow()), idle);
    listen(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** A stream whole. `undefined` when it is larger than `limit` bytes. */
export async function collect(stream: ByteStream, limit: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stream) {
    size += part.length;
    if (size > limit) {
      return undefined;
    }
    parts.push(part);
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts);
}

/** Throws away what is left of a request that was answered before it was read. Resolves at its end, or after a bounded effort. */
export function discardRest(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    let size = 0;
    const timer = setTimeout(resolve, LONGEST_DISCARDING);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    request.on("data", (part: Buffer) => {
      size += part.length;
      if (size > MOST_DISCARDED) {
        done();
      }
    });
    request.on("end", done);
    request.on("close", done);
    request.on("error", done);
    request.resume();
  });
}

/** A body that a client has compressed, as CloudWatch's do; `undefined` when it is larger than `limit` bytes or no gzip. */
export function decompressed(body: Uint8Array, limit: number): Uint8Array | undefined {
  try {
    return gunzipSync(body, { maxOutputLength: limit });
  } catch {
    return undefined;
  }
}
