/**
 * Stages `wordpress-1` to `wordpress-3`: the second article's site as it grows. Deployed one over the other with the same `--stack-name`,
 * what is there already stays.
 *
 * Their servers sit in subnets that the internet reaches, as the article has them (X6); the stage `rebuild` says how to do better (S0-01).
 */
import { CfnOutput, Stack, type App } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import { CfnLoadBalancer } from "aws-cdk-lib/aws-elasticloadbalancing";
import { addDatabase, type DatabaseProps } from "./database.js";
import { imageParameter } from "./images.js";
import { naming, tagStage, type Naming } from "./naming.js";
import { addPublicNetwork, ofZone, RANGES, type PublicNetwork } from "./network.js";

export interface WordpressProps {
  /** The service's name, part of every resource's. @default "hakoniwa" */
  readonly service?: string;
  /** The environment, e.g. stg or prod. @default "wordpress" */
  readonly environment?: string;
  /**
   * The WordPress image of your choice, e.g. Bitnami's of the AWS Marketplace (S2-14). There is no PHP and no MySQL here, so without it a
   * web server on today's Amazon Linux stands in its place, whose page says so.
   * @default Amazon Linux 2023 with a page
   */
  readonly image?: string;
  /** Who may log in by SSH. @default "203.0.113.0/24", which is where `hakoniwa internet` lives, and nobody on AWS */
  readonly sshFrom?: string;
}

export interface WordpressWithDatabaseProps extends WordpressProps, DatabaseProps {}

export interface BalancedProps extends WordpressWithDatabaseProps {
  /** The image made of the first server, from which the second is made (S2-39, S2-40): `aws ec2 create-image --instance-id i-… --name blog`. @default as the first */
  readonly golden?: string;
}

const USER_DATA = `#!/bin/bash
dnf install -y httpd
cat > /var/www/html/index.html <<'END'
<!doctype html><title>A blog</title><p>Here WordPress would be: give its image with --set image=ami-…
END
systemctl enable --now httpd
`;

/** Phase 1: one server in a VPC with a single public subnet, with its database on it (S2-10 to S2-23). */
export class WordpressStack extends Stack {
  constructor(app: App, id: string, props: WordpressProps = {}) {
    super(app, id, { description: "Hakoniwa wordpress: a single server in a public subnet" });
    const ground = begin(this, props, 1);
    siteAt(this, addServer(this, ground, { group: addServerGroup(this, ground, props), zone: 0 }));
  }
}

/** Phase 2: the database leaves the server for two subnets that nothing outside reaches (S2-08, S2-24 to S2-38). */
export class WordpressWithDatabaseStack extends Stack {
  constructor(app: App, id: string, props: WordpressWithDatabaseProps = {}) {
    super(app, id, { description: "Hakoniwa wordpress: a server, and a database in subnets of its own" });
    const ground = begin(this, props, 1);
    const group = addServerGroup(this, ground, props);
    siteAt(this, addServer(this, ground, { group, zone: 0 }));
    addDatabase(this, ground.name, ground.network, { servers: group, multiAz: false, props });
  }
}

/** Phase 3: two servers in two zones behind a Classic Load Balancer, and the database in both zones (S2-39 to S2-55). */
export class BalancedWordpressStack extends Stack {
  constructor(app: App, id: string, props: BalancedProps = {}) {
    super(app, id, { description: "Hakoniwa wordpress: two servers behind a load balancer, and a database" });
    const ground = begin(this, props, 2);
    const { name, network } = ground;
    const http = { ipProtocol: "tcp", fromPort: 80, toPort: 80 };
    const balancerGroup = new ec2.CfnSecurityGroup(this, "LoadBalancerGroup", {
      groupName: name("securitygroup", "elb"),
      groupDescription: "The load balancer",
      vpcId: network.vpc.ref,
      securityGroupIngress: [{ ...http, cidrIp: "0.0.0.0/0", description: "HTTP from anywhere" }],
      tags: [{ key: "Name", value: name("securitygroup", "elb") }],
    });
    // A new group for the servers (S2-41): port 80 is the balancer's, although each server has a public address (S2-52).
    const group = new ec2.CfnSecurityGroup(this, "AppGroup", {
      groupName: name("securitygroup", "app"),
      groupDescription: "The servers behind the load balancer",
      vpcId: network.vpc.ref,
      securityGroupIngress: [{ ...http, sourceSecurityGroupId: balancerGroup.attrGroupId, description: "HTTP from the load balancer" }, sshFrom(props)],
      tags: [{ key: "Name", value: name("securitygroup", "app") }],
    });
    const servers = [addServer(this, ground, { group, zone: 0 }), addServer(this, ground, { group, zone: 1, golden: props.golden })];
    const balancer = new CfnLoadBalancer(this, "LoadBalancer", {
      loadBalancerName: name("elb"),
      scheme: "internet-facing",
      subnets: network.subnets.map((subnet) => subnet.ref),
      securityGroups: [balancerGroup.attrGroupId],
      crossZone: true,
      instances: servers.map(({ instance }) => instance.ref),
      listeners: [{ protocol: "HTTP", loadBalancerPort: "80", instanceProtocol: "HTTP", instancePort: "80" }],
      healthCheck: { target: "HTTP:80/index.html", interval: "5", timeout: "2", healthyThreshold: "2", unhealthyThreshold: "2" },
      connectionDrainingPolicy: { enabled: true, timeout: 30 },
      tags: [{ key: "Name", value: name("elb") }],
    });
    balancer.addResourceDependency(network.defaultRoute);
    addDatabase(this, name, network, { servers: group, multiAz: true, props });
    new CfnOutput(this, "SiteUrl", { value: `http://${balancer.attrDnsName}/`, description: "The site, as the internet sees it" });
  }
}

