/** The local certificate authority: made with the data directory, believed by instances, it vouches for the API's names inside the box. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createPrivateKey, webcrypto } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import type * as X509 from "@peculiar/x509";
import type { DataDirectory } from "./data-directory.js";

export interface Authority {
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

/** @param now milliseconds since 1970, by the clock of real peers */
export async function openAuthority({ authority }: Pick<DataDirectory, "authority">, now: () => number): Promise<Authority> {
  if (!existsSync(authority)) await makeAuthority(authority, now());
  const pem = readFileSync(authority, "utf8");
  const [certificate = ""] = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n?/.exec(pem) ?? [];
  const contexts = new Map<string, { readonly made: number; readonly context: Promise<SecureContext> }>();
  return {
    certificate,
    contextFor(name) {
      const known = contexts.get(name);
      if (known && now() - known.made < LEAF_LIFE / 2) return known.context;
      const [oldest] = contexts.keys();
      if (contexts.size >= KEPT && oldest !== undefined) contexts.delete(oldest);
      const context = vouch(pem, certificate, name, now());
      contexts.set(name, { made: now(), context });
      context.catch(() => contexts.delete(name));
      return context;
    },
  };
}

/** Certificate and key in one file, so that there is never one without the other. */
async function makeAuthority(path: string, now: number): Promise<void> {
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
  writeFileSync(path, `${certificate.toString("pem")}\n${await exported(keys.privateKey)}`, { mode: 0o600 });
  chmodSync(path, 0o600);
}

async function vouch(authority: string, issuer: string, name: string, now: number): Promise<SecureContext> {
  const x509 = await library();
  const parent = new x509.X509Certificate(issuer);
  const der = createPrivateKey(authority.slice(authority.indexOf("-----BEGIN PRIVATE KEY"))).export({ format: "der", type: "pkcs8" });
  const signingKey = await webcrypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    // A common name may have 64 characters, a host's name more: the subject's alternative name is what counts.
    subject: "O=Hakoniwa",
    issuer: parent.subject,
    notBefore: new Date(now - EARLIER),
    notAfter: new Date(Math.min(now + LEAF_LIFE, parent.notAfter.getTime())),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: name }]),
      await x509.AuthorityKeyIdentifierExtension.create(parent.publicKey),
    ],
  });
  return createSecureContext({ cert: certificate.toString("pem"), key: await exported(keys.privateKey) });
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
