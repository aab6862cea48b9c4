import { X509Certificate, createPrivateKey } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDisk, createTestCloud, type TestCloud } from "../testing.js";
import { approveCertificate } from "./approvals.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(async () => {
  expect(cloud.logs).toEqual([]);
  await cloud.close();
});

const failure = (code: string, text = ""): unknown => expect.objectContaining({ code, message: expect.stringContaining(text) as string });

async function request(over: Partial<Parameters<TestCloud["aws"]["acm"]["RequestCertificate"]>[0]> = {}): Promise<string> {
  const { CertificateArn } = await cloud.aws.acm.RequestCertificate({ DomainName: "www.example.com", ValidationMethod: "DNS", KeyAlgorithm: "EC_prime256v1", ...over });
  return CertificateArn!;
}

const describeIt = async (CertificateArn: string) => (await cloud.aws.acm.DescribeCertificate({ CertificateArn })).Certificate!;
const serialOf = async (arn: string) => (await describeIt(arn)).Serial;

/** A balancer that shows the certificate. */
async function show(arn: string): Promise<{ readonly LoadBalancerArn: string; readonly ListenerArn: string }> {
  const { Subnets } = await cloud.aws.ec2.DescribeSubnets({ Filters: [{ Name: "default-for-az", Values: ["true"] }] });
  const { LoadBalancers } = await cloud.aws.elbv2.CreateLoadBalancer({ Name: "web", Subnets: Subnets!.slice(0, 2).map(({ SubnetId }) => SubnetId!) });
  const LoadBalancerArn = LoadBalancers![0]!.LoadBalancerArn!;
  const { Listeners } = await cloud.aws.elbv2.CreateListener({
    LoadBalancerArn,
    Protocol: "HTTPS",
    Port: 443,
    Certificates: [{ CertificateArn: arn }],
    DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200" } }],
  });
  await cloud.settle();
  return { LoadBalancerArn, ListenerArn: Listeners![0]!.ListenerArn! };
}

/** The certificates that the balancer's nodes show. */
function shown(): readonly string[] {
  const specs = cloud.paper.workloads.keys().flatMap((key) => cloud.paper.workloadSpec(key) ?? []);
  return specs.flatMap((spec) => (spec.kind === "balancer" ? spec.listeners.flatMap(({ tls }) => tls?.certificates ?? []) : [])).map(({ certificate }) => new X509Certificate(certificate).serialNumber);
}

