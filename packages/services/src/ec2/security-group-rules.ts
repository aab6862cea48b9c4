import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { invalidCombination, invalidValue, missingParameter, notFound, unsupported } from "./errors.js";
import { paginateBy, select, type FilterTable } from "./filters.js";
import { need } from "./lookup.js";
import { checkedPeerGroup, checkedRange, checkedRuleDescription, groupPair, protocolAndPorts, ruleText, rulesOf, sameRule, type PermissionRequest, type RuleSpec } from "./permissions.js";
import { needPrefixList, prefixListWeight } from "./prefix-lists.js";
import { groupOf } from "./security-groups.js";
import { securityGroups, type SecurityGroup, type SecurityGroupRule } from "./state.js";
import { computeArn } from "./taggable.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";

/** For each direction: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html */
const MOST_RULES = 60;

type Authorize = PermissionRequest & { readonly GroupId?: string | undefined; readonly GroupName?: string | undefined; readonly TagSpecifications?: readonly Ec2Types.TagSpecification[] | undefined };
type Revoke = PermissionRequest & { readonly GroupId?: string | undefined; readonly GroupName?: string | undefined; readonly SecurityGroupRuleIds?: readonly string[] | undefined };

export const securityGroupRuleOperations = operations(Ec2, {
  AuthorizeSecurityGroupIngress: {
    authorize: allows("AuthorizeSecurityGroupIngress", (input) => [["security-group", input.GroupId, input.GroupName]]),
    handle: (ctx, input) => authorize(ctx, "AuthorizeSecurityGroupIngress", input, false),
  },
  AuthorizeSecurityGroupEgress: {
    authorize: allows("AuthorizeSecurityGroupEgress", (input) => [["security-group", input.GroupId]]),
    handle: (ctx, input) => authorize(ctx, "AuthorizeSecurityGroupEgress", input, true),
  },
  RevokeSecurityGroupIngress: {
    authorize: allows("RevokeSecurityGroupIngress", (input) => [["security-group", input.GroupId, input.GroupName]]),
    handle: (ctx, input) => revoke(ctx, "RevokeSecurityGroupIngress", input, false),
  },
  RevokeSecurityGroupEgress: {
    authorize: allows("RevokeSecurityGroupEgress", (input) => [["security-group", input.GroupId]]),
    handle: (ctx, input) => revoke(ctx, "RevokeSecurityGroupEgress", input, true),
  },

  ModifySecurityGroupRules: {
    authorize: allows("ModifySecurityGroupRules", (input) => [["security-group", input.GroupId]]),
    handle(ctx, input) {
      const group = need(ctx.db, securityGroups, "securityGroup", input.GroupId, "groupId");
      if (input.SecurityGroupRules.length === 0) throw missingParameter("SecurityGroupRule");
      const rules = [...group.rules];
      for (const update of input.SecurityGroupRules) {
        const index = rules.findIndex((r) => r.id === update.SecurityGroupRuleId);
        if (index < 0) throw notFound("securityGroupRule", update.SecurityGroupRuleId);
        const changed = { ...rules[index]!, ...specOf(ctx, group, update.SecurityGroupRule ?? {}) };
        refuseDuplicate(rules.filter((_, i) => i !== index), changed, changed.egress);
        rules[index] = changed;
      }
      for (const egress of [false, true]) refuseTooMany(ctx, rules, egress);
      ctx.db(securityGroups).put({ ...group, rules });
      return { Return: true };
    },
  },

  DescribeSecurityGroupRules: {
    authorize: onEverything("ec2:DescribeSecurityGroupRules"),
    handle(ctx, input) {
      const asked = input.SecurityGroupRuleIds?.length
        ? [...new Set(input.SecurityGroupRuleIds)].map((id) => ruleById(ctx, id))
        : groupsAsked(ctx, input.Filters).flatMap((group) => group.rules.map((rule) => ({ group, rule })));
      const page = paginateBy(select(ctx.db, asked, input.Filters, RULE_FILTERS, ({ rule }) => rule.id), input, ({ rule }) => rule.id);
      return { SecurityGroupRules: page.items.map(({ group, rule }) => described(ctx, group, rule)), NextToken: page.nextToken };
    },
  },
});

interface RuleOfGroup {
  readonly group: SecurityGroup;
  readonly rule: SecurityGroupRule;
}

function ruleById(ctx: Context, id: string): RuleOfGroup {
  const [group] = ctx.db(securityGroups).where("rule", id);
  if (!group) throw notFound("securityGroupRule", id);
  return { group, rule: group.rules.find((rule) => rule.id === id)! };
}

/** The usual question is for the rules of one group, which need not look at all the others. */
function groupsAsked(ctx: Context, filters: readonly Ec2Types.Filter[] | undefined): readonly SecurityGroup[] {
  const ids = filters?.find((filter) => filter.Name === "group-id")?.Values;
  if (!ids || ids.some((id) => /[*?\\]/.test(id))) return ctx.db(securityGroups).list();
  return [...new Set(ids)].flatMap((id) => ctx.db(securityGroups).get(id) ?? []);
}

const RULE_FILTERS: FilterTable<RuleOfGroup> = {
  "group-id": ({ group }) => group.id,
  "security-group-rule-id": ({ rule }) => rule.id,
};

