/** A Classic Load Balancer as the service tells it, in the words of templates, where numbers are text. */
import type { Aws, ElbTypes } from "@hakoniwa/wire";
import { namesFor, readPolicies } from "./cfn-policies.js";
import { tagsOf, type ListenerProperties, type LoadBalancerProperties } from "./cfn.js";

/** @param given tells which of the balancer's policies and instances are the template's */
export function readLoadBalancer(aws: Aws, balancer: ElbTypes.LoadBalancerDescription, given: LoadBalancerProperties): LoadBalancerProperties {
  const name = balancer.LoadBalancerName!;
  const { LoadBalancerAttributes: attributes = {} } = aws.elb.DescribeLoadBalancerAttributes({ LoadBalancerName: name });
  const { CrossZoneLoadBalancing, ConnectionDraining, ConnectionSettings, AccessLog } = attributes;
  const registered = (balancer.Instances ?? []).map(({ InstanceId }) => InstanceId);
  const check = balancer.HealthCheck;
  return {
    LoadBalancerName: name,
    Listeners: (balancer.ListenerDescriptions ?? []).flatMap((each) => (each.Listener ? [readListener(each.Listener, each.PolicyNames ?? [], given)] : [])),
    Subnets: balancer.Subnets ?? [],
    AvailabilityZones: balancer.AvailabilityZones ?? [],
    SecurityGroups: balancer.SecurityGroups ?? [],
    Scheme: balancer.Scheme!,
    ...(check
      ? {
          HealthCheck: {
            Target: check.Target,
            Interval: String(check.Interval),
            Timeout: String(check.Timeout),
            UnhealthyThreshold: String(check.UnhealthyThreshold),
            HealthyThreshold: String(check.HealthyThreshold),
          },
        }
      : {}),
    CrossZone: CrossZoneLoadBalancing?.Enabled ?? false,
    ConnectionDrainingPolicy: { Enabled: false, ...(ConnectionDraining as LoadBalancerProperties["ConnectionDrainingPolicy"]) },
    ConnectionSettings: { IdleTimeout: ConnectionSettings?.IdleTimeout ?? 60 },
    AccessLoggingPolicy: AccessLog ?? { Enabled: false },
    Instances: (given.Instances ?? []).filter((id) => registered.includes(id)),
    Tags: tagsOf(aws, name).map(({ Key, Value = "" }) => ({ Key, Value })),
    ...readPolicies(aws, name, given),
  };
}

/** Protocols are told in capitals, however they were given; policies that name the port are not the listener's own. */
function readListener(live: ElbTypes.Listener, policies: readonly string[], given: LoadBalancerProperties): ListenerProperties {
  const port = String(live.LoadBalancerPort);
  const wanted = given.Listeners.find(({ LoadBalancerPort }) => String(LoadBalancerPort) === port);
  const like = (told: string, asked: string | undefined): string => (asked?.toUpperCase() === told ? asked : told);
  const byPort = namesFor({ ...given, Listeners: [] }, port);
  return {
    LoadBalancerPort: port,
    InstancePort: String(live.InstancePort),
    Protocol: like(live.Protocol, wanted?.Protocol),
    ...(live.InstanceProtocol === undefined ? {} : { InstanceProtocol: like(live.InstanceProtocol, wanted?.InstanceProtocol) }),
    ...(live.SSLCertificateId === undefined ? {} : { SSLCertificateId: live.SSLCertificateId }),
    PolicyNames: policies.filter((name) => wanted?.PolicyNames?.includes(name) || !byPort.includes(name)),
  };
}
