import { createPrivateKey } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { bytes, KeyUsageFlags, makeCertificate, type Made } from "../../../../tests/api/make-certificate.js";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(async () => {
  expect(cloud.logs).toEqual([]);
  await cloud.close();
});

const failure = (code: string, text = ""): unknown => expect.objectContaining({ code, message: expect.stringContaining(text) as string });
const refused = (text: string): unknown => failure("ValidationException", text);
const describeIt = async (CertificateArn: string) => (await cloud.aws.acm.DescribeCertificate({ CertificateArn })).Certificate!;

async function bring(made: Made, over: { readonly key?: string; readonly chain?: string; readonly certificate?: string; readonly arn?: string } = {}): Promise<string> {
  const { CertificateArn } = await cloud.aws.acm.ImportCertificate({
    Certificate: bytes(over.certificate ?? made.certificate),
    PrivateKey: bytes(over.key ?? made.privateKey),
    CertificateChain: over.chain === undefined ? undefined : bytes(over.chain),
    CertificateArn: over.arn,
  });
  return CertificateArn!;
}

describe("an imported certificate", () => {
  it("is told as it says of itself", async () => {
    const made = await makeCertificate({ names: ["www.example.com", "*.example.com"], subject: "CN=www.example.com, O=Example", key: "RSA 2048", usages: KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment | KeyUsageFlags.decipherOnly });
    const arn = await bring(made);
    expect(await describeIt(arn)).toMatchObject({
      Type: "IMPORTED", Status: "ISSUED", DomainName: "www.example.com", SubjectAlternativeNames: ["www.example.com", "*.example.com"], Issuer: "Example",
      KeyAlgorithm: "RSA_2048", SignatureAlgorithm: "SHA256WITHRSA", RenewalEligibility: "INELIGIBLE", NotAfter: new Date(Date.UTC(2120, 0, 1)),
      KeyUsages: [{ Name: "DIGITAL_SIGNATURE" }, { Name: "KEY_ENCIPHERMENT" }, { Name: "DECIPHER_ONLY" }], ExtendedKeyUsages: [{ Name: "TLS_WEB_SERVER_AUTHENTICATION" }],
    });
    expect((await cloud.aws.acm.GetCertificate({ CertificateArn: arn })).Certificate!.replaceAll(/\s/g, "")).toBe(made.certificate.replaceAll(/\s/g, ""));
    await expect(cloud.aws.acm.ExportCertificate({ CertificateArn: arn, Passphrase: bytes("secret") })).rejects.toThrow(refused("is not a private certificate"));
    await expect(cloud.aws.acm.RenewCertificate({ CertificateArn: arn })).rejects.toThrow(refused("not eligible"));
  });

  it("needs the chain of its authority, in order, and may have one of several links", async () => {
    const root = await makeCertificate({ names: [], subject: "CN=Root", isAuthority: true });
    const middle = await makeCertificate({ names: [], subject: "CN=Middle", isAuthority: true, issuer: root });
    const leaf = await makeCertificate({ issuer: middle });
    await expect(bring(leaf)).rejects.toThrow(refused("valid self-signed certificate or certificate chain"));
    await expect(bring(leaf, { chain: root.certificate + middle.certificate })).rejects.toThrow(refused("Could not validate the certificate with the certificate chain."));
    await expect(bring(leaf, { chain: root.certificate })).rejects.toThrow(refused("Could not validate"));
    await expect(bring(leaf, { chain: "no chain" })).rejects.toThrow(refused("certificate chain provided is not in a valid PEM format"));
    await expect(bring(leaf, { chain: middle.certificate.repeat(21) })).rejects.toThrow(refused("valid PEM format"));
    const arn = await bring(leaf, { chain: `some text\n${middle.certificate}\n${root.certificate}` });
    expect((await cloud.aws.acm.GetCertificate({ CertificateArn: arn })).CertificateChain!.match(/BEGIN/g)).toHaveLength(2);
    expect((await cloud.aws.acm.GetCertificate({ CertificateArn: arn })).CertificateChain).not.toContain("some text");
  });

  it("is refused when its parts don't fit, or time or kind are wrong, and nothing is kept", async () => {
    const [good, other] = [await makeCertificate(), await makeCertificate()];
    await expect(bring(good, { key: other.privateKey })).rejects.toThrow(refused("does not match"));
    await expect(bring(good, { key: "no key" })).rejects.toThrow(refused("Unable to parse private key"));
    const encrypted = createPrivateKey(good.privateKey).export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" }).toString();
    await expect(bring(good, { key: encrypted })).rejects.toThrow(refused("Your private key should not be encrypted."));
    await expect(bring(good, { certificate: good.certificate + other.certificate })).rejects.toThrow(refused("The certificate field contains more than one certificate. You can specify only one certificate in this field."));
    await expect(bring(good, { certificate: "no certificate" })).rejects.toThrow(refused("Unable to parse certificate"));
    await expect(bring(await makeCertificate({ to: new Date(Date.UTC(2021, 0, 1)) }))).rejects.toThrow(refused("has expired"));
    await expect(bring(await makeCertificate({ from: new Date(Date.UTC(2100, 0, 1)) }))).rejects.toThrow(refused("not in effect yet"));
    await expect(bring(await makeCertificate({ key: "RSA 2304" }))).rejects.toThrow(refused("The private key length is not supported for key algorithm."));
    expect((await cloud.aws.acm.ListCertificates({ Includes: { keyTypes: ["EC_prime256v1", "RSA_2048"] } })).CertificateSummaryList).toEqual([]);
  });

  it("is replaced under the same ARN by one of the same kind, with its tags", async () => {
    const usages = KeyUsageFlags.digitalSignature;
    const arn = await bring(await makeCertificate({ usages }));
    await cloud.aws.acm.AddTagsToCertificate({ CertificateArn: arn, Tags: [{ Key: "a", Value: "1" }] });
    const before = await describeIt(arn);
    await cloud.advance("1d");
    const next = await makeCertificate({ names: ["www.example.com", "shop.example.com"], usages });
    expect(await bring(next, { arn })).toBe(arn);
    const after = await describeIt(arn);
    expect(after).toMatchObject({ CreatedAt: before.CreatedAt, SubjectAlternativeNames: ["www.example.com", "shop.example.com"] });
    expect(after.ImportedAt!.getTime()).toBe(before.ImportedAt!.getTime() + 24 * 3_600_000);
    expect(after.Serial).not.toBe(before.Serial);
    expect((await cloud.aws.acm.ListTagsForCertificate({ CertificateArn: arn })).Tags).toEqual([{ Key: "a", Value: "1" }]);
    await expect(bring(await makeCertificate({ key: "RSA 2048", usages }), { arn })).rejects.toThrow(refused("key type and size cannot be changed"));
    await expect(bring(await makeCertificate(), { arn })).rejects.toThrow(refused("DIGITAL_SIGNATURE"));
    await expect(bring(await makeCertificate({ names: [], usages }), { arn })).rejects.toThrow(refused("cannot remove all of the domain names"));
    await expect(cloud.aws.acm.ImportCertificate({ CertificateArn: arn, Certificate: bytes(next.certificate), PrivateKey: bytes(next.privateKey), Tags: [{ Key: "b", Value: "2" }] })).rejects.toThrow(refused("Tagging is not permitted on re-import."));
    await expect(bring(next, { arn: `${arn.slice(0, -1)}_` })).rejects.toThrow(failure("ResourceNotFoundException"));
    const { CertificateArn } = await cloud.aws.acm.RequestCertificate({ DomainName: "www.example.com", ValidationMethod: "DNS" });
    await expect(bring(next, { arn: CertificateArn! })).rejects.toThrow(refused("was not imported"));
    expect((await describeIt(arn)).Serial).toBe(after.Serial);
  });

  it("keeps its key from the audit trail", async () => {
    const made = await makeCertificate();
    await bring(made);
    const secret = made.privateKey.split("\n")[1]!;
    const trail = cloud.store.segments.read("audit/123456789012/ap-northeast-1").map(({ record }) => JSON.stringify(record)).join("\n");
    expect(trail).toContain("ImportCertificate");
    expect(trail).not.toContain(secret);
    expect(trail).not.toContain(Buffer.from(made.privateKey).toString("base64").slice(40, 80));
  });
});

