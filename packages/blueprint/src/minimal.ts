/** Stage `minimal`: the fourth article's platform. A private web server that heals itself, a Classic Load Balancer before it. */
import { CfnOutput, Fn, Stack, type App } from "aws-cdk-lib";
import { CfnAutoScalingGroup } from "aws-cdk-lib/aws-autoscaling";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import { CfnLoadBalancer } from "aws-cdk-lib/aws-elasticloadbalancing";
import { addBastion } from "./bastion.js";
import { certificateFor, type CertificateProps } from "./certificate.js";
import { imageParameter } from "./images.js";
import { addNat } from "./nat.js";
import { naming, tagStage } from "./naming.js";
import { addPrivateSubnets, addPublicNetwork, RANGES, VPC_RANGE } from "./network.js";

export interface MinimalProps extends CertificateProps {
  /** The service's name, part of every resource's. @default "hakoniwa" */
  readonly service?: string;
  /** The environment, e.g. stg or prod. @default "minimal" */
  readonly environment?: string;
  /**
   * Availability Zones. The article has one, and with it goes the site when that zone fails (X4); in two, each with a NAT of its own, a
   * web server is left. The second zone costs a second NAT and a second server, and the article wants the smallest size (S4-06).
   * @default 1
   */
  readonly zones?: 1 | 2;
  /** How many web servers. With as many as zones, each zone has one. @default the number of zones */
  readonly size?: number;
  /** How the private subnets reach out: NAT gateways (S4-34), or the article's first way, NAT instances (S4-13). @default "gateway", or "instance" with `article` */
  readonly nat?: "gateway" | "instance";
  /** A bastion in the public subnet, for SSH to the web servers (S4-22). It should stand only while it is needed (S4-05). @default false, or true with `article` */
  readonly bastion?: boolean;
  /** The web servers' image, which has its web server already (S4-26, S4-29). @default today's Amazon Linux 2023, set up at its first boot (S4-25) */
  readonly image?: string;
  /** The article's own choice for each of the next three properties, where it contradicts itself or the others, for `nat` and for `bastion`. @default false */
  readonly article?: boolean;
  /**
   * What NAT instances admit. The article says SSH and HTTP from the VPC (S4-15): then ping and HTTPS fail through the NAT, though it is
   * there for them, and work after the change to a NAT gateway, which has no group (X1). `all` admits everything from the private subnets.
   * @default "all", or "article" with `article`
   */
  readonly natAdmits?: "all" | "article";
  /**
   * Who may log in to the bastion. The article says everybody (S4-22), which is what the first article's rule `restricted-ssh` finds and
   * revokes (X2, S0-53). Give your own address; the default is the range for documentation where `hakoniwa internet` lives, and nobody on AWS.
   * @default "203.0.113.0/24", or "0.0.0.0/0" with `article`
   */
  readonly sshFrom?: string;
  /**
   * Who reaches the web servers. The article admits HTTP and SSH from the whole VPC (S4-21), so that bastion and NAT instance reach port 80
   * past the balancer, against its own principle S4-04, S0-49 and S2-52 (X3). `balancer` admits HTTP from the balancer's group alone, and SSH
   * from the bastion's while there is one.
   * @default "balancer", or "vpc" with `article`
   */
  readonly webAdmits?: "balancer" | "vpc";
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
    const { article = false, zones = 1, size = zones } = props;
    const { nat = article ? "instance" : "gateway", bastion = article, natAdmits = article ? "article" : "all" } = props;
    const { sshFrom = article ? "0.0.0.0/0" : "203.0.113.0/24", webAdmits = article ? "vpc" : "balancer" } = props;
    const name = naming(props.service ?? "hakoniwa", props.environment ?? "minimal");
    const image = imageParameter(this, "WebImage", "al2023");
    const network = addPublicNetwork(this, name, RANGES.public.slice(0, zones));
    const privately = addPrivateSubnets(this, name, network, { id: "Private", role: "private", ranges: RANGES.private.slice(0, zones) });
    const waysOut = addNat(this, name, network, privately, { kind: nat, admits: natAdmits, route: "PrivateDefaultRoute" });
    const certificate = certificateFor(this, name, props);

