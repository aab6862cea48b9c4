/** Reading certificates and keys in PEM. */
import { X509Certificate, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/** All certificates of a text, in their order; undefined when it has none or one that can't be read. */
export function readCertificates(text: string): readonly X509Certificate[] | undefined {
  const blocks = text.match(/-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g);
  if (!blocks) return undefined;
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
  return chain.every((issuer, index) => {
    const signed = index === 0 ? leaf : chain[index - 1]!;
    return signed.checkIssued(issuer) && signed.verify(issuer.publicKey);
  });
}

/** Milliseconds since 1970. */
export const validFrom = (certificate: X509Certificate): number => Date.parse(certificate.validFrom);
export const validTo = (certificate: X509Certificate): number => Date.parse(certificate.validTo);
