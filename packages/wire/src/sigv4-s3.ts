/**
 * Who sent a request to S3, from its head alone: the body is checked while it streams. S3 words its refusals otherwise
 * than every other service. https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
import type { Secret } from "./call.js";
import type { ChunkSeed } from "./aws-chunked.js";
import { canonicalRequest, scopeOf, signingKey, stringToSign } from "./sigv4-canonical.js";
import * as errors from "./sigv4-s3-errors.js";
import { isCurrent, isSignatureOf, isSigned, readSignature, SKEW, timeOf } from "./sigv4.js";
import type { Signed, SignedHead } from "./sigv4.js";
import { isPresignedV2, verifyV2 } from "./sigv2.js";

export type Headers = SignedHead["headers"];

/** How the body comes, by `x-amz-content-sha256`. */
export type Payload =
  | { readonly kind: "hash"; readonly sha256: string }
  | { readonly kind: "unsigned" }
  /** aws-chunked; with a seed every chunk is signed. */
  | { readonly kind: "chunked"; readonly trailer: boolean; readonly seed?: ChunkSeed };

/** A request whose head was found good. */
export interface S3Access {
  /** Empty for an anonymous request. */
  readonly accessKeyId: string;
  readonly sessionToken?: string | undefined;
  /** The credential scope's; absent when the request is anonymous or signed by version 2, which has none. */
  readonly region?: string | undefined;
  readonly payload: Payload;
  /** The request's headers, and those that a presigned URL carries in its query. */
  readonly headers: Headers;
}

export interface S3AccessOptions {
  /** `open` takes any key and any signature. */
  readonly verify: "strict" | "open";
  readonly secretOf: (accessKeyId: string) => Secret | undefined;
  /** The times in milliseconds that count as now. */
  readonly clocks: readonly number[];
  /** The bucket, when the host names it: version 2 signs it as a part of the path. */
  readonly hostBucket?: string | undefined;
}

const STREAMING = /^STREAMING-(AWS4-HMAC-SHA256-PAYLOAD|UNSIGNED-PAYLOAD)(-TRAILER)?$/;
const PAYLOAD_WORDS =
  "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, " +
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.";

function payloadOf(word: string, seed: ChunkSeed | undefined): Payload {
  if (word === "UNSIGNED-PAYLOAD") {
    return { kind: "unsigned" };
  }
  if (/^[0-9a-fA-F]{64}$/.test(word)) {
    return { kind: "hash", sha256: word.toLowerCase() };
  }
  const [, signed, trailer] = STREAMING.exec(word) ?? [];
  if (signed === undefined || (signed === "UNSIGNED-PAYLOAD" && trailer === undefined)) {
    throw errors.invalidArgument(PAYLOAD_WORDS, "x-amz-content-sha256", word);
  }
  return { kind: "chunked", trailer: trailer !== undefined, ...(signed === "UNSIGNED-PAYLOAD" || !seed ? {} : { seed }) };
}

const PRESIGN_PARAMETERS = [
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-SignedHeaders",
  "X-Amz-Signature",
];
const NOT_HEADERS = new Set([...PRESIGN_PARAMETERS, "X-Amz-Security-Token"].map((name) => name.toLowerCase()));

/** The `x-amz-*` headers that the signer of a URL moved into its query. Checksums stay out: they were made of no body. */
function hoisted(query: URLSearchParams): Record<string, readonly string[]> {
  const found: Record<string, readonly string[]> = Object.create(null);
  for (const [name, value] of query) {
    const lower = name.toLowerCase();
    if (lower.startsWith("x-amz-") && !NOT_HEADERS.has(lower) && !/^x-amz-(?:sdk-)?checksum-/.test(lower)) {
      found[lower] = [...(found[lower] ?? []), value];
    }
  }
  return found;
}

