/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_EC2.html: security groups and their rules. */
import { AwsError } from "@hakoniwa/kernel";
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import { resourceType } from "../resource-type.js";
import { unlessGone } from "../unless-gone.js";
import { tagsFor, updateTags } from "./cfn-tags.js";
import { cidrAs } from "./cfn-words.js";
import { protocolAndPorts } from "./permissions.js";

interface RuleProperties {
  readonly IpProtocol: string;
  readonly FromPort?: number;
  readonly ToPort?: number;
  readonly CidrIp?: string;
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

const RULE = ["IpProtocol", "FromPort", "ToPort", "CidrIp", "Description"];
const INGRESS = [...RULE, "SourceSecurityGroupId", "SourceSecurityGroupName", "SourceSecurityGroupOwnerId", "SourcePrefixListId"];
const EGRESS = [...RULE, "DestinationSecurityGroupId", "DestinationPrefixListId"];
const below = (property: string, members: readonly string[]): readonly string[] => members.map((member) => `${property}.${member}`);
const GROUP = ["GroupDescription", "GroupName", "VpcId", ...below("SecurityGroupIngress", INGRESS), ...below("SecurityGroupEgress", EGRESS), "Tags"];

export const securityGroup = resourceType<GroupProperties>("AWS::EC2::SecurityGroup", GROUP, {
  customName: "GroupName",
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
  read(aws, id, given) {
    const found = unlessGone(() => aws.ec2.DescribeSecurityGroups({ GroupIds: [id] }))?.SecurityGroups?.[0];
    if (!found) return undefined;
    // Rules that are resources of their own, in whatever stack, are not the group's.
    const own = rulesOf(aws, id).filter((rule) => !isResource(aws, rule.SecurityGroupRuleId!));
    const of = (IsEgress: boolean, wanted: readonly RuleProperties[] | undefined): readonly RuleProperties[] =>
      own.filter((rule) => rule.IsEgress === IsEgress).map((rule) => wanted?.find((each) => isSame(aws, each, rule)) ?? readRule(rule));
    return {
      GroupDescription: found.Description!,
      GroupName: found.GroupName!,
      VpcId: found.VpcId!,
      SecurityGroupIngress: of(false, given.SecurityGroupIngress),
      SecurityGroupEgress: of(true, given.SecurityGroupEgress),
      Tags: found.Tags ?? [],
    };
  },
  attributes(aws, id) {
    const found = aws.ec2.DescribeSecurityGroups({ GroupIds: [id] }).SecurityGroups![0]!;
    return { GroupId: id, Id: id, VpcId: found.VpcId };
  },
  delete: (aws, GroupId) => unlessGone(() => aws.ec2.DeleteSecurityGroup({ GroupId })),
});

type StandaloneProperties = RuleProperties & { readonly GroupId?: string; readonly GroupName?: string };

export const securityGroupIngress = resourceType<StandaloneProperties>("AWS::EC2::SecurityGroupIngress", ["GroupId", "GroupName", ...INGRESS], {
  create: (aws, p) =>
    aws.ec2.AuthorizeSecurityGroupIngress({ GroupId: p.GroupId, GroupName: p.GroupName, IpPermissions: [permission(p)] }).SecurityGroupRules![0]!.SecurityGroupRuleId!,
  update: (aws, id, next) => modifyRule(aws, id, next),
  read: readStandalone,
  attributes: (_aws, Id) => ({ Id }),
  delete: (aws, id, p) => unlessGone(() => aws.ec2.RevokeSecurityGroupIngress({ GroupId: p.GroupId, GroupName: p.GroupName, SecurityGroupRuleIds: [id] })),
});

export const securityGroupEgress = resourceType<StandaloneProperties & { readonly GroupId: string }>("AWS::EC2::SecurityGroupEgress", ["GroupId", ...EGRESS], {
  create: (aws, p) => aws.ec2.AuthorizeSecurityGroupEgress({ GroupId: p.GroupId, IpPermissions: [permission(p)] }).SecurityGroupRules![0]!.SecurityGroupRuleId!,
  update: (aws, id, next) => modifyRule(aws, id, next),
  read: readStandalone,
  attributes: (_aws, Id) => ({ Id }),
  delete: (aws, id, p) => unlessGone(() => aws.ec2.RevokeSecurityGroupEgress({ GroupId: p.GroupId, SecurityGroupRuleIds: [id] })),
});

function readStandalone<P extends StandaloneProperties>(aws: Aws, id: string, given: P): P | undefined {
  const rule = unlessGone(() => aws.ec2.DescribeSecurityGroupRules({ SecurityGroupRuleIds: [id] }))?.SecurityGroupRules?.[0];
  if (!rule) return undefined;
  if (isSame(aws, given, rule)) return given;
  const group = given.GroupName === undefined ? { GroupId: rule.GroupId! } : { GroupName: given.GroupName };
  return { ...group, ...readRule(rule) } as unknown as P;
}

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
  // One that somebody took away already is no failure.
  for (const rule of leaving) unlessGone(() => aws.ec2[`RevokeSecurityGroup${direction}`]({ GroupId, IpPermissions: [permission(rule)] }));
  if (coming.length > 0) aws.ec2[`AuthorizeSecurityGroup${direction}`]({ GroupId, IpPermissions: coming.map(permission) });
}

