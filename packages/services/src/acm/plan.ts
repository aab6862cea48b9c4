/** What a certificate needs next. Pure. */
import { refusalOf } from "./domains.js";
import type { Certificate } from "./state.js";
import type { AcmTypes } from "@hakoniwa/wire";

const DAY = 24 * 3_600_000;
/** Since February 2026 (before: 395 and 60), as no public certificate may live longer than 200: https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html */
export const LIFE = 198 * DAY;
const RENEWED_BEFORE = 45 * DAY;
/** One that can't live longer, as its authority ends, is not renewed again and again. */
const LEAST_LIFE = 30 * DAY;

export interface Circumstances {
  readonly inUse: boolean;
  readonly now: number;
  readonly peerNow: number;
}

export type Step =
  | { readonly do: "issue" }
  /** The owners of its names are asked whether it may go on. */
  | { readonly do: "ask" }
  | { readonly do: "fail"; readonly reason: AcmTypes.FailureReason }
  | { readonly do: "time-out" }
  | { readonly do: "wait"; readonly until?: { readonly clock: "cloud" | "peer"; readonly at: number } };

export function nextStep(certificate: Certificate, circumstances: Circumstances): Step {
  const { request, status } = certificate;
  if (!request) return { do: "wait" };
  if (status === "PENDING_VALIDATION") return validate(certificate, request, circumstances);
  return status === "ISSUED" ? renew(certificate, request, circumstances) : { do: "wait" };
}

function validate({ names }: Certificate, request: NonNullable<Certificate["request"]>, { now }: Circumstances): Step {
  const reason = refusalOf(names);
  if (reason !== undefined) return { do: "fail", reason };
  // The box has no DNS zones of the user's, so every record that DNS validation asks for counts as there.
  if (request.method === "DNS" || request.domains.every(({ approved }) => approved)) return { do: "issue" };
  return now >= request.until ? { do: "time-out" } : { do: "wait", until: { clock: "cloud", at: request.until } };
}

function renew(certificate: Certificate, request: NonNullable<Certificate["request"]>, circumstances: Circumstances): Step {
  const { renewal, issued } = certificate;
  if (!issued) return { do: "wait" };
  const { peerNow } = circumstances;
  const { notBefore, notAfter } = issued.details;
  const due = Math.max(notAfter - RENEWED_BEFORE, notBefore + LEAST_LIFE);
  if (renewal?.status === "PENDING_VALIDATION") {
    if (request.domains.every(({ approved }) => approved)) return { do: "issue" };
    return { do: "wait" };
  }
  if (renewal?.status !== "PENDING_AUTO_RENEWAL") {
    if (peerNow < due) return { do: "wait", until: { clock: "peer", at: due } };
    if (!isEligible(certificate, circumstances)) return { do: "wait" };
  }
  return request.method === "EMAIL" ? { do: "ask" } : { do: "issue" };
}

/** https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html */
export function isEligible(certificate: Certificate, { inUse, peerNow }: Pick<Circumstances, "inUse" | "peerNow">): boolean {
  return certificate.request !== undefined && statusOf(certificate, peerNow) === "ISSUED" && (inUse || certificate.exported);
}

export function statusOf({ status, issued }: Certificate, peerNow: number): AcmTypes.CertificateStatus {
  return status === "ISSUED" && issued && issued.details.notAfter <= peerNow ? "EXPIRED" : status;
}
