import { X509Certificate } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
let subnets: readonly string[];
beforeEach(async () => {
  cloud = await createTestCloud();
  const { Subnets } = await cloud.aws.ec2.DescribeSubnets({ Filters: [{ Name: "default-for-az", Values: ["true"] }] });
  subnets = Subnets!.slice(0, 2).map(({ SubnetId }) => SubnetId!);
});
afterEach(async () => {
  expect(cloud.logs).toEqual([]);
  await cloud.close();
});

const StackName = "site";

/** Both generations of balancers, with a certificate of the stack's own. */
const template = (DomainName: string): string => JSON.stringify({
  Resources: {
    Certificate: { Type: "AWS::CertificateManager::Certificate", Properties: { DomainName, ValidationMethod: "DNS", KeyAlgorithm: "EC_prime256v1" } },
    Balancer: { Type: "AWS::ElasticLoadBalancingV2::LoadBalancer", Properties: { Subnets: subnets } },
    Listener: {
      Type: "AWS::ElasticLoadBalancingV2::Listener",
      Properties: { LoadBalancerArn: { Ref: "Balancer" }, Protocol: "HTTPS", Port: 443, Certificates: [{ CertificateArn: { Ref: "Certificate" } }], DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200" } }] },
    },
    Classic: {
      Type: "AWS::ElasticLoadBalancing::LoadBalancer",
      Properties: { Subnets: [subnets[0]], Listeners: [{ Protocol: "HTTPS", LoadBalancerPort: "443", InstanceProtocol: "HTTP", InstancePort: "80", SSLCertificateId: { Ref: "Certificate" } }] },
    },
  },
  Outputs: { Arn: { Value: { Ref: "Certificate" } } },
});

async function rest(): Promise<{ readonly status: string; readonly arn: string | undefined }> {
  await cloud.advance("5m");
  const [stack] = (await cloud.aws.cloudformation.DescribeStacks({ StackName })).Stacks!;
  return { status: stack!.StackStatus!, arn: stack!.Outputs?.[0]?.OutputValue };
}

/** The names that the nodes of all balancers vouch for. */
function vouchedFor(): readonly (string | undefined)[] {
  const specs = cloud.paper.workloads.keys().flatMap((key) => cloud.paper.workloadSpec(key) ?? []);
  const certificates = specs.flatMap((spec) => (spec.kind === "balancer" ? spec.listeners.flatMap(({ tls }) => tls?.certificates ?? []) : []));
  return certificates.map(({ certificate }) => new X509Certificate(certificate).subjectAltName);
}

it("a stack's balancers wait for its certificate, show it, and show another in its place before it goes", async () => {
  await cloud.aws.cloudformation.CreateStack({ StackName, TemplateBody: template("one.example.com") });
  const first = await rest();
  expect(first.status).toBe("CREATE_COMPLETE");
  expect(vouchedFor()).toEqual(Array(3).fill("DNS:one.example.com"));
  await cloud.aws.cloudformation.UpdateStack({ StackName, TemplateBody: template("two.example.com") });
  const second = await rest();
  expect(second.status).toBe("UPDATE_COMPLETE");
  expect(vouchedFor()).toEqual(Array(3).fill("DNS:two.example.com"));
  expect((await cloud.aws.acm.ListCertificates({ Includes: { keyTypes: ["EC_prime256v1"] } })).CertificateSummaryList).toMatchObject([{ CertificateArn: second.arn, InUse: true }]);

  // Back, as the new name is nobody's.
  await cloud.aws.cloudformation.UpdateStack({ StackName, TemplateBody: template("three.example.invalid") });
  expect(await rest()).toEqual({ status: "UPDATE_ROLLBACK_COMPLETE", arn: second.arn });
  expect(vouchedFor()).toEqual(Array(3).fill("DNS:two.example.com"));
  await cloud.aws.cloudformation.DeleteStack({ StackName });
  await cloud.advance("10m");
  expect((await cloud.aws.cloudformation.DescribeStacks({})).Stacks).toEqual([]);
  expect((await cloud.aws.acm.ListCertificates({ Includes: { keyTypes: ["EC_prime256v1"] } })).CertificateSummaryList).toEqual([]);
});

it("a stack whose certificate somebody else shows can't be deleted, and says whose it is", async () => {
  await cloud.aws.cloudformation.CreateStack({ StackName, TemplateBody: template("one.example.com") });
  const { arn } = await rest();
  const { LoadBalancers } = await cloud.aws.elbv2.CreateLoadBalancer({ Name: "other", Subnets: subnets });
  const { Listeners } = await cloud.aws.elbv2.CreateListener({ LoadBalancerArn: LoadBalancers![0]!.LoadBalancerArn!, Protocol: "HTTPS", Port: 443, Certificates: [{ CertificateArn: arn! }], DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200" } }] });
  await cloud.aws.cloudformation.DeleteStack({ StackName });
  expect((await rest()).status).toBe("DELETE_FAILED");
  const { StackEvents } = await cloud.aws.cloudformation.DescribeStackEvents({ StackName });
  expect(StackEvents!.find((event) => event.LogicalResourceId === "Certificate" && event.ResourceStatus === "DELETE_FAILED")!.ResourceStatusReason).toContain(`Certificate ${arn} in account 123456789012 is in use.`);
  await cloud.aws.elbv2.DeleteListener({ ListenerArn: Listeners![0]!.ListenerArn! });
  await cloud.aws.cloudformation.DeleteStack({ StackName });
  await cloud.advance("5m");
  expect((await cloud.aws.cloudformation.DescribeStacks({})).Stacks).toEqual([]);
});
