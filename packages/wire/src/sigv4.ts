/**
 * Signature Version 4 from the server's side, in the Authorization header or in a presigned URL.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Secret } from "./call.js";

const ALGORITHM = "AWS4-HMAC-SHA256";
const TERMINATOR = "aws4_request";
/** How far a client's clock may be off, in milliseconds. */
const SKEW = 15 * 60_000;
const LONGEST_PRESIGN_SECONDS = 7 * 24 * 3600;

/** Why a request isn't accepted. Each protocol has its own code for each kind. */
export type SignatureProblem =
  | { readonly kind: "absent" }
  | { readonly kind: "incomplete"; readonly detail: string }
  | { readonly kind: "unknown-key" }
  | { readonly kind: "wrong-token" }
  | { readonly kind: "mismatch"; readonly detail?: string }
  | { readonly kind: "expired"; readonly detail: string };

/** What a request claims about who signed it. */
export interface Signed {
  readonly accessKeyId: string;
  /** The credential scope. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  /** 64 hex digits. */
  readonly signature: string;
  /** `20260131T235959Z`. */
  readonly timestamp: string;
  readonly sessionToken?: string | undefined;
  /** For presigned URLs: the lifetime in seconds. */
  readonly expires?: number;
}

/** The parts of a request that a signature covers. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly search: string;
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

/** Reads the claim; whether it is true, `verifySignature` says. */
export function readSignature(request: Pick<SignedRequest, "headers" | "search">): Signed | SignatureProblem {
  const authorization = request.headers["authorization"];
  if (authorization) {
    return authorization.length === 1 ? fromHeader(authorization[0]!, request.headers) : incomplete("more than one Authorization header");
  }
  return request.search.includes("X-Amz-") ? fromQuery(request.search) : { kind: "absent" };
}

export function isSigned(read: Signed | SignatureProblem): read is Signed {
  return "signature" in read;
}

const incomplete = (detail: string): SignatureProblem => ({ kind: "incomplete", detail });

function fromHeader(authorization: string, headers: SignedRequest["headers"]): Signed | SignatureProblem {
  if (!authorization.startsWith(`${ALGORITHM} `)) {
    return incomplete(`Unsupported AWS 'algorithm': only ${ALGORITHM} is accepted.`);
  }
  const parts = new Map<string, string>();
  for (const part of authorization.slice(ALGORITHM.length + 1).split(",")) {
    const equals = part.indexOf("=");
    const name = part.slice(0, equals).trim();
    if (equals < 0 || parts.has(name)) {
      return incomplete(`'${part.trim().slice(0, 100)}' not a valid key=value pair in Authorization header.`);
    }
    parts.set(name, part.slice(equals + 1).trim());
  }
  for (const name of ["Credential", "Signature", "SignedHeaders"]) {
    if (!parts.get(name)) {
      return incomplete(`Authorization header requires '${name}' parameter.`);
    }
  }
  const dates = headers["x-amz-date"];
  if (dates?.length !== 1) {
    return incomplete("Authorization header requires existence of one 'X-Amz-Date' header.");
  }
  const tokens = headers["x-amz-security-token"];
  if (tokens && tokens.length > 1) {
    return incomplete("more than one X-Amz-Security-Token header");
  }
  return claim(parts.get("Credential")!, parts.get("SignedHeaders")!, parts.get("Signature")!, dates[0]!, tokens?.[0]);
}

function fromQuery(search: string): Signed | SignatureProblem {
  const query = new URLSearchParams(search);
  const names = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"];
  for (const name of names) {
    if (query.getAll(name).length !== 1) {
      return incomplete(`AWS query-string parameters must include '${name}' once.`);
    }
  }
  const get = (name: string): string => query.get(name) ?? "";
  if (get("X-Amz-Algorithm") !== ALGORITHM) {
    return incomplete(`Unsupported AWS 'algorithm': only ${ALGORITHM} is accepted.`);
  }
  const expires = get("X-Amz-Expires");
  if (!/^\d{1,6}$/.test(expires) || Number(expires) < 1 || Number(expires) > LONGEST_PRESIGN_SECONDS) {
    return incomplete(`X-Amz-Expires must be between 1 and ${LONGEST_PRESIGN_SECONDS} seconds.`);
  }
  const token = query.get("X-Amz-Security-Token") ?? undefined;
  const signed = claim(get("X-Amz-Credential"), get("X-Amz-SignedHeaders"), get("X-Amz-Signature"), get("X-Amz-Date"), token);
  return isSigned(signed) ? { ...signed, expires: Number(expires) } : signed;
}