describe("a requested certificate", () => {
  it("waits for its validation, and is issued by the local authority", async () => {
    const arn = await request({ SubjectAlternativeNames: ["*.example.com", "www.example.com"] });
    expect(arn).toMatch(/^arn:aws:acm:ap-northeast-1:123456789012:certificate\/[0-9a-f-]{36}$/);
    const pending = await describeIt(arn);
    expect(pending).toMatchObject({ Status: "PENDING_VALIDATION", Type: "AMAZON_ISSUED", InUseBy: [], RenewalEligibility: "INELIGIBLE", DomainName: "www.example.com" });
    expect(pending.DomainValidationOptions).toMatchObject([
      { DomainName: "www.example.com", ValidationMethod: "DNS", ValidationStatus: "PENDING_VALIDATION", ResourceRecord: { Type: "CNAME", Name: expect.stringMatching(/^_[0-9a-f]{32}\.www\.example\.com\.$/) as string } },
      { DomainName: "*.example.com", ResourceRecord: { Name: expect.stringMatching(/^_[0-9a-f]{32}\.example\.com\.$/) as string } },
    ]);
    await expect(cloud.aws.acm.GetCertificate({ CertificateArn: arn })).rejects.toThrow(failure("RequestInProgressException"));

    await cloud.settle();
    const issued = await describeIt(arn);
    expect(issued).toMatchObject({ Status: "ISSUED", Subject: "CN=www.example.com", KeyAlgorithm: "EC_prime256v1", SignatureAlgorithm: "SHA256WITHECDSA" });
    expect(issued).toMatchObject({ KeyUsages: [{ Name: "DIGITAL_SIGNATURE" }], ExtendedKeyUsages: [{ Name: "TLS_WEB_SERVER_AUTHENTICATION", OID: "1.3.6.1.5.5.7.3.1" }] });
    expect(issued.DomainValidationOptions!.map(({ ValidationStatus }) => ValidationStatus)).toEqual(["SUCCESS", "SUCCESS"]);
    const { Certificate, CertificateChain } = await cloud.aws.acm.GetCertificate({ CertificateArn: arn });
    const leaf = new X509Certificate(Certificate!);
    expect(leaf.verify(new X509Certificate(CertificateChain!).publicKey)).toBe(true);
    expect(leaf.subjectAltName).toBe("DNS:www.example.com, DNS:*.example.com");
    expect(issued.Serial!.replaceAll(":", "")).toBe(leaf.serialNumber.toLowerCase());
    expect(issued.NotAfter!.getTime() - issued.NotBefore!.getTime()).toBe((199 * 24 * 3_600 - 1) * 1_000);
  });

  it("is the same when asked again with its token within an hour, another for other names or later", async () => {
    const first = await request({ IdempotencyToken: "one" });
    expect(await request({ IdempotencyToken: "one" })).toBe(first);
    expect(await request({ IdempotencyToken: "one", SubjectAlternativeNames: ["a.example.com"] })).not.toBe(first);
    expect(await request()).not.toBe(first);
    await cloud.advance("61m");
    expect(await request({ IdempotencyToken: "one" })).not.toBe(first);
  });

  it("has RSA keys by default, and takes those that public authorities certify alone", async () => {
    const rsa = await request({ KeyAlgorithm: undefined });
    const ec = await request({ KeyAlgorithm: "EC_secp384r1" });
    await cloud.settle();
    for (const [arn, type] of [[rsa, "rsa"], [ec, "ec"]] as const) {
      const { Certificate } = await cloud.aws.acm.GetCertificate({ CertificateArn: arn });
      expect(new X509Certificate(Certificate!).publicKey.asymmetricKeyType).toBe(type);
    }
    expect((await describeIt(rsa)).KeyUsages).toEqual([{ Name: "DIGITAL_SIGNATURE" }, { Name: "KEY_ENCIPHERMENT" }]);
    await expect(request({ KeyAlgorithm: "RSA_4096" })).rejects.toThrow(failure("InvalidParameterException", "RSA_4096"));
  });

  it("fails for names that nobody may have", async () => {
    const [invalid, amazons] = [await request({ DomainName: "www.example.invalid" }), await request({ DomainName: "x.elb.amazonaws.com" })];
    await cloud.settle();
    expect(await describeIt(invalid)).toMatchObject({ Status: "FAILED", FailureReason: "INVALID_PUBLIC_DOMAIN" });
    expect(await describeIt(amazons)).toMatchObject({ Status: "FAILED", FailureReason: "ADDITIONAL_VERIFICATION_REQUIRED" });
  });

  it("is refused for what can't be asked, and nothing is made", async () => {
    const names = Array.from({ length: 10 }, (_, index) => `n${index}.example.com`);
    await expect(request({ SubjectAlternativeNames: names })).rejects.toThrow(failure("LimitExceededException", "SAN limit"));
    await expect(request({ DomainName: `${"a".repeat(60)}.example.com` })).rejects.toThrow(failure("InvalidParameterException", "64 bytes"));
    await expect(request({ DomainName: "ab--c.example.com" })).rejects.toThrow(failure("InvalidParameterException", "xn--"));
    await expect(request({ DomainValidationOptions: [{ DomainName: "www.example.com", ValidationDomain: "example.org" }] })).rejects.toThrow(failure("InvalidDomainValidationOptionsException"));
    await expect(request({ DomainValidationOptions: [{ DomainName: "b.example.com", ValidationDomain: "example.com" }] })).rejects.toThrow(failure("InvalidDomainValidationOptionsException"));
    await expect(request({ CertificateAuthorityArn: "arn:aws:acm-pca:ap-northeast-1:123456789012:certificate-authority/x" })).rejects.toThrow(failure("NotImplemented", "CertificateAuthorityArn"));
    await expect(request({ ValidationMethod: "HTTP" })).rejects.toThrow(failure("NotImplemented", "HTTP"));
    await expect(request({ Tags: [{ Key: "aws:x", Value: "y" }] })).rejects.toThrow(failure("ValidationException", "aws:x"));
    expect((await cloud.aws.acm.ListCertificates({})).CertificateSummaryList).toEqual([]);
  });
});

