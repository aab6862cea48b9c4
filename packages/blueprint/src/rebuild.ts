/**
 * Stage `rebuild`: the first article's network and balancing. Six subnets over two zones, web servers that nobody reaches but an Application
 * Load Balancer, a way out per zone, an alarm that rings in either kind of failure, and the network's log in a bucket.
 *
 * It may be deployed over the stage `minimal` (`--stack-name minimal`): the VPC, the public subnets and their routes stay, and the private
 * subnets become those of the databases, without replacement (S0-04).
 */
import { CfnOutput, Fn, Stack, type App } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import { addAlarm } from "./alarm.js";
import { addApplicationBalancer, type BalancingProps } from "./application-balancer.js";
import { certificateFor, type CertificateProps } from "./certificate.js";
import { addFlowLog } from "./flow-log.js";
import { addNat } from "./nat.js";
import { naming, tagStage } from "./naming.js";
import { addPrivateSubnets, addPublicNetwork, RANGES } from "./network.js";
import { addWebAcl } from "./web-acl.js";
import { addWebGroup, addWebServers, type WebServerProps } from "./web-servers.js";

export interface RebuildProps extends CertificateProps, BalancingProps, WebServerProps {
  /** The service's name, part of every resource's. @default "hakoniwa" */
  readonly service?: string;
  /** The environment, e.g. stg or prod. @default "rebuild" */
  readonly environment?: string;
  /** Who hears that a server is down: an e-mail address, or a webhook's URL (S0-43). @default nobody yet: subscribe to the topic */
  readonly notify?: string;
  /**
   * Network ACLs on the web subnets, beside the groups. An ACL is stateless: it must admit the answers too, to the ports that callers took
   * (S0-51). The article finds that more trouble than worth. @default false
   */
  readonly acl?: boolean;
}

export class RebuildStack extends Stack {
  constructor(app: App, id: string, props: RebuildProps = {}) {
    super(app, id, { description: "Hakoniwa rebuild: private web servers over two zones behind an Application Load Balancer" });
    const name = naming(props.service ?? "hakoniwa", props.environment ?? "rebuild");
    const network = addPublicNetwork(this, name, RANGES.public);
    // Databases know the local route only (S0-11). Caches belong here too (S0-05). The logical ids are those of the stage minimal.
    const rds = addPrivateSubnets(this, name, network, { id: "Private", role: "rds", ranges: RANGES.private });
    const web = addPrivateSubnets(this, name, network, { id: "Web", role: "web", ranges: RANGES.web });
    const waysOut = addNat(this, name, network, web, { kind: "gateway", admits: "all", route: "WebDefaultRoute" });
    if (props.acl) addWebAcl(this, name, network, web);

    const certificate = certificateFor(this, name, props);
    const balancerGroup = new ec2.CfnSecurityGroup(this, "LoadBalancerGroup", {
      groupName: name("securitygroup", "alb"),
      groupDescription: "The load balancer",
      vpcId: network.vpc.ref,
      // What faces the internet is open, and nothing else (S0-26, S0-48).
      securityGroupIngress: [80, ...(certificate === undefined ? [] : [443])].map((port) => ({
        ipProtocol: "tcp", fromPort: port, toPort: port, cidrIp: "0.0.0.0/0", description: `${port === 80 ? "HTTP" : "HTTPS"} from anywhere`,
      })),
      tags: [{ key: "Name", value: name("securitygroup", "alb") }],
    });
    const webGroup = addWebGroup(this, name, network, balancerGroup, props);
    // For the databases to come (S0-06).
    const databaseGroup = new ec2.CfnSecurityGroup(this, "DatabaseGroup", {
      groupName: name("securitygroup", "rds"),
      groupDescription: "The databases",
      vpcId: network.vpc.ref,
      securityGroupIngress: [{ ipProtocol: "tcp", fromPort: 3306, toPort: 3306, sourceSecurityGroupId: webGroup.attrGroupId, description: "MySQL from the web servers" }],
      tags: [{ key: "Name", value: name("securitygroup", "rds") }],
    });

    const balancer = addApplicationBalancer(this, name, network, { group: balancerGroup, certificate, props });
    const servers = addWebServers(this, name, { subnets: web, waysOut, group: webGroup, targetGroup: balancer.targetGroup, props });
    addAlarm(this, name, balancer, props.notify);
    const logs = addFlowLog(this, name, network.vpc);

    const scheme = certificate === undefined ? "http" : "https";
    new CfnOutput(this, "SiteUrl", { value: `${scheme}://${props.domain ?? balancer.loadBalancer.attrDnsName}/`, description: "The site, as the internet sees it" });
    new CfnOutput(this, "WebServers", { value: servers, description: "The web servers, or their Auto Scaling group" });
    new CfnOutput(this, "LogBucketName", { value: logs.ref, description: "Where the network's flow log is, and later logs may be" });
    new CfnOutput(this, "DatabaseSubnets", { value: Fn.join(",", rds.map(({ subnet }) => subnet.ref)) });
    new CfnOutput(this, "DatabaseSecurityGroup", { value: databaseGroup.attrGroupId });
    tagStage(this, "rebuild");
  }
}