    const keyPair = new ec2.CfnKeyPair(this, "KeyPair", { keyName: name("keypair") });
    const balancerGroup = new ec2.CfnSecurityGroup(this, "LoadBalancerGroup", {
      groupName: name("securitygroup", "elb"),
      groupDescription: "The load balancer",
      vpcId: network.vpc.ref,
      securityGroupIngress: [80, ...(certificate === undefined ? [] : [443])].map((port) => ({
        ipProtocol: "tcp", fromPort: port, toPort: port, cidrIp: "0.0.0.0/0", description: `${port === 80 ? "HTTP" : "HTTPS"} from anywhere`,
      })),
      tags: [{ key: "Name", value: name("securitygroup", "elb") }],
    });
    const webGroup = new ec2.CfnSecurityGroup(this, "WebGroup", {
      groupName: name("securitygroup", "web"),
      groupDescription: "The web servers",
      vpcId: network.vpc.ref,
      securityGroupIngress:
        webAdmits === "balancer"
          ? [{ ipProtocol: "tcp", fromPort: 80, toPort: 80, sourceSecurityGroupId: balancerGroup.attrGroupId, description: "HTTP from the load balancer" }]
          : [22, 80].map((port) => ({ ipProtocol: "tcp", fromPort: port, toPort: port, cidrIp: VPC_RANGE, description: `${port === 80 ? "HTTP" : "SSH"} from the VPC` })),
      tags: [{ key: "Name", value: name("securitygroup", "web") }],
    });
    if (bastion) addBastion(this, name, network, { keyPair, webGroup, image, sshFrom });

    const template = new ec2.CfnLaunchTemplate(this, "LaunchTemplate", {
      launchTemplateName: name("lt"),
      launchTemplateData: {
        imageId: props.image ?? image.valueAsString,
        instanceType: "t3.micro",
        keyName: keyPair.ref,
        networkInterfaces: [{ deviceIndex: 0, associatePublicIpAddress: false, groups: [webGroup.attrGroupId] }],
        metadataOptions: { httpTokens: "required" },
        ...(props.image === undefined ? { userData: Fn.base64(USER_DATA) } : {}),
      },
    });
    const toWeb = { instanceProtocol: "HTTP", instancePort: "80" };
    const balancer = new CfnLoadBalancer(this, "LoadBalancer", {
      loadBalancerName: name("elb"),
      scheme: "internet-facing",
      subnets: network.subnets.map((subnet) => subnet.ref),
      securityGroups: [balancerGroup.attrGroupId],
      crossZone: zones > 1,
      // HTTP stays beside HTTPS, as the article leaves it (S4-40): a Classic Load Balancer can't redirect.
      listeners: [
        { protocol: "HTTP", loadBalancerPort: "80", ...toWeb },
        ...(certificate === undefined ? [] : [{ protocol: "HTTPS", loadBalancerPort: "443", ...toWeb, sslCertificateId: certificate }]),
      ],
      // The shortest interval that Classic allows, so that a dead server is noticed soonest.
      healthCheck: { target: "HTTP:80/index.html", interval: "5", timeout: "2", healthyThreshold: "2", unhealthyThreshold: "2" },
      tags: [{ key: "Name", value: name("elb") }],
    });
    balancer.addResourceDependency(network.defaultRoute);
    const group = new CfnAutoScalingGroup(this, "AutoScalingGroup", {
      autoScalingGroupName: name("asg"),
      minSize: String(size),
      maxSize: String(size),
      desiredCapacity: String(size),
      launchTemplate: { launchTemplateId: template.ref, version: template.attrLatestVersionNumber },
      vpcZoneIdentifier: privately.map(({ subnet }) => subnet.ref),
      loadBalancerNames: [balancer.ref],
      healthCheckType: "ELB",
      healthCheckGracePeriod: 60,
      tags: [{ key: "Name", value: name("web"), propagateAtLaunch: true }],
    });
    // The first boot installs packages, so the way out must be there before it.
    for (const { association } of privately) group.addResourceDependency(association);
    for (const route of waysOut) group.addResourceDependency(route);

    const scheme = certificate === undefined ? "http" : "https";
    new CfnOutput(this, "SiteUrl", { value: `${scheme}://${props.domain ?? balancer.attrDnsName}/`, description: "The site, as the internet sees it" });
    new CfnOutput(this, "LoadBalancerName", { value: balancer.ref });
    new CfnOutput(this, "AutoScalingGroupName", { value: group.ref });
    new CfnOutput(this, "WebSecurityGroup", { value: webGroup.attrGroupId });
    tagStage(this, "minimal");
  }
}