describe("a certificate whose domains' owners are asked by email", () => {
  const letters = () => cloud.core.calls.facts({ account: "123456789012", region: "ap-northeast-1" }).acm.mails();
  const codeIn = (body: string): string => /approvals\?code=([0-9a-f-]{36})/.exec(body)![1]!;

  it("is issued when all have followed their letters' links", async () => {
    const arn = await request({ ValidationMethod: undefined, SubjectAlternativeNames: ["shop.example.com"], DomainValidationOptions: [{ DomainName: "shop.example.com", ValidationDomain: "example.com" }] });
    await cloud.settle();
    expect(letters()).toMatchObject([
      { subject: "Certificate request for www.example.com", to: expect.stringContaining("admin@www.example.com") as string },
      { subject: "Certificate request for shop.example.com", to: expect.stringContaining("hostmaster@example.com") as string },
    ]);
    const [first, second] = letters().map(({ body }) => codeIn(body));
    expect(approveCertificate(cloud.store, first!)).toBe("www.example.com");
    await cloud.settle();
    const waiting = await describeIt(arn);
    expect(waiting.Status).toBe("PENDING_VALIDATION");
    expect(waiting.DomainValidationOptions!.map(({ ValidationStatus }) => ValidationStatus)).toEqual(["SUCCESS", "PENDING_VALIDATION"]);
    expect(approveCertificate(cloud.store, second!)).toBe("shop.example.com");
    await cloud.settle();
    expect((await describeIt(arn)).Status).toBe("ISSUED");
    expect(approveCertificate(cloud.store, second!)).toBeUndefined();
    expect(approveCertificate(cloud.store, "00000000-0000-4000-8000-000000000000")).toBeUndefined();
    await expect(cloud.aws.acm.ResendValidationEmail({ CertificateArn: arn, Domain: "www.example.com", ValidationDomain: "example.com" })).rejects.toThrow(failure("InvalidStateException"));
  });

  it("is asked for again, and given up after three days", async () => {
    const arn = await request({ ValidationMethod: "EMAIL" });
    await cloud.advance("71h");
    await expect(cloud.aws.acm.ResendValidationEmail({ CertificateArn: arn, Domain: "www.example.com", ValidationDomain: "example.org" })).rejects.toThrow(failure("InvalidDomainValidationOptionsException"));
    await cloud.aws.acm.ResendValidationEmail({ CertificateArn: arn, Domain: "www.example.com", ValidationDomain: "example.com" });
    expect(letters()).toMatchObject([{}, { to: expect.stringContaining("admin@example.com") as string }]);
    await cloud.advance("71h");
    expect((await describeIt(arn)).Status).toBe("PENDING_VALIDATION");
    await cloud.advance("2h");
    expect((await describeIt(arn)).Status).toBe("VALIDATION_TIMED_OUT");
    expect(approveCertificate(cloud.store, codeIn(letters()[1]!.body))).toBeUndefined();
  });

  it("is renewed only when they approve it anew", async () => {
    const arn = await request({ ValidationMethod: "EMAIL" });
    approveCertificate(cloud.store, codeIn(letters()[0]!.body));
    await cloud.settle();
    await show(arn);
    const serial = await serialOf(arn);
    await cloud.advance("158d");
    expect(await describeIt(arn)).toMatchObject({ Serial: serial, Status: "ISSUED", RenewalSummary: { RenewalStatus: "PENDING_VALIDATION", DomainValidationOptions: [{ ValidationStatus: "PENDING_VALIDATION" }] } });
    expect(letters()).toHaveLength(2);
    approveCertificate(cloud.store, codeIn(letters()[1]!.body));
    await cloud.settle();
    const renewed = await describeIt(arn);
    expect(renewed).toMatchObject({ RenewalSummary: { RenewalStatus: "SUCCESS" } });
    expect(renewed.Serial).not.toBe(serial);
  });
});

