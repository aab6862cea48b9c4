/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_ElasticLoadBalancingV2.html: load balancers and target groups. */
import { resource } from "@hakoniwa/cloudformation";
import type { Aws, Elbv2Types } from "@hakoniwa/wire";
import { refuseProperties } from "../not-implemented.js";
import { unlessGone } from "../unless-gone.js";
import { shortName } from "./names.js";

type TagList = readonly Elbv2Types.Tag[];
type KeyValues = readonly { readonly Key?: string; readonly Value?: string }[];

interface LoadBalancerProperties {
  readonly Name?: string;
  readonly Type?: Elbv2Types.LoadBalancerTypeEnum;
  readonly Scheme?: Elbv2Types.LoadBalancerSchemeEnum;
  readonly Subnets?: readonly string[];
  readonly SubnetMappings?: readonly Elbv2Types.SubnetMapping[];
  readonly SecurityGroups?: readonly string[];
  readonly IpAddressType?: Elbv2Types.IpAddressType;
  readonly LoadBalancerAttributes?: KeyValues;
  readonly Tags?: TagList;
}

const LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const LOAD_BALANCER_PROPERTIES = ["Name", "Type", "Scheme", "Subnets", "SubnetMappings", "SecurityGroups", "IpAddressType", "LoadBalancerAttributes", "Tags"];

export const loadBalancer = resource<LoadBalancerProperties>(LOAD_BALANCER, {
  create(aws, properties, request) {
    refuseProperties(LOAD_BALANCER, properties, LOAD_BALANCER_PROPERTIES);
    const { Type, Scheme, Subnets, SubnetMappings, SecurityGroups, IpAddressType } = properties;
    const Name = properties.Name ?? request.physicalName(32);
    const Tags = [...(properties.Tags ?? []), ...request.tags];
    const made = aws.elbv2.CreateLoadBalancer({ Name, Type, Scheme, Subnets, SubnetMappings, SecurityGroups, IpAddressType, Tags });
    const arn = made.LoadBalancers?.[0]?.LoadBalancerArn ?? "";
    setLoadBalancerAttributes(aws, arn, properties.LoadBalancerAttributes);
    return arn;
  },

  update(aws, arn, next, previous, request) {
    refuseProperties(LOAD_BALANCER, next, LOAD_BALANCER_PROPERTIES);
    const subnets = (of: LoadBalancerProperties): string => JSON.stringify([of.Subnets, of.SubnetMappings]);
    if (subnets(next) !== subnets(previous)) aws.elbv2.SetSubnets({ LoadBalancerArn: arn, Subnets: next.Subnets, SubnetMappings: next.SubnetMappings });
    if (next.SecurityGroups && JSON.stringify(next.SecurityGroups) !== JSON.stringify(previous.SecurityGroups)) {
      aws.elbv2.SetSecurityGroups({ LoadBalancerArn: arn, SecurityGroups: next.SecurityGroups });
    }
    setLoadBalancerAttributes(aws, arn, next.LoadBalancerAttributes);
    replaceTags(aws, arn, [...(next.Tags ?? []), ...request.tags]);
  },

  delete(aws, arn) {
    aws.elbv2.DeleteLoadBalancer({ LoadBalancerArn: arn });
  },

  settled: (aws, arn) => aws.elbv2.DescribeLoadBalancers({ LoadBalancerArns: [arn] }).LoadBalancers?.[0]?.State?.Code === "active",

  // Its interfaces keep the subnets and security groups in use until they are gone.
  gone(aws, arn) {
    const left = aws.ec2.DescribeNetworkInterfaces({ Filters: [{ Name: "description", Values: [`ELB ${shortName(arn)}`] }] });
    return (left.NetworkInterfaces ?? []).length === 0;
  },

  attributes(aws, arn) {
    const found = aws.elbv2.DescribeLoadBalancers({ LoadBalancerArns: [arn] }).LoadBalancers?.[0];
    return {
      LoadBalancerArn: arn,
      DNSName: found?.DNSName,
      CanonicalHostedZoneID: found?.CanonicalHostedZoneId,
      LoadBalancerFullName: shortName(arn),
      LoadBalancerName: found?.LoadBalancerName,
      SecurityGroups: found?.SecurityGroups,
    };
  },
});

