/** The texts that Signature Version 4 signs, and the keys it signs them with. */
import { createHash, createHmac } from "node:crypto";
import type { Signed, SignedHead } from "./sigv4.js";

export const ALGORITHM = "AWS4-HMAC-SHA256";
export const TERMINATOR = "aws4_request";

// Headers come from Node as one character a byte; anything else here is ASCII.
export const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(typeof data === "string" ? Buffer.from(data, "latin1") : data).digest("hex");
const hmac = (key: string | Uint8Array, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** A day's key is used for many requests, and takes four of the five hashes. */
const signingKeys = new Map<string, Buffer>();
const MOST_KEYS = 1000;

export function signingKey(secret: string, signed: Pick<Signed, "date" | "region" | "service">): Buffer {
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

/** Throws a URIError for what is not percent-encoded UTF-8. */
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
function canonicalHeaders(signed: Signed, headers: SignedHead["headers"]): string | undefined {
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

/** The path as sent is escaped once. S3 signs it so, whatever way it was escaped; every other service escapes it once more. */
function canonicalPath(path: string, service: string): string {
  const steps = path.split("/");
  return (service === "s3" ? steps.map((step) => escape(decodeURIComponent(step))) : steps.map(escape)).join("/");
}

/**
 * The canonical request, where `payload` is the body's hash or the word that stands for it. `undefined` when the request
 * can't be what was signed.
 */
export function canonicalRequest(signed: Signed, request: SignedHead, payload: string): string | undefined {
  const headers = canonicalHeaders(signed, request.headers);
  if (headers === undefined) {
    return undefined;
  }
  try {
    const path = canonicalPath(request.path, signed.service);
    return [request.method, path, canonicalQuery(request.search), headers, signed.signedHeaders.join(";"), payload].join("\n");
  } catch {
    return undefined;
  }
}

export const scopeOf = (signed: Signed): string => `${signed.date}/${signed.region}/${signed.service}/${TERMINATOR}`;

export function stringToSign(signed: Signed, canonical: string): string {
  return `${ALGORITHM}\n${signed.timestamp}\n${scopeOf(signed)}\n${sha256(canonical)}`;
}

export function signatureFor(signed: Signed, secret: string, text: string): Buffer {
  return hmac(signingKey(secret, signed), text);
}
