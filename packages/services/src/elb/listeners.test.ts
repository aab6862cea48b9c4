/** Classic listeners with certificates and policies, and instances that drain, on the whole cloud on paper. */
import type { BalancerSpec } from "@hakoniwa/network";
import type { ElbTypes } from "@hakoniwa/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CERTIFICATE, PRIVATE_KEY } from "../../../../tests/api/certificates.js";
import { createTestCloud, type TestCloud } from "../testing.js";

const LoadBalancerName = "front";

let cloud: TestCloud;
let certificate: string;
let subnet: string;

beforeEach(async () => {
  cloud = await createTestCloud();
  const { Subnets } = await cloud.aws.ec2.DescribeSubnets({ Filters: [{ Name: "availability-zone", Values: ["ap-northeast-1a"] }] });
  subnet = Subnets![0]!.SubnetId!;
  const uploaded = await cloud.aws.iam.UploadServerCertificate({ ServerCertificateName: "site", CertificateBody: CERTIFICATE, PrivateKey: PRIVATE_KEY });
  certificate = uploaded.ServerCertificateMetadata!.Arn!;
  const Listeners = [{ Protocol: "HTTP", LoadBalancerPort: 80, InstancePort: 80 }];
  await cloud.aws.elb.CreateLoadBalancer({ LoadBalancerName, Listeners, Subnets: [subnet] });
  await cloud.advance("1s");
});

afterEach(() => cloud.close());

function spec(): BalancerSpec {
  return cloud.paper.workloadSpec(cloud.paper.workloads.keys().find((key) => key.startsWith("eni-"))!) as unknown as BalancerSpec;
}

async function listen(over: Partial<ElbTypes.Listener> = {}): Promise<void> {
  const Listeners = [{ Protocol: "HTTPS", LoadBalancerPort: 443, InstanceProtocol: "HTTP", InstancePort: 80, SSLCertificateId: certificate, ...over }];
  await cloud.aws.elb.CreateLoadBalancerListeners({ LoadBalancerName, Listeners });
  await cloud.settle();
}

const code = (expected: string, text = ""): unknown => expect.objectContaining({ code: expected, message: expect.stringContaining(text) as string });

describe("a secure listener", () => {
  it("S4-39 has the certificate that was uploaded to IAM, down to the node", async () => {
    await listen();
    expect(spec().listeners[1]).toMatchObject({ port: 443, protocol: "HTTPS", tls: { certificates: [{ certificate: CERTIFICATE }], maxVersion: "TLSv1.2" } });
    const { LoadBalancerDescriptions } = await cloud.aws.elb.DescribeLoadBalancers({});
    expect(LoadBalancerDescriptions![0]!.ListenerDescriptions![1]!.Listener).toMatchObject({ Protocol: "HTTPS", SSLCertificateId: certificate });
  });

  it("S4-40 may take the place of the plain one, which is then added again", async () => {
    await cloud.aws.elb.DeleteLoadBalancerListeners({ LoadBalancerName, LoadBalancerPorts: [80] });
    await listen();
    await cloud.aws.elb.CreateLoadBalancerListeners({ LoadBalancerName, Listeners: [{ Protocol: "HTTP", LoadBalancerPort: 80, InstancePort: 80 }] });
    await cloud.settle();
    expect(spec().listeners.map(({ port }) => port)).toEqual([443, 80]);
  });

  it("without a certificate that is there is refused, and nothing has changed", async () => {
    await expect(listen({ SSLCertificateId: undefined })).rejects.toEqual(code("ValidationError", "SSLCertificateId"));
    await expect(listen({ SSLCertificateId: `${certificate}x` })).rejects.toEqual(code("CertificateNotFound", `${certificate}x`));
    expect(spec().listeners).toHaveLength(1);
  });

  it("speaks by the policy that is set for it", async () => {
    await listen();
    const PolicyAttributes = [{ AttributeName: "Reference-Security-Policy", AttributeValue: "ELBSecurityPolicy-TLS-1-2-2017-01" }];
    await cloud.aws.elb.CreateLoadBalancerPolicy({ LoadBalancerName, PolicyName: "strict", PolicyTypeName: "SSLNegotiationPolicyType", PolicyAttributes });
    await cloud.aws.elb.SetLoadBalancerPoliciesOfListener({ LoadBalancerName, LoadBalancerPort: 443, PolicyNames: ["strict"] });
    await cloud.settle();
    expect(spec().listeners[1]!.tls).toMatchObject({ minVersion: "TLSv1.2" });
    await expect(cloud.aws.elb.DeleteLoadBalancerPolicy({ LoadBalancerName, PolicyName: "strict" })).rejects.toEqual(code("InvalidConfigurationRequest", "strict"));
  });
});

