/** The Application Load Balancer before the web servers (S0-18 to S0-28). */
import type { Stack } from "aws-cdk-lib";
import type { CfnSecurityGroup } from "aws-cdk-lib/aws-ec2";
import * as elb from "aws-cdk-lib/aws-elasticloadbalancingv2";
import type { Naming } from "./naming.js";
import type { PublicNetwork } from "./network.js";

export interface BalancingProps {
  /** How long a visitor stays with the same server, in seconds, up to 7 days (S0-22, S0-23). @default 0, which is not at all */
  readonly stickiness?: number;
  /** The path that health checks ask for (S0-21). @default "/index.html" */
  readonly healthCheckPath?: string;
  /** What the balancer speaks with the servers (S0-20), on port 80 or 443. @default "HTTP" */
  readonly targetProtocol?: "HTTP" | "HTTPS";
}

export interface ApplicationBalancer {
  readonly loadBalancer: elb.CfnLoadBalancer;
  readonly targetGroup: elb.CfnTargetGroup;
}

export function targetPort({ targetProtocol = "HTTP" }: BalancingProps): number {
  return targetProtocol === "HTTP" ? 80 : 443;
}

interface Before {
  readonly group: CfnSecurityGroup;
  readonly certificate: string | undefined;
  readonly props: BalancingProps;
}

export function addApplicationBalancer(stack: Stack, name: Naming, network: PublicNetwork, { group, certificate, props }: Before): ApplicationBalancer {
  const { stickiness = 0, healthCheckPath = "/index.html", targetProtocol = "HTTP" } = props;
  const targetGroup = new elb.CfnTargetGroup(stack, "TargetGroup", {
    // Unnamed: its protocol and port can only be changed by replacing it, and two of one name can't stand together.
    vpcId: network.vpc.ref,
    targetType: "instance",
    protocol: targetProtocol,
    port: targetPort(props),
    healthCheckProtocol: targetProtocol,
    healthCheckPath,
    // The shortest interval, so that a dead server is noticed soonest.
    healthCheckIntervalSeconds: 5,
    healthCheckTimeoutSeconds: 2,
    healthyThresholdCount: 2,
    unhealthyThresholdCount: 2,
    targetGroupAttributes: [
      { key: "stickiness.enabled", value: String(stickiness > 0) },
      { key: "stickiness.type", value: "lb_cookie" },
      ...(stickiness > 0 ? [{ key: "stickiness.lb_cookie.duration_seconds", value: String(stickiness) }] : []),
      { key: "deregistration_delay.timeout_seconds", value: "30" },
    ],
    tags: [{ key: "Name", value: name("tg") }],
  });
  const loadBalancer = new elb.CfnLoadBalancer(stack, "ApplicationLoadBalancer", {
    name: name("alb"),
    type: "application",
    scheme: "internet-facing",
    subnets: network.subnets.map((subnet) => subnet.ref),
    securityGroups: [group.attrGroupId],
    tags: [{ key: "Name", value: name("alb") }],
  });
  loadBalancer.addResourceDependency(network.defaultRoute);
  const forward = [{ type: "forward", targetGroupArn: targetGroup.ref }];
  const redirect = [{ type: "redirect", redirectConfig: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } }];
  new elb.CfnListener(stack, "Listener", { loadBalancerArn: loadBalancer.ref, protocol: "HTTP", port: 80, defaultActions: certificate === undefined ? forward : redirect });
  if (certificate !== undefined) {
    new elb.CfnListener(stack, "SecureListener", {
      loadBalancerArn: loadBalancer.ref,
      protocol: "HTTPS",
      port: 443,
      certificates: [{ certificateArn: certificate }],
      defaultActions: forward,
    });
  }
  return { loadBalancer, targetGroup };
}
