/** A stage that stands takes any other options: S4-35's change of the NAT, and every other one, as often as one likes. */
import { DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { CreateImageCommand, DescribeAddressesCommand, DescribeRouteTablesCommand, DescribeVpcsCommand } from "@aws-sdk/client-ec2";
import { DescribeLoadBalancersCommand } from "@aws-sdk/client-elastic-load-balancing";
import { UploadServerCertificateCommand } from "@aws-sdk/client-iam";
import { expect, it } from "vitest";
import { stageStack, type StageOptions } from "./blueprint-stack.js";
import { CERTIFICATE, PRIVATE_KEY } from "./certificates.js";
import { useCloud } from "./cloud.js";

const cloud = useCloud();
const stack = stageStack(cloud, "minimal");

/** What the private subnets' default routes lead to, and how many addresses are held. */
async function wayOut() {
  const { RouteTables } = await cloud.ec2.send(new DescribeRouteTablesCommand({ Filters: [{ Name: "tag:Name", Values: ["rtb-hakoniwa-minimal-private*"] }] }));
  const routes = RouteTables!.map((table) => table.Routes!.find((each) => each.DestinationCidrBlock === "0.0.0.0/0")!);
  const { Addresses } = await cloud.ec2.send(new DescribeAddressesCommand({}));
  return { by: routes.map((route) => route.NatGatewayId?.slice(0, 4) ?? route.InstanceId?.slice(0, 2)), states: [...new Set(routes.map((route) => route.State))], addresses: Addresses!.length };
}

it("switches from the NAT gateway to a NAT instance and back, as often as one likes (S4-35)", async () => {
  await stack.deploy("minimal", { nat: "gateway" });
  for (const nat of ["instance", "gateway", "instance", "gateway"]) {
    await stack.deploy("minimal", { nat });
    expect(await wayOut()).toEqual({ by: [nat === "gateway" ? "nat-" : "i-"], states: ["active"], addresses: 1 });
  }
}, 40_000);

it("takes any other options over those it stands with, keeps the network, and goes without a rest", async () => {
  const { ServerCertificateMetadata } = await cloud.iam.send(new UploadServerCertificateCommand({ ServerCertificateName: "site", CertificateBody: CERTIFICATE, PrivateKey: PRIVATE_KEY }));
  const certificate = ServerCertificateMetadata!.Arn!;
  const group = async () => (await cloud.autoscaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ["asg-hakoniwa-minimal"] }))).AutoScalingGroups![0]!;
  const before = await stack.physical("Vpc");
  const { ImageId } = await cloud.ec2.send(new CreateImageCommand({ InstanceId: (await group()).Instances![0]!.InstanceId!, Name: "golden" }));
  const steps: readonly StageOptions[] = [
    { zones: 2 }, { zones: 2, nat: "instance", natAdmits: "article" }, { article: true }, { article: true, zones: 2, webAdmits: "balancer" }, { certificate, bastion: true }, { certificate, bastion: true, sshFrom: "0.0.0.0/0" },
    { image: ImageId!, zones: 2, size: 1 }, { certificate, zones: 2, nat: "instance" }, { webAdmits: "vpc" }, { nat: "gateway", size: 1 },
  ];
  for (const options of steps) {
    await stack.deploy("minimal", options);
    const zones = Number(options["zones"] ?? 1);
    const instance = options["nat"] === "instance" || (options["article"] === true && options["nat"] === undefined);
    const bastion = options["bastion"] === true || options["article"] === true;
    expect(await wayOut(), JSON.stringify(options)).toEqual({ by: Array.from({ length: zones }, () => (instance ? "i-" : "nat-")), states: ["active"], addresses: zones + (bastion ? 1 : 0) });
    expect(await group()).toMatchObject({ DesiredCapacity: options["size"] ?? zones });
    const { LoadBalancerDescriptions } = await cloud.elb.send(new DescribeLoadBalancersCommand({ LoadBalancerNames: ["elb-hakoniwa-minimal"] }));
    const ports = LoadBalancerDescriptions![0]!.ListenerDescriptions!.map(({ Listener }) => Listener!.LoadBalancerPort);
    expect(new Set(ports)).toEqual(new Set(options["certificate"] === undefined ? [80] : [80, 443]));
    expect(LoadBalancerDescriptions![0]!.Subnets).toHaveLength(zones);
  }
  expect(await stack.physical("Vpc")).toBe(before);
  expect(await stack.remove()).toEqual([]);
  expect((await cloud.ec2.send(new DescribeVpcsCommand({}))).Vpcs!.map((vpc) => vpc.IsDefault)).toEqual([true]);
  expect((await cloud.ec2.send(new DescribeAddressesCommand({}))).Addresses).toEqual([]);
}, 120_000);
