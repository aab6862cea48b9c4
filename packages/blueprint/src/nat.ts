/** How private subnets reach the internet without being reached. */
import type { CfnResource, Stack } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import { imageParameter } from "./images.js";
import type { Naming } from "./naming.js";
import { ofMany, ofZone, VPC_RANGE, type PrivateSubnet, type PublicNetwork } from "./network.js";

export interface NatProps {
  readonly kind: "gateway" | "instance";
  /** What a NAT instance's group admits: everything from the subnets that it serves, or the article's SSH and HTTP. */
  readonly admits: "all" | "article";
  /** The routes' logical id, that of the first zone. */
  readonly route: string;
}

/**
 * One NAT per zone, in that zone's public subnet, for the private subnet of the same zone: a zone that fails takes no other zone's way out
 * with it (S0-08, S0-10).
 * @returns the private subnets' default routes: what needs the internet depends on them
 */
export function addNat(stack: Stack, name: Naming, network: PublicNetwork, subnets: readonly PrivateSubnet[], { kind, admits, route }: NatProps): readonly CfnResource[] {
  const instanceIn = kind === "instance" ? natInstances(stack, name, network, subnets, admits) : undefined;
  return subnets.map(({ routeTable }, zone) => {
    // Each kind has an address of its own (S4-19, S4-34): while one replaces the other (S4-35) both stand, and an address serves only one.
    const address = new ec2.CfnEIP(stack, ofZone(kind === "gateway" ? "NatGatewayAddress" : "NatInstanceAddress", zone), {
      domain: "vpc",
      tags: [{ key: "Name", value: name("eip", ofMany("nat", zone, subnets)) }],
    });
    address.addResourceDependency(network.defaultRoute);
    const toInternet = { routeTableId: routeTable.ref, destinationCidrBlock: "0.0.0.0/0" };
    const id = ofZone(route, zone);
    if (!instanceIn) {
      const gateway = new ec2.CfnNatGateway(stack, ofZone("NatGateway", zone), {
        subnetId: network.subnets[zone]!.ref,
        allocationId: address.attrAllocationId,
        tags: [{ key: "Name", value: name("nat", ...(subnets.length === 1 ? [] : [String(zone + 1)])) }],
      });
      return new ec2.CfnRoute(stack, id, { ...toInternet, natGatewayId: gateway.ref });
    }
    const instance = instanceIn(zone);
    const association = new ec2.CfnEIPAssociation(stack, ofZone("NatAddressAssociation", zone), { allocationId: address.attrAllocationId, instanceId: instance.ref });
    const made = new ec2.CfnRoute(stack, id, { ...toInternet, instanceId: instance.ref });
    // Without its public address it reaches nothing, and must not be given anything to send.
    made.addResourceDependency(association);
    return made;
  });
}

function natInstances(stack: Stack, name: Naming, network: PublicNetwork, subnets: readonly PrivateSubnet[], admits: NatProps["admits"]): (zone: number) => ec2.CfnInstance {
  const group = new ec2.CfnSecurityGroup(stack, "NatGroup", {
    groupName: name("securitygroup", "nat"),
    groupDescription: "The NAT instances",
    vpcId: network.vpc.ref,
    securityGroupIngress:
      admits === "all"
        ? subnets.map(({ range }) => ({ ipProtocol: "-1", cidrIp: range, description: "Everything from a private subnet, to be sent on" }))
        : [22, 80].map((port) => ({ ipProtocol: "tcp", fromPort: port, toPort: port, cidrIp: VPC_RANGE, description: `${port === 22 ? "SSH" : "HTTP"} from the VPC` })),
    tags: [{ key: "Name", value: name("securitygroup", "nat") }],
  });
  const imageId = imageParameter(stack, "NatImage", "al2023").valueAsString;
  return (zone) =>
    new ec2.CfnInstance(stack, ofZone("NatInstance", zone), {
      imageId,
      instanceType: "t3.micro",
      subnetId: network.subnets[zone]!.ref,
      securityGroupIds: [group.attrGroupId],
      sourceDestCheck: false,
      userData: Buffer.from(FORWARD).toString("base64"),
      tags: [{ key: "Name", value: name("nat", ...(subnets.length === 1 ? [] : [String(zone + 1)])) }],
    });
}

/** https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html: a NAT instance of today is an ordinary image that forwards. */
const FORWARD = `#!/bin/bash
dnf install -y nftables
sysctl -w net.ipv4.ip_forward=1
nft add table ip nat
nft add chain ip nat postrouting '{ type nat hook postrouting priority srcnat; }'
nft add rule ip nat postrouting masquerade
`;
