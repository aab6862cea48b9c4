/** A host to log in to, from which the private servers can be reached. */
import type { CfnParameter, Stack } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import type { Naming } from "./naming.js";
import type { PublicNetwork } from "./network.js";

export interface BastionTo {
  readonly keyPair: ec2.CfnKeyPair;
  readonly webGroup: ec2.CfnSecurityGroup;
  readonly image: CfnParameter;
  /** The range that may log in. */
  readonly sshFrom: string;
}

/** S4-22. Today Session Manager needs no open port at all (S0-15). */
export function addBastion(stack: Stack, name: Naming, network: PublicNetwork, { keyPair, webGroup, image, sshFrom }: BastionTo): void {
  const group = new ec2.CfnSecurityGroup(stack, "BastionGroup", {
    groupName: name("securitygroup", "bastion"),
    groupDescription: "The bastion",
    vpcId: network.vpc.ref,
    securityGroupIngress: [{ ipProtocol: "tcp", fromPort: 22, toPort: 22, cidrIp: sshFrom, description: "SSH" }],
    tags: [{ key: "Name", value: name("securitygroup", "bastion") }],
  });
  new ec2.CfnSecurityGroupIngress(stack, "WebFromBastion", {
    groupId: webGroup.attrGroupId,
    ipProtocol: "tcp",
    fromPort: 22,
    toPort: 22,
    sourceSecurityGroupId: group.attrGroupId,
    description: "SSH from the bastion",
  });
  const bastion = new ec2.CfnInstance(stack, "Bastion", {
    imageId: image.valueAsString,
    instanceType: "t3.micro",
    keyName: keyPair.ref,
    subnetId: network.subnets[0]!.ref,
    securityGroupIds: [group.attrGroupId],
    tags: [{ key: "Name", value: name("bastion") }],
  });
  const address = new ec2.CfnEIP(stack, "BastionAddress", { domain: "vpc", instanceId: bastion.ref, tags: [{ key: "Name", value: name("eip", "bastion") }] });
  address.addResourceDependency(network.defaultRoute);
}
