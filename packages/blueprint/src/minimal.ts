/** Stage `minimal`: the fourth article's platform. One zone, a private web server that heals itself, a Classic Load Balancer before it. */
import { CfnOutput, Fn, Stack, Tags, type App, type CfnResource } from "aws-cdk-lib";
import { CfnAutoScalingGroup } from "aws-cdk-lib/aws-autoscaling";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import { CfnLoadBalancer } from "aws-cdk-lib/aws-elasticloadbalancing";
import { addBastion } from "./bastion.js";
import { imageParameter } from "./images.js";
import { addNat } from "./nat.js";
import { naming, type Naming } from "./naming.js";

export interface MinimalProps {
  /** The service's name, part of every resource's. @default "hakoniwa" */
  readonly service?: string;
  /** The environment, e.g. stg or prod. @default "minimal" */
  readonly environment?: string;
  /**
   * How the private subnet reaches out: a NAT gateway (S4-34), or the article's first way, a NAT instance (S4-13).
   * The article's NAT instance admits only SSH and HTTP, so that ping and HTTPS fail through it; ours admits all from
   * the private subnet, as the NAT gateway does.
   * @default "gateway"
   */
  readonly nat?: "gateway" | "instance";
  /** A bastion in the public subnet, for SSH to the web servers (S4-22). It should stand only while it is needed (S4-05). @default false */
  readonly bastion?: boolean;
  /** How many web servers. The article has one; more tolerate the loss of one without a pause. @default 1 */
  readonly size?: number;
}

/** What the web servers do at their first boot (S4-25). */
const USER_DATA = `#!/bin/bash
dnf install -y httpd
systemctl enable --now httpd
echo 'hello!' > /var/www/html/index.html
`;

export class MinimalStack extends Stack {
  constructor(app: App, id: string, props: MinimalProps = {}) {
    super(app, id, { description: "Hakoniwa minimal: a web server in a private subnet that heals itself behind a load balancer" });
    const name = naming(props.service ?? "hakoniwa", props.environment ?? "minimal");
    const image = imageParameter(this, "WebImage", "al2023");
    const network = addNetwork(this, name);
    const reachesOut = addNat(this, name, network, props.nat ?? "gateway");

    const keyPair = new ec2.CfnKeyPair(this, "KeyPair", { keyName: name("keypair") });
    const balancerGroup = new ec2.CfnSecurityGroup(this, "LoadBalancerGroup", {
      groupName: name("securitygroup", "elb"),
      groupDescription: "HTTP from anywhere to the load balancer",
      vpcId: network.vpc.ref,
      securityGroupIngress: [{ ipProtocol: "tcp", fromPort: 80, toPort: 80, cidrIp: "0.0.0.0/0", description: "HTTP" }],
      tags: [{ key: "Name", value: name("securitygroup", "elb") }],
    });
    // The article admits the whole VPC (S4-21), so that bastion and NAT reach the web servers' port 80 too. Only the balancer needs it (S2-52).
    const webGroup = new ec2.CfnSecurityGroup(this, "WebGroup", {
      groupName: name("securitygroup", "web"),
      groupDescription: "HTTP from the load balancer to the web servers",
      vpcId: network.vpc.ref,
      securityGroupIngress: [{ ipProtocol: "tcp", fromPort: 80, toPort: 80, sourceSecurityGroupId: balancerGroup.attrGroupId, description: "HTTP from the load balancer" }],
      tags: [{ key: "Name", value: name("securitygroup", "web") }],
    });
    if (props.bastion) addBastion(this, name, network, { keyPair, webGroup, image });

    const template = new ec2.CfnLaunchTemplate(this, "LaunchTemplate", {
      launchTemplateName: name("lt"),
      launchTemplateData: {
        imageId: image.valueAsString,
        instanceType: "t3.micro",
        keyName: keyPair.ref,
        networkInterfaces: [{ deviceIndex: 0, associatePublicIpAddress: false, groups: [webGroup.attrGroupId] }],
        metadataOptions: { httpTokens: "required" },
        userData: Fn.base64(USER_DATA),
      },
    });
    const balancer = new CfnLoadBalancer(this, "LoadBalancer", {
      loadBalancerName: name("elb"),
      scheme: "internet-facing",
      subnets: [network.publicSubnet.ref],
      securityGroups: [balancerGroup.attrGroupId],
      listeners: [{ protocol: "HTTP", loadBalancerPort: "80", instanceProtocol: "HTTP", instancePort: "80" }],
      // The shortest interval that Classic allows, so that a dead server is noticed soonest.
      healthCheck: { target: "HTTP:80/index.html", interval: "5", timeout: "2", healthyThreshold: "2", unhealthyThreshold: "2" },
      tags: [{ key: "Name", value: name("elb") }],
    });
    balancer.addResourceDependency(network.publicRoute);
    const size = String(props.size ?? 1);
    const group = new CfnAutoScalingGroup(this, "AutoScalingGroup", {
      autoScalingGroupName: name("asg"),
      minSize: size,
      maxSize: size,
      desiredCapacity: size,
      launchTemplate: { launchTemplateId: template.ref, version: template.attrLatestVersionNumber },
      vpcZoneIdentifier: [network.privateSubnet.ref],
      loadBalancerNames: [balancer.ref],
      healthCheckType: "ELB",
      healthCheckGracePeriod: 60,
      tags: [{ key: "Name", value: name("web"), propagateAtLaunch: true }],
    });
    // The first boot installs packages, so the way out must be there before it.
    group.addResourceDependency(reachesOut);
    group.addResourceDependency(network.privateAssociation);

    new CfnOutput(this, "SiteUrl", { value: `http://${balancer.attrDnsName}/`, description: "The site, as the internet sees it" });
    new CfnOutput(this, "LoadBalancerName", { value: balancer.ref });
    new CfnOutput(this, "AutoScalingGroupName", { value: group.ref });
    new CfnOutput(this, "WebSecurityGroup", { value: webGroup.attrGroupId });
    Tags.of(this).add("hakoniwa:stage", "minimal");
  }
}

