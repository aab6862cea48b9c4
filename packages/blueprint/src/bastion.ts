/** A host to log in to, from which the private servers can be reached. */
import type { CfnParameter, Stack } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import type { Network } from "./minimal.js";
import type { Naming } from "./naming.js";

export interface BastionTo {
  readonly keyPair: ec2.CfnKeyPair;
  readonly webGroup: ec2.CfnSecurityGroup;
  readonly image: CfnParameter;
}

/** S4-22. SSH is open to the world, as the article has it; today Session Manager needs no open port (S0-15). */
export function addBastion(stack: Stack, name: Naming, network: Network, to: BastionTo): void {
  const group = new ec2.CfnSecurityGroup(stack, "BastionGroup", {
    groupName: name("securitygroup", "bastion"),
    groupDescription: "SSH from anywhere to the bastion",
    vpcId: network.vpc.ref,
    securityGroupIngress: [{ ipProtocol: "tcp", fromPort: 22, toPort: 22, cidrIp: "0.0.0.0/0", description: "SSH" }],
    tags: [{ key: "Name", value: name("securitygroup", "bastion") }],
  });
  new ec2.CfnSecurityGroupIngress(stack, "WebFromBastion", {
    groupId: to.webGroup.attrGroupId,
    ipProtocol: "tcp",
    fromPort: 22,
    toPort: 22,
    sourceSecurityGroupId: group.attrGroupId,
    description: "SSH from the bastion",
  });
  const bastion = new ec2.CfnInstance(stack, "Bastion", {
    imageId: to.image.valueAsString,
    instanceType: "t3.micro",
    keyName: to.keyPair.ref,
    subnetId: network.publicSubnet.ref,
    securityGroupIds: [group.attrGroupId],
    tags: [{ key: "Name", value: name("bastion") }],
  });
  const address = new ec2.CfnEIP(stack, "BastionAddress", { domain: "vpc", instanceId: bastion.ref, tags: [{ key: "Name", value: name("eip", "bastion") }] });
  address.addResourceDependency(network.publicRoute);
}
