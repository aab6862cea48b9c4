/** What may be imported: https://docs.aws.amazon.com/acm/latest/userguide/import-certificate-prerequisites.html Pure. */
import type { X509Certificate } from "node:crypto";
import type { AcmTypes } from "@hakoniwa/wire";
import { isChain, isKeyOf, isSelfSigned, isShowable, readCertificates, readPrivateKey, validFrom, validTo } from "../pem.js";
import { validation } from "./errors.js";
import { attributeOf, detailsOf, keyAlgorithmOf, namesOf } from "./x509.js";
import type { Certificate, Issued } from "./state.js";

/** No authority's is this long, and each link takes a signature to check. */
const LONGEST_CHAIN = 20;

export type Imported = Pick<Certificate, "domainName" | "names" | "keyAlgorithm"> & { readonly issued: Omit<Issued, "at"> };

/**
 * Reads what is to be imported, and holds its parts against each other.
 * @param now by the clock of real peers
 * @throws AwsError ValidationException
 */
export function checkImport(input: AcmTypes.ImportCertificateRequest, now: number): Imported {
  const leaf = readLeaf(text(input.Certificate));
  const key = readKey(text(input.PrivateKey));
  const keyAlgorithm = keyAlgorithmOf(key);
  if (keyAlgorithm === undefined) throw validation("The private key is not supported.");
  if (keyAlgorithm === "unsupported-size") throw validation("The private key length is not supported for key algorithm.");
  if (!isKeyOf(leaf, key)) throw validation("The private key does not match the certificate.");
  if (validFrom(leaf) > now) throw validation("The certificate is not in effect yet, is not valid.");
  if (!(validTo(leaf) > now)) throw validation("The certificate has expired, is not valid.");
  if (!leaf.issuer) throw validation("The Issuer field of the certificate must not be empty.");
  const chain = input.CertificateChain === undefined ? undefined : readChain(leaf, text(input.CertificateChain), now);
  if (!chain && !isSelfSigned(leaf)) {
    throw validation("Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate or certificate chain.");
  }
  // Written anew, so that nothing but the certificate itself reaches who shows it.
  const issued = {
    certificate: leaf.toString(),
    chain: chain?.map((each) => each.toString()).join(""),
    privateKey: key.export({ type: "pkcs8", format: "pem" }).toString(),
    details: detailsOf(leaf),
  };
  if (!isShowable(issued.certificate, issued.chain, issued.privateKey)) throw validation("The certificate is not supported: its key, or a signature of its chain, is too weak.");
  const commonName = attributeOf(leaf.subject ?? "", "CN");
  return {
    domainName: commonName ?? namesOf(leaf)[0],
    // The common name counts as one of them, as it alone did for long.
    names: [...new Set([...(commonName !== undefined && isHost(commonName) ? [commonName] : []), ...namesOf(leaf)])],
    keyAlgorithm,
    issued,
  };
}

/**
 * What may change when one is imported in another's place.
 * https://docs.aws.amazon.com/acm/latest/userguide/import-reimport.html
 * @throws AwsError ValidationException
 */
export function checkReimport(before: Certificate, next: Imported): void {
  if (before.type !== "IMPORTED") throw validation(`The certificate ${before.arn} was not imported, so it can't be replaced by an import.`);
  if (next.keyAlgorithm !== before.keyAlgorithm) {
    throw validation(`The key type and size cannot be changed: the certificate has ${before.keyAlgorithm}, the new one ${next.keyAlgorithm}.`);
  }
  if (before.names.length > 0 && next.names.length === 0) throw validation("You cannot remove all of the domain names.");
  const { keyUsages = [], extendedKeyUsages = [] } = before.issued?.details ?? {};
  const lost = keyUsages.find((usage) => !next.issued.details.keyUsages.includes(usage)) ?? extendedKeyUsages.find(({ oid }) => !next.issued.details.extendedKeyUsages.some((each) => each.oid === oid))?.name;
  if (lost !== undefined) throw validation(`The new certificate must have the key usages of the one that it replaces: ${lost} is missing.`);
}

const isHost = (name: string): boolean => /^[A-Za-z0-9._*-]+$/.test(name);
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

function readLeaf(pem: string): X509Certificate {
  if ((pem.match(/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/g) ?? []).length > 1) {
    throw validation("The certificate field contains more than one certificate. You can specify only one certificate in this field.");
  }
  const [leaf] = readCertificates(pem) ?? [];
  if (!leaf) throw validation("Unable to parse certificate. Please ensure that the certificate is in PEM format.");
  return leaf;
}

function readKey(pem: string): NonNullable<ReturnType<typeof readPrivateKey>> {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem)) throw validation("Your private key should not be encrypted.");
  const key = readPrivateKey(pem);
  if (!key) throw validation("Unable to parse private key. Please ensure that the private key is in PEM format.");
  return key;
}

function readChain(leaf: X509Certificate, pem: string, now: number): readonly X509Certificate[] {
  const chain = readCertificates(pem, LONGEST_CHAIN);
  if (!chain) throw validation("The certificate chain provided is not in a valid PEM format.");
  if (chain.some((each) => !(validTo(each) > now))) throw validation("The certificate chain has expired, is not valid.");
  if (!isChain(leaf, chain)) throw validation("Could not validate the certificate with the certificate chain.");
  return chain;
}