/** What S3 says about the parameters of a presigned URL before it looks at anything else. */
function checkPresigned(query: URLSearchParams): void {
  if (PRESIGN_PARAMETERS.some((name) => query.getAll(name).length !== 1)) {
    throw errors.malformedQuery(
      "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    );
  }
  const expires = query.get("X-Amz-Expires") ?? "";
  if (query.get("X-Amz-Algorithm") !== "AWS4-HMAC-SHA256") {
    throw errors.malformedQuery('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"');
  }
  if (!/^-?\d+$/.test(expires)) {
    throw errors.malformedQuery("X-Amz-Expires should be a number");
  }
  if (Number(expires) < 1) {
    throw errors.malformedQuery("X-Amz-Expires must be non-negative");
  }
  if (Number(expires) > 604_800) {
    throw errors.malformedQuery("X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds");
  }
  if (!/^\d{8}T\d{6}Z$/.test(query.get("X-Amz-Date") ?? "")) {
    throw errors.malformedQuery("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  }
  if (query.get("X-Amz-Credential")?.split("/").length !== 5) {
    throw errors.malformedQuery('Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".');
  }
}

function checkHeader(headers: Headers): void {
  const authorization = headers["authorization"]?.[0] ?? "";
  if (!authorization.startsWith("AWS4-HMAC-SHA256 ")) {
    throw authorization.startsWith("AWS ")
      ? errors.invalidRequest("The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
      : errors.invalidArgument("Unsupported Authorization Type", "Authorization", authorization);
  }
  if (headers["x-amz-date"]?.length !== 1) {
    throw errors.accessDenied("AWS authentication requires a valid Date or x-amz-date header");
  }
}

/** The header that names the payload; `word` is what the signature covers. */
function payloadWord(signed: Signed, head: SignedHead, query: URLSearchParams): string {
  const header = head.headers["x-amz-content-sha256"];
  if (header && header.length > 1) {
    throw errors.invalidArgument(PAYLOAD_WORDS, "x-amz-content-sha256", header.join(","));
  }
  if (signed.expires === undefined) {
    if (!header) {
      throw errors.invalidRequest("Missing required header for this request: x-amz-content-sha256");
    }
    return header[0]!;
  }
  const inSignature = signed.signedHeaders.includes("x-amz-content-sha256") ? header?.[0] : undefined;
  return inSignature ?? query.get("X-Amz-Content-Sha256") ?? "UNSIGNED-PAYLOAD";
}

function checkClock(signed: Signed, clocks: readonly number[]): void {
  if (isCurrent(signed, clocks)) {
    return;
  }
  const now = clocks[0] ?? 0;
  const signedAt = timeOf(signed.timestamp);
  if (Number.isNaN(signedAt)) {
    throw errors.accessDenied("AWS authentication requires a valid Date or x-amz-date header");
  }
  if (signed.expires === undefined) {
    throw errors.tooSkewed(signed.timestamp, now, SKEW);
  }
  throw now < signedAt ? errors.notValidYet() : errors.requestExpired(signedAt + signed.expires * 1000, now, signed.expires);
}

function checkSignature(signed: Signed, head: SignedHead, word: string, options: S3AccessOptions): Secret {
  const secret = options.secretOf(signed.accessKeyId);
  if (!secret || (secret.sessionToken !== undefined && signed.sessionToken === undefined)) {
    throw errors.unknownAccessKey(signed.accessKeyId);
  }
  checkClock(signed, options.clocks);
  const canonical = canonicalRequest(signed, head, word);
  const text = stringToSign(signed, canonical ?? "");
  if (canonical === undefined || !isSignatureOf(signed, secret.secret, text)) {
    const { accessKeyId, signature } = signed;
    throw errors.signatureMismatch({ accessKeyId, signature, stringToSign: text, ...(canonical === undefined ? {} : { canonicalRequest: canonical }) });
  }
  if (signed.sessionToken !== secret.sessionToken) {
    throw errors.invalidToken(signed.sessionToken ?? "");
  }
  const unsigned = Object.keys(head.headers).filter(
    (name) => name.startsWith("x-amz-") && name !== "x-amz-content-sha256" && name !== "x-amz-user-agent" && !signed.signedHeaders.includes(name),
  );
  if (unsigned.length > 0) {
    throw errors.accessDenied("There were headers present in the request which were not signed", { HeadersNotSigned: unsigned.join(", ") });
  }
  return secret;
}

function anonymous(head: SignedHead): S3Access {
  const word = head.headers["x-amz-content-sha256"]?.[0] ?? "UNSIGNED-PAYLOAD";
  return { accessKeyId: "", payload: payloadOf(word, undefined), headers: head.headers };
}

function byVersion4(head: SignedHead, query: URLSearchParams, options: S3AccessOptions): S3Access {
  const presigned = head.headers["authorization"] === undefined;
  if (presigned) {
    checkPresigned(query);
  } else {
    checkHeader(head.headers);
  }
  const signed = readSignature(head);
  if (!isSigned(signed)) {
    const detail = "detail" in signed && signed.detail !== undefined ? signed.detail : "the Signature is mal-formed.";
    throw presigned ? errors.malformedQuery(detail) : errors.malformedHeader(detail);
  }
  if (signed.service !== "s3") {
    const detail = `incorrect service "${signed.service.slice(0, 100)}". This endpoint belongs to "s3".`;
    throw presigned ? errors.malformedQuery(`Error parsing the X-Amz-Credential parameter; ${detail}`) : errors.malformedHeader(detail);
  }
  const word = payloadWord(signed, head, query);
  const secret = options.verify === "open" ? undefined : checkSignature(signed, head, word, options);
  const { signature, timestamp } = signed;
  const seed = secret && { key: signingKey(secret.secret, signed), scope: scopeOf(signed), timestamp, signature };
  return {
    accessKeyId: signed.accessKeyId,
    sessionToken: signed.sessionToken,
    region: signed.region,
    payload: payloadOf(word, seed),
    headers: presigned ? { ...hoisted(query), ...head.headers } : head.headers,
  };
}

/** Finds out who sent the request and how to read its body. Throws S3's AwsError when the signature isn't good. */
export function authenticateS3(head: SignedHead, options: S3AccessOptions): S3Access {
  const query = new URLSearchParams(head.search);
  if (head.headers["authorization"] === undefined && isPresignedV2(query)) {
    const signer = options.verify === "open" ? { accessKeyId: query.get("AWSAccessKeyId") ?? "" } : verifyV2(head, query, options);
    return { ...signer, payload: payloadOf(head.headers["x-amz-content-sha256"]?.[0] ?? "UNSIGNED-PAYLOAD", undefined), headers: { ...hoisted(query), ...head.headers } };
  }
  const claimed = readSignature(head);
  if (!isSigned(claimed) && (claimed.kind === "absent" || (options.verify === "open" && head.headers["authorization"] === undefined))) {
    return anonymous(head);
  }
  return byVersion4(head, query, options);
}