describe("hostile input", () => {
  it("never does more than be refused, and soon", async () => {
    const good = await makeCertificate({ usages: KeyUsageFlags.digitalSignature });
    const der = Buffer.from(good.certificate.replace(/-----[^-]+-----/g, ""), "base64");
    const pem = (bits: Uint8Array, label = "CERTIFICATE"): string => `-----BEGIN ${label}-----\n${Buffer.from(bits).toString("base64").replace(/.{64}/g, "$&\n")}\n-----END ${label}-----\n`;
    const broken = fc.tuple(fc.array(fc.tuple(fc.nat(der.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }), fc.option(fc.nat(der.length))).map(([changes, cut]) => {
      const bits = Buffer.from(der);
      for (const [at, value] of changes) bits[at] = value;
      return pem(cut === null ? bits : bits.subarray(0, cut));
    });
    const any = fc.oneof(broken, fc.string(), fc.uint8Array({ maxLength: 2_000 }).map((bits) => pem(bits)), fc.uint8Array({ maxLength: 200 }).map((bits) => pem(bits, "EC PRIVATE KEY")));
    await fc.assert(
      fc.asyncProperty(any, any, fc.option(any), async (certificate, key, chain) => {
        for (const over of [{ certificate, key }, { certificate }, { key }, { chain: chain ?? certificate }]) {
          await bring(good, over).catch((error: unknown) => expect(error).toEqual(refused("")));
        }
      }),
      { numRuns: 150 },
    );
  });

  it("takes no time for what is long", async () => {
    const good = await makeCertificate();
    const floods = ["-----BEGIN CERTIFICATE-----\n".repeat(70_000), good.certificate.repeat(3_000), `-----BEGIN CERTIFICATE-----\n${"A".repeat(2_000_000)}\n-----END CERTIFICATE-----`, "-".repeat(2_000_000)];
    for (const chain of floods) {
      const started = performance.now();
      await expect(bring(good, { chain })).rejects.toThrow(refused(""));
      expect(performance.now() - started).toBeLessThan(1_000);
    }
  });
});
