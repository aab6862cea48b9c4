/** ACM's records and tables. */
import { table } from "@hakoniwa/kernel";
import type { CertificateKey } from "@hakoniwa/network";
import type { AcmTypes } from "@hakoniwa/wire";

export type Tags = Readonly<Record<string, string>>;

export interface Certificate {
  readonly arn: string;
  readonly type: "AMAZON_ISSUED" | "IMPORTED";
  /** As it was requested; of an imported one, as its subject calls it. */
  readonly domainName: string | undefined;
  /** The subject's alternative names, with its domain name first. */
  readonly names: readonly string[];
  readonly keyAlgorithm: AcmTypes.KeyAlgorithm;
  readonly created: number;
  /** When it was last imported. */
  readonly imported: number | undefined;
  /** What became of the request. That it expired is told by the clock. */
  readonly status: "PENDING_VALIDATION" | "ISSUED" | "FAILED" | "VALIDATION_TIMED_OUT" | "REVOKED";
  readonly failure: AcmTypes.FailureReason | undefined;
  /** Of a requested one. */
  readonly request: Request | undefined;
  readonly issued: Issued | undefined;
  /** Somebody has it with its private key since it was issued. */
  readonly exported: boolean;
  readonly renewal: { readonly status: AcmTypes.RenewalStatus; readonly updated: number } | undefined;
  readonly revoked: { readonly at: number; readonly reason: AcmTypes.RevocationReason } | undefined;
  readonly tags: Tags;
}

export interface Request {
  readonly key: CertificateKey;
  readonly method: "DNS" | "EMAIL";
  readonly domains: readonly Domain[];
  /** Until when somebody may approve it. */
  readonly until: number;
  readonly transparency: "ENABLED" | "DISABLED";
  readonly export: "ENABLED" | "DISABLED";
  /** Asked again with the same token for the same, it is the same request. */
  readonly token: { readonly text: string; readonly asked: string; readonly until: number } | undefined;
}

/** One name of a request, and how its owner shows to be it. */
export interface Domain {
  readonly name: string;
  /** Whose mailboxes are asked. */
  readonly validationDomain: string;
  readonly approved: boolean;
  /** What an email's link says. */
  readonly code: string | undefined;
}

export interface Issued {
  readonly at: number;
  /** All PEM. */
  readonly certificate: string;
  readonly chain: string | undefined;
  readonly privateKey: string;
  readonly details: Details;
}

/** What a certificate says of itself. */
export interface Details {
  /** `0f:ab:…` */
  readonly serial: string;
  readonly subject: string;
  readonly issuer: string;
  /** Milliseconds since 1970, by the clock of real peers. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly signatureAlgorithm: string;
  readonly keyUsages: readonly AcmTypes.KeyUsageName[];
  readonly extendedKeyUsages: readonly { readonly name: AcmTypes.ExtendedKeyUsageName; readonly oid: string }[];
}

export interface Account {
  readonly id: "account";
  readonly daysBeforeExpiry: number;
}

/** A letter to a domain's owner: there is no mailbox to send it to, so it is kept to be read. */
export interface Mail {
  readonly id: string;
  readonly at: number;
  readonly to: string;
  readonly subject: string;
  readonly body: string;
}

export const certificates = table<Certificate>()({
  name: "acm.certificates",
  key: (certificate) => certificate.arn,
  indexes: {
    token: (certificate) => certificate.request?.token?.text,
    code: (certificate) => certificate.request?.domains.flatMap(({ code }) => code ?? []) ?? [],
  },
});
export const accounts = table<Account>()({ name: "acm.accounts", key: (account) => account.id });
export const mails = table<Mail>()({ name: "acm.mails", key: (mail) => mail.id });