describe("lists of certificates", () => {
  it("hold RSA certificates unless others are asked for, and filter and turn pages as asked", async () => {
    const ec = await request();
    const failed = await request({ DomainName: "a.invalid", KeyAlgorithm: "RSA_2048" });
    await cloud.advance("1s");
    const rsa = await request({ DomainName: "rsa.example.com", KeyAlgorithm: "RSA_2048", Options: { Export: "ENABLED" } });
    await cloud.settle();
    const list = async (input: Parameters<TestCloud["aws"]["acm"]["ListCertificates"]>[0]) => (await cloud.aws.acm.ListCertificates(input)).CertificateSummaryList!.map(({ CertificateArn }) => CertificateArn);
    const all = ["RSA_2048", "EC_prime256v1"] as const;
    expect(await list({})).toEqual([failed, rsa]);
    expect(await list({ CertificateStatuses: ["ISSUED"] })).toEqual([rsa]);
    expect(await list({ Includes: { keyTypes: ["EC_prime256v1"] } })).toEqual([ec]);
    expect(await list({ Includes: { keyTypes: all, exportOption: "ENABLED" } })).toEqual([rsa]);
    expect(await list({ Includes: { keyTypes: all, keyUsage: ["KEY_ENCIPHERMENT"] } })).toEqual([rsa]);
    expect(await list({ Includes: { keyTypes: all, extendedKeyUsage: ["CODE_SIGNING"] } })).toEqual([]);
    expect(await list({ Includes: { keyTypes: all }, SortBy: "CREATED_AT", SortOrder: "DESCENDING", MaxItems: 1 })).toEqual([rsa]);
    await expect(cloud.aws.acm.ListCertificates({ SortBy: "CREATED_AT" })).rejects.toThrow(failure("ValidationException", "SortOrder"));
    const first = await cloud.aws.acm.ListCertificates({ MaxItems: 1 });
    const second = await cloud.aws.acm.ListCertificates({ MaxItems: 1, NextToken: first.NextToken });
    expect([...first.CertificateSummaryList!, ...second.CertificateSummaryList!].map(({ CertificateArn }) => CertificateArn)).toEqual([failed, rsa]);
    expect(second.NextToken).toBeUndefined();
  });
});

