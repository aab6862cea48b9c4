/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-certificatemanager-certificate.html */
import type { Aws, AcmTypes } from "@hakoniwa/wire";
import { resourceType } from "../resource-type.js";
import { unlessGone } from "../unless-gone.js";

export interface CertificateProperties {
  readonly DomainName: string;
  readonly SubjectAlternativeNames?: readonly string[];
  readonly ValidationMethod?: string;
  readonly DomainValidationOptions?: readonly { readonly DomainName: string; readonly ValidationDomain?: string; readonly HostedZoneId?: string }[];
  readonly KeyAlgorithm?: string;
  readonly CertificateTransparencyLoggingPreference?: string;
  readonly CertificateExport?: string;
  readonly Tags?: readonly AcmTypes.Tag[];
}

const PROPERTIES = [
  "DomainName",
  "SubjectAlternativeNames",
  "ValidationMethod",
  // A hosted zone's records would be written for DNS validation, which every name passes here without.
  "DomainValidationOptions",
  "KeyAlgorithm",
  "CertificateTransparencyLoggingPreference",
  "CertificateExport",
  "Tags",
];

export const certificate = resourceType<CertificateProperties>("AWS::CertificateManager::Certificate", PROPERTIES, {
  create(aws, properties, request) {
    const options = (properties.DomainValidationOptions ?? []).flatMap(({ DomainName, ValidationDomain }) => (ValidationDomain === undefined ? [] : [{ DomainName, ValidationDomain }]));
    const tags = allTags(properties.Tags, request.tags);
    const { CertificateArn } = aws.acm.RequestCertificate({
      DomainName: properties.DomainName,
      SubjectAlternativeNames: properties.SubjectAlternativeNames?.length ? properties.SubjectAlternativeNames : undefined,
      ValidationMethod: properties.ValidationMethod as AcmTypes.ValidationMethod | undefined,
      DomainValidationOptions: options.length > 0 ? options : undefined,
      KeyAlgorithm: properties.KeyAlgorithm as AcmTypes.KeyAlgorithm | undefined,
      Options: { CertificateTransparencyLoggingPreference: transparencyOf(properties), Export: (properties.CertificateExport ?? "DISABLED") as AcmTypes.CertificateExport },
      Tags: tags.length > 0 ? tags : undefined,
    });
    if (CertificateArn === undefined) throw new Error("ACM took a request without an ARN");
    return CertificateArn;
  },

  settled(aws, arn) {
    const { Status, FailureReason } = detail(aws, arn);
    if (Status === "PENDING_VALIDATION") return false;
    return Status === "ISSUED" || { failed: `The certificate request of ${arn} ended with the status ${Status}${FailureReason === undefined ? "" : `: ${FailureReason}`}` };
  },

  update(aws, arn, next, previous, request) {
    if (transparencyOf(next) !== transparencyOf(previous)) {
      aws.acm.UpdateCertificateOptions({ CertificateArn: arn, Options: { CertificateTransparencyLoggingPreference: transparencyOf(next) } });
    }
    const wanted = allTags(next.Tags, request.tags);
    const leaving = tagsOf(aws, arn).filter(({ Key }) => !wanted.some((tag) => tag.Key === Key));
    if (leaving.length > 0) aws.acm.RemoveTagsFromCertificate({ CertificateArn: arn, Tags: leaving.map(({ Key }) => ({ Key })) });
    if (wanted.length > 0) aws.acm.AddTagsToCertificate({ CertificateArn: arn, Tags: wanted });
  },

  delete(aws, arn) {
    unlessGone(() => aws.acm.DeleteCertificate({ CertificateArn: arn }));
  },

  read(aws, arn, properties) {
    const found = unlessGone(() => aws.acm.DescribeCertificate({ CertificateArn: arn }))?.Certificate;
    if (!found) return undefined;
    const { DomainName = "", SubjectAlternativeNames = [], KeyAlgorithm, Options, DomainValidationOptions: [domain] = [] } = found;
    // ACM puts the domain name among the alternative ones, and knows them in lower case.
    const others = properties.SubjectAlternativeNames?.some((name) => name.toLowerCase() === DomainName) ? SubjectAlternativeNames : SubjectAlternativeNames.filter((name) => name !== DomainName);
    return {
      DomainName: asGiven(DomainName, [properties.DomainName]),
      ...(others.length > 0 ? { SubjectAlternativeNames: others.map((name) => asGiven(name, properties.SubjectAlternativeNames ?? [])) } : {}),
      ...(domain?.ValidationMethod === undefined ? {} : { ValidationMethod: domain.ValidationMethod }),
      ...(properties.DomainValidationOptions === undefined ? {} : { DomainValidationOptions: properties.DomainValidationOptions }),
      KeyAlgorithm: KeyAlgorithm ?? "RSA_2048",
      CertificateTransparencyLoggingPreference: Options?.CertificateTransparencyLoggingPreference ?? "ENABLED",
      CertificateExport: Options?.Export ?? "DISABLED",
      Tags: tagsOf(aws, arn),
    };
  },

  attributes: (_aws, arn) => ({ CertificateArn: arn }),
});

function detail(aws: Aws, arn: string): AcmTypes.CertificateDetail {
  return aws.acm.DescribeCertificate({ CertificateArn: arn }).Certificate ?? {};
}

function tagsOf(aws: Aws, arn: string): readonly AcmTypes.Tag[] {
  return aws.acm.ListTagsForCertificate({ CertificateArn: arn }).Tags ?? [];
}

function allTags(own: readonly AcmTypes.Tag[] = [], more: readonly AcmTypes.Tag[]): readonly AcmTypes.Tag[] {
  return [...own, ...more.filter((tag) => !own.some(({ Key }) => Key === tag.Key))];
}

function transparencyOf({ CertificateTransparencyLoggingPreference: preference }: CertificateProperties): AcmTypes.CertificateTransparencyLoggingPreference {
  return (preference ?? "ENABLED") as AcmTypes.CertificateTransparencyLoggingPreference;
}

function asGiven(name: string, given: readonly string[]): string {
  return given.find((each) => each.toLowerCase() === name) ?? name;
}
