/** What a request says about its signature, in the Authorization header or in a presigned URL. */
import { ALGORITHM, TERMINATOR } from "./sigv4-canonical.js";
import type { Signed, SignatureProblem, SignedHead } from "./sigv4.js";

const LONGEST_PRESIGN_SECONDS = 7 * 24 * 3600;

export const incomplete = (detail: string): SignatureProblem => ({ kind: "incomplete", detail });

export function fromHeader(authorization: string, headers: SignedHead["headers"]): Signed | SignatureProblem {
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

export function fromQuery(search: string): Signed | SignatureProblem {
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
  const tokens = query.getAll("X-Amz-Security-Token");
  if (tokens.length > 1) {
    return incomplete("more than one X-Amz-Security-Token");
  }
  const signed = claim(get("X-Amz-Credential"), get("X-Amz-SignedHeaders"), get("X-Amz-Signature"), get("X-Amz-Date"), tokens[0]);
  return "signature" in signed ? { ...signed, expires: Number(expires) } : signed;
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
