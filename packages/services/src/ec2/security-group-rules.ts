import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { invalidCombination, invalidValue, missingParameter, notFound, unsupported } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { need } from "./lookup.js";
import { checkedPeerGroup, checkedRange, checkedRuleDescription, protocolAndPorts, ruleText, rulesOf, sameRule, type PermissionRequest, type RuleSpec } from "./permissions.js";
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
    authorize: allows("AuthorizeSecurityGroupIngress", (input) => [["security-group", input.GroupId]]),
    handle: (ctx, input) => authorize(ctx, "AuthorizeSecurityGroupIngress", input, false),
  },
  AuthorizeSecurityGroupEgress: {
    authorize: allows("AuthorizeSecurityGroupEgress", (input) => [["security-group", input.GroupId]]),
    handle: (ctx, input) => authorize(ctx, "AuthorizeSecurityGroupEgress", input, true),
  },
  RevokeSecurityGroupIngress: {
    authorize: allows("RevokeSecurityGroupIngress", (input) => [["security-group", input.GroupId]]),
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
      ctx.db(securityGroups).put({ ...group, rules });
      return { Return: true };
    },
  },

  DescribeSecurityGroupRules: {
    authorize: onEverything("ec2:DescribeSecurityGroupRules"),
    handle(ctx, input) {
      const all = ctx.db(securityGroups).list().flatMap((group) => group.rules.map((rule) => ({ group, rule })));
      const missing = input.SecurityGroupRuleIds?.find((id) => !all.some(({ rule }) => rule.id === id));
      if (missing !== undefined) throw notFound("securityGroupRule", missing);
      const asked = input.SecurityGroupRuleIds?.length ? all.filter(({ rule }) => input.SecurityGroupRuleIds!.includes(rule.id)) : all;
      const page = paginate(select(ctx.db, asked, input.Filters, RULE_FILTERS, ({ rule }) => rule.id), input);
      return { SecurityGroupRules: page.items.map(({ group, rule }) => described(ctx, group, rule)), NextToken: page.nextToken };
    },
  },
});

const RULE_FILTERS: FilterTable<{ readonly group: SecurityGroup; readonly rule: SecurityGroupRule }> = {
  "group-id": ({ group }) => group.id,
  "security-group-rule-id": ({ rule }) => rule.id,
};

function authorize(ctx: Context, operation: string, input: Authorize, egress: boolean): Ec2Types.AuthorizeSecurityGroupIngressResult {
  checkTagSpecifications(input.TagSpecifications, ["security-group-rule"]);
  const group = groupOf(ctx.db, input);
  const added: SecurityGroupRule[] = [];
  for (const spec of rulesOf(ctx.db, operation, group, input)) {
    if (added.some((other) => sameRule(other, spec))) throw invalidValue("The same permission must not appear multiple times");
    refuseDuplicate(group.rules, spec, egress);
    added.push({ id: ctx.ids.aws("sgr"), egress, ...spec });
  }
  const rules = [...group.rules, ...added];
  if (rules.filter((r) => r.egress === egress).length > MOST_RULES) {
    throw new AwsError("RulesPerSecurityGroupLimitExceeded", `The maximum number of rules per security group has been reached: ${MOST_RULES}.`);
  }
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
    : rulesOf(ctx.db, operation, group, input).map((spec) => {
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
      ReferencedGroupId: rule.peer.kind === "group" ? rule.peer.id : undefined,
      Description: rule.description,
    })),
  };
}

function refuseDuplicate(rules: readonly SecurityGroupRule[], spec: RuleSpec, egress: boolean): void {
  if (!rules.some((r) => r.egress === egress && sameRule(r, spec))) return;
  throw new AwsError("InvalidPermission.Duplicate", `the specified rule "${ruleText(spec)}" already exists`);
}

/** A rule as ModifySecurityGroupRules gives it: whole, with one peer. */
function specOf(ctx: Context, group: SecurityGroup, asked: Ec2Types.SecurityGroupRuleRequest): RuleSpec {
  if (asked.CidrIpv6) throw unsupported("ModifySecurityGroupRules", "CidrIpv6");
  if (asked.PrefixListId) throw unsupported("ModifySecurityGroupRules", "PrefixListId");
  if (!asked.CidrIpv4 === !asked.ReferencedGroupId) throw invalidCombination("A rule must have exactly one of CidrIpv4 and ReferencedGroupId.");
  return {
    ...protocolAndPorts(asked),
    peer: asked.CidrIpv4
      ? { kind: "cidr", cidr: checkedRange(asked.CidrIpv4) }
      : { kind: "group", id: checkedPeerGroup(ctx.db, group, asked.ReferencedGroupId!) },
    description: checkedRuleDescription(asked.Description),
  };
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
    ReferencedGroupInfo: rule.peer.kind === "group" ? { GroupId: rule.peer.id, UserId: ctx.account, VpcId: group.vpcId } : undefined,
    Description: rule.description,
    Tags: tagsOf(ctx.db, rule.id),
  };
}
