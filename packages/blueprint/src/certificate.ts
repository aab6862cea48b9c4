/** The certificate of a site's HTTPS listener: one that is there, or one issued for a domain. */
import type { Stack } from "aws-cdk-lib";
import { CfnCertificate } from "aws-cdk-lib/aws-certificatemanager";
import type { Naming } from "./naming.js";

export interface CertificateProps {
  /** The ARN of a certificate in ACM (S1-20) or in IAM (S4-38). With it, or with `domain`, the site answers over HTTPS too. @default none */
  readonly certificate?: string;
  /**
   * The site's domain name, for which ACM issues a certificate. ACM asks to see a DNS record that proves the domain to be yours, and the
   * stack waits until it has seen it: https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
   * @default none
   */
  readonly domain?: string;
}

/** @returns its ARN; undefined for a site without HTTPS */
export function certificateFor(stack: Stack, name: Naming, { certificate, domain }: CertificateProps): string | undefined {
  if (certificate !== undefined && domain !== undefined) throw new Error(`certificate is "${certificate}" and domain is "${domain}", but only one of them can be given`);
  if (domain === undefined) return certificate;
  return new CfnCertificate(stack, "Certificate", { domainName: domain, validationMethod: "DNS", tags: [{ key: "Name", value: name("certificate") }] }).ref;
}