function permission(rule: RuleProperties): Ec2Types.IpPermission {
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

function rulesOf(aws: Aws, groupId: string): readonly Ec2Types.SecurityGroupRule[] {
  return aws.ec2.DescribeSecurityGroupRules({ Filters: [{ Name: "group-id", Values: [groupId] }] }).SecurityGroupRules ?? [];
}

/** Whether a rule is some stack's `AWS::EC2::SecurityGroupIngress` or `…Egress`. */
function isResource(aws: Aws, ruleId: string): boolean {
  try {
    return (aws.cloudformation.DescribeStackResources({ PhysicalResourceId: ruleId }).StackResources ?? []).length > 0;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}

/** Whether a rule is as the template has it, whose protocol may be a number and whose range may have host bits. */
function isSame(aws: Aws, wanted: RuleProperties, live: Ec2Types.SecurityGroupRule): boolean {
  const { protocol, from, to } = protocolAndPorts(wanted);
  const group = wanted.SourceSecurityGroupId ?? wanted.DestinationSecurityGroupId ?? groupNamed(aws, wanted, live);
  return (
    protocol === live.IpProtocol &&
    (from ?? -1) === live.FromPort &&
    (to ?? -1) === live.ToPort &&
    (wanted.CidrIp === undefined ? undefined : cidrAs(wanted.CidrIp, live.CidrIpv4 ?? "")) === (live.CidrIpv4 === undefined ? undefined : cidrAs(wanted.CidrIp, live.CidrIpv4)) &&
    group === live.ReferencedGroupInfo?.GroupId &&
    (wanted.SourcePrefixListId ?? wanted.DestinationPrefixListId) === live.PrefixListId &&
    (wanted.Description ?? "") === (live.Description ?? "")
  );
}

function groupNamed(aws: Aws, { SourceSecurityGroupName: name }: RuleProperties, live: Ec2Types.SecurityGroupRule): string | undefined {
  const id = live.ReferencedGroupInfo?.GroupId;
  if (name === undefined || id === undefined) return undefined;
  return unlessGone(() => aws.ec2.DescribeSecurityGroups({ GroupIds: [id] }))?.SecurityGroups?.[0]?.GroupName === name ? id : undefined;
}

function readRule(live: Ec2Types.SecurityGroupRule): RuleProperties {
  const group = live.ReferencedGroupInfo;
  const side = live.IsEgress ? "Destination" : "Source";
  return {
    IpProtocol: live.IpProtocol!,
    FromPort: live.FromPort!,
    ToPort: live.ToPort!,
    ...(live.CidrIpv4 === undefined ? {} : { CidrIp: live.CidrIpv4 }),
    ...(group?.GroupId === undefined ? {} : { [`${side}SecurityGroupId`]: group.GroupId }),
    ...(live.PrefixListId === undefined ? {} : { [`${side}PrefixListId`]: live.PrefixListId }),
    ...(live.Description === undefined ? {} : { Description: live.Description }),
  };
}
