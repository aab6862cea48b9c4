/** What other services, and people, may know of ACM's certificates. */
import type { Reader } from "@hakoniwa/kernel";
import type { AcmTypes } from "@hakoniwa/wire";
import { certificates, mails, type Certificate, type Mail } from "./state.js";

export interface AcmFacts {
  /** By its ARN. */
  certificate(arn: string): AcmCertificateFact | undefined;
  tags(arn: string): Readonly<Record<string, string>> | undefined;
  /** Those that have been issued, with when they end by real peers' clocks. */
  ends(): readonly { readonly arn: string; readonly notAfter: number }[];
  /** The letters that asked domains' owners for their approval. */
  mails(): readonly Mail[];
}

export interface AcmCertificateFact {
  readonly arn: string;
  /** The names that it vouches for. */
  readonly names: readonly string[];
  readonly keyAlgorithm: AcmTypes.KeyAlgorithm;
  /** All PEM; undefined until it is issued, and after it was revoked. */
  readonly issued: { readonly certificate: string; readonly chain: string | undefined; readonly privateKey: string } | undefined;
}

/** Tables that other services may watch. */
export interface AcmRecords {
  readonly "acm.certificates": Certificate;
}

export function acmFacts(db: Reader): AcmFacts {
  return {
    certificate(arn) {
      const found = db(certificates).get(arn);
      if (!found) return undefined;
      const { names, keyAlgorithm, status, issued } = found;
      return { arn, names, keyAlgorithm, issued: status === "ISSUED" ? issued : undefined };
    },
    tags: (arn) => db(certificates).get(arn)?.tags,
    ends: () => db(certificates).list().flatMap(({ arn, status, issued }) => (status === "ISSUED" && issued ? [{ arn, notAfter: issued.details.notAfter }] : [])),
    mails: () => db(mails).list(),
  };
}
