/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-elasticloadbalancing-loadbalancer.html */
import type { Aws, ElbTypes } from "@hakoniwa/wire";
import { alreadyExists, resourceType } from "../resource-type.js";
import { withStackTags } from "../stack-tags.js";
import { unlessGone } from "../unless-gone.js";
import { replacePolicies } from "./cfn-policies.js";
import { readLoadBalancer } from "./cfn-read.js";
import { interfaceDescription } from "./reconcile.js";

/** Numbers are text here, as in the resource type's schema. */
export interface LoadBalancerProperties {
  readonly LoadBalancerName?: string;
  readonly Listeners: readonly ListenerProperties[];
  readonly Subnets?: readonly string[];
  readonly AvailabilityZones?: readonly string[];
  readonly SecurityGroups?: readonly string[];
  readonly Scheme?: string;
  readonly HealthCheck?: {
    readonly Target: string;
    readonly Interval: string;
    readonly Timeout: string;
    readonly UnhealthyThreshold: string;
    readonly HealthyThreshold: string;
  };
  readonly CrossZone?: boolean;
  readonly ConnectionDrainingPolicy?: { readonly Enabled: boolean; readonly Timeout?: number };
  readonly ConnectionSettings?: { readonly IdleTimeout: number };
  readonly AccessLoggingPolicy?: ElbTypes.AccessLog;
  readonly Instances?: readonly string[];
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
  readonly AppCookieStickinessPolicy?: readonly { readonly PolicyName: string; readonly CookieName: string }[];
  readonly LBCookieStickinessPolicy?: readonly { readonly PolicyName?: string; readonly CookieExpirationPeriod?: string }[];
  readonly Policies?: readonly PolicyProperties[];
}

export interface PolicyProperties {
  readonly PolicyName: string;
  readonly PolicyType: string;
  readonly Attributes: readonly { readonly Name: string; readonly Value: string }[];
  readonly LoadBalancerPorts?: readonly string[];
}

export interface ListenerProperties {
  readonly LoadBalancerPort: string;
  readonly InstancePort: string;
  readonly Protocol: string;
  readonly InstanceProtocol?: string;
  readonly SSLCertificateId?: string;
  readonly PolicyNames?: readonly string[];
}

const TYPE = "AWS::ElasticLoadBalancing::LoadBalancer";
const CARRIES = [
  "LoadBalancerName", "Listeners", "Subnets", "AvailabilityZones", "SecurityGroups", "Scheme", "HealthCheck", "CrossZone", "ConnectionDrainingPolicy", "ConnectionSettings", "AccessLoggingPolicy",
  "Instances", "Tags", "AppCookieStickinessPolicy", "LBCookieStickinessPolicy", "Policies.PolicyName", "Policies.PolicyType", "Policies.Attributes", "Policies.LoadBalancerPorts",
];

