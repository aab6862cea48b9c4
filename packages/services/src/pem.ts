/** Reading certificates and keys in PEM, as whoever uploads them sends them. */
import { X509Certificate, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import { createSecureContext } from "node:tls";

/**
 * All certificates of a text, in their order; undefined when it has none or one that can't be read.
 * @param most so many at most are read; a text with more is none
 */
export function readCertificates(text: string, most = Infinity): readonly X509Certificate[] | undefined {
  const blocks = text.match(/-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g);
  if (!blocks || blocks.length > most) return undefined;
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return undefined;
  }
}

/** Undefined for what is no private key, and for one that is encrypted. */
export function readPrivateKey(text: string): KeyObject | undefined {
  try {
    return createPrivateKey({ key: text, format: "pem" });
  } catch {
    return undefined;
  }
}

/** Undefined for what is no public key in PEM. */
export function readPublicKey(text: string): KeyObject | undefined {
  // A private key would be read as its public half, but nobody should send one.
  if (!/^\s*-----BEGIN (RSA )?PUBLIC KEY-----/.test(text)) return undefined;
  try {
    return createPublicKey({ key: text, format: "pem" });
  } catch {
    return undefined;
  }
}

/** Whether each certificate is signed by the next: the first by `chain[0]`, and so on. */
export function isChain(leaf: X509Certificate, chain: readonly X509Certificate[]): boolean {
  return chain.every((issuer, index) => isSignedBy(index === 0 ? leaf : chain[index - 1]!, issuer));
}

/** Whether it is signed by the issuer's key; not by one that can't be read, or is of a kind that nobody signs with. */
function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && isUsual(issuer.publicKey) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

/** Unlike an authority's, its key need not be one to sign certificates with. */
export function isSelfSigned(certificate: X509Certificate): boolean {
  try {
    return certificate.issuer === certificate.subject && isUsual(certificate.publicKey) && certificate.verify(certificate.publicKey);
  } catch {
    return false;
  }
}

/** Curves of one's own making, and keys of tens of thousands of bits, would take long to check. */
function isUsual({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): boolean {
  if (type === "rsa" || type === "rsa-pss") return (details?.modulusLength ?? 0) <= 8192;
  return type === "ed25519" || type === "ed448" || (type === "ec" && details?.namedCurve !== undefined);
}

/** Whether the key is really the certificate's: what it signs, the certificate verifies. */
export function isKeyOf(certificate: X509Certificate, key: KeyObject): boolean {
  const text = Buffer.from("a word to be signed");
  try {
    return certificate.checkPrivateKey(key) && verify("sha256", text, certificate.publicKey, sign("sha256", text, key));
  } catch {
    return false;
  }
}

/** Whether a TLS server can show it: keys that are too short and signatures that are too weak can't be. All PEM. */
export function isShowable(certificate: string, chain: string | undefined, key: string): boolean {
  try {
    createSecureContext({ cert: `${certificate.trimEnd()}\n${chain ?? ""}`, key });
    return true;
  } catch {
    return false;
  }
}

/** Milliseconds since 1970. */
export const validFrom = (certificate: X509Certificate): number => Date.parse(certificate.validFrom);
export const validTo = (certificate: X509Certificate): number => Date.parse(certificate.validTo);
