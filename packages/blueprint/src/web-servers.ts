/** The web servers of the stage `rebuild`, one in each zone's private subnet (S0-01, S0-07). */
import { Fn, type CfnResource, type Stack } from "aws-cdk-lib";
import { CfnAutoScalingGroup } from "aws-cdk-lib/aws-autoscaling";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import type { CfnTargetGroup } from "aws-cdk-lib/aws-elasticloadbalancingv2";
import { CfnInstanceProfile, CfnRole } from "aws-cdk-lib/aws-iam";
import { targetPort, type BalancingProps } from "./application-balancer.js";
import { imageParameter } from "./images.js";
import type { Naming } from "./naming.js";
import { ofZone, type PrivateSubnet, type PublicNetwork } from "./network.js";

export interface WebServerProps {
  /**
   * The golden image that the servers start from (S0-07), made of a server that is as it should be:
   * `aws ec2 create-image --instance-id i-… --name golden`. It has its web server already, so no user data is given.
   * @default today's Amazon Linux 2023, set up at its first boot
   */
  readonly image?: string;
  /**
   * Two instances, as the article has them, or an Auto Scaling group of two, which replaces the one that dies (S0-29). A group hides what the
   * article observes of its metrics when services or instances are stopped (S0-38, S0-39).
   * @default "instances"
   */
  readonly servers?: "instances" | "group";
}

const USER_DATA = `#!/bin/bash
dnf install -y httpd
echo "hello! from $(hostname)" > /var/www/html/index.html
systemctl enable --now httpd
`;

/** Admits the balancer alone, by its group and not by addresses (S0-49, S0-50); nobody logs in by SSH (S0-15). */
export function addWebGroup(stack: Stack, name: Naming, network: PublicNetwork, balancerGroup: ec2.CfnSecurityGroup, props: BalancingProps): ec2.CfnSecurityGroup {
  const port = targetPort(props);
  return new ec2.CfnSecurityGroup(stack, "WebGroup", {
    groupName: name("securitygroup", "web"),
    groupDescription: "The web servers",
    vpcId: network.vpc.ref,
    securityGroupIngress: [{ ipProtocol: "tcp", fromPort: port, toPort: port, sourceSecurityGroupId: balancerGroup.attrGroupId, description: "From the load balancer" }],
    tags: [{ key: "Name", value: name("securitygroup", "web") }],
  });
}

interface Place {
  readonly subnets: readonly PrivateSubnet[];
  /** The subnets' default routes. */
  readonly waysOut: readonly CfnResource[];
  readonly group: ec2.CfnSecurityGroup;
  readonly targetGroup: CfnTargetGroup;
  readonly props: WebServerProps;
}

/** @returns the instances' ids with commas between them, or the Auto Scaling group's name */
export function addWebServers(stack: Stack, name: Naming, place: Place): string {
  const { subnets, waysOut, props } = place;
  // Session Manager's way in: neither key pair nor bastion (S0-12, S0-13, S0-15).
  const role = new CfnRole(stack, "WebRole", {
    assumeRolePolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }] },
    managedPolicyArns: [`arn:${stack.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore`],
    tags: [{ key: "Name", value: name("role", "web") }],
  });
  const profile = new CfnInstanceProfile(stack, "WebProfile", { roles: [role.ref] });
  const servers = (props.servers === "group" ? addGroup : addInstances)(stack, name, place, profile);
  // The first boot installs packages, so the way out must be there before it.
  for (const server of servers) for (const needed of [...waysOut, ...subnets.map(({ association }) => association)]) server.addResourceDependency(needed);
  return Fn.join(",", servers.map((server) => server.ref));
}

function imageOf(stack: Stack, { image }: WebServerProps): { readonly imageId: string; readonly userData?: string } {
  if (image !== undefined) return { imageId: image };
  return { imageId: imageParameter(stack, "WebImage", "al2023").valueAsString, userData: Fn.base64(USER_DATA) };
}

function addInstances(stack: Stack, name: Naming, { subnets, group, targetGroup, props }: Place, profile: CfnInstanceProfile): readonly CfnResource[] {
  const image = imageOf(stack, props);
  const servers = subnets.map(
    ({ subnet }, zone) =>
      new ec2.CfnInstance(stack, ofZone("Web", zone), {
        ...image,
        instanceType: "t3.micro",
        iamInstanceProfile: profile.ref,
        networkInterfaces: [{ deviceIndex: "0", subnetId: subnet.ref, associatePublicIpAddress: false, groupSet: [group.attrGroupId] }],
        tags: [{ key: "Name", value: name("web", String(zone + 1)) }],
      }),
  );
  targetGroup.targets = servers.map((server) => ({ id: server.ref }));
  return servers;
}

function addGroup(stack: Stack, name: Naming, { subnets, group, targetGroup, props }: Place, profile: CfnInstanceProfile): readonly CfnResource[] {
  const template = new ec2.CfnLaunchTemplate(stack, "LaunchTemplate", {
    launchTemplateName: name("lt"),
    launchTemplateData: {
      ...imageOf(stack, props),
      instanceType: "t3.micro",
      iamInstanceProfile: { arn: profile.attrArn },
      networkInterfaces: [{ deviceIndex: 0, associatePublicIpAddress: false, groups: [group.attrGroupId] }],
      metadataOptions: { httpTokens: "required" },
    },
  });
  const size = String(subnets.length);
  const scaling = new CfnAutoScalingGroup(stack, "AutoScalingGroup", {
    autoScalingGroupName: name("asg"),
    minSize: size,
    maxSize: size,
    desiredCapacity: size,
    launchTemplate: { launchTemplateId: template.ref, version: template.attrLatestVersionNumber },
    vpcZoneIdentifier: subnets.map(({ subnet }) => subnet.ref),
    targetGroupArns: [targetGroup.ref],
    healthCheckType: "ELB",
    healthCheckGracePeriod: 60,
    tags: [{ key: "Name", value: name("web"), propagateAtLaunch: true }],
  });
  return [scaling];
}