/** The VPC with its two subnets and their route tables. */
export interface Network {
  readonly vpc: ec2.CfnVPC;
  readonly publicSubnet: ec2.CfnSubnet;
  readonly privateSubnet: ec2.CfnSubnet;
  readonly privateRouteTable: ec2.CfnRouteTable;
  readonly publicRoute: CfnResource;
  /** The private subnet follows its route table only with this. */
  readonly privateAssociation: CfnResource;
}

export const VPC_RANGE = "10.0.0.0/16";
export const PUBLIC_RANGE = "10.0.0.0/24";
export const PRIVATE_RANGE = "10.0.1.0/24";

/** S4-08 to S4-12, and S4-20 but for its route. */
function addNetwork(stack: Stack, name: Naming): Network {
  const vpc = new ec2.CfnVPC(stack, "Vpc", { cidrBlock: VPC_RANGE, enableDnsSupport: true, enableDnsHostnames: true, tags: [{ key: "Name", value: name("vpc") }] });
  const gateway = new ec2.CfnInternetGateway(stack, "InternetGateway", { tags: [{ key: "Name", value: name("igw") }] });
  const attachment = new ec2.CfnVPCGatewayAttachment(stack, "InternetGatewayAttachment", { vpcId: vpc.ref, internetGatewayId: gateway.ref });
  const zone = Fn.select(0, Fn.getAzs());
  const subnet = (id: string, role: string, cidrBlock: string): ec2.CfnSubnet =>
    new ec2.CfnSubnet(stack, id, { vpcId: vpc.ref, availabilityZone: zone, cidrBlock, tags: [{ key: "Name", value: name("subnet", role) }] });
  const routeTable = (id: string, role: string): ec2.CfnRouteTable =>
    new ec2.CfnRouteTable(stack, id, { vpcId: vpc.ref, tags: [{ key: "Name", value: name("rtb", role) }] });
  const associate = (id: string, table: ec2.CfnRouteTable, of: ec2.CfnSubnet): CfnResource =>
    new ec2.CfnSubnetRouteTableAssociation(stack, id, { routeTableId: table.ref, subnetId: of.ref });
  const publicSubnet = subnet("PublicSubnet", "public", PUBLIC_RANGE);
  const privateSubnet = subnet("PrivateSubnet", "private", PRIVATE_RANGE);
  const publicRouteTable = routeTable("PublicRouteTable", "public");
  const privateRouteTable = routeTable("PrivateRouteTable", "private");
  associate("PublicRouteTableAssociation", publicRouteTable, publicSubnet);
  const privateAssociation = associate("PrivateRouteTableAssociation", privateRouteTable, privateSubnet);
  const publicRoute = new ec2.CfnRoute(stack, "PublicDefaultRoute", { routeTableId: publicRouteTable.ref, destinationCidrBlock: "0.0.0.0/0", gatewayId: gateway.ref });
  publicRoute.addResourceDependency(attachment);
  return { vpc, publicSubnet, privateSubnet, privateRouteTable, publicRoute, privateAssociation };
}

