/** Certificates as the API tells of them. Pure. */
import type { AcmTypes } from "@hakoniwa/wire";
import { mailboxesOf, validationRecord } from "./domains.js";
import { isEligible, statusOf } from "./plan.js";
import type { Certificate, Domain } from "./state.js";

export interface Seen {
  readonly account: string;
  readonly peerNow: number;
  /** The ARNs of the load balancers that show it. */
  readonly users: readonly string[];
}

const date = (time: number): Date => new Date(time);

export function showDetail(certificate: Certificate, seen: Seen): AcmTypes.CertificateDetail {
  const { request, issued, renewal, revoked } = certificate;
  const validation = request?.domains.map((domain) => showDomain(certificate, domain, seen.account));
  return {
    ...shared(certificate, seen),
    SubjectAlternativeNames: certificate.names,
    ...(validation ? { DomainValidationOptions: validation } : {}),
    ...(issued ? { Serial: issued.details.serial, Subject: issued.details.subject, Issuer: issued.details.issuer } : {}),
    InUseBy: seen.users,
    ...(certificate.failure === undefined ? {} : { FailureReason: certificate.failure }),
    SignatureAlgorithm: issued?.details.signatureAlgorithm ?? "SHA256WITHRSA",
    ...(renewal ? { RenewalSummary: { RenewalStatus: renewal.status, DomainValidationOptions: validation ?? [], UpdatedAt: date(renewal.updated) } } : {}),
    KeyUsages: (issued?.details.keyUsages ?? []).map((Name) => ({ Name })),
    ExtendedKeyUsages: (issued?.details.extendedKeyUsages ?? []).map(({ name, oid }) => ({ Name: name, OID: oid })),
    Options: { CertificateTransparencyLoggingPreference: request?.transparency ?? "DISABLED", Export: request?.export ?? "DISABLED" },
    ...(revoked ? { RevocationReason: revoked.reason } : {}),
  };
}

export function showSummary(certificate: Certificate, seen: Seen): AcmTypes.CertificateSummary {
  const { names, issued, request } = certificate;
  return {
    ...shared(certificate, seen),
    SubjectAlternativeNameSummaries: names.slice(0, 100),
    HasAdditionalSubjectAlternativeNames: names.length > 100,
    KeyUsages: issued?.details.keyUsages ?? [],
    ExtendedKeyUsages: (issued?.details.extendedKeyUsages ?? []).map(({ name }) => name),
    ExportOption: request?.export ?? "DISABLED",
    InUse: seen.users.length > 0,
    Exported: certificate.exported,
  };
}

/** What both tell. */
function shared(certificate: Certificate, { peerNow, users }: Seen) {
  const { issued, imported, revoked } = certificate;
  return {
    CertificateArn: certificate.arn,
    ...(certificate.domainName === undefined ? {} : { DomainName: certificate.domainName }),
    CreatedAt: date(certificate.created),
    ...(issued && imported === undefined ? { IssuedAt: date(issued.at) } : {}),
    ...(imported === undefined ? {} : { ImportedAt: date(imported) }),
    Status: statusOf(certificate, peerNow),
    ...(revoked ? { RevokedAt: date(revoked.at) } : {}),
    ...(issued ? { NotBefore: date(issued.details.notBefore), NotAfter: date(issued.details.notAfter) } : {}),
    KeyAlgorithm: certificate.keyAlgorithm,
    Type: certificate.type,
    RenewalEligibility: isEligible(certificate, { inUse: users.length > 0, peerNow }) ? ("ELIGIBLE" as const) : ("INELIGIBLE" as const),
  };
}

function showDomain({ request, status, renewal }: Certificate, domain: Domain, account: string): AcmTypes.DomainValidation {
  const method = request?.method ?? "DNS";
  const isPending = renewal?.status === "PENDING_VALIDATION" ? !domain.approved : status === "PENDING_VALIDATION" && !(method === "EMAIL" && domain.approved);
  const failed = status === "FAILED" || status === "VALIDATION_TIMED_OUT";
  return {
    DomainName: domain.name,
    ValidationDomain: domain.validationDomain,
    ValidationStatus: failed ? "FAILED" : isPending ? "PENDING_VALIDATION" : "SUCCESS",
    ValidationMethod: method,
    ...(method === "DNS" ? { ResourceRecord: validationRecord(account, domain.name) } : { ValidationEmails: mailboxesOf(domain.validationDomain) }),
  };
}