describe("a certificate that a balancer shows", () => {
  it("is listed as in use, can't be deleted, and is renewed sixty days before it ends", async () => {
    const arn = await request();
    await cloud.settle();
    const { LoadBalancerArn, ListenerArn } = await show(arn);
    expect(await describeIt(arn)).toMatchObject({ InUseBy: [LoadBalancerArn], RenewalEligibility: "ELIGIBLE" });
    await expect(cloud.aws.acm.DeleteCertificate({ CertificateArn: arn })).rejects.toThrow(failure("ResourceInUseException", `${arn} in account 123456789012 is in use.`));

    const serial = await serialOf(arn);
    await cloud.advance("153d");
    expect(await serialOf(arn)).toBe(serial);
    await cloud.advance("2d");
    const renewed = await describeIt(arn);
    expect(renewed).toMatchObject({ Status: "ISSUED", RenewalSummary: { RenewalStatus: "SUCCESS", DomainValidationOptions: [{ DomainName: "www.example.com", ValidationStatus: "SUCCESS" }] } });
    expect(renewed.Serial).not.toBe(serial);
    expect(new Set(shown())).toEqual(new Set([renewed.Serial!.replaceAll(":", "").toUpperCase()]));

    await cloud.aws.elbv2.DeleteListener({ ListenerArn });
    expect((await describeIt(arn)).InUseBy).toEqual([]);
    await cloud.aws.acm.DeleteCertificate({ CertificateArn: arn });
    await expect(describeIt(arn)).rejects.toThrow(failure("ResourceNotFoundException", arn));
  });

  it("is not renewed when nobody uses it, and expires; used again in time, it is renewed at once", async () => {
    const [unused, late] = [await request(), await request({ DomainName: "late.example.com" })];
    await cloud.settle();
    const serials = [await serialOf(unused), await serialOf(late)];
    await cloud.advance("158d");
    expect([await serialOf(unused), await serialOf(late)]).toEqual(serials);
    await show(late);
    expect(await serialOf(late)).not.toBe(serials[1]);
    await cloud.advance("45d");
    expect(await describeIt(unused)).toMatchObject({ Status: "EXPIRED", RenewalEligibility: "INELIGIBLE" });
    expect((await cloud.aws.acm.ListCertificates({ CertificateStatuses: ["EXPIRED"], Includes: { keyTypes: ["EC_prime256v1"] } })).CertificateSummaryList).toMatchObject([{ CertificateArn: unused }]);
  });
});

it("a request that a crash interrupts is issued after the start, once, and what was issued stays", async () => {
  const backend = createDisk();
  const restart = async (): Promise<void> => {
    const start = cloud.now();
    await cloud.close();
    cloud = await createTestCloud({ backend, start });
    await cloud.settle();
  };
  await restart();
  // The authority is slow enough to be cut off.
  const arn = await request({ KeyAlgorithm: "RSA_2048" });
  const interrupt = backend.remember();
  await cloud.settle();
  const unsaid = await serialOf(arn);
  interrupt();
  await restart();
  const serial = await serialOf(arn);
  expect(serial).toBeDefined();
  expect(serial).not.toBe(unsaid);
  await restart();
  expect(await serialOf(arn)).toBe(serial);
});

describe("an exportable certificate", () => {
  it("is given with its key under the passphrase, and can then be renewed, and revoked", async () => {
    const arn = await request({ Options: { Export: "ENABLED" } });
    await expect(cloud.aws.acm.ExportCertificate({ CertificateArn: arn, Passphrase: Buffer.from("secret") })).rejects.toThrow(failure("RequestInProgressException"));
    await cloud.settle();
    await expect(cloud.aws.acm.RenewCertificate({ CertificateArn: arn })).rejects.toThrow(failure("ValidationException", "exported"));
    await expect(cloud.aws.acm.RevokeCertificate({ CertificateArn: arn, RevocationReason: "UNSPECIFIED" })).rejects.toThrow(failure("ValidationException", "exported"));
    await expect(cloud.aws.acm.ExportCertificate({ CertificateArn: arn, Passphrase: Buffer.from("sec#ret") })).rejects.toThrow(failure("ValidationException", "#, $, or %"));

    const { Certificate, PrivateKey } = await cloud.aws.acm.ExportCertificate({ CertificateArn: arn, Passphrase: Buffer.from("secret") });
    expect(PrivateKey).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    expect(new X509Certificate(Certificate!).checkPrivateKey(createPrivateKey({ key: PrivateKey!, passphrase: "secret" }))).toBe(true);

    const serial = await serialOf(arn);
    await cloud.aws.acm.RenewCertificate({ CertificateArn: arn });
    await expect(cloud.aws.acm.RenewCertificate({ CertificateArn: arn })).rejects.toThrow(failure("RequestInProgressException"));
    await cloud.settle();
    expect(await serialOf(arn)).not.toBe(serial);
    // What was exported is the old one.
    await expect(cloud.aws.acm.RevokeCertificate({ CertificateArn: arn, RevocationReason: "UNSPECIFIED" })).rejects.toThrow(failure("ValidationException", "exported"));
    await cloud.aws.acm.ExportCertificate({ CertificateArn: arn, Passphrase: Buffer.from("secret") });
    await cloud.aws.acm.RevokeCertificate({ CertificateArn: arn, RevocationReason: "KEY_COMPROMISE" });
    expect(await describeIt(arn)).toMatchObject({ Status: "REVOKED", RevocationReason: "KEY_COMPROMISE" });
    await expect(show(arn)).rejects.toThrow(failure("UnsupportedCertificate"));
  });

  it("others are not", async () => {
    const arn = await request();
    await cloud.settle();
    await expect(cloud.aws.acm.ExportCertificate({ CertificateArn: arn, Passphrase: Buffer.from("secret") })).rejects.toThrow(failure("ValidationException", "is not a private certificate"));
    await cloud.aws.acm.UpdateCertificateOptions({ CertificateArn: arn, Options: { CertificateTransparencyLoggingPreference: "DISABLED" } });
    expect((await describeIt(arn)).Options).toEqual({ CertificateTransparencyLoggingPreference: "DISABLED", Export: "DISABLED" });
  });
});

