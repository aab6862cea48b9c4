/** The certificates that load balancers show, of whichever generation: IAM's server certificates and ACM's, looked up alike. */
import type { TlsCertificate } from "@hakoniwa/network";
import type { Facts } from "./facts.js";

type Known = Pick<Facts, "iam" | "acm">;

/** What a node shows for the ARN; undefined when there is none, or none yet. */
export function balancerCertificate({ iam, acm }: Known, arn: string): TlsCertificate | undefined {
  return isAcm(arn) ? acm.certificate(arn)?.issued : iam.serverCertificate(arn);
}

/**
 * Whether a listener may have the certificate. Those of other accounts and regions are not there.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html
 */
export function judgeCertificate({ iam, acm }: Known, arn: string): "found" | "not-found" | "unsupported" {
  if (!isAcm(arn)) return iam.serverCertificate(arn)?.arn === arn ? "found" : "not-found";
  const found = acm.certificate(arn);
  if (!found) return "not-found";
  const isSupported = found.issued !== undefined && found.keyAlgorithm !== "RSA_1024" && found.names.some((name) => name.includes("."));
  return isSupported ? "found" : "unsupported";
}

function isAcm(arn: string): boolean {
  return /^arn:aws[\w-]*:acm:/.test(arn);
}
