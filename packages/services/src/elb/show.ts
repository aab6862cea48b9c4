import type { ElbTypes } from "@hakoniwa/wire";
import { showHealthCheck } from "./health-checks.js";
import type { LoadBalancer } from "./state.js";

/** A balancer as DescribeLoadBalancers answers it. */
export function showLoadBalancer(balancer: LoadBalancer, account: string, hostedZone: string | undefined): ElbTypes.LoadBalancerDescription {
  return {
    LoadBalancerName: balancer.name,
    DNSName: balancer.dnsName,
    // An internal balancer has no such name: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-elasticloadbalancing-loadbalancer.html
    CanonicalHostedZoneName: balancer.scheme === "internal" ? undefined : balancer.dnsName,
    CanonicalHostedZoneNameID: hostedZone,
    ListenerDescriptions: balancer.listeners.map((listener) => ({
      Listener: {
        Protocol: listener.protocol,
        LoadBalancerPort: listener.loadBalancerPort,
        InstanceProtocol: listener.instanceProtocol,
        InstancePort: listener.instancePort,
        SSLCertificateId: listener.certificate,
      },
      PolicyNames: listener.policies,
    })),
    Policies: {
      AppCookieStickinessPolicies: balancer.policies.flatMap((p) => (p.kind === "app-cookie" ? [{ PolicyName: p.name, CookieName: p.cookie }] : [])),
      LBCookieStickinessPolicies: balancer.policies.flatMap((p) => (p.kind === "lb-cookie" ? [{ PolicyName: p.name, CookieExpirationPeriod: p.period }] : [])),
      OtherPolicies: balancer.policies.flatMap((p) => (p.kind === "ssl" ? [p.name] : [])),
    },
    BackendServerDescriptions: [],
    AvailabilityZones: balancer.subnets.map((s) => s.availabilityZone),
    Subnets: balancer.subnets.map((s) => s.id),
    VPCId: balancer.vpcId,
    Instances: balancer.instances.map((id) => ({ InstanceId: id })),
    HealthCheck: showHealthCheck(balancer.healthCheck),
    SourceSecurityGroup: { OwnerAlias: account, GroupName: balancer.sourceSecurityGroup },
    SecurityGroups: balancer.securityGroups,
    CreatedTime: new Date(balancer.created),
    Scheme: balancer.scheme,
  };
}
