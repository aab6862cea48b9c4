/** ACM as the SDK and the AWS CLI meet it: the wire, who may, stacks that wait for their certificate, and what the CLI's users type. */
import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as acm from "@aws-sdk/client-acm";
import { CreateStackCommand, DeleteStackCommand, DescribeStackEventsCommand, DescribeStacksCommand, waitUntilStackCreateComplete, waitUntilStackDeleteComplete } from "@aws-sdk/client-cloudformation";
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { describe, expect, it, vi } from "vitest";
import { isAwsCliInstalled, useAwsCli } from "./aws-cli.js";
import { ACCOUNT, patience, REGION, useCloud, type Clients } from "./cloud.js";
import { bytes, makeCertificate } from "./make-certificate.js";

const cloud = useCloud();

const describeIt = async (CertificateArn: string, { acm: client }: Pick<Clients, "acm"> = cloud) => (await client.send(new acm.DescribeCertificateCommand({ CertificateArn }))).Certificate!;

describe("ACM with the SDK", () => {
  it("issues what is requested, for waiters too", async () => {
    const { CertificateArn } = await cloud.acm.send(new acm.RequestCertificateCommand({ DomainName: "www.example.com", ValidationMethod: "DNS", SubjectAlternativeNames: ["*.example.com"], Tags: [{ Key: "site", Value: "shop" }] }));
    await acm.waitUntilCertificateValidated({ client: cloud.acm, ...patience }, { CertificateArn: CertificateArn! });
    const issued = await describeIt(CertificateArn!);
    expect(issued).toMatchObject({ Status: "ISSUED", SignatureAlgorithm: "SHA256WITHECDSA", KeyAlgorithm: "RSA_2048", Options: { Export: "DISABLED" } });
    const { CertificateSummaryList } = await cloud.acm.send(new acm.ListCertificatesCommand({}));
    expect(CertificateSummaryList).toMatchObject([{ CertificateArn, DomainName: "www.example.com", SubjectAlternativeNameSummaries: ["www.example.com", "*.example.com"], InUse: false, KeyUsages: ["DIGITAL_SIGNATURE", "KEY_ENCIPHERMENT"] }]);
    expect((await cloud.acm.send(new acm.ListTagsForCertificateCommand({ CertificateArn: CertificateArn! }))).Tags).toEqual([{ Key: "site", Value: "shop" }]);
    await cloud.acm.send(new acm.DeleteCertificateCommand({ CertificateArn: CertificateArn! }));
    await expect(describeIt(CertificateArn!)).rejects.toBeInstanceOf(acm.ResourceNotFoundException);
  });

  it("refuses in AWS's words what breaks the model's rules, and by name what is not here", async () => {
    const request = (over: Partial<acm.RequestCertificateCommandInput>) => cloud.acm.send(new acm.RequestCertificateCommand({ DomainName: "www.example.com", ...over }));
    await expect(request({ DomainName: "no host" })).rejects.toMatchObject({ name: "ValidationException", message: expect.stringMatching(/^1 validation error detected: Value 'no host' at 'domainName' failed to satisfy constraint: Member must satisfy regular expression pattern/) as string });
    await expect(request({ IdempotencyToken: "a b" })).rejects.toMatchObject({ name: "ValidationException", message: expect.stringContaining("idempotencyToken") as string });
    await expect(cloud.acm.send(new acm.DescribeCertificateCommand({ CertificateArn: "short" }))).rejects.toMatchObject({ name: "ValidationException" });
    await expect(cloud.acm.send(new acm.SearchCertificatesCommand({}))).rejects.toMatchObject({ name: "NotImplemented", message: expect.stringContaining("acm:SearchCertificates") as string });
  });
});

