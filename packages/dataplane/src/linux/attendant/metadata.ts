/**
 * The instance metadata service's answers: pure, from a request to a reply.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { ServedInstance } from "./messages.js";

export interface MetadataRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export interface MetadataReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Whom an answer is for, and what tokens are made of. */
export interface MetadataContext {
  readonly id: string;
  readonly instance: ServedInstance;
  /** Tokens are signed with it, not kept: an instance can't fill our memory with them. */
  readonly secret: Uint8Array;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const TOKEN_HEADER = "x-aws-ec2-metadata-token";
const TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds";
const LONGEST_TTL = 21_600;
const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
};

export function answerMetadata(context: MetadataContext, request: MetadataRequest): MetadataReply {
  const { options } = context.instance;
  if (!options.enabled) {
    return refusal(403);
  }
  const path = pathOf(request.url);
  if (path === undefined) {
    return refusal(400);
  }
  if (request.method === "PUT") {
    return path === "/latest/api/token" ? issueToken(context, request) : refusal(405);
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    return refusal(405);
  }
  if (path === "/latest/api/token") {
    return refusal(405);
  }
  const token = request.headers[TOKEN_HEADER];
  if (token === undefined ? options.tokens === "required" : !isValid(context, String(token))) {
    return refusal(401);
  }
  return lookUp(context.instance, path);
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html */
function issueToken(context: MetadataContext, request: MetadataRequest): MetadataReply {
  // A request that came through a proxy is not the instance's own.
  if (request.headers["x-forwarded-for"] !== undefined) {
    return refusal(403);
  }
  const text = String(request.headers[TTL_HEADER] ?? "");
  const ttl = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (ttl < 1 || ttl > LONGEST_TTL) {
    return refusal(400);
  }
  const until = Math.floor(context.now / 1000) + ttl;
  const body = `${until.toString(36)}.${sign(context, until)}`;
  return reply(200, Buffer.from(body).toString("base64url"), { "X-Aws-Ec2-Metadata-Token-Ttl-Seconds": String(ttl) });
}

function isValid(context: MetadataContext, token: string): boolean {
  const [time = "", signature = ""] = Buffer.from(token, "base64url").toString("latin1").split(".");
  const until = Number.parseInt(time, 36);
  if (!(until * 1000 > context.now)) {
    return false;
  }
  const expected = Buffer.from(sign(context, until));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Bound to the instance: another's token is worth nothing. */
function sign(context: MetadataContext, until: number): string {
  return createHmac("sha256", context.secret).update(`${context.id} ${until}`).digest("base64url");
}

function lookUp(instance: ServedInstance, path: string): MetadataReply {
  if (path === "/" || path === "") {
    return reply(200, "latest");
  }
  const [, version = "", ...rest] = path.split("/");
  // AWS keeps a tree for each date; ours is the latest.
  if (version !== "latest" && !/^(1\.0|\d{4}-\d{2}-\d{2})$/.test(version)) {
    return refusal(404);
  }
  const key = rest.join("/");
  if (key === "user-data" && instance.userData !== undefined && instance.userData.length > 0) {
    return reply(200, instance.userData, { "Content-Type": "application/octet-stream" });
  }
  if (Object.hasOwn(instance.metadata, key)) {
    return reply(200, instance.metadata[key] ?? "");
  }
  const listing = list(instance, key);
  return listing === undefined ? refusal(404) : reply(200, listing);
}

/** The entries of a directory, directories with a slash; undefined when there is no such directory. */
function list(instance: ServedInstance, key: string): string | undefined {
  const prefix = key === "" || key.endsWith("/") ? key : `${key}/`;
  if (Object.hasOwn(instance.metadata, prefix)) {
    return instance.metadata[prefix];
  }
  const entries = new Set<string>();
  for (const path of Object.keys(instance.metadata)) {
    if (path.startsWith(prefix) && path !== prefix) {
      const [first = "", ...deeper] = path.slice(prefix.length).split("/");
      entries.add(deeper.length > 0 ? `${first}/` : first);
    }
  }
  if (prefix === "" && instance.userData !== undefined && instance.userData.length > 0) {
    entries.add("user-data");
  }
  // Of all directories only those at the top are listed without a slash.
  const names = prefix === "" ? [...entries].map((name) => name.replace("/", "")) : [...entries];
  return names.length === 0 ? undefined : names.toSorted().join("\n");
}

function pathOf(url: string): string | undefined {
  try {
    return decodeURIComponent(url.split("?", 1)[0] ?? "").replace(/\/{2,}/g, "/");
  } catch {
    return undefined;
  }
}

function reply(status: number, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): MetadataReply {
  const length = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  return { status, headers: { "Content-Type": "text/plain", "Content-Length": String(length), Server: "EC2ws", ...headers }, body };
}

function refusal(status: number): MetadataReply {
  const title = `${status} - ${TITLES[status] ?? "Error"}`;
  const body = `<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
\t"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>${title}</title>
 </head>
 <body>
  <h1>${title}</h1>
 </body>
</html>
`;
  return reply(status, body, { "Content-Type": "text/html" });
}