export const loadBalancer = resourceType<LoadBalancerProperties>(TYPE, CARRIES, {
  customName: "LoadBalancerName",
  create(aws, properties, request) {
    const name = properties.LoadBalancerName ?? request.physicalName(32);
    const tags = withStackTags(properties.Tags, request);
    if (unlessGone(() => aws.elb.DescribeLoadBalancers({ LoadBalancerNames: [name] }))) throw alreadyExists(TYPE, name);
    aws.elb.CreateLoadBalancer({
      LoadBalancerName: name,
      Listeners: properties.Listeners.map(listener),
      Subnets: properties.Subnets,
      AvailabilityZones: properties.AvailabilityZones,
      SecurityGroups: properties.SecurityGroups,
      Scheme: properties.Scheme,
      Tags: tags.length > 0 ? tags : undefined,
    });
    replacePolicies(aws, name, properties);
    configure(aws, name, properties);
    setInstances(aws, name, [], properties.Instances ?? []);
    return name;
  },

  update(aws, name, next, previous, request) {
    replaceListeners(aws, name, next.Listeners);
    replacePolicies(aws, name, next);
    configure(aws, name, next);
    if (next.SecurityGroups && !same(next.SecurityGroups, previous.SecurityGroups)) {
      aws.elb.ApplySecurityGroupsToLoadBalancer({ LoadBalancerName: name, SecurityGroups: next.SecurityGroups });
    }
    if (next.Subnets && !same(next.Subnets, previous.Subnets)) moveToSubnets(aws, name, next.Subnets);
    if (next.AvailabilityZones && !same(next.AvailabilityZones, previous.AvailabilityZones)) moveToZones(aws, name, next.AvailabilityZones);
    setInstances(aws, name, previous.Instances ?? [], next.Instances ?? []);
    replaceTags(aws, name, withStackTags(next.Tags, request));
  },

  // Where there was none and now is one, or the other way round: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancing-loadbalancer.html
  replaces: (next, previous, changed) => (["AvailabilityZones", "HealthCheck", "Subnets"] as const).some((name) => changed.includes(name) && (next[name] === undefined) !== (previous[name] === undefined)),

  read(aws, name, given) {
    const balancer = unlessGone(() => aws.elb.DescribeLoadBalancers({ LoadBalancerNames: [name] }))?.LoadBalancerDescriptions?.[0];
    return balancer && readLoadBalancer(aws, balancer, given);
  },

  delete(aws, name) {
    aws.elb.DeleteLoadBalancer({ LoadBalancerName: name });
  },

  // Its interfaces keep the subnets and security groups in use until they are gone.
  gone(aws, name) {
    const left = aws.ec2.DescribeNetworkInterfaces({ Filters: [{ Name: "description", Values: [interfaceDescription(name)] }] });
    return (left.NetworkInterfaces ?? []).length === 0;
  },

  attributes(aws, name) {
    const balancer = describe(aws, name);
    return {
      DNSName: balancer.DNSName,
      CanonicalHostedZoneName: balancer.CanonicalHostedZoneName,
      CanonicalHostedZoneNameID: balancer.CanonicalHostedZoneNameID,
      SourceSecurityGroup: balancer.SourceSecurityGroup,
      "SourceSecurityGroup.GroupName": balancer.SourceSecurityGroup?.GroupName,
      "SourceSecurityGroup.OwnerAlias": balancer.SourceSecurityGroup?.OwnerAlias,
    };
  },
});

function describe(aws: Aws, name: string): ElbTypes.LoadBalancerDescription {
  const [balancer] = aws.elb.DescribeLoadBalancers({ LoadBalancerNames: [name] }).LoadBalancerDescriptions ?? [];
  if (!balancer) throw new Error(`DescribeLoadBalancers answered nothing for ${name}`);
  return balancer;
}

function listener(properties: ListenerProperties): ElbTypes.Listener {
  return {
    Protocol: properties.Protocol,
    LoadBalancerPort: Number(properties.LoadBalancerPort),
    InstanceProtocol: properties.InstanceProtocol,
    InstancePort: Number(properties.InstancePort),
    SSLCertificateId: properties.SSLCertificateId,
  };
}

function configure(aws: Aws, name: string, properties: LoadBalancerProperties): void {
  if (properties.HealthCheck) {
    const { Target, Interval, Timeout, UnhealthyThreshold, HealthyThreshold } = properties.HealthCheck;
    aws.elb.ConfigureHealthCheck({
      LoadBalancerName: name,
      HealthCheck: {
        Target,
        Interval: Number(Interval),
        Timeout: Number(Timeout),
        UnhealthyThreshold: Number(UnhealthyThreshold),
        HealthyThreshold: Number(HealthyThreshold),
      },
    });
  }
  aws.elb.ModifyLoadBalancerAttributes({
    LoadBalancerName: name,
    LoadBalancerAttributes: {
      CrossZoneLoadBalancing: { Enabled: properties.CrossZone ?? false },
      ConnectionDraining: { Enabled: false, Timeout: 300, ...properties.ConnectionDrainingPolicy },
      ConnectionSettings: properties.ConnectionSettings ?? { IdleTimeout: 60 },
      AccessLog: properties.AccessLoggingPolicy ?? { Enabled: false },
    },
  });
}