function authorize(ctx: Context, operation: string, input: Authorize, egress: boolean): Ec2Types.AuthorizeSecurityGroupIngressResult {
  checkTagSpecifications(input.TagSpecifications, ["security-group-rule"]);
  const group = groupOf(ctx.db, input);
  const added: SecurityGroupRule[] = [];
  for (const spec of rulesOf(ctx, operation, group, input)) {
    if (added.some((other) => sameRule(other, spec))) throw invalidValue("The same permission must not appear multiple times");
    refuseDuplicate(group.rules, spec, egress);
    added.push({ id: ctx.ids.aws("sgr"), egress, ...spec });
  }
  const rules = [...group.rules, ...added];
  refuseTooMany(ctx, rules, egress);
  ctx.db(securityGroups).put({ ...group, rules });
  for (const rule of added) putTags(ctx, "security-group-rule", rule.id, input.TagSpecifications);
  return { Return: true, SecurityGroupRules: added.map((rule) => described(ctx, group, rule)) };
}

/** In a VPC, a rule that isn't there is an error: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html */
function revoke(ctx: Context, operation: string, input: Revoke, egress: boolean): Ec2Types.RevokeSecurityGroupIngressResult {
  const group = groupOf(ctx.db, input);
  const direction = group.rules.filter((r) => r.egress === egress);
  const leaving = input.SecurityGroupRuleIds?.length
    ? input.SecurityGroupRuleIds.map((id) => {
        const found = direction.find((r) => r.id === id);
        if (!found) throw notFound("securityGroupRule", id);
        return found;
      })
    : rulesOf(ctx, operation, group, input).map((spec) => {
        const found = direction.find((r) => sameRule(r, spec));
        if (!found) throw new AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
        return found;
      });
  ctx.db(securityGroups).put({ ...group, rules: group.rules.filter((r) => !leaving.includes(r)) });
  for (const rule of leaving) dropTags(ctx.db, rule.id);
  return {
    Return: true,
    UnknownIpPermissions: [],
    RevokedSecurityGroupRules: leaving.map((rule) => ({
      SecurityGroupRuleId: rule.id,
      GroupId: group.id,
      IsEgress: rule.egress,
      IpProtocol: rule.protocol,
      FromPort: rule.from ?? -1,
      ToPort: rule.to ?? -1,
      CidrIpv4: rule.peer.kind === "cidr" ? rule.peer.cidr : undefined,
      PrefixListId: rule.peer.kind === "prefix-list" ? rule.peer.id : undefined,
      ReferencedGroupId: rule.peer.kind === "group" ? rule.peer.id : undefined,
      Description: rule.description,
    })),
  };
}

/** A rule for a prefix list counts as many as the list may have entries. */
function refuseTooMany(ctx: Context, rules: readonly SecurityGroupRule[], egress: boolean): void {
  const weights = rules.filter((r) => r.egress === egress).map((r) => (r.peer.kind === "prefix-list" ? prefixListWeight(ctx.db, r.peer.id) : 1));
  if (weights.reduce((sum, weight) => sum + weight, 0) > MOST_RULES) {
    throw new AwsError("RulesPerSecurityGroupLimitExceeded", `The maximum number of rules per security group has been reached: ${MOST_RULES}.`);
  }
}

function refuseDuplicate(rules: readonly SecurityGroupRule[], spec: RuleSpec, egress: boolean): void {
  if (!rules.some((r) => r.egress === egress && sameRule(r, spec))) return;
  throw new AwsError("InvalidPermission.Duplicate", `the specified rule "${ruleText(spec)}" already exists`);
}

/** A rule as ModifySecurityGroupRules gives it: whole, with one peer. */
function specOf(ctx: Context, group: SecurityGroup, asked: Ec2Types.SecurityGroupRuleRequest): RuleSpec {
  if (asked.CidrIpv6) throw unsupported("ModifySecurityGroupRules", "CidrIpv6");
  const given = [asked.CidrIpv4, asked.ReferencedGroupId, asked.PrefixListId].filter(Boolean);
  if (given.length !== 1) throw invalidCombination("A rule must have exactly one of CidrIpv4, ReferencedGroupId and PrefixListId.");
  return {
    ...protocolAndPorts(asked),
    peer: peerOf(ctx, group, asked),
    description: checkedRuleDescription(asked.Description),
  };
}

function peerOf(ctx: Context, group: SecurityGroup, asked: Ec2Types.SecurityGroupRuleRequest): RuleSpec["peer"] {
  if (asked.CidrIpv4) return { kind: "cidr", cidr: checkedRange(asked.CidrIpv4) };
  if (asked.PrefixListId) return { kind: "prefix-list", id: needPrefixList(ctx, asked.PrefixListId) };
  return checkedPeerGroup(ctx, group, asked.ReferencedGroupId!);
}

function described(ctx: Context, group: SecurityGroup, rule: SecurityGroupRule): Ec2Types.SecurityGroupRule {
  return {
    SecurityGroupRuleId: rule.id,
    SecurityGroupRuleArn: computeArn(ctx, "security-group-rule", rule.id),
    GroupId: group.id,
    GroupOwnerId: ctx.account,
    IsEgress: rule.egress,
    IpProtocol: rule.protocol,
    FromPort: rule.from ?? -1,
    ToPort: rule.to ?? -1,
    CidrIpv4: rule.peer.kind === "cidr" ? rule.peer.cidr : undefined,
    PrefixListId: rule.peer.kind === "prefix-list" ? rule.peer.id : undefined,
    ReferencedGroupInfo: rule.peer.kind === "group" ? { VpcId: group.vpcId, ...groupPair(rule.peer, ctx.account) } : undefined,
    Description: rule.description,
    Tags: tagsOf(ctx.db, rule.id),
  };
}
