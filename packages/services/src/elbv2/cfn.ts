/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-loadbalancer.html */
import type { Aws, Elbv2Types } from "@hakoniwa/wire";
import { alreadyExists, resourceType } from "../resource-type.js";
import { withStackTags } from "../stack-tags.js";
import { unlessGone } from "../unless-gone.js";
import { attributesOf } from "./balancer-attributes.js";
import { changedAttributes, namedAttributes, type KeyValues } from "./cfn-attributes.js";
import { replaceTags, tagsOf, type TagList } from "./cfn-tags.js";
import { shortName } from "./names.js";

interface LoadBalancerProperties {
  readonly Name?: string;
  readonly Type?: Elbv2Types.LoadBalancerTypeEnum;
  readonly Scheme?: Elbv2Types.LoadBalancerSchemeEnum;
  readonly Subnets?: readonly string[];
  readonly SubnetMappings?: readonly { readonly SubnetId: string }[];
  readonly SecurityGroups?: readonly string[];
  readonly IpAddressType?: Elbv2Types.IpAddressType;
  readonly LoadBalancerAttributes?: KeyValues;
  readonly Tags?: TagList;
}

const LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const CARRIES = ["Name", "Type", "Scheme", "Subnets", "SubnetMappings.SubnetId", "SecurityGroups", "IpAddressType", "LoadBalancerAttributes", "Tags"];

export const loadBalancer = resourceType<LoadBalancerProperties>(LOAD_BALANCER, CARRIES, {
  customName: "Name",
  create(aws, properties, request) {
    const { Type, Scheme, Subnets, SubnetMappings, SecurityGroups, IpAddressType, LoadBalancerAttributes } = properties;
    const Name = properties.Name ?? request.physicalName(32);
    if (unlessGone(() => aws.elbv2.DescribeLoadBalancers({ Names: [Name] }))) throw alreadyExists(LOAD_BALANCER, Name);
    const made = aws.elbv2.CreateLoadBalancer({ Name, Type, Scheme, Subnets, SubnetMappings, SecurityGroups, IpAddressType, Tags: withStackTags(properties.Tags, request) });
    const arn = made.LoadBalancers?.[0]?.LoadBalancerArn ?? "";
    if (LoadBalancerAttributes?.length) aws.elbv2.ModifyLoadBalancerAttributes({ LoadBalancerArn: arn, Attributes: LoadBalancerAttributes });
    return arn;
  },

  update(aws, arn, next, previous, request) {
    const subnets = (of: LoadBalancerProperties): string => JSON.stringify([of.Subnets, of.SubnetMappings]);
    if (subnets(next) !== subnets(previous)) aws.elbv2.SetSubnets({ LoadBalancerArn: arn, Subnets: next.Subnets, SubnetMappings: next.SubnetMappings });
    if (next.SecurityGroups && JSON.stringify(next.SecurityGroups) !== JSON.stringify(previous.SecurityGroups)) {
      aws.elbv2.SetSecurityGroups({ LoadBalancerArn: arn, SecurityGroups: next.SecurityGroups });
    }
    if (next.IpAddressType !== previous.IpAddressType) aws.elbv2.SetIpAddressType({ LoadBalancerArn: arn, IpAddressType: next.IpAddressType ?? "ipv4" });
    const Attributes = changedAttributes(next.LoadBalancerAttributes, previous.LoadBalancerAttributes, attributesOf({ attributes: {} }));
    if (Attributes.length > 0) aws.elbv2.ModifyLoadBalancerAttributes({ LoadBalancerArn: arn, Attributes });
    replaceTags(aws, arn, withStackTags(next.Tags, request));
  },

  read(aws, arn, given) {
    const found = find(aws, arn);
    if (!found) return undefined;
    const subnets = (found.AvailabilityZones ?? []).map(({ SubnetId = "" }) => SubnetId);
    return {
      Name: found.LoadBalancerName!,
      Type: found.Type!,
      Scheme: found.Scheme!,
      Subnets: subnets,
      SubnetMappings: subnets.map((SubnetId) => ({ SubnetId })),
      SecurityGroups: found.SecurityGroups ?? [],
      IpAddressType: found.IpAddressType!,
      LoadBalancerAttributes: namedAttributes(aws.elbv2.DescribeLoadBalancerAttributes({ LoadBalancerArn: arn }).Attributes ?? [], given.LoadBalancerAttributes),
      Tags: tagsOf(aws, arn),
    };
  },

  delete(aws, arn) {
    aws.elbv2.DeleteLoadBalancer({ LoadBalancerArn: arn });
  },

  settled: (aws, arn) => find(aws, arn)?.State?.Code === "active" || (find(aws, arn) ? false : { failed: `The load balancer ${arn} is gone.` }),

  // Its interfaces keep the subnets and security groups in use until they are gone.
  gone(aws, arn) {
    const left = aws.ec2.DescribeNetworkInterfaces({ Filters: [{ Name: "description", Values: [`ELB ${shortName(arn)}`] }] });
    return (left.NetworkInterfaces ?? []).length === 0;
  },

  attributes(aws, arn) {
    const found = find(aws, arn);
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

function find(aws: Aws, arn: string): Elbv2Types.LoadBalancer | undefined {
  return unlessGone(() => aws.elbv2.DescribeLoadBalancers({ LoadBalancerArns: [arn] }))?.LoadBalancers?.[0];
}