describe("who may use ACM", () => {
  async function user(UserName: string, ...Statement: readonly object[]): Promise<Clients> {
    await cloud.iam.send(new CreateUserCommand({ UserName }));
    await cloud.iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "own", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) }));
    const { AccessKey } = await cloud.iam.send(new CreateAccessKeyCommand({ UserName }));
    return cloud.as({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! });
  }

  it("is told by the names, keys and validation of a request", async () => {
    const conditions = {
      StringEquals: { "acm:ValidationMethod": "DNS", "acm:KeyAlgorithm": "EC_prime256v1", "acm:Export": "DISABLED", "aws:RequestTag/team": "shop" },
      "ForAllValues:StringLike": { "acm:DomainNames": ["*.shop.example.com"] },
    };
    const clerk = await user("clerk", { Effect: "Allow", Action: "acm:RequestCertificate", Resource: "*", Condition: conditions });
    const good = { DomainName: "www.shop.example.com", ValidationMethod: "DNS", KeyAlgorithm: "EC_prime256v1", Tags: [{ Key: "team", Value: "shop" }] } as const;
    const request = (over: Partial<Record<keyof acm.RequestCertificateCommandInput, unknown>> = {}) => clerk.acm.send(new acm.RequestCertificateCommand({ ...good, ...over } as acm.RequestCertificateCommandInput));
    const denied = { name: "AccessDeniedException", message: expect.stringContaining(`arn:aws:iam::${ACCOUNT}:user/clerk is not authorized to perform: acm:RequestCertificate`) as string };
    for (const over of [{ SubjectAlternativeNames: ["www.example.org"] }, { ValidationMethod: undefined }, { KeyAlgorithm: "RSA_2048" }, { Options: { Export: "ENABLED" } }, { Tags: undefined }] as const) {
      await expect(request(over), JSON.stringify(over)).rejects.toMatchObject(denied);
    }
    expect((await request()).CertificateArn).toContain(":certificate/");
  });

  it("is told by a certificate's ARN and tags", async () => {
    const made = await makeCertificate();
    const bring = async (team: string) => (await cloud.acm.send(new acm.ImportCertificateCommand({ Certificate: bytes(made.certificate), PrivateKey: bytes(made.privateKey), Tags: [{ Key: "team", Value: team }] }))).CertificateArn!;
    const [own, others] = [await bring("shop"), await bring("bank")];
    const reader = await user("reader", { Effect: "Allow", Action: ["acm:Describe*", "acm:ImportCertificate"], Resource: `arn:aws:acm:${REGION}:${ACCOUNT}:certificate/*`, Condition: { StringEquals: { "aws:ResourceTag/team": "shop" } } });
    expect((await describeIt(own, reader)).CertificateArn).toBe(own);
    await expect(describeIt(others, reader)).rejects.toMatchObject({ name: "AccessDeniedException", message: expect.stringContaining(others) as string });
    const again = { Certificate: bytes(made.certificate), PrivateKey: bytes(made.privateKey) };
    await reader.acm.send(new acm.ImportCertificateCommand({ ...again, CertificateArn: own }));
    await expect(reader.acm.send(new acm.ImportCertificateCommand({ ...again, CertificateArn: others }))).rejects.toMatchObject({ name: "AccessDeniedException" });
    await expect(reader.acm.send(new acm.ImportCertificateCommand(again))).rejects.toMatchObject({ name: "AccessDeniedException" });
    await expect(reader.acm.send(new acm.ListCertificatesCommand({}))).rejects.toMatchObject({ name: "AccessDeniedException" });
  });
});

describe("a stack with a certificate", () => {
  const template = (properties: object): string => JSON.stringify({
    Resources: { Certificate: { Type: "AWS::CertificateManager::Certificate", Properties: { DomainName: "stack.example.com", ValidationMethod: "DNS", KeyAlgorithm: "EC_prime256v1", ...properties } } },
    Outputs: { Arn: { Value: { Ref: "Certificate" } } },
  });

  it("is complete when it is issued, and takes it away", async () => {
    await cloud.cloudformation.send(new CreateStackCommand({ StackName: "certified", TemplateBody: template({}), Tags: [{ Key: "team", Value: "shop" }] }));
    await waitUntilStackCreateComplete({ client: cloud.cloudformation, ...patience }, { StackName: "certified" });
    const arn = (await cloud.cloudformation.send(new DescribeStacksCommand({ StackName: "certified" }))).Stacks![0]!.Outputs![0]!.OutputValue!;
    expect((await describeIt(arn)).Status).toBe("ISSUED");
    const { Tags } = await cloud.acm.send(new acm.ListTagsForCertificateCommand({ CertificateArn: arn }));
    expect(Tags).toEqual(expect.arrayContaining([{ Key: "team", Value: "shop" }, { Key: "aws:cloudformation:logical-id", Value: "Certificate" }]));
    await cloud.cloudformation.send(new DeleteStackCommand({ StackName: "certified" }));
    await waitUntilStackDeleteComplete({ client: cloud.cloudformation, ...patience }, { StackName: "certified" });
    await expect(describeIt(arn)).rejects.toBeInstanceOf(acm.ResourceNotFoundException);
  });

  it("waits for the owners' approval with email, and is rolled back with the reason when the names are nobody's", async () => {
    await cloud.cloudformation.send(new CreateStackCommand({ StackName: "waiting", TemplateBody: template({ ValidationMethod: "EMAIL" }) }));
    await cloud.cloudformation.send(new CreateStackCommand({ StackName: "nobodys", TemplateBody: template({ DomainName: "www.example.invalid" }) }));
    await vi.waitFor(async () => {
      const { Stacks } = await cloud.cloudformation.send(new DescribeStacksCommand({}));
      expect(Object.fromEntries(Stacks!.map(({ StackName, StackStatus }) => [StackName, StackStatus]))).toEqual({ waiting: "CREATE_IN_PROGRESS", nobodys: "ROLLBACK_COMPLETE" });
    }, 10_000);
    const { StackEvents } = await cloud.cloudformation.send(new DescribeStackEventsCommand({ StackName: "nobodys" }));
    expect(StackEvents!.find(({ ResourceStatus }) => ResourceStatus === "CREATE_FAILED")!.ResourceStatusReason).toContain("INVALID_PUBLIC_DOMAIN");
  });
});

