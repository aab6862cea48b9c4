/** Reading a request's body with a bound. */
import type { IncomingMessage } from "node:http";

export type Body = { readonly bytes: Uint8Array } | "too-large" | "aborted";

/** How much of an oversized body is thrown away before the connection is cut, so that the client can read why. */
const MOST_DISCARDED = 16 * 1024 * 1024;

/** Reads at most `limit` bytes. Of a larger body the rest is discarded, to a bound. Never rejects. */
export function readBody(request: IncomingMessage, limit: number): Promise<Body> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let size = 0;
    if (Number(request.headers["content-length"] ?? 0) > limit) {
      resolve("too-large");
    }
    request.on("data", (part: Buffer) => {
      size += part.length;
      if (size <= limit) {
        parts.push(part);
        return;
      }
      parts.length = 0;
      resolve("too-large");
      if (size > limit + MOST_DISCARDED) {
        request.destroy();
      }
    });
    request.on("end", () => resolve({ bytes: parts.length === 1 ? parts[0]! : Buffer.concat(parts) }));
    request.on("error", () => resolve("aborted"));
    request.on("close", () => resolve("aborted"));
  });
}
