/** https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html */
import type { CertificateKey } from "@hakoniwa/network";
import { Acm, type AcmTypes } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { onCertificate, requestConditions } from "./access.js";
import { checkedNames, isAtOrAbove, validationDomains } from "./domains.js";
import { invalidDomainValidation, invalidParameter, invalidState, notYet } from "./errors.js";
import { findCertificate } from "./find.js";
import { askOwners } from "./mail.js";
import { checkQuota, newArn } from "./names.js";
import { certificates, type Certificate, type Request } from "./state.js";
import { mergeTags } from "./tagging.js";

const HOUR = 3_600_000;
/** How long an owner may take: https://docs.aws.amazon.com/acm/latest/userguide/troubleshooting-timed-out.html */
const APPROVABLE = 72 * HOUR;
/** What public certificates may have: https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html */
const PUBLIC_KEYS: readonly string[] = ["RSA_2048", "EC_prime256v1", "EC_secp384r1"] satisfies readonly CertificateKey[];

export const requestOperations = operations(Acm, {
  RequestCertificate: {
    authorize: onCertificate("RequestCertificate", requestConditions),
    handle(ctx, input) {
      const { key, method } = checkedRequest(input);
      const names = checkedNames(input.DomainName, input.SubjectAlternativeNames ?? []);
      const owners = validationDomains(names, input.DomainValidationOptions ?? []);
      const { IdempotencyToken: text, ...rest } = input;
      const asked = JSON.stringify(rest);
      const again = text === undefined ? undefined : ctx.db(certificates).where("token", text).find(({ request }) => request?.token?.asked === asked && request.token.until > ctx.now);
      if (again) return { CertificateArn: again.arn };
      checkQuota(ctx);
      const arn = newArn(ctx);
      const request: Request = {
        key,
        method,
        domains: names.map((name) => ({ name, validationDomain: owners.get(name) ?? name, approved: false, code: method === "EMAIL" ? ctx.ids.uuid() : undefined })),
        until: ctx.now + APPROVABLE,
        transparency: input.Options?.CertificateTransparencyLoggingPreference ?? "ENABLED",
        export: input.Options?.Export ?? "DISABLED",
        token: text === undefined ? undefined : { text, asked, until: ctx.now + HOUR },
      };
      const tags = mergeTags(ctx, arn, {}, input.Tags);
      const certificate = ctx.db(certificates).put(requested(ctx, arn, names, request, tags));
      askOwners(ctx, certificate, request.domains);
      return { CertificateArn: arn };
    },
  },

  ResendValidationEmail: {
    authorize: onCertificate("ResendValidationEmail"),
    handle(ctx, input) {
      const certificate = findCertificate(ctx.db, input.CertificateArn);
      const { request, renewal } = certificate;
      const isAsked = certificate.status === "PENDING_VALIDATION" || renewal?.status === "PENDING_VALIDATION";
      if (request?.method !== "EMAIL" || !isAsked) throw invalidState(`The certificate ${certificate.arn} does not wait for an approval by email.`);
      const [name, validationDomain] = [input.Domain.toLowerCase(), input.ValidationDomain.toLowerCase()];
      if (!request.domains.some((domain) => domain.name === name)) throw invalidDomainValidation();
      if (!isAtOrAbove(validationDomain, name)) throw invalidDomainValidation();
      const domains = request.domains.map((domain) => (domain.name === name ? { ...domain, validationDomain } : domain));
      ctx.db(certificates).put({ ...certificate, request: { ...request, domains, until: ctx.now + APPROVABLE } });
      askOwners(ctx, certificate, domains.filter((domain) => domain.name === name));
      return {};
    },
  },
});

/** @throws AwsError for what can't be asked here, or of anybody */
function checkedRequest(input: AcmTypes.RequestCertificateRequest): Pick<Request, "key" | "method"> {
  if (input.CertificateAuthorityArn !== undefined) throw notYet("private certificate authorities (CertificateAuthorityArn)");
  if (input.ManagedBy !== undefined) throw notYet("ManagedBy");
  if (input.Options?.ValidationMethod !== undefined) throw notYet("Options.ValidationMethod");
  const { ValidationMethod: method = "EMAIL", KeyAlgorithm: key = "RSA_2048" } = input;
  if (method === "HTTP") throw notYet("validation by HTTP, which only CloudFront's certificates have,");
  if (!isPublicKey(key)) throw invalidParameter(`The key algorithm ${key} is not supported for public certificates: ${PUBLIC_KEYS.join(", ")} are.`);
  return { key, method };
}

function isPublicKey(key: string): key is CertificateKey {
  return PUBLIC_KEYS.includes(key);
}

function requested({ now }: Context, arn: string, names: readonly string[], request: Request, tags: Certificate["tags"]): Certificate {
  return {
    arn,
    type: "AMAZON_ISSUED",
    domainName: names[0],
    names,
    keyAlgorithm: request.key,
    created: now,
    imported: undefined,
    status: "PENDING_VALIDATION",
    failure: undefined,
    request,
    issued: undefined,
    exported: false,
    renewal: undefined,
    revoked: undefined,
    tags,
  };
}
