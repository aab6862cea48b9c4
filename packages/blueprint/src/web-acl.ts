/** A network ACL on the web subnets (S0-51): what comes in, what goes out, and, since an ACL remembers nothing, the answers of both. */
import type { Stack } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import type { Naming } from "./naming.js";
import { ofZone, RANGES, type PrivateSubnet, type PublicNetwork } from "./network.js";

interface Entry {
  readonly id: string;
  readonly egress: boolean;
  readonly range: string;
  readonly ports: readonly [number, number];
}

/** https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports: NAT gateways use them all, from 1024 on. */
const EPHEMERAL = [1024, 65_535] as const;

export function addWebAcl(stack: Stack, name: Naming, network: PublicNetwork, subnets: readonly PrivateSubnet[]): void {
  const acl = new ec2.CfnNetworkAcl(stack, "WebAcl", { vpcId: network.vpc.ref, tags: [{ key: "Name", value: name("acl", "web") }] });
  const fromPublic = RANGES.public.map((range, zone) => ({ range, zone }));
  const entries: readonly Entry[] = [
    ...fromPublic.flatMap(({ range, zone }) => [
      { id: ofZone("Http", zone), egress: false, range, ports: [80, 80] as const },
      { id: ofZone("Https", zone), egress: false, range, ports: [443, 443] as const },
      { id: ofZone("Answers", zone), egress: true, range, ports: EPHEMERAL },
    ]),
    { id: "FetchHttp", egress: true, range: "0.0.0.0/0", ports: [80, 80] },
    { id: "FetchHttps", egress: true, range: "0.0.0.0/0", ports: [443, 443] },
    { id: "Fetched", egress: false, range: "0.0.0.0/0", ports: EPHEMERAL },
    ...RANGES.private.flatMap((range, zone) => [{ id: ofZone("Query", zone), egress: true, range, ports: [3306, 3306] as const }]),
  ];
  for (const [at, { id, egress, range, ports: [from, to] }] of entries.entries()) {
    new ec2.CfnNetworkAclEntry(stack, `WebAcl${id}`, {
      networkAclId: acl.ref, ruleNumber: 100 + at * 10, protocol: 6, egress, ruleAction: "allow", cidrBlock: range, portRange: { from, to },
    });
  }
  for (const [zone, { subnet }] of subnets.entries()) {
    new ec2.CfnSubnetNetworkAclAssociation(stack, ofZone("WebAclAssociation", zone), { subnetId: subnet.ref, networkAclId: acl.ref });
  }
}