describe("stickiness", () => {
  const stickiness = (): unknown => {
    const { action } = spec().listeners[0]!.rules[0]!;
    return action.kind === "forward" ? action.to[0]!.at!.stickiness : undefined;
  };

  it("by the balancer's cookie, by the application's, or not at all, is a listener's policy", async () => {
    await cloud.aws.elb.CreateLBCookieStickinessPolicy({ LoadBalancerName, PolicyName: "minute", CookieExpirationPeriod: 60 });
    await cloud.aws.elb.CreateAppCookieStickinessPolicy({ LoadBalancerName, PolicyName: "app", CookieName: "session" });
    for (const [names, wanted] of [[["minute"], { kind: "duration", duration: 60_000 }], [["app"], { kind: "application", cookie: "session" }], [[], undefined]] as const) {
      await cloud.aws.elb.SetLoadBalancerPoliciesOfListener({ LoadBalancerName, LoadBalancerPort: 80, PolicyNames: names });
      await cloud.settle();
      expect(stickiness()).toEqual(wanted && expect.objectContaining(wanted));
    }
  });

  it("by a policy that is not there, twice, or of a bad cookie is refused", async () => {
    await cloud.aws.elb.CreateLBCookieStickinessPolicy({ LoadBalancerName, PolicyName: "a" });
    await expect(cloud.aws.elb.CreateLBCookieStickinessPolicy({ LoadBalancerName, PolicyName: "a" })).rejects.toEqual(code("DuplicatePolicyName", "'a'"));
    await expect(cloud.aws.elb.SetLoadBalancerPoliciesOfListener({ LoadBalancerName, LoadBalancerPort: 80, PolicyNames: ["b"] })).rejects.toEqual(code("PolicyNotFound", "'b'"));
    await expect(cloud.aws.elb.CreateAppCookieStickinessPolicy({ LoadBalancerName, PolicyName: "c", CookieName: "a b" })).rejects.toEqual(code("ValidationError", "'a b'"));
  });
});

it("S2-53 an instance that is deregistered drains for as long as is set, and comes back when it is registered again", async () => {
  await cloud.aws.elb.ModifyLoadBalancerAttributes({ LoadBalancerName, LoadBalancerAttributes: { ConnectionDraining: { Enabled: true, Timeout: 30 } } });
  const [image] = (await cloud.aws.ec2.DescribeImages({ Owners: ["amazon"] })).Images!;
  const launched = await cloud.aws.ec2.RunInstances({ ImageId: image!.ImageId!, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, SubnetId: subnet });
  const Instances = [{ InstanceId: launched.Instances![0]!.InstanceId! }];
  await cloud.advance("1s");
  const draining = (): readonly boolean[] => spec().groups[0]!.targets.map((target) => target.draining);
  await cloud.aws.elb.RegisterInstancesWithLoadBalancer({ LoadBalancerName, Instances });
  await cloud.settle();
  expect(draining()).toEqual([false]);
  await cloud.aws.elb.DeregisterInstancesFromLoadBalancer({ LoadBalancerName, Instances });
  await cloud.settle();
  expect(draining()).toEqual([true]);
  const { InstanceStates } = await cloud.aws.elb.DescribeInstanceHealth({ LoadBalancerName, Instances });
  expect(InstanceStates).toMatchObject([{ State: "InService", Description: "Instance deregistration currently in progress." }]);
  await cloud.advance("31s");
  expect(draining()).toEqual([]);
  await cloud.aws.elb.DeregisterInstancesFromLoadBalancer({ LoadBalancerName, Instances });
  await cloud.aws.elb.RegisterInstancesWithLoadBalancer({ LoadBalancerName, Instances });
  await cloud.settle();
  expect(draining()).toEqual([false]);
});