describe("tags and the account's configuration", () => {
  it("are kept, and a tag goes with its value alone when one is given", async () => {
    const arn = await request({ Tags: [{ Key: "a", Value: "1" }] });
    await cloud.aws.acm.AddTagsToCertificate({ CertificateArn: arn, Tags: [{ Key: "b", Value: "2" }, { Key: "c" }] });
    await cloud.aws.acm.RemoveTagsFromCertificate({ CertificateArn: arn, Tags: [{ Key: "a", Value: "other" }, { Key: "b" }] });
    expect((await cloud.aws.acm.ListTagsForCertificate({ CertificateArn: arn })).Tags).toEqual([{ Key: "a", Value: "1" }, { Key: "c", Value: "" }]);
    await cloud.aws.acm.TagResource({ ResourceArn: arn, Tags: [{ Key: "d", Value: "4" }, { Key: "a", Value: "5" }] });
    await cloud.aws.acm.UntagResource({ ResourceArn: arn, TagKeys: ["d"] });
    expect((await cloud.aws.acm.ListTagsForResource({ ResourceArn: arn })).Tags).toEqual([{ Key: "a", Value: "5" }, { Key: "c", Value: "" }]);
    const many = Array.from({ length: 49 }, (_, index) => ({ Key: `k${index}`, Value: "" }));
    await expect(cloud.aws.acm.AddTagsToCertificate({ CertificateArn: arn, Tags: many })).rejects.toThrow(failure("TooManyTagsException"));
    expect(await cloud.aws.acm.GetAccountConfiguration({})).toEqual({ ExpiryEvents: { DaysBeforeExpiry: 45 } });
    await expect(cloud.aws.acm.PutAccountConfiguration({ IdempotencyToken: "t", ExpiryEvents: { DaysBeforeExpiry: 91 } })).rejects.toThrow(failure("ValidationException", "91"));
    await cloud.aws.acm.PutAccountConfiguration({ IdempotencyToken: "t", ExpiryEvents: { DaysBeforeExpiry: 30 } });
    expect(await cloud.aws.acm.GetAccountConfiguration({})).toEqual({ ExpiryEvents: { DaysBeforeExpiry: 30 } });
  });

  it("a certificate is its region's alone", async () => {
    const arn = await request();
    await expect(cloud.in("us-east-1").acm.DescribeCertificate({ CertificateArn: arn })).rejects.toThrow(failure("ResourceNotFoundException"));
    await expect(cloud.aws.acm.DescribeCertificate({ CertificateArn: "arn:aws:acm:ap-northeast-1:123456789012:other/x" })).rejects.toThrow(failure("InvalidArnException"));
  });
});