interface Ground {
  readonly name: Naming;
  readonly network: PublicNetwork;
  readonly keyPair: ec2.CfnKeyPair;
  /** What servers start from, unless they are copies of another. */
  readonly image: { readonly imageId: string; readonly userData?: string };
}

function begin(stack: Stack, props: WordpressProps, zones: 1 | 2): Ground {
  const name = naming(props.service ?? "hakoniwa", props.environment ?? "wordpress");
  tagStage(stack, stack.node.id);
  return {
    name,
    // The second public subnet follows the same table, which leads to the internet gateway (S2-42, S2-50).
    network: addPublicNetwork(stack, name, RANGES.public.slice(0, zones)),
    keyPair: new ec2.CfnKeyPair(stack, "KeyPair", { keyName: name("keypair") }),
    image: props.image === undefined ? { imageId: imageParameter(stack, "ServerImage", "al2023").valueAsString, userData: Buffer.from(USER_DATA).toString("base64") } : { imageId: props.image },
  };
}

function sshFrom(props: WordpressProps): ec2.CfnSecurityGroup.IngressProperty {
  return { ipProtocol: "tcp", fromPort: 22, toPort: 22, cidrIp: props.sshFrom ?? "203.0.113.0/24", description: "SSH" };
}

function addServerGroup(stack: Stack, { name, network }: Ground, props: WordpressProps): ec2.CfnSecurityGroup {
  return new ec2.CfnSecurityGroup(stack, "ServerGroup", {
    groupName: name("securitygroup", "server"),
    groupDescription: "The server",
    vpcId: network.vpc.ref,
    securityGroupIngress: [{ ipProtocol: "tcp", fromPort: 80, toPort: 80, cidrIp: "0.0.0.0/0", description: "HTTP from anywhere" }, sshFrom(props)],
    tags: [{ key: "Name", value: name("securitygroup", "server") }],
  });
}

interface ServerProps {
  readonly group: ec2.CfnSecurityGroup;
  readonly zone: number;
  /** The image of a server that is as this one shall be. */
  readonly golden?: string | undefined;
}

interface Server {
  readonly instance: ec2.CfnInstance;
  readonly address: ec2.CfnEIP;
}

/** A server with an Elastic IP and the key that is injected at launch (S2-14 to S2-19). */
function addServer(stack: Stack, { name, network, keyPair, image }: Ground, { group, zone, golden }: ServerProps): Server {
  const instance = new ec2.CfnInstance(stack, ofZone("Server", zone), {
    ...(golden === undefined ? image : { imageId: golden }),
    instanceType: "t3.micro",
    keyName: keyPair.ref,
    subnetId: network.subnets[zone]!.ref,
    securityGroupIds: [group.attrGroupId],
    tags: [{ key: "Name", value: name("server", String(zone + 1)) }],
  });
  const address = new ec2.CfnEIP(stack, ofZone("ServerAddress", zone), { domain: "vpc", instanceId: instance.ref, tags: [{ key: "Name", value: name("eip", `server-${zone + 1}`) }] });
  address.addResourceDependency(network.defaultRoute);
  return { instance, address };
}

function siteAt(stack: Stack, { address }: Server): void {
  new CfnOutput(stack, "SiteUrl", { value: `http://${address.ref}/`, description: "The site, as the internet sees it" });
}
