/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_EC2.html: security groups and their rules. */
import { resource } from "@hakoniwa/cloudformation";
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import { refuseProperties } from "../not-implemented.js";
import { unlessGone } from "../unless-gone.js";
import { tagsFor, updateTags } from "./cfn-tags.js";

interface RuleProperties {
  readonly IpProtocol: string;
  readonly FromPort?: number;
  readonly ToPort?: number;
  readonly CidrIp?: string;
  readonly CidrIpv6?: string;
  readonly Description?: string;
  readonly SourceSecurityGroupId?: string;
  readonly SourceSecurityGroupName?: string;
  readonly SourceSecurityGroupOwnerId?: string;
  readonly SourcePrefixListId?: string;
  readonly DestinationSecurityGroupId?: string;
  readonly DestinationPrefixListId?: string;
}

interface GroupProperties {
  readonly GroupDescription: string;
  readonly GroupName?: string;
  readonly VpcId?: string;
  readonly SecurityGroupIngress?: readonly RuleProperties[];
  readonly SecurityGroupEgress?: readonly RuleProperties[];
  readonly Tags?: readonly Ec2Types.Tag[];
}

/** What a new group lets out, and what a template that says nothing about egress keeps. */
const ALL_OUT: RuleProperties = { IpProtocol: "-1", CidrIp: "0.0.0.0/0" };

export const securityGroup = resource<GroupProperties>("AWS::EC2::SecurityGroup", {
  create(aws, p, request) {
    const made = aws.ec2.CreateSecurityGroup({
      GroupName: p.GroupName ?? request.physicalName(255),
      Description: p.GroupDescription,
      VpcId: p.VpcId,
      TagSpecifications: tagsFor("security-group", p.Tags, request),
    });
    const id = made.GroupId!;
    replaceRules(aws, id, "Ingress", [], p.SecurityGroupIngress ?? []);
    replaceRules(aws, id, "Egress", [ALL_OUT], egressOf(p));
    return id;
  },
  update(aws, id, next, previous, request) {
    replaceRules(aws, id, "Ingress", previous.SecurityGroupIngress ?? [], next.SecurityGroupIngress ?? []);
    replaceRules(aws, id, "Egress", egressOf(previous), egressOf(next));
    updateTags(aws, id, next.Tags, previous.Tags, request);
  },
  attributes(aws, id) {
    const found = aws.ec2.DescribeSecurityGroups({ GroupIds: [id] }).SecurityGroups![0]!;
    return { GroupId: id, Id: id, VpcId: found.VpcId };
  },
  delete: (aws, GroupId) => unlessGone(() => aws.ec2.DeleteSecurityGroup({ GroupId })),
});

type StandaloneProperties = RuleProperties & { readonly GroupId?: string; readonly GroupName?: string };

export const securityGroupIngress = resource<StandaloneProperties>("AWS::EC2::SecurityGroupIngress", {
  create: (aws, p) =>
    aws.ec2.AuthorizeSecurityGroupIngress({ GroupId: p.GroupId, GroupName: p.GroupName, IpPermissions: [permission(p)] }).SecurityGroupRules![0]!.SecurityGroupRuleId!,
  update: (aws, id, next) => modifyRule(aws, id, next),
  attributes: (_aws, Id) => ({ Id }),
  delete: (aws, id, p) => unlessGone(() => aws.ec2.RevokeSecurityGroupIngress({ GroupId: p.GroupId, GroupName: p.GroupName, SecurityGroupRuleIds: [id] })),
});

export const securityGroupEgress = resource<StandaloneProperties & { readonly GroupId: string }>("AWS::EC2::SecurityGroupEgress", {
  create: (aws, p) => aws.ec2.AuthorizeSecurityGroupEgress({ GroupId: p.GroupId, IpPermissions: [permission(p)] }).SecurityGroupRules![0]!.SecurityGroupRuleId!,
  update: (aws, id, next) => modifyRule(aws, id, next),
  attributes: (_aws, Id) => ({ Id }),
  delete: (aws, id, p) => unlessGone(() => aws.ec2.RevokeSecurityGroupEgress({ GroupId: p.GroupId, SecurityGroupRuleIds: [id] })),
});

/** Only the description of a rule changes in place. */
function modifyRule(aws: Aws, SecurityGroupRuleId: string, next: StandaloneProperties): void {
  const found = aws.ec2.DescribeSecurityGroupRules({ SecurityGroupRuleIds: [SecurityGroupRuleId] }).SecurityGroupRules![0]!;
  aws.ec2.ModifySecurityGroupRules({
    GroupId: found.GroupId!,
    SecurityGroupRules: [
      {
        SecurityGroupRuleId,
        SecurityGroupRule: {
          IpProtocol: found.IpProtocol,
          FromPort: found.FromPort,
          ToPort: found.ToPort,
          CidrIpv4: found.CidrIpv4,
          PrefixListId: found.PrefixListId,
          ReferencedGroupId: found.ReferencedGroupInfo?.GroupId,
          Description: next.Description,
        },
      },
    ],
  });
}

function egressOf(p: GroupProperties): readonly RuleProperties[] {
  return p.SecurityGroupEgress?.length ? p.SecurityGroupEgress : [ALL_OUT];
}

/** Takes away what is no longer wanted and adds what is new; a rule that stays is left alone, with its connections. */
function replaceRules(aws: Aws, GroupId: string, direction: "Ingress" | "Egress", before: readonly RuleProperties[], after: readonly RuleProperties[]): void {
  const text = (rule: RuleProperties): string => JSON.stringify(permission(rule));
  const leaving = before.filter((rule) => !after.some((other) => text(other) === text(rule)));
  const coming = after.filter((rule) => !before.some((other) => text(other) === text(rule)));
  if (leaving.length > 0) aws.ec2[`RevokeSecurityGroup${direction}`]({ GroupId, IpPermissions: leaving.map(permission) });
  if (coming.length > 0) aws.ec2[`AuthorizeSecurityGroup${direction}`]({ GroupId, IpPermissions: coming.map(permission) });
}

function permission(rule: RuleProperties): Ec2Types.IpPermission {
  refuseProperties("AWS::EC2::SecurityGroup", { CidrIpv6: rule.CidrIpv6 }, []);
  const { Description } = rule;
  const PrefixListId = rule.SourcePrefixListId ?? rule.DestinationPrefixListId;
  const GroupId = rule.SourceSecurityGroupId ?? rule.DestinationSecurityGroupId;
  const hasGroup = GroupId !== undefined || rule.SourceSecurityGroupName !== undefined;
  return {
    IpProtocol: rule.IpProtocol,
    FromPort: rule.FromPort,
    ToPort: rule.ToPort,
    PrefixListIds: PrefixListId === undefined ? [] : [{ PrefixListId, Description }],
    IpRanges: rule.CidrIp === undefined ? [] : [{ CidrIp: rule.CidrIp, Description }],
    UserIdGroupPairs: hasGroup ? [{ GroupId, GroupName: rule.SourceSecurityGroupName, UserId: rule.SourceSecurityGroupOwnerId, Description }] : [],
  };
}
