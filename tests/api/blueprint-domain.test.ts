/** Stages with a domain: ACM issues their certificate, and their balancers answer with it. */
import { DescribeCertificateCommand } from "@aws-sdk/client-acm";
import { DescribeLoadBalancersCommand } from "@aws-sdk/client-elastic-load-balancing";
import { DescribeListenersCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, it } from "vitest";
import { stageStack } from "./blueprint-stack.js";
import { useCloud } from "./cloud.js";

const cloud = useCloud();
const stack = stageStack(cloud, "site");

it("minimal: the Classic Load Balancer's HTTPS listener has a certificate that was issued for the domain (S1-20, S4-39)", async () => {
  await stack.deploy("minimal", { domain: "www.example.com" });
  const CertificateArn = await stack.physical("Certificate");
  const { Certificate } = await cloud.acm.send(new DescribeCertificateCommand({ CertificateArn }));
  expect(Certificate).toMatchObject({ DomainName: "www.example.com", Status: "ISSUED" });
  const { LoadBalancerDescriptions } = await cloud.elb.send(new DescribeLoadBalancersCommand({}));
  expect(LoadBalancerDescriptions![0]!.ListenerDescriptions!.map(({ Listener }) => Listener)).toContainEqual(
    expect.objectContaining({ Protocol: "HTTPS", LoadBalancerPort: 443, InstanceProtocol: "HTTP", InstancePort: 80, SSLCertificateId: CertificateArn }),
  );
  expect(await stack.output("SiteUrl")).toBe("https://www.example.com/");
});

it("rebuild, deployed over it, takes the same certificate to its listener", async () => {
  const before = await stack.physical("Certificate");
  await stack.deploy("rebuild", { domain: "www.example.com" });
  expect(await stack.physical("Certificate")).toBe(before);
  const { Listeners } = await cloud.elbv2.send(new DescribeListenersCommand({ LoadBalancerArn: await stack.physical("ApplicationLoadBalancer") }));
  expect(Listeners!.find((listener) => listener.Port === 443)).toMatchObject({ Protocol: "HTTPS", Certificates: [{ CertificateArn: before }] });
});

it("without the domain, the certificate goes with its listener", async () => {
  await stack.deploy("rebuild");
  expect((await stack.resources()).has("Certificate")).toBe(false);
  expect((await stack.remove()).toSorted()).toEqual(["LogBucket", "LogBucketPolicy"]);
});
