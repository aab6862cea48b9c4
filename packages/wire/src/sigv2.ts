/**
 * Signature Version 2 in S3's presigned URLs, which botocore and the AWS CLI still make in some regions.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html#RESTAuthenticationQueryStringAuth
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Secret } from "./call.js";
import { accessDenied, invalidToken, requestExpired, signatureMismatch, unknownAccessKey } from "./sigv4-s3-errors.js";
import type { SignedHead } from "./sigv4.js";

const PARAMETERS = ["AWSAccessKeyId", "Expires", "Signature"];

/** The query parameters that are a part of the resource and so are signed. */
const SUBRESOURCES = new Set(
  [
    "accelerate acl analytics cors defaultObjectAcl delete inventory lifecycle location logging metrics notification object-lock",
    "partNumber policy replication requestPayment response-cache-control response-content-disposition response-content-encoding",
    "response-content-language response-content-type response-expires restore select select-type storageClass tagging torrent",
    "uploadId uploads versionId versioning versions website",
  ].flatMap((line) => line.split(" ")),
);

export function isPresignedV2(query: URLSearchParams): boolean {
  return query.has("AWSAccessKeyId") && !query.has("X-Amz-Algorithm");
}

function amzHeaders(head: SignedHead, query: URLSearchParams): string {
  const values = new Map<string, string[]>();
  for (const [name, value] of query) {
    if (name.startsWith("x-amz-")) {
      values.set(name, [...(values.get(name) ?? []), value]);
    }
  }
  for (const [name, sent] of Object.entries(head.headers)) {
    if (name.startsWith("x-amz-") && sent) {
      values.set(name, [...sent]);
    }
  }
  return [...values.keys()]
    .sort()
    .map((name) => `${name}:${values.get(name)!.map((value) => value.trim()).join(",")}\n`)
    .join("");
}

function resource(head: SignedHead, query: URLSearchParams, hostBucket: string | undefined): string {
  const subresources = [...query]
    .filter(([name]) => SUBRESOURCES.has(name))
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`));
  const path = hostBucket === undefined ? head.path : `/${hostBucket}${head.path}`;
  return subresources.length === 0 ? path : `${path}?${subresources.join("&")}`;
}

/** Throws S3's AwsError unless the URL was signed by the holder of its key and lives still. */
export function verifyV2(
  head: SignedHead,
  query: URLSearchParams,
  options: { readonly secretOf: (accessKeyId: string) => Secret | undefined; readonly clocks: readonly number[]; readonly hostBucket?: string | undefined },
): { accessKeyId: string; sessionToken: string | undefined } {
  if (PARAMETERS.some((name) => query.getAll(name).length !== 1)) {
    throw accessDenied("Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters");
  }
  const [accessKeyId, expires, signature] = PARAMETERS.map((name) => query.get(name) ?? "") as [string, string, string];
  if (!/^\d{1,12}$/.test(expires)) {
    throw accessDenied(`Invalid date (should be seconds since epoch): ${expires.slice(0, 50)}`);
  }
  const secret = options.secretOf(accessKeyId);
  const token = query.get("x-amz-security-token") ?? head.headers["x-amz-security-token"]?.[0];
  if (!secret || (secret.sessionToken !== undefined && token === undefined)) {
    throw unknownAccessKey(accessKeyId.slice(0, 200));
  }
  if (options.clocks.every((now) => now > Number(expires) * 1000)) {
    throw requestExpired(Number(expires) * 1000, options.clocks[0] ?? 0);
  }
  const standard = ["content-md5", "content-type"].map((name) => head.headers[name]?.[0] ?? query.get(name) ?? "");
  const stringToSign = `${[head.method, ...standard, expires].join("\n")}\n${amzHeaders(head, query)}${resource(head, query, options.hostBucket)}`;
  const wanted = createHmac("sha1", secret.secret).update(stringToSign).digest();
  const given = Buffer.from(signature, "base64");
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    throw signatureMismatch({ accessKeyId, signature: signature.slice(0, 200), stringToSign });
  }
  if (token !== secret.sessionToken) {
    throw invalidToken(token ?? "");
  }
  return { accessKeyId, sessionToken: token };
}