function claim(
  credential: string,
  headerList: string,
  signature: string,
  timestamp: string,
  sessionToken: string | undefined,
): Signed | SignatureProblem {
  const parts = credential.split("/");
  const [accessKeyId, date, region, service, terminator] = parts;
  if (parts.length !== 5 || !accessKeyId || !date || !region || !service || terminator !== TERMINATOR) {
    return incomplete(`Credential must have exactly 5 slash-delimited elements and end in '${TERMINATOR}', got '${credential.slice(0, 200)}'.`);
  }
  if (!/^\d{8}T\d{6}Z$/.test(timestamp)) {
    return incomplete(`Date must be in ISO-8601 'basic format'. Got '${timestamp.slice(0, 50)}'.`);
  }
  if (!timestamp.startsWith(date)) {
    return { kind: "mismatch", detail: `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${timestamp.slice(0, 8)}'.` };
  }
  if (!/^[0-9a-f]{64}$/.test(signature)) {
    return { kind: "mismatch" };
  }
  const signedHeaders = headerList.split(";");
  if (!signedHeaders.includes("host")) {
    return incomplete("'Host' must be a 'SignedHeader' in the AWS Authorization.");
  }
  if (new Set(signedHeaders).size !== signedHeaders.length) {
    return incomplete("SignedHeaders names a header more than once.");
  }
  return { accessKeyId, date, region, service, signedHeaders, signature, timestamp, sessionToken };
}

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Uint8Array, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** A day's key is used for many requests, and takes four of the five hashes. */
const signingKeys = new Map<string, Buffer>();
const MOST_KEYS = 1000;

function signingKey(secret: string, signed: Signed): Buffer {
  const id = `${signed.date}/${signed.region}/${signed.service}/${secret}`;
  let key = signingKeys.get(id);
  if (!key) {
    key = [signed.region, signed.service, TERMINATOR].reduce(hmac, hmac(`AWS4${secret}`, signed.date));
    if (signingKeys.size >= MOST_KEYS) {
      signingKeys.clear();
    }
    signingKeys.set(id, key);
  }
  return key;
}

/** Percent-encoding as AWS wants it: everything but letters, digits and `-._~`. */
function escape(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function unescape(text: string): string {
  return decodeURIComponent(text.replaceAll("+", "%20"));
}

function canonicalQuery(search: string): string {
  const pairs = search
    .split("&")
    .filter((pair) => pair !== "" && !pair.startsWith("X-Amz-Signature="))
    .map((pair): [string, string] => {
      const equals = pair.indexOf("=");
      return equals < 0 ? [escape(unescape(pair)), ""] : [escape(unescape(pair.slice(0, equals))), escape(unescape(pair.slice(equals + 1)))];
    });
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return pairs
    .sort((a, b) => order(a[0], b[0]) || order(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** `undefined` when a signed header is missing or was sent more than once: then nobody can say which one was signed. */
function canonicalHeaders(signed: Signed, headers: SignedRequest["headers"]): string | undefined {
  let text = "";
  for (const name of signed.signedHeaders) {
    const values = headers[name];
    if (values?.length !== 1) {
      return undefined;
    }
    text += `${name}:${values[0]!.trim().replace(/ +/g, " ")}\n`;
  }
  return text;
}

function signatureOf(signed: Signed, secret: string, request: SignedRequest): Buffer | undefined {
  const headers = canonicalHeaders(signed, request.headers);
  if (headers === undefined) {
    return undefined;
  }
  // The path as sent is escaped once; every service but S3 escapes it once more.
  const path = request.path.split("/").map(escape).join("/");
  let query: string;
  try {
    query = canonicalQuery(request.search);
  } catch {
    return undefined;
  }
  const canonical = [request.method, path, query, headers, signed.signedHeaders.join(";"), sha256(request.body)].join("\n");
  const scope = `${signed.date}/${signed.region}/${signed.service}/${TERMINATOR}`;
  return hmac(signingKey(secret, signed), `${ALGORITHM}\n${signed.timestamp}\n${scope}\n${sha256(canonical)}`);
}

/** `20260131T235959Z` in milliseconds; NaN for a day that doesn't exist. */
function timeOf(timestamp: string): number {
  return Date.parse(timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

function basicFormat(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

function clockProblem(signed: Signed, clocks: readonly number[]): SignatureProblem | undefined {
  const signedAt = timeOf(signed.timestamp);
  const lifetime = signed.expires === undefined ? SKEW : signed.expires * 1000;
  if (clocks.some((now) => now >= signedAt - SKEW && now <= signedAt + lifetime)) {
    return undefined;
  }
  const now = clocks[0] ?? Number.NaN;
  if (Number.isNaN(signedAt) || Number.isNaN(now)) {
    return incomplete(`Date must be in ISO-8601 'basic format'. Got '${signed.timestamp}'.`);
  }
  const detail =
    now < signedAt
      ? `Signature not yet current: ${signed.timestamp} is still later than ${basicFormat(now + SKEW)} (${basicFormat(now)} + 15 min.)`
      : `Signature expired: ${signed.timestamp} is now earlier than ${basicFormat(now - lifetime)} (${basicFormat(now)} - ${lifetime / 60_000} min.)`;
  return { kind: "expired", detail };
}

/**
 * Whether the holder of `secret` signed this request. `clocks` are the times in milliseconds that count as now; the
 * signature must be at most 15 minutes off one of them, and a presigned URL within its lifetime.
 */
export function verifySignature(
  signed: Signed,
  secret: Secret | undefined,
  request: SignedRequest,
  clocks: readonly number[],
): SignatureProblem | undefined {
  if (!secret) {
    return { kind: "unknown-key" };
  }
  const wanted = signatureOf(signed, secret.secret, request);
  if (!wanted || !timingSafeEqual(wanted, Buffer.from(signed.signature, "hex"))) {
    return { kind: "mismatch" };
  }
  if (signed.sessionToken !== secret.sessionToken) {
    return { kind: "wrong-token" };
  }
  return clockProblem(signed, clocks);
}
