/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-targetgroup.html */
import type { Aws, Elbv2Types } from "@hakoniwa/wire";
import { alreadyExists, resourceType } from "../resource-type.js";
import { withStackTags } from "../stack-tags.js";
import { unlessGone } from "../unless-gone.js";
import { changedAttributes, namedAttributes, type KeyValues } from "./cfn-attributes.js";
import { replaceTags, tagsOf, type TagList } from "./cfn-tags.js";
import { groupAttributesOf } from "./group-attributes.js";
import { startingHealthCheck } from "./health-checks.js";
import { shortName } from "./names.js";

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

const TYPE = "AWS::ElasticLoadBalancingV2::TargetGroup";
const CARRIES = [
  "Name", "Protocol", "ProtocolVersion", "Port", "VpcId", "TargetType", "IpAddressType", "HealthCheckEnabled", "HealthCheckProtocol", "HealthCheckPort", "HealthCheckPath",
  "HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds", "HealthyThresholdCount", "UnhealthyThresholdCount", "Matcher.HttpCode", "TargetGroupAttributes", "Targets.Id", "Targets.Port",
  "Targets.AvailabilityZone", "Tags",
];

export const targetGroup = resourceType<TargetGroupProperties>(TYPE, CARRIES, {
  customName: "Name",
  create(aws, properties, request) {
    const { TargetGroupAttributes: attributes, Targets: targets, Tags: tags, ...rest } = properties;
    const Name = properties.Name ?? request.physicalName(32);
    if (unlessGone(() => aws.elbv2.DescribeTargetGroups({ Names: [Name] }))) throw alreadyExists(TYPE, Name);
    const made = aws.elbv2.CreateTargetGroup({ ...rest, Name, Tags: withStackTags(tags, request) });
    const arn = made.TargetGroups?.[0]?.TargetGroupArn ?? "";
    if (attributes?.length) aws.elbv2.ModifyTargetGroupAttributes({ TargetGroupArn: arn, Attributes: attributes });
    if (targets?.length) aws.elbv2.RegisterTargets({ TargetGroupArn: arn, Targets: targets });
    return arn;
  },

  update(aws, arn, next, previous, request) {
    aws.elbv2.ModifyTargetGroup({ TargetGroupArn: arn, ...healthCheck(next, previous) });
    const Attributes = changedAttributes(next.TargetGroupAttributes, previous.TargetGroupAttributes, groupAttributesOf({ attributes: {} }));
    if (Attributes.length > 0) aws.elbv2.ModifyTargetGroupAttributes({ TargetGroupArn: arn, Attributes });
    const wanted = new Set((next.Targets ?? []).map(keyOf));
    const leaving = (previous.Targets ?? []).filter((target) => !wanted.has(keyOf(target)));
    if (leaving.length > 0) unlessGone(() => aws.elbv2.DeregisterTargets({ TargetGroupArn: arn, Targets: leaving }));
    if (next.Targets?.length) aws.elbv2.RegisterTargets({ TargetGroupArn: arn, Targets: next.Targets });
    replaceTags(aws, arn, withStackTags(next.Tags, request));
  },

  read(aws, arn, given) {
    const found = find(aws, arn);
    if (!found) return undefined;
    const attributes = aws.elbv2.DescribeTargetGroupAttributes({ TargetGroupArn: arn }).Attributes ?? [];
    return {
      Name: found.TargetGroupName!,
      Protocol: found.Protocol!,
      ProtocolVersion: found.ProtocolVersion!,
      Port: found.Port!,
      VpcId: found.VpcId!,
      TargetType: found.TargetType!,
      IpAddressType: found.IpAddressType!,
      HealthCheckEnabled: found.HealthCheckEnabled!,
      HealthCheckProtocol: found.HealthCheckProtocol!,
      HealthCheckPort: found.HealthCheckPort!,
      HealthCheckPath: found.HealthCheckPath!,
      HealthCheckIntervalSeconds: found.HealthCheckIntervalSeconds!,
      HealthCheckTimeoutSeconds: found.HealthCheckTimeoutSeconds!,
      HealthyThresholdCount: found.HealthyThresholdCount!,
      UnhealthyThresholdCount: found.UnhealthyThresholdCount!,
      Matcher: found.Matcher!,
      TargetGroupAttributes: namedAttributes(attributes, given.TargetGroupAttributes),
      Targets: targetsIn(aws, arn, given.Targets ?? [], found.Port),
      Tags: tagsOf(aws, arn),
    };
  },

  delete(aws, arn) {
    unlessGone(() => aws.elbv2.DeleteTargetGroup({ TargetGroupArn: arn }));
  },

  attributes(aws, arn) {
    const found = find(aws, arn);
    return { TargetGroupArn: arn, TargetGroupName: found?.TargetGroupName, TargetGroupFullName: shortName(arn), LoadBalancerArns: found?.LoadBalancerArns };
  },
});

const keyOf = ({ Id, Port }: Elbv2Types.TargetDescription): string => `${Id}:${Port ?? ""}`;

function find(aws: Aws, arn: string): Elbv2Types.TargetGroup | undefined {
  return unlessGone(() => aws.elbv2.DescribeTargetGroups({ TargetGroupArns: [arn] }))?.TargetGroups?.[0];
}

/** What the template gives, and of what it no longer gives the default. */
function healthCheck(next: TargetGroupProperties, previous: TargetGroupProperties): Omit<Elbv2Types.ModifyTargetGroupInput, "TargetGroupArn"> {
  const standard = startingHealthCheck(next.Protocol === "HTTPS" ? "HTTPS" : "HTTP");
  const or = <K extends keyof TargetGroupProperties>(name: K, otherwise: TargetGroupProperties[K]) => next[name] ?? (previous[name] === undefined ? undefined : otherwise);
  return {
    HealthCheckEnabled: next.HealthCheckEnabled,
    HealthCheckProtocol: or("HealthCheckProtocol", standard.protocol),
    HealthCheckPort: or("HealthCheckPort", standard.port),
    HealthCheckPath: or("HealthCheckPath", standard.path),
    HealthCheckIntervalSeconds: or("HealthCheckIntervalSeconds", standard.interval),
    HealthCheckTimeoutSeconds: or("HealthCheckTimeoutSeconds", standard.timeout),
    HealthyThresholdCount: or("HealthyThresholdCount", standard.healthyThreshold),
    UnhealthyThresholdCount: or("UnhealthyThresholdCount", standard.unhealthyThreshold),
    Matcher: or("Matcher", { HttpCode: standard.matcher }),
  };
}

/** Of the template's targets, those that are registered: others, as an Auto Scaling group's, are no drift. */
function targetsIn(aws: Aws, arn: string, given: readonly Elbv2Types.TargetDescription[], standard: number | undefined): readonly Elbv2Types.TargetDescription[] {
  const live = (aws.elbv2.DescribeTargetHealth({ TargetGroupArn: arn }).TargetHealthDescriptions ?? []).filter(({ TargetHealth }) => TargetHealth?.State !== "draining");
  return given.filter(({ Id, Port = standard }) => live.some(({ Target }) => Target?.Id === Id && Target.Port === Port));
}
