import { describeResourceTypes, type ResourceCase } from "../cloudformation/cases/testing.js";
import { acm } from "./index.js";

const maximal = {
  DomainName: "www.example.com",
  SubjectAlternativeNames: ["*.example.com"],
  ValidationMethod: "DNS",
  DomainValidationOptions: [{ DomainName: "www.example.com", HostedZoneId: "Z0123456789" }, { DomainName: "*.example.com", ValidationDomain: "example.com" }],
  KeyAlgorithm: "EC_prime256v1",
  CertificateTransparencyLoggingPreference: "DISABLED",
  CertificateExport: "ENABLED",
  Tags: [{ Key: "team", Value: "four" }],
};

const cases: Readonly<Record<string, ResourceCase>> = {
  "AWS::CertificateManager::Certificate": {
    minimal: { DomainName: "www.example.com", ValidationMethod: "DNS", KeyAlgorithm: "EC_prime256v1" },
    maximal,
    changed: { ...maximal, CertificateTransparencyLoggingPreference: "ENABLED", Tags: [{ Key: "site", Value: "shop" }] },
    replaced: { ...maximal, SubjectAlternativeNames: ["shop.example.com"], DomainValidationOptions: [{ DomainName: "www.example.com", HostedZoneId: "Z0123456789" }] },
    failing: { properties: { DomainName: "www.example.invalid", ValidationMethod: "DNS" }, says: "INVALID_PUBLIC_DOMAIN" },
    drift: {
      by: ({ aws }, CertificateArn) => aws.acm.UpdateCertificateOptions({ CertificateArn, Options: { CertificateTransparencyLoggingPreference: "ENABLED" } }),
      at: "CertificateTransparencyLoggingPreference",
    },
  },
};

describeResourceTypes(acm.resources, cases);
