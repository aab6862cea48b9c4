/** Certificates of all kinds for tests, good and bad ones: signed by themselves, or by an issuer made here too. */
import { createPrivateKey, webcrypto, type KeyObject } from "node:crypto";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto as never);

const KEYS = {
  "RSA 1024": { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 1024, publicExponent: Uint8Array.of(1, 0, 1) },
  "RSA 2048": { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
  "RSA 2048 SHA-1": { name: "RSASSA-PKCS1-v1_5", hash: "SHA-1", modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
  "RSA 2304": { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2304, publicExponent: Uint8Array.of(1, 0, 1) },
  "P-256": { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  "P-384": { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
  "P-521": { name: "ECDSA", namedCurve: "P-521", hash: "SHA-512" },
} as const;

export interface Wanted {
  /** @default www.example.com */
  readonly names?: readonly string[];
  /** @default the first name */
  readonly subject?: string;
  /** @default P-256 */
  readonly key?: keyof typeof KEYS;
  /** Who signs; without one it signs itself. */
  readonly issuer?: Made;
  readonly isAuthority?: boolean;
  /** @default 2020 */
  readonly from?: Date;
  /** @default 2120 */
  readonly to?: Date;
  readonly usages?: x509.KeyUsageFlags;
}

export interface Made {
  /** PEM. */
  readonly certificate: string;
  readonly privateKey: string;
  readonly key: KeyObject;
  readonly subject: string;
  readonly signing: { readonly key: webcrypto.CryptoKey; readonly algorithm: (typeof KEYS)[keyof typeof KEYS] };
}

let serial = 0x10;

export async function makeCertificate(wanted: Wanted = {}): Promise<Made> {
  const { names = ["www.example.com"], issuer, isAuthority = false } = wanted;
  const algorithm = KEYS[wanted.key ?? "P-256"];
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const subject = wanted.subject ?? (names[0] === undefined ? "O=Nobody" : `CN=${names[0]}`);
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: (serial++).toString(16),
    subject,
    issuer: issuer?.subject ?? subject,
    notBefore: wanted.from ?? new Date(Date.UTC(2020, 0, 1)),
    notAfter: wanted.to ?? new Date(Date.UTC(2120, 0, 1)),
    publicKey: keys.publicKey,
    signingKey: issuer?.signing.key ?? keys.privateKey,
    signingAlgorithm: issuer?.signing.algorithm ?? algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(isAuthority, undefined, true),
      ...(wanted.usages === undefined ? [] : [new x509.KeyUsagesExtension(wanted.usages, true), new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth])]),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns", value })))] : []),
    ],
  });
  const key = createPrivateKey({ key: Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)), format: "der", type: "pkcs8" });
  return {
    certificate: `${made.toString("pem")}\n`,
    privateKey: key.export({ type: "pkcs8", format: "pem" }).toString(),
    key,
    subject,
    signing: { key: keys.privateKey, algorithm },
  };
}

export const { KeyUsageFlags } = x509;
export const bytes = (text: string): Uint8Array => Buffer.from(text);
