/** Who may do what with certificates: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscertificatemanager.html */
import type { Access } from "@hakoniwa/kernel";
import type { AcmTypes } from "@hakoniwa/wire";
import { resourceTags, type Conditions } from "../access.js";
import type { Asked } from "../define.js";

interface Named {
  readonly CertificateArn?: string | undefined;
  readonly ResourceArn?: string | undefined;
}

/** Access to the certificate that the input names, or to any when it names none yet. */
export function onCertificate<In extends object>(operation: string, conditions: (input: In) => Conditions = () => ({})) {
  return (input: In, asked: Asked): Access => {
    const { CertificateArn, ResourceArn } = input as Named;
    const arn = CertificateArn ?? ResourceArn ?? `arn:aws:acm:${asked.region}:${asked.account}:certificate/*`;
    return { action: `acm:${operation}`, resources: [arn], conditions: { ...resourceTags(asked.facts.acm.tags(arn)), ...conditions(input) } };
  };
}

/** https://docs.aws.amazon.com/acm/latest/userguide/acm-conditions.html */
export function requestConditions(input: AcmTypes.RequestCertificateRequest): Conditions {
  return {
    "acm:DomainNames": [...new Set([input.DomainName, ...(input.SubjectAlternativeNames ?? [])])],
    "acm:ValidationMethod": input.ValidationMethod ?? "EMAIL",
    "acm:KeyAlgorithm": input.KeyAlgorithm ?? "RSA_2048",
    "acm:CertificateTransparencyLogging": input.Options?.CertificateTransparencyLoggingPreference ?? "ENABLED",
    "acm:Export": input.Options?.Export ?? "DISABLED",
    ...(input.CertificateAuthorityArn === undefined ? {} : { "acm:CertificateAuthority": input.CertificateAuthorityArn }),
  };
}
