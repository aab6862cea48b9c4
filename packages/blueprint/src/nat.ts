/** How the private subnet reaches the internet without being reached. */
import type { CfnResource, Stack } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import { imageParameter } from "./images.js";
import { PRIVATE_RANGE, type Network } from "./minimal.js";
import type { Naming } from "./naming.js";

/** @returns the private subnet's default route: what needs the internet depends on it */
export function addNat(stack: Stack, name: Naming, network: Network, kind: "gateway" | "instance"): CfnResource {
  // Each kind has an address of its own (S4-19, S4-34): while one replaces the other (S4-35) both stand, and an address serves only one.
  const address = new ec2.CfnEIP(stack, kind === "gateway" ? "NatGatewayAddress" : "NatInstanceAddress", {
    domain: "vpc",
    tags: [{ key: "Name", value: name("eip", "nat") }],
  });
  address.addResourceDependency(network.publicRoute);
  const toInternet = { routeTableId: network.privateRouteTable.ref, destinationCidrBlock: "0.0.0.0/0" };
  if (kind === "gateway") {
    const gateway = new ec2.CfnNatGateway(stack, "NatGateway", {
      subnetId: network.publicSubnet.ref,
      allocationId: address.attrAllocationId,
      tags: [{ key: "Name", value: name("nat") }],
    });
    return new ec2.CfnRoute(stack, "PrivateDefaultRoute", { ...toInternet, natGatewayId: gateway.ref });
  }
  const group = new ec2.CfnSecurityGroup(stack, "NatGroup", {
    groupName: name("securitygroup", "nat"),
    groupDescription: "Everything from the private subnet, to be sent on",
    vpcId: network.vpc.ref,
    securityGroupIngress: [{ ipProtocol: "-1", cidrIp: PRIVATE_RANGE, description: "From the private subnet" }],
    tags: [{ key: "Name", value: name("securitygroup", "nat") }],
  });
  const instance = new ec2.CfnInstance(stack, "NatInstance", {
    imageId: imageParameter(stack, "NatImage", "al2023").valueAsString,
    instanceType: "t3.micro",
    subnetId: network.publicSubnet.ref,
    securityGroupIds: [group.attrGroupId],
    sourceDestCheck: false,
    userData: Buffer.from(FORWARD).toString("base64"),
    tags: [{ key: "Name", value: name("nat") }],
  });
  const association = new ec2.CfnEIPAssociation(stack, "NatAddressAssociation", { allocationId: address.attrAllocationId, instanceId: instance.ref });
  const route = new ec2.CfnRoute(stack, "PrivateDefaultRoute", { ...toInternet, instanceId: instance.ref });
  // Without its public address it reaches nothing, and must not be given anything to send.
  route.addResourceDependency(association);
  return route;
}

/** https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html: a NAT instance of today is an ordinary image that forwards. */
const FORWARD = `#!/bin/bash
dnf install -y nftables
sysctl -w net.ipv4.ip_forward=1
nft add table ip nat
nft add chain ip nat postrouting '{ type nat hook postrouting priority srcnat; }'
nft add rule ip nat postrouting masquerade
`;
