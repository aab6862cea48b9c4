/**
 * The local certificate authority: made with the data directory, believed by instances, it vouches for the API's names inside the box and
 * for those that ACM issues certificates for.
 */
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createPrivateKey, webcrypto } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import type { CertificateAuthority, CertificateKey, CertificateRequest } from "@hakoniwa/network";
import type * as X509 from "@peculiar/x509";
import type { DataDirectory } from "./data-directory.js";

export interface Authority extends CertificateAuthority {
  /** In PEM. */
  readonly certificate: string;
  /** What a TLS server shows as a host of this name. Certificates are made when first asked for. */
  contextFor(name: string): Promise<SecureContext>;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY = 24 * 3600 * 1000;
const OWN_LIFE = 3650 * DAY;
/** As long as browsers and SDKs accept. */
const LEAF_LIFE = 397 * DAY;
/** Clocks differ. */
const EARLIER = DAY;
/** Names come from whoever connects: their certificates must not fill the memory. */
const KEPT = 500;
/** Of a common name; a host's name may have more, and the alternative names are what counts. */
const LONGEST_COMMON_NAME = 64;

const KEYS = {
  RSA_2048: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
  EC_prime256v1: { name: "ECDSA", namedCurve: "P-256" },
  EC_secp384r1: { name: "ECDSA", namedCurve: "P-384" },
} as const satisfies Record<CertificateKey, unknown>;

/** @param now milliseconds since 1970, by the clock of real peers */
export async function openAuthority({ authority }: Pick<DataDirectory, "authority">, now: () => number): Promise<Authority> {
  if (!existsSync(authority)) {
    writeFileSync(authority, await newAuthority(now()), { mode: 0o600 });
    chmodSync(authority, 0o600);
  }
  return authorityOf(readFileSync(authority, "utf8"), now);
}

/** One that is opened when it is first asked: a start must not wait for it. */
export function lateAuthority(open: () => Promise<CertificateAuthority>): CertificateAuthority {
  let opened: Promise<CertificateAuthority> | undefined;
  const once = (): Promise<CertificateAuthority> =>
    (opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    }));
  return { issue: async (request) => (await once()).issue(request) };
}

/** One that is forgotten with the process. */
export function memoryAuthority(now: () => number): CertificateAuthority {
  return lateAuthority(async () => authorityOf(await newAuthority(now()), now));
}

function authorityOf(pem: string, now: () => number): Authority {
  const [certificate = ""] = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n?/.exec(pem) ?? [];
  const contexts = new Map<string, { readonly made: number; readonly context: Promise<SecureContext> }>();
  const issue: CertificateAuthority["issue"] = async (request) => ({ ...(await vouch(pem, certificate, request)), chain: certificate });
  const contextOf = async (name: string): Promise<SecureContext> => {
    const issued = await vouch(pem, certificate, { names: [name], key: "EC_prime256v1", notBefore: now() - EARLIER, notAfter: now() + LEAF_LIFE });
    return createSecureContext({ cert: issued.certificate, key: issued.privateKey });
  };
  return {
    certificate,
    issue,
    contextFor(name) {
      const known = contexts.get(name);
      if (known && now() - known.made < LEAF_LIFE / 2) return known.context;
      const [oldest] = contexts.keys();
      if (contexts.size >= KEPT && oldest !== undefined) contexts.delete(oldest);
      const context = contextOf(name);
      contexts.set(name, { made: now(), context });
      context.catch(() => contexts.delete(name));
      return context;
    },
  };
}

/** Certificate and key in one text, so that there is never one without the other. */
async function newAuthority(now: number): Promise<string> {
  const x509 = await library();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: "CN=Hakoniwa local authority, O=Hakoniwa",
    notBefore: new Date(now - EARLIER),
    notAfter: new Date(now + OWN_LIFE),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${certificate.toString("pem")}\n${await exported(keys.privateKey)}`;
}

async function vouch(authority: string, issuer: string, { names, key, notBefore, notAfter }: CertificateRequest): Promise<{ readonly certificate: string; readonly privateKey: string }> {
  const x509 = await library();
  const parent = new x509.X509Certificate(issuer);
  const der = createPrivateKey(authority.slice(authority.indexOf("-----BEGIN PRIVATE KEY"))).export({ format: "der", type: "pkcs8" });
  const signingKey = await webcrypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]);
  const keys = (await webcrypto.subtle.generateKey(KEYS[key], true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags;
  const [first = ""] = names;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: first.length > LONGEST_COMMON_NAME ? [{ O: ["Hakoniwa"] }] : [{ CN: [first] }],
    issuer: parent.subject,
    notBefore: new Date(notBefore),
    notAfter: new Date(Math.min(notAfter, parent.notAfter.getTime())),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      // TLS before 1.3 may encrypt to an RSA key.
      new x509.KeyUsagesExtension(key.startsWith("RSA") ? digitalSignature | keyEncipherment : digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns", value }))),
      await x509.AuthorityKeyIdentifierExtension.create(parent.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), privateKey: await exported(keys.privateKey) };
}

/** Loaded when there is something to sign: a start must not wait for it. */
async function library(): Promise<typeof X509> {
  // It asks for this one, and must not come before it.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  // The library's types are those of browsers.
  x509.cryptoProvider.set(webcrypto as never);
  return x509;
}

async function exported(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)).toString("base64");
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/.{64}(?=.)/g, "$&\n")}\n-----END PRIVATE KEY-----\n`;
}

/** 16 bytes in hex, positive. */
function serial(): string {
  const bytes = Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}