function replaceListeners(aws: Aws, name: string, wanted: readonly ListenerProperties[]): void {
  const next = wanted.map(listener);
  const now = (describe(aws, name).ListenerDescriptions ?? []).flatMap((d) => (d.Listener ? [d.Listener] : []));
  const kept = now.filter((there) => next.some((l) => sameListener(l, there)));
  for (const { LoadBalancerPort, SSLCertificateId } of next) {
    const there = kept.find((each) => each.LoadBalancerPort === LoadBalancerPort);
    if (SSLCertificateId !== undefined && there && there.SSLCertificateId !== SSLCertificateId) aws.elb.SetLoadBalancerListenerSSLCertificate({ LoadBalancerName: name, LoadBalancerPort, SSLCertificateId });
  }
  const leaving = now.filter((there) => !kept.includes(there));
  const ports = leaving.map((l) => l.LoadBalancerPort);
  if (ports.length > 0) aws.elb.DeleteLoadBalancerListeners({ LoadBalancerName: name, LoadBalancerPorts: ports });
  const fresh = next.filter((l) => !kept.some((there) => sameListener(l, there)));
  if (fresh.length > 0) aws.elb.CreateLoadBalancerListeners({ LoadBalancerName: name, Listeners: fresh });
}

/** Another certificate is given to the listener that there is. */
function sameListener(wanted: ElbTypes.Listener, there: ElbTypes.Listener): boolean {
  const protocol = wanted.Protocol.toUpperCase();
  return (
    wanted.LoadBalancerPort === there.LoadBalancerPort &&
    wanted.InstancePort === there.InstancePort &&
    protocol === there.Protocol &&
    (wanted.InstanceProtocol?.toUpperCase() ?? protocol) === there.InstanceProtocol &&
    (wanted.SSLCertificateId === undefined) === (there.SSLCertificateId === undefined)
  );
}

/** Detaches first: a zone takes one subnet only. When none would stay, AWS needs the new ones first. */
function moveToSubnets(aws: Aws, name: string, wanted: readonly string[]): void {
  const now = describe(aws, name).Subnets ?? [];
  const leaving = now.filter((id) => !wanted.includes(id));
  const fresh = wanted.filter((id) => !now.includes(id));
  const detach = (): unknown => leaving.length > 0 && aws.elb.DetachLoadBalancerFromSubnets({ LoadBalancerName: name, Subnets: leaving });
  const attach = (): unknown => fresh.length > 0 && aws.elb.AttachLoadBalancerToSubnets({ LoadBalancerName: name, Subnets: fresh });
  for (const step of leaving.length < now.length ? [detach, attach] : [attach, detach]) step();
}

function moveToZones(aws: Aws, name: string, wanted: readonly string[]): void {
  const now = describe(aws, name).AvailabilityZones ?? [];
  const fresh = wanted.filter((zone) => !now.includes(zone));
  const leaving = now.filter((zone) => !wanted.includes(zone));
  if (fresh.length > 0) aws.elb.EnableAvailabilityZonesForLoadBalancer({ LoadBalancerName: name, AvailabilityZones: fresh });
  if (leaving.length > 0) aws.elb.DisableAvailabilityZonesForLoadBalancer({ LoadBalancerName: name, AvailabilityZones: leaving });
}

function setInstances(aws: Aws, name: string, before: readonly string[], wanted: readonly string[]): void {
  const leaving = before.filter((id) => !wanted.includes(id)).map((id) => ({ InstanceId: id }));
  const fresh = wanted.filter((id) => !before.includes(id)).map((id) => ({ InstanceId: id }));
  if (leaving.length > 0) aws.elb.DeregisterInstancesFromLoadBalancer({ LoadBalancerName: name, Instances: leaving });
  if (fresh.length > 0) aws.elb.RegisterInstancesWithLoadBalancer({ LoadBalancerName: name, Instances: fresh });
}

export function tagsOf(aws: Aws, name: string): readonly ElbTypes.Tag[] {
  return aws.elb.DescribeTags({ LoadBalancerNames: [name] }).TagDescriptions?.[0]?.Tags ?? [];
}

function replaceTags(aws: Aws, name: string, wanted: readonly ElbTypes.Tag[]): void {
  const leaving = tagsOf(aws, name).filter((tag) => !wanted.some((w) => w.Key === tag.Key));
  if (leaving.length > 0) aws.elb.RemoveTags({ LoadBalancerNames: [name], Tags: leaving.map((tag) => ({ Key: tag.Key })) });
  if (wanted.length > 0) aws.elb.AddTags({ LoadBalancerNames: [name], Tags: wanted });
}

function same(a: readonly string[], b: readonly string[] | undefined): boolean {
  return a.length === b?.length && a.every((value, index) => value === b[index]);
}
