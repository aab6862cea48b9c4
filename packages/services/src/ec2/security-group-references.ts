/** What refers to security groups across VPCs, and the descriptions of their rules. */
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { missingParameter, notFound } from "./errors.js";
import { paginate, select } from "./filters.js";
import { need } from "./lookup.js";
import { activePeer, findPeering, peeringState } from "./peering-state.js";
import { checkedRuleDescription, groupPair, rulesOf, sameRule } from "./permissions.js";
import { groupOf } from "./security-groups.js";
import { securityGroups, vpcs, type SecurityGroup, type SecurityGroupRule } from "./state.js";
import { tagsOf } from "./tags.js";

export const securityGroupReferenceOperations = operations(Ec2, {
  UpdateSecurityGroupRuleDescriptionsIngress: {
    authorize: allows("UpdateSecurityGroupRuleDescriptionsIngress", (input) => [["security-group", input.GroupId, input.GroupName]]),
    handle: (ctx, input) => updateDescriptions(ctx, "UpdateSecurityGroupRuleDescriptionsIngress", input, false),
  },
  UpdateSecurityGroupRuleDescriptionsEgress: {
    authorize: allows("UpdateSecurityGroupRuleDescriptionsEgress", (input) => [["security-group", input.GroupId, input.GroupName]]),
    handle: (ctx, input) => updateDescriptions(ctx, "UpdateSecurityGroupRuleDescriptionsEgress", input, true),
  },

  /** Only references from other VPCs count. */
  DescribeSecurityGroupReferences: {
    authorize: onEverything("ec2:DescribeSecurityGroupReferences"),
    handle(ctx, input) {
      if (input.GroupId.length === 0) throw missingParameter("groupId");
      const SecurityGroupReferenceSet = input.GroupId.flatMap((id) => {
        const group = need(ctx.db, securityGroups, "securityGroup", id, "groupId");
        const connections = ctx.db(securityGroups).where("referenced", id).filter((other) => other.vpcId !== group.vpcId).flatMap((other) =>
          other.rules.flatMap(({ peer }) => (peer.kind === "group" && peer.id === id && peer.peered ? [[other.vpcId, peer.peered.connectionId] as const] : [])),
        );
        return [...new Map(connections.map((each) => [each.join(), each])).values()].map(([ReferencingVpcId, VpcPeeringConnectionId]) => ({ GroupId: id, ReferencingVpcId, VpcPeeringConnectionId }));
      });
      return { SecurityGroupReferenceSet };
    },
  },

  DescribeStaleSecurityGroups: {
    authorize: allows("DescribeStaleSecurityGroups", (input) => [["vpc", input.VpcId]]),
    handle(ctx, input) {
      const vpc = need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId");
      const stale = ctx.db(securityGroups).where("vpc", vpc.id).filter((group) => group.rules.some((rule) => isStale(ctx, group, rule)));
      const page = paginate(stale, input, 5, 255);
      return { StaleSecurityGroupSet: page.items.map((group) => describedStale(ctx, group)), NextToken: page.nextToken };
    },
  },

  GetSecurityGroupsForVpc: {
    authorize: allows("GetSecurityGroupsForVpc", (input) => [["vpc", input.VpcId]]),
    handle(ctx, input) {
      const vpc = need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId");
      const found = select(ctx.db, ctx.db(securityGroups).where("vpc", vpc.id), input.Filters, {
        description: (g) => g.description,
        "group-id": (g) => g.id,
        "group-name": (g) => g.name,
        "owner-id": () => ctx.account,
        "primary-vpc-id": (g) => g.vpcId,
      }, (g) => g.id);
      const page = paginate(found, input);
      const SecurityGroupForVpcs = page.items.map((g) => ({ GroupId: g.id, GroupName: g.name, Description: g.description, OwnerId: ctx.account, PrimaryVpcId: g.vpcId, Tags: tagsOf(ctx.db, g.id) }));
      return { SecurityGroupForVpcs, NextToken: page.nextToken };
    },
  },
});

type UpdateRequest = Ec2Types.UpdateSecurityGroupRuleDescriptionsIngressRequest | Ec2Types.UpdateSecurityGroupRuleDescriptionsEgressRequest;

function updateDescriptions(ctx: Context, operation: string, input: UpdateRequest, egress: boolean): { readonly Return: boolean } {
  const group = groupOf(ctx.db, input);
  const byId = new Map((input.SecurityGroupRuleDescriptions ?? []).map((each) => [each.SecurityGroupRuleId ?? "", checkedRuleDescription(each.Description)]));
  const missing = [...byId.keys()].find((id) => !group.rules.some((rule) => rule.id === id && rule.egress === egress));
  if (missing !== undefined) throw notFound("securityGroupRule", missing);
  if (byId.size === 0 && !input.IpPermissions?.length) throw missingParameter("ipPermissions or securityGroupRuleDescriptions");
  const wanted = input.IpPermissions?.length ? rulesOf(ctx, operation, group, input) : [];
  for (const spec of wanted) {
    if (!group.rules.some((rule) => rule.egress === egress && sameRule(rule, spec))) {
      throw new AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
    }
  }
  const rules = group.rules.map((rule) => {
    if (rule.egress !== egress) return rule;
    if (byId.has(rule.id)) return { ...rule, description: byId.get(rule.id) };
    const spec = wanted.find((each) => sameRule(rule, each));
    return spec ? { ...rule, description: spec.description } : rule;
  });
  ctx.db(securityGroups).put({ ...group, rules });
  return { Return: true };
}

/** The peer's group was deleted, or the connection to its VPC. */
function isStale(ctx: Context, group: SecurityGroup, rule: SecurityGroupRule): boolean {
  const { peer } = rule;
  if (peer.kind !== "group" || !peer.peered) return false;
  return !ctx.db(securityGroups).get(peer.id) || !activePeer(ctx.find, peer.peered.connectionId, group.vpcId, ctx.now);
}

function describedStale(ctx: Context, group: SecurityGroup): Ec2Types.StaleSecurityGroup {
  const stale = group.rules.filter((rule) => isStale(ctx, group, rule));
  const shown = (egress: boolean): readonly Ec2Types.StaleIpPermission[] => stale.filter((rule) => rule.egress === egress).map((rule) => describedRule(ctx, rule));
  return { GroupId: group.id, GroupName: group.name, Description: group.description, VpcId: group.vpcId, StaleIpPermissions: shown(false), StaleIpPermissionsEgress: shown(true) };
}

function describedRule(ctx: Context, rule: SecurityGroupRule): Ec2Types.StaleIpPermission {
  const peer = rule.peer as Extract<SecurityGroupRule["peer"], { readonly kind: "group" }>;
  const peering = findPeering(ctx.find, peer.peered!.connectionId);
  const PeeringStatus = peering ? peeringState(peering, ctx.now).code : "deleted";
  return { IpProtocol: rule.protocol, FromPort: rule.from, ToPort: rule.to, IpRanges: [], PrefixListIds: [], UserIdGroupPairs: [{ ...groupPair(peer, ctx.account), PeeringStatus }] };
}
