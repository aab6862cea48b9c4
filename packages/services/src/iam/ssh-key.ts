/** SSH public keys: RSA of 2,048 bits or more, as `ssh-rsa …` or PEM. https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSSHPublicKey.html */
import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { invalidSshKey } from "./errors.js";
import { readPublicKey } from "../pem.js";

const LEAST_BITS = 2048;
const TYPE = "ssh-rsa";

/** @returns `ssh-rsa BASE64`, without a comment @throws InvalidPublicKey */
export function readSshKey(text: string): string {
  const [type, body] = text.trim().split(/\s+/);
  const key = type === TYPE && body !== undefined ? parse(Buffer.from(body, "base64")) : readPublicKey(text);
  if (!key || key.asymmetricKeyType !== "rsa") throw invalidSshKey("The public key must be an RSA key, encoded in ssh-rsa format or PEM format.");
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < LEAST_BITS) throw invalidSshKey(`The public key has ${bits} bits, but needs at least ${LEAST_BITS}.`);
  return `${TYPE} ${bytesOf(key).toString("base64")}`;
}

/** @param key as `readSshKey` gives it */
export function fingerprintOf(key: string): string {
  const digest = createHash("md5").update(Buffer.from(key.slice(TYPE.length + 1), "base64")).digest("hex");
  return digest.match(/../g)!.join(":");
}

/** @param key as `readSshKey` gives it */
export function pemOf(key: string): string {
  return String(parse(Buffer.from(key.slice(TYPE.length + 1), "base64"))!.export({ type: "spki", format: "pem" }));
}

/** Three strings, each after its length: the type, the exponent and the modulus (RFC 4253, section 6.6). */
function parse(bytes: Buffer): KeyObject | undefined {
  const parts: Buffer[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) return undefined;
    parts.push(bytes.subarray(at + 4, end));
    at = end;
  }
  const [type, e, n] = parts;
  if (at !== bytes.length || parts.length !== 3 || type!.toString() !== TYPE) return undefined;
  try {
    return createPublicKey({ format: "jwk", key: { kty: "RSA", e: e!.toString("base64url"), n: unsigned(n!).toString("base64url") } });
  } catch {
    return undefined;
  }
}

function bytesOf(key: KeyObject): Buffer {
  const { e, n } = key.export({ format: "jwk" });
  return Buffer.concat([Buffer.from(TYPE), signed(Buffer.from(e!, "base64url")), signed(Buffer.from(n!, "base64url"))].flatMap((part) => [lengthOf(part), part]));
}

function lengthOf(part: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(part.length);
  return length;
}

/** SSH's numbers have a sign: a first bit that is set would make one negative. */
const signed = (number: Buffer): Buffer => (number[0]! & 0x80 ? Buffer.concat([Buffer.from([0]), number]) : number);
const unsigned = (number: Buffer): Buffer => (number[0] === 0 ? number.subarray(1) : number);
