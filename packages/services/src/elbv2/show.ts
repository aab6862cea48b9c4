/** Records as the Describe operations answer them. */
import type { Elbv2Types } from "@hakoniwa/wire";
import { canonicalHostedZone } from "../balancer-names.js";
import type { Context } from "../define.js";
import { showActions } from "./actions.js";
import { showConditions } from "./conditions.js";
import { balancersOf } from "./find.js";
import { defaultRuleArn } from "./names.js";
import type { Listener, LoadBalancer, Rule, TargetGroup } from "./state.js";

export function showLoadBalancer(ctx: Context, balancer: LoadBalancer): Elbv2Types.LoadBalancer {
  return {
    LoadBalancerArn: balancer.arn,
    DNSName: balancer.dnsName,
    CanonicalHostedZoneId: canonicalHostedZone(ctx.region),
    CreatedTime: new Date(balancer.created),
    LoadBalancerName: balancer.name,
    Scheme: balancer.scheme,
    VpcId: balancer.vpcId,
    State: { Code: balancer.active ? "active" : "provisioning" },
    Type: "application",
    AvailabilityZones: showZones(balancer),
    SecurityGroups: balancer.securityGroups,
    IpAddressType: "ipv4",
  };
}

export function showZones({ subnets }: LoadBalancer): readonly Elbv2Types.AvailabilityZone[] {
  return subnets.map(({ id, availabilityZone }) => ({ ZoneName: availabilityZone, SubnetId: id, LoadBalancerAddresses: [] }));
}

export function showListener(listener: Listener): Elbv2Types.Listener {
  const [certificate] = listener.certificates;
  return {
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancerArn,
    Port: listener.port,
    Protocol: listener.protocol,
    Certificates: certificate === undefined ? undefined : [{ CertificateArn: certificate }],
    SslPolicy: listener.sslPolicy,
    DefaultActions: showActions(listener.actions),
    MutualAuthentication: listener.protocol === "HTTPS" ? { Mode: "off" } : undefined,
  };
}

export function showRule(rule: Rule): Elbv2Types.Rule {
  return { RuleArn: rule.arn, Priority: String(rule.priority), Conditions: showConditions(rule.conditions), Actions: showActions(rule.actions), IsDefault: false };
}

/** A listener's default actions, as the rule that comes last. */
export function showDefaultRule(listener: Listener): Elbv2Types.Rule {
  return { RuleArn: defaultRuleArn(listener.arn), Priority: "default", Conditions: [], Actions: showActions(listener.actions), IsDefault: true };
}

export function showTargetGroup(ctx: Context, group: TargetGroup): Elbv2Types.TargetGroup {
  const { healthCheck: check } = group;
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: group.protocol,
    Port: group.port,
    VpcId: group.vpcId,
    HealthCheckProtocol: check.protocol,
    HealthCheckPort: check.port,
    HealthCheckEnabled: true,
    HealthCheckIntervalSeconds: check.interval,
    HealthCheckTimeoutSeconds: check.timeout,
    HealthyThresholdCount: check.healthyThreshold,
    UnhealthyThresholdCount: check.unhealthyThreshold,
    HealthCheckPath: check.path,
    Matcher: { HttpCode: check.matcher },
    LoadBalancerArns: balancersOf(ctx.db, group.arn).map(({ arn }) => arn),
    TargetType: group.targetType,
    ProtocolVersion: "HTTP1",
    IpAddressType: "ipv4",
  };
}
