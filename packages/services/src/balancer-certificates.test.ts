import { X509Certificate } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CERTIFICATE, PRIVATE_KEY } from "../../../tests/api/certificates.js";
import { bytes, makeCertificate, type Made, type Wanted } from "../../../tests/api/make-certificate.js";
import { createTestCloud, type TestCloud } from "./testing.js";

let cloud: TestCloud;
let subnets: readonly string[];
beforeEach(async () => {
  cloud = await createTestCloud();
  subnets = await subnetsIn(cloud.aws);
});
afterEach(async () => {
  expect(cloud.logs).toEqual([]);
  await cloud.close();
});

type Aws = TestCloud["aws"];
const failure = (code: string, text = ""): unknown => expect.objectContaining({ code, message: expect.stringContaining(text) as string });
const DefaultActions = [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200" } }] as const;

async function subnetsIn(aws: Aws): Promise<readonly string[]> {
  const { Subnets } = await aws.ec2.DescribeSubnets({ Filters: [{ Name: "default-for-az", Values: ["true"] }] });
  return Subnets!.slice(0, 2).map(({ SubnetId }) => SubnetId!);
}

async function bring(made: Made, arn?: string, aws: Aws = cloud.aws): Promise<string> {
  return (await aws.acm.ImportCertificate({ CertificateArn: arn, Certificate: bytes(made.certificate), PrivateKey: bytes(made.privateKey) })).CertificateArn!;
}

const upload = async (name: string) => (await cloud.aws.iam.UploadServerCertificate({ ServerCertificateName: name, CertificateBody: CERTIFICATE, PrivateKey: PRIVATE_KEY })).ServerCertificateMetadata!;

async function application(aws: Aws = cloud.aws, ids = subnets): Promise<string> {
  return (await aws.elbv2.CreateLoadBalancer({ Name: "web", Subnets: ids })).LoadBalancers![0]!.LoadBalancerArn!;
}

async function listen(LoadBalancerArn: string, CertificateArn: string, aws: Aws = cloud.aws): Promise<string> {
  const { Listeners } = await aws.elbv2.CreateListener({ LoadBalancerArn, Protocol: "HTTPS", Port: 443, Certificates: [{ CertificateArn }], DefaultActions });
  await cloud.settle();
  return Listeners![0]!.ListenerArn!;
}

async function classic(SSLCertificateId: string): Promise<void> {
  await cloud.aws.elb.CreateLoadBalancer({ LoadBalancerName: "front", Listeners: [{ Protocol: "HTTPS", LoadBalancerPort: 443, InstanceProtocol: "HTTP", InstancePort: 80, SSLCertificateId }], Subnets: [subnets[0]!] });
  await cloud.settle();
}

/** Which certificates each node shows on each listener, by their serial numbers. */
function shown(): readonly (readonly string[])[] {
  const specs = cloud.paper.workloads.keys().flatMap((key) => cloud.paper.workloadSpec(key) ?? []);
  return specs.flatMap((spec) => (spec.kind === "balancer" ? spec.listeners.map(({ tls }) => (tls?.certificates ?? []).map((each) => serialOf(each.certificate))) : []));
}

const serialOf = (pem: string): string => new X509Certificate(pem).serialNumber;

describe("the certificates of load balancers", () => {
  it("come from ACM as from IAM, and one that is imported anew reaches the nodes", async () => {
    const [first, second, third] = [await makeCertificate(), await makeCertificate({ names: ["shop.example.com"] }), await makeCertificate()];
    const arns = [await bring(first), await bring(second)];
    const iam = await upload("site");
    const ListenerArn = await listen(await application(), arns[0]!);
    await cloud.aws.elbv2.AddListenerCertificates({ ListenerArn, Certificates: [{ CertificateArn: arns[1]! }, { CertificateArn: iam.Arn }] });
    await cloud.settle();
    expect(shown()).toEqual(Array(2).fill([serialOf(first.certificate), serialOf(second.certificate), serialOf(CERTIFICATE)]));
    await bring(third, arns[0]);
    await cloud.settle();
    expect(shown()).toEqual(Array(2).fill([serialOf(third.certificate), serialOf(second.certificate), serialOf(CERTIFICATE)]));
    expect(new Set((await cloud.aws.elbv2.DescribeListenerCertificates({ ListenerArn })).Certificates!.map(({ CertificateArn }) => CertificateArn))).toEqual(new Set([...arns, iam.Arn]));
  });

  it("serve Classic listeners, and are replaced there too", async () => {
    const [first, second] = [await makeCertificate(), await makeCertificate()];
    const arn = await bring(first);
    await classic(arn);
    expect(shown()).toEqual([[serialOf(first.certificate)]]);
    await bring(second, arn);
    await cloud.settle();
    expect(shown()).toEqual([[serialOf(second.certificate)]]);
    const used = "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:loadbalancer/front";
    expect((await cloud.aws.acm.DescribeCertificate({ CertificateArn: arn })).Certificate!.InUseBy).toEqual([used]);
    await expect(cloud.aws.acm.DeleteCertificate({ CertificateArn: arn })).rejects.toThrow(failure("ResourceInUseException"));
    const other = await bring(await makeCertificate());
    await cloud.aws.elb.SetLoadBalancerListenerSSLCertificate({ LoadBalancerName: "front", LoadBalancerPort: 443, SSLCertificateId: other });
    await cloud.aws.acm.DeleteCertificate({ CertificateArn: arn });
  });

  it("may have their name as a common name alone (S4-37)", async () => {
    const arn = await bring(await makeCertificate({ names: [], subject: "CN=www.example.com", key: "RSA 2048" }));
    expect((await cloud.aws.acm.DescribeCertificate({ CertificateArn: arn })).Certificate).toMatchObject({ DomainName: "www.example.com", SubjectAlternativeNames: ["www.example.com"] });
    await listen(await application(), arn);
    expect(shown()).toHaveLength(2);
  });

  it.each<[string, Wanted]>([["no domain name", { names: [], subject: "CN=host" }], ["too short a key", { key: "RSA 1024" }]])("are refused by listeners with %s", async (_what, wanted) => {
    const arn = await bring(await makeCertificate(wanted));
    await expect(listen(await application(), arn)).rejects.toThrow(failure("UnsupportedCertificate", `The certificate '${arn}' must have a fully-qualified domain name, a supported signature, and a supported key size.`));
  });

  it("are refused while they are not issued, and where they are not", async () => {
    const balancer = await application();
    const pending = (await cloud.aws.acm.RequestCertificate({ DomainName: "www.example.com", ValidationMethod: "EMAIL" })).CertificateArn!;
    await expect(listen(balancer, pending)).rejects.toThrow(failure("UnsupportedCertificate", pending));
    await expect(classic(pending)).rejects.toThrow(failure("CertificateNotFound", pending));
    const elsewhere = await bring(await makeCertificate(), undefined, cloud.in("us-east-1"));
    await expect(listen(balancer, elsewhere)).rejects.toThrow(failure("CertificateNotFound", `Certificate '${elsewhere}' not found`));
    await expect(classic(elsewhere)).rejects.toThrow(failure("CertificateNotFound"));
    await expect(listen(balancer, "site")).rejects.toThrow(failure("CertificateNotFound", "Certificate ARN 'site' is not valid"));
    expect((await cloud.aws.elbv2.DescribeListeners({ LoadBalancerArn: balancer })).Listeners).toEqual([]);
  });

  it("of IAM can't be deleted while a balancer of any region and generation shows them", async () => {
    const { Arn, ServerCertificateId: id } = await upload("site");
    const virginia = cloud.in("us-east-1");
    const balancer = await application(virginia, await subnetsIn(virginia));
    const ListenerArn = await listen(balancer, Arn, virginia);
    const remove = () => cloud.aws.iam.DeleteServerCertificate({ ServerCertificateName: "site" });
    await expect(remove()).rejects.toThrow(failure("DeleteConflict", `Certificate: ${id} is currently in use by ${balancer}. Please remove it first before deleting it from IAM.`));
    await virginia.elbv2.DeleteListener({ ListenerArn });
    await classic(Arn);
    await expect(remove()).rejects.toThrow(failure("DeleteConflict", "loadbalancer/front"));
    await cloud.aws.elb.DeleteLoadBalancer({ LoadBalancerName: "front" });
    await remove();
  });

  it("of IAM go on being shown when they are renamed", async () => {
    const { Arn, ServerCertificateId: id } = await upload("site");
    const balancer = await application();
    const ListenerArn = await listen(balancer, Arn);
    await cloud.aws.iam.UpdateServerCertificate({ ServerCertificateName: "site", NewServerCertificateName: "shop" });
    await cloud.aws.elbv2.ModifyListener({ ListenerArn, SslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06" });
    await cloud.settle();
    expect(shown()).toEqual(Array(2).fill([serialOf(CERTIFICATE)]));
    await expect(cloud.aws.iam.DeleteServerCertificate({ ServerCertificateName: "shop" })).rejects.toThrow(failure("DeleteConflict", id));
    await expect(cloud.aws.elbv2.CreateListener({ LoadBalancerArn: balancer, Protocol: "HTTPS", Port: 444, Certificates: [{ CertificateArn: Arn }], DefaultActions })).rejects.toThrow(failure("CertificateNotFound"));
    expect(await upload("site")).toMatchObject({ Arn });
  });
});
