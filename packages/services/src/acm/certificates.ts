/** Telling of certificates, and deleting them: https://docs.aws.amazon.com/acm/latest/APIReference/API_DescribeCertificate.html */
import { Acm, type AcmTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { pageOf } from "../paging.js";
import { onCertificate } from "./access.js";
import { certificateInUse, invalidArgs, requestInProgress, validation } from "./errors.js";
import { findCertificate, usersOf } from "./find.js";
import { showDetail, showSummary, type Seen } from "./show.js";
import { statusOf } from "./plan.js";
import { certificates, type Certificate } from "./state.js";

const PAGE = 1_000;

export const certificateOperations = operations(Acm, {
  DescribeCertificate: {
    authorize: onCertificate("DescribeCertificate"),
    handle(ctx, input) {
      const certificate = findCertificate(ctx.db, input.CertificateArn);
      return { Certificate: showDetail(certificate, seen(ctx, certificate)) };
    },
  },

  GetCertificate: {
    authorize: onCertificate("GetCertificate"),
    handle(ctx, input) {
      const { arn, issued } = findCertificate(ctx.db, input.CertificateArn);
      if (!issued) throw requestInProgress(arn);
      return { Certificate: issued.certificate, ...(issued.chain === undefined ? {} : { CertificateChain: issued.chain }) };
    },
  },

  ListCertificates: {
    authorize: onEverything("acm:ListCertificates"),
    handle(ctx, input) {
      if ((input.SortBy === undefined) !== (input.SortOrder === undefined)) throw validation("SortBy and SortOrder must be specified together.");
      const wanted = ctx.db(certificates).list().filter((certificate) => isWanted(certificate, input, ctx.peerNow));
      const descending = input.SortOrder === "DESCENDING";
      const sorted = [...wanted].sort((one, other) => (one.created - other.created || (one.arn < other.arn ? -1 : 1)) * (descending ? -1 : 1));
      const { records, next } = pageOf(sorted, {
        input,
        size: input.MaxItems ?? PAGE,
        token: input.NextToken,
        key: ({ created, arn }) => [created, arn],
        descending,
        invalid: (token) => invalidArgs(`The NextToken '${token.slice(0, 100)}' is not one that this list gave.`),
      });
      return { CertificateSummaryList: records.map((certificate) => showSummary(certificate, seen(ctx, certificate))), NextToken: next };
    },
  },

  DeleteCertificate: {
    authorize: onCertificate("DeleteCertificate"),
    handle(ctx, input) {
      const { arn } = findCertificate(ctx.db, input.CertificateArn);
      if (usersOf(ctx.facts, arn).length > 0) throw certificateInUse(arn, ctx.account);
      ctx.db(certificates).delete(arn);
      return {};
    },
  },
});

function seen(ctx: Context, { arn }: Certificate): Seen {
  return { account: ctx.account, peerNow: ctx.peerNow, users: usersOf(ctx.facts, arn) };
}

/** What is listed unless a request says otherwise: https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html */
const USUAL_KEYS: readonly AcmTypes.KeyAlgorithm[] = ["RSA_1024", "RSA_2048"];

function isWanted(certificate: Certificate, { CertificateStatuses: statuses, Includes: filters = {} }: AcmTypes.ListCertificatesRequest, peerNow: number): boolean {
  const details = certificate.issued?.details;
  if (statuses?.length && !statuses.includes(statusOf(certificate, peerNow))) return false;
  if (!(filters.keyTypes?.length ? filters.keyTypes : USUAL_KEYS).includes(certificate.keyAlgorithm)) return false;
  // None of the certificates here belongs to CloudFront.
  if (filters.managedBy !== undefined) return false;
  if (filters.exportOption !== undefined && filters.exportOption !== (certificate.request?.export ?? "DISABLED")) return false;
  if (!hasOne(filters.keyUsage, details?.keyUsages ?? [])) return false;
  const extended = (details?.extendedKeyUsages ?? []).map(({ name }) => name);
  return hasOne(filters.extendedKeyUsage, extended.length === 0 ? ["NONE"] : extended);
}

function hasOne<T extends string>(wanted: readonly T[] | undefined, there: readonly T[]): boolean {
  return !wanted?.length || wanted.includes("ANY" as T) || wanted.some((each) => there.includes(each));
}
