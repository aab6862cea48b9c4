/** What a certificate says of itself, in ACM's words. Pure. */
import type { KeyObject, X509Certificate } from "node:crypto";
import type { AcmTypes } from "@hakoniwa/wire";
import { validFrom, validTo } from "../pem.js";
import { children, type Element } from "./der.js";
import type { Details } from "./state.js";

const SIGNATURES: Readonly<Record<string, string>> = {
  "2a864886f70d010104": "MD5WITHRSA",
  "2a864886f70d010105": "SHA1WITHRSA",
  "2a864886f70d01010b": "SHA256WITHRSA",
  "2a864886f70d01010c": "SHA384WITHRSA",
  "2a864886f70d01010d": "SHA512WITHRSA",
  "2a8648ce3d0401": "SHA1WITHECDSA",
  "2a8648ce3d040302": "SHA256WITHECDSA",
  "2a8648ce3d040303": "SHA384WITHECDSA",
  "2a8648ce3d040304": "SHA512WITHECDSA",
};

/** In the order of their bits: https://datatracker.ietf.org/doc/html/rfc5280#section-4.2.1.3 */
const KEY_USAGES: readonly AcmTypes.KeyUsageName[] = [
  "DIGITAL_SIGNATURE", "NON_REPUDIATION", "KEY_ENCIPHERMENT", "DATA_ENCIPHERMENT", "KEY_AGREEMENT", "CERTIFICATE_SIGNING", "CRL_SIGNING", "ENCIPHER_ONLY", "DECIPHER_ONLY",
];
const KEY_USAGE = "551d0f";

const EXTENDED: Readonly<Record<string, AcmTypes.ExtendedKeyUsageName>> = {
  "1.3.6.1.5.5.7.3.1": "TLS_WEB_SERVER_AUTHENTICATION",
  "1.3.6.1.5.5.7.3.2": "TLS_WEB_CLIENT_AUTHENTICATION",
  "1.3.6.1.5.5.7.3.3": "CODE_SIGNING",
  "1.3.6.1.5.5.7.3.4": "EMAIL_PROTECTION",
  "1.3.6.1.5.5.7.3.5": "IPSEC_END_SYSTEM",
  "1.3.6.1.5.5.7.3.6": "IPSEC_TUNNEL",
  "1.3.6.1.5.5.7.3.7": "IPSEC_USER",
  "1.3.6.1.5.5.7.3.8": "TIME_STAMPING",
  "1.3.6.1.5.5.7.3.9": "OCSP_SIGNING",
  "2.5.29.37.0": "ANY",
};

const CURVES: Readonly<Record<string, AcmTypes.KeyAlgorithm>> = { prime256v1: "EC_prime256v1", secp384r1: "EC_secp384r1", secp521r1: "EC_secp521r1" };
const RSA_SIZES: Readonly<Record<number, AcmTypes.KeyAlgorithm>> = { 1024: "RSA_1024", 2048: "RSA_2048", 3072: "RSA_3072", 4096: "RSA_4096" };

/** How ACM calls a key; `unsupported-size` for a kind that it takes in other sizes, undefined for other kinds. */
export function keyAlgorithmOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): AcmTypes.KeyAlgorithm | "unsupported-size" | undefined {
  if (type === "rsa") return RSA_SIZES[details?.modulusLength ?? 0] ?? "unsupported-size";
  return type === "ec" ? CURVES[details?.namedCurve ?? ""] : undefined;
}

/** The DNS names that it vouches for. Node writes names with unusual characters as JSON strings; those are no host's. */
export function namesOf(certificate: X509Certificate): readonly string[] {
  const parts = (certificate.subjectAltName ?? "").match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? [];
  return parts.flatMap((part) => /^ ?DNS:([A-Za-z0-9._*-]+)$/.exec(part)?.[1] ?? []);
}

/** The value of an attribute of a subject or issuer, which Node writes one a line. */
export function attributeOf(name: string, attribute: string): string | undefined {
  const line = name.split("\n").find((each) => each.startsWith(`${attribute}=`));
  return line?.slice(attribute.length + 1);
}

export function detailsOf(certificate: X509Certificate): Details {
  const [tbs, algorithm] = children(certificate.raw, wholeOf(certificate.raw));
  const [oid] = algorithm ? children(certificate.raw, algorithm) : [];
  const signature = oid ? hex(certificate.raw, oid) : "";
  return {
    serial: (certificate.serialNumber.toLowerCase().match(/../g) ?? []).join(":"),
    subject: certificate.subject?.split("\n").join(",") ?? "",
    issuer: attributeOf(certificate.issuer ?? "", "O") ?? attributeOf(certificate.issuer ?? "", "CN") ?? "",
    notBefore: validFrom(certificate),
    notAfter: validTo(certificate),
    signatureAlgorithm: SIGNATURES[signature] ?? signature,
    keyUsages: tbs ? keyUsagesOf(certificate.raw, tbs) : [],
    extendedKeyUsages: (certificate.keyUsage ?? []).map((each) => ({ name: EXTENDED[each] ?? "CUSTOM", oid: each })),
  };
}

function wholeOf(raw: Buffer): Element {
  return children(raw, { tag: 0, from: 0, to: raw.length })[0] ?? { tag: 0, from: 0, to: 0 };
}

function keyUsagesOf(raw: Buffer, tbs: Element): readonly AcmTypes.KeyUsageName[] {
  const extensions = children(raw, tbs).find(({ tag }) => tag === 0xa3);
  const [list] = extensions ? children(raw, extensions) : [];
  for (const extension of list ? children(raw, list) : []) {
    const parts = children(raw, extension);
    const [id, value] = [parts[0], parts.at(-1)];
    if (!id || !value || hex(raw, id) !== KEY_USAGE) continue;
    const [bits] = children(raw, value);
    // A bit string's first byte tells how many of its last bits don't count.
    return bits ? KEY_USAGES.filter((_, index) => ((raw[bits.from + 1 + (index >> 3)] ?? 0) & (0x80 >> (index & 7))) !== 0 && bits.from + 1 + (index >> 3) < bits.to) : [];
  }
  return [];
}

function hex(raw: Buffer, { from, to }: Element): string {
  return raw.subarray(from, to).toString("hex");
}
