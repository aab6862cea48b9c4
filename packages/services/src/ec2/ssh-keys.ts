/**
 * Key pairs as EC2 makes them, and their fingerprints: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html
 * A made RSA key's is SHA-1 over its private key (PKCS #8), an imported one's MD5 over its public key; Ed25519's are always OpenSSH's SHA-256.
 */
import { createHash, createPublicKey, generateKeyPair, randomBytes, type KeyObject } from "node:crypto";
import { promisify } from "node:util";

export interface MadeKey {
  readonly type: "rsa" | "ed25519";
  readonly fingerprint: string;
  /** `ssh-rsa AAAA…`, without a comment. */
  readonly publicKey: string;
  /** PEM: `RSA PRIVATE KEY`, or OpenSSH's own form for Ed25519. */
  readonly privateKey: string;
}

export interface ImportedKey {
  readonly type: "rsa" | "ed25519";
  readonly fingerprint: string;
  readonly publicKey: string;
}

const generate = promisify(generateKeyPair);
const RSA_BITS = 2048;
const RSA_SIZES: readonly number[] = [1024, 2048, 4096];

export async function makeKey(type: "rsa" | "ed25519"): Promise<MadeKey> {
  return type === "rsa" ? makeRsa() : makeEd25519();
}

async function makeRsa(): Promise<MadeKey> {
  const { publicKey, privateKey } = await generate("rsa", { modulusLength: RSA_BITS });
  return {
    type: "rsa",
    fingerprint: colons(createHash("sha1").update(privateKey.export({ type: "pkcs8", format: "der" })).digest("hex")),
    publicKey: line("ssh-rsa", rsaBlob(publicKey)),
    privateKey: privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
  };
}

async function makeEd25519(): Promise<MadeKey> {
  const { publicKey, privateKey } = await generate("ed25519");
  const point = member(publicKey, "x");
  const blob = Buffer.concat([text("ssh-ed25519"), string(point)]);
  return { type: "ed25519", fingerprint: sha256(blob), publicKey: line("ssh-ed25519", blob), privateKey: opensshPrivateKey(blob, point, member(privateKey, "d")) };
}

/**
 * Reads a public key in OpenSSH's form, in base64 DER (SPKI), or in RFC 4716's form.
 * @returns undefined when it is none of them, or neither RSA nor Ed25519
 */
export function readPublicKey(material: string): ImportedKey | undefined {
  const words = material.trim().split(/\s+/);
  if (words[0] === "ssh-rsa" || words[0] === "ssh-ed25519") return fromBlob(Buffer.from(words[1] ?? "", "base64"));
  const body = material
    .split(/\r?\n/)
    .filter((each) => !/^-----|^----|:/.test(each))
    .join("");
  const bytes = Buffer.from(body, "base64");
  return fromBlob(bytes) ?? fromDer(bytes);
}

function fromBlob(blob: Buffer): ImportedKey | undefined {
  const parts = strings(blob);
  const [type, first, second] = parts ?? [];
  if (type?.toString("latin1") === "ssh-ed25519" && parts?.length === 2 && first?.length === 32) {
    return { type: "ed25519", fingerprint: sha256(blob), publicKey: line("ssh-ed25519", blob) };
  }
  if (type?.toString("latin1") !== "ssh-rsa" || parts?.length !== 3 || !first || !second) return undefined;
  try {
    const key = createPublicKey({ key: { kty: "RSA", e: unsigned(first).toString("base64url"), n: unsigned(second).toString("base64url") }, format: "jwk" });
    return fromRsa(key);
  } catch {
    return undefined;
  }
}

function fromDer(der: Buffer): ImportedKey | undefined {
  try {
    const key = createPublicKey({ key: der, format: "der", type: "spki" });
    return key.asymmetricKeyType === "rsa" ? fromRsa(key) : undefined;
  } catch {
    return undefined;
  }
}

function fromRsa(key: KeyObject): ImportedKey | undefined {
  if (!RSA_SIZES.includes(key.asymmetricKeyDetails?.modulusLength ?? 0)) return undefined;
  const der = key.export({ type: "spki", format: "der" });
  return { type: "rsa", fingerprint: colons(createHash("md5").update(der).digest("hex")), publicKey: line("ssh-rsa", rsaBlob(key)) };
}

function rsaBlob(key: KeyObject): Buffer {
  return Buffer.concat([text("ssh-rsa"), positive(member(key, "e")), positive(member(key, "n"))]);
}

/** https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key: what `ssh` wants for Ed25519, without a passphrase. */
function opensshPrivateKey(blob: Buffer, point: Buffer, seed: Buffer): string {
  const check = randomBytes(4);
  const secret = Buffer.concat([check, check, text("ssh-ed25519"), string(point), string(Buffer.concat([seed, point])), text("")]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, i) => i + 1));
  const whole = Buffer.concat([
    Buffer.from("openssh-key-v1\0", "latin1"),
    text("none"),
    text("none"),
    text(""),
    number(1),
    string(blob),
    string(Buffer.concat([secret, padding])),
  ]);
  const lines = whole.toString("base64").match(/.{1,70}/g) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n");
}

/** SSH's length-prefixed strings; undefined when the lengths don't add up. */
function strings(blob: Buffer): readonly Buffer[] | undefined {
  const parts: Buffer[] = [];
  let at = 0;
  while (at < blob.length) {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    parts.push(blob.subarray(at + 4, end));
    at = end;
  }
  return parts;
}

function member(key: KeyObject, name: "d" | "e" | "n" | "x"): Buffer {
  const value = key.export({ format: "jwk" })[name];
  if (value === undefined) throw new Error(`a made key has no member ${name}`);
  return Buffer.from(value, "base64url");
}

/** SSH writes numbers with a leading zero where the top bit would make them negative. */
function positive(value: Buffer): Buffer {
  return string((value[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), value]) : value);
}

function unsigned(value: Buffer): Buffer {
  return value[0] === 0 ? value.subarray(1) : value;
}

function string(value: Buffer): Buffer {
  return Buffer.concat([number(value.length), value]);
}

function text(value: string): Buffer {
  return string(Buffer.from(value, "latin1"));
}

function number(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
}

function line(type: string, blob: Buffer): string {
  return `${type} ${blob.toString("base64")}`;
}

function colons(hex: string): string {
  return (hex.match(/../g) ?? []).join(":");
}

function sha256(blob: Buffer): string {
  return createHash("sha256").update(blob).digest("base64");
}
