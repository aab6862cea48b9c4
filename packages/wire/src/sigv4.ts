/**
 * Signature Version 4 from the server's side, in the Authorization header or in a presigned URL.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { timingSafeEqual } from "node:crypto";
import type { Secret } from "./call.js";
import { canonicalRequest, sha256, signatureFor, stringToSign } from "./sigv4-canonical.js";
import { fromHeader, fromQuery, incomplete } from "./sigv4-claim.js";

/** How far a client's clock may be off, in milliseconds. */
export const SKEW = 15 * 60_000;

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

/** The parts of a request that a signature covers, but for its body. */
export interface SignedHead {
  readonly method: string;
  /** As sent, still escaped. */
  readonly path: string;
  /** What follows the question mark, still escaped. */
  readonly search: string;
  /** By lower-case name, every value that was sent. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
}

export interface SignedRequest extends SignedHead {
  readonly body: Uint8Array;
}

/** Reads the claim; whether it is true, `verifySignature` says. */
export function readSignature(request: Pick<SignedHead, "headers" | "search">): Signed | SignatureProblem {
  const authorization = request.headers["authorization"];
  if (authorization) {
    return authorization.length === 1 ? fromHeader(authorization[0]!, request.headers) : incomplete("more than one Authorization header");
  }
  return /(?:^|&)X-Amz-(?:Algorithm|Credential|Signature)=/.test(request.search) ? fromQuery(request.search) : { kind: "absent" };
}

export function isSigned(read: Signed | SignatureProblem): read is Signed {
  return "signature" in read;
}

/** `20260131T235959Z` in milliseconds; NaN for a day that doesn't exist. */
export function timeOf(timestamp: string): number {
  return Date.parse(timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

function basicFormat(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

/** Whether the signature is neither too old nor from the future by one of the clocks, in milliseconds. */
export function isCurrent(signed: Signed, clocks: readonly number[]): boolean {
  const signedAt = timeOf(signed.timestamp);
  const lifetime = signed.expires === undefined ? SKEW : signed.expires * 1000;
  return clocks.some((now) => now >= signedAt - SKEW && now <= signedAt + lifetime);
}

function clockProblem(signed: Signed, clocks: readonly number[]): SignatureProblem | undefined {
  if (isCurrent(signed, clocks)) {
    return undefined;
  }
  const now = clocks[0] ?? Number.NaN;
  const signedAt = timeOf(signed.timestamp);
  if (Number.isNaN(signedAt) || Number.isNaN(now)) {
    return incomplete(`Date must be in ISO-8601 'basic format'. Got '${signed.timestamp}'.`);
  }
  const lifetime = signed.expires === undefined ? SKEW : signed.expires * 1000;
  const detail =
    now < signedAt
      ? `Signature not yet current: ${signed.timestamp} is still later than ${basicFormat(now + SKEW)} (${basicFormat(now)} + 15 min.)`
      : `Signature expired: ${signed.timestamp} is now earlier than ${basicFormat(now - lifetime)} (${basicFormat(now)} - ${lifetime / 60_000} min.)`;
  return { kind: "expired", detail };
}

/** Whether `text` signed with the secret gives the claimed signature, in constant time. */
export function isSignatureOf(signed: Signed, secret: string, text: string): boolean {
  return timingSafeEqual(signatureFor(signed, secret, text), Buffer.from(signed.signature, "hex"));
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
  const canonical = canonicalRequest(signed, request, sha256(request.body));
  if (canonical === undefined || !isSignatureOf(signed, secret.secret, stringToSign(signed, canonical))) {
    return { kind: "mismatch" };
  }
  if (signed.sessionToken !== secret.sessionToken) {
    return { kind: "wrong-token" };
  }
  return clockProblem(signed, clocks);
}