describe.skipIf(!isAwsCliInstalled())("aws acm", { timeout: 60_000 }, () => {
  const cli = useAwsCli(cloud);
  const aws = (...args: readonly string[]) => cli.run("acm", ...args);

  it("imports from files, and says what is wrong with them", async () => {
    const made = await makeCertificate({ names: ["cli.example.com"] });
    for (const [name, text] of [["it.pem", made.certificate], ["it.key", made.privateKey], ["two.pem", made.certificate.repeat(2)]] as const) writeFileSync(join(cli.folder, name), text);
    const file = (name: string): string => `fileb://${join(cli.folder, name)}`;
    const imported = await aws("import-certificate", "--certificate", file("it.pem"), "--private-key", file("it.key"), "--query", "CertificateArn", "--output", "text");
    expect(imported).toMatchObject({ code: 0, stderr: "" });
    const arn = imported.stdout.trim();
    const { stdout } = await aws("get-certificate", "--certificate-arn", arn, "--query", "Certificate", "--output", "text");
    expect(new X509Certificate(stdout).fingerprint256).toBe(new X509Certificate(made.certificate).fingerprint256);
    const wrong = await aws("import-certificate", "--certificate", file("two.pem"), "--private-key", file("it.key"));
    expect(wrong.stderr).toContain("An error occurred (ValidationException) when calling the ImportCertificate operation: The certificate field contains more than one certificate. You can specify only one certificate in this field.");
    expect(await aws("delete-certificate", "--certificate-arn", arn)).toMatchObject({ code: 0, stderr: "" });
  });

  it("requests, waits, lists, exports and renews", async () => {
    const requested = await aws("request-certificate", "--domain-name", "cli.example.com", "--validation-method", "DNS", "--key-algorithm", "EC_prime256v1", "--options", "Export=ENABLED", "--query", "CertificateArn", "--output", "text");
    expect(requested).toMatchObject({ code: 0, stderr: "" });
    const arn = requested.stdout.trim();
    await acm.waitUntilCertificateValidated({ client: cloud.acm, ...patience }, { CertificateArn: arn });
    expect(await aws("wait", "certificate-validated", "--certificate-arn", arn)).toMatchObject({ code: 0, stderr: "" });
    const listed = await aws("list-certificates", "--includes", "keyTypes=EC_prime256v1,exportOption=ENABLED", "--query", "CertificateSummaryList[].CertificateArn", "--output", "text");
    expect(listed.stdout.trim()).toBe(arn);
    writeFileSync(join(cli.folder, "passphrase"), "secret");
    const exported = await aws("export-certificate", "--certificate-arn", arn, "--passphrase", `fileb://${join(cli.folder, "passphrase")}`, "--query", "PrivateKey", "--output", "text");
    expect(exported.stdout).toContain("BEGIN ENCRYPTED PRIVATE KEY");
    const serial = (await describeIt(arn)).Serial;
    expect(await aws("renew-certificate", "--certificate-arn", arn)).toMatchObject({ code: 0, stderr: "" });
    await vi.waitFor(async () => expect((await describeIt(arn)).Serial).not.toBe(serial), 10_000);
  });
});