interface TargetGroupProperties {
  readonly Name?: string;
  readonly Protocol?: Elbv2Types.ProtocolEnum;
  readonly ProtocolVersion?: string;
  readonly Port?: number;
  readonly VpcId?: string;
  readonly TargetType?: Elbv2Types.TargetTypeEnum;
  readonly IpAddressType?: Elbv2Types.TargetGroupIpAddressTypeEnum;
  readonly HealthCheckEnabled?: boolean;
  readonly HealthCheckProtocol?: Elbv2Types.ProtocolEnum;
  readonly HealthCheckPort?: string;
  readonly HealthCheckPath?: string;
  readonly HealthCheckIntervalSeconds?: number;
  readonly HealthCheckTimeoutSeconds?: number;
  readonly HealthyThresholdCount?: number;
  readonly UnhealthyThresholdCount?: number;
  readonly Matcher?: Elbv2Types.Matcher;
  readonly TargetGroupAttributes?: KeyValues;
  readonly Targets?: readonly Elbv2Types.TargetDescription[];
  readonly Tags?: TagList;
}

export const targetGroup = resource<TargetGroupProperties>("AWS::ElasticLoadBalancingV2::TargetGroup", {
  create(aws, properties, request) {
    const { TargetGroupAttributes: attributes, Targets: targets, Tags: tags, ...rest } = properties;
    const Tags = [...(tags ?? []), ...request.tags];
    const made = aws.elbv2.CreateTargetGroup({ ...rest, Name: properties.Name ?? request.physicalName(32), Tags });
    const arn = made.TargetGroups?.[0]?.TargetGroupArn ?? "";
    if (attributes?.length) aws.elbv2.ModifyTargetGroupAttributes({ TargetGroupArn: arn, Attributes: attributes });
    if (targets?.length) aws.elbv2.RegisterTargets({ TargetGroupArn: arn, Targets: targets });
    return arn;
  },

  update(aws, arn, next, previous, request) {
    aws.elbv2.ModifyTargetGroup({
      TargetGroupArn: arn,
      HealthCheckEnabled: next.HealthCheckEnabled,
      HealthCheckProtocol: next.HealthCheckProtocol,
      HealthCheckPort: next.HealthCheckPort,
      HealthCheckPath: next.HealthCheckPath,
      HealthCheckIntervalSeconds: next.HealthCheckIntervalSeconds,
      HealthCheckTimeoutSeconds: next.HealthCheckTimeoutSeconds,
      HealthyThresholdCount: next.HealthyThresholdCount,
      UnhealthyThresholdCount: next.UnhealthyThresholdCount,
      Matcher: next.Matcher,
    });
    if (next.TargetGroupAttributes?.length) aws.elbv2.ModifyTargetGroupAttributes({ TargetGroupArn: arn, Attributes: next.TargetGroupAttributes });
    const key = ({ Id, Port }: Elbv2Types.TargetDescription): string => `${Id}:${Port ?? ""}`;
    const wanted = new Set((next.Targets ?? []).map(key));
    const leaving = (previous.Targets ?? []).filter((target) => !wanted.has(key(target)));
    if (leaving.length > 0) unlessGone(() => aws.elbv2.DeregisterTargets({ TargetGroupArn: arn, Targets: leaving }));
    if (next.Targets?.length) aws.elbv2.RegisterTargets({ TargetGroupArn: arn, Targets: next.Targets });
    replaceTags(aws, arn, [...(next.Tags ?? []), ...request.tags]);
  },

  delete(aws, arn) {
    unlessGone(() => aws.elbv2.DeleteTargetGroup({ TargetGroupArn: arn }));
  },

  attributes(aws, arn) {
    const found = aws.elbv2.DescribeTargetGroups({ TargetGroupArns: [arn] }).TargetGroups?.[0];
    return { TargetGroupArn: arn, TargetGroupName: found?.TargetGroupName, TargetGroupFullName: shortName(arn), LoadBalancerArns: found?.LoadBalancerArns };
  },
});

function setLoadBalancerAttributes(aws: Aws, arn: string, attributes: KeyValues | undefined): void {
  if (attributes?.length) aws.elbv2.ModifyLoadBalancerAttributes({ LoadBalancerArn: arn, Attributes: attributes });
}

function replaceTags(aws: Aws, arn: string, wanted: TagList): void {
  const now = aws.elbv2.DescribeTags({ ResourceArns: [arn] }).TagDescriptions?.[0]?.Tags ?? [];
  const leaving = now.filter((tag) => !wanted.some(({ Key }) => Key === tag.Key)).map(({ Key }) => Key);
  if (leaving.length > 0) aws.elbv2.RemoveTags({ ResourceArns: [arn], TagKeys: leaving });
  if (wanted.length > 0) aws.elbv2.AddTags({ ResourceArns: [arn], Tags: wanted });
}
