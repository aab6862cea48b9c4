import type { Reader } from "@hakoniwa/kernel";
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { cannotDelete, hasDependent, invalidCombination, invalidValue, missingParameter } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { named, need } from "./lookup.js";
import { allTraffic } from "./new-vpc.js";
import { checkGroupText, permissionsOf } from "./permissions.js";
import { networkInterfaces, securityGroups, vpcs, type SecurityGroup, type SecurityGroupRule } from "./state.js";
import { computeArn } from "./taggable.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";

export const securityGroupOperations = operations(Ec2, {
  CreateSecurityGroup: {
    authorize: allows("CreateSecurityGroup", (input) => [["security-group", undefined], ["vpc", input.VpcId]]),
    handle(ctx, input) {
      checkTagSpecifications(input.TagSpecifications, ["security-group"]);
      checkGroupText(input.GroupName, "GroupName");
      checkGroupText(input.Description, "GroupDescription");
      if (input.GroupName.startsWith("sg-")) throw invalidValue(`Invalid security group name '${input.GroupName}'. Group names must not start with 'sg-'.`);
      const vpcId = input.VpcId ? need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId").id : defaultVpc(ctx.db);
      if (input.GroupName.toLowerCase() === "default") {
        throw new AwsError("InvalidGroup.Reserved", `The security group '${input.GroupName}' is reserved`);
      }
      if (groupNamed(ctx.db, vpcId, input.GroupName)) {
        throw new AwsError("InvalidGroup.Duplicate", `The security group '${input.GroupName}' already exists for VPC '${vpcId}'`);
      }
      const group = ctx.db(securityGroups).put({
        id: ctx.ids.aws("sg"),
        vpcId,
        name: input.GroupName,
        description: input.Description,
        rules: [allTraffic(ctx, true)],
      });
      putTags(ctx, "security-group", group.id, input.TagSpecifications);
      return { GroupId: group.id, Tags: tagsOf(ctx.db, group.id), SecurityGroupArn: computeArn(ctx, "security-group", group.id) };
    },
  },

  DescribeSecurityGroups: {
    authorize: onEverything("ec2:DescribeSecurityGroups"),
    handle(ctx, input) {
      const all = named(ctx.db, securityGroups, "securityGroup", input.GroupIds).filter(
        // Names find groups of the default VPC only.
        (g) => !input.GroupNames?.length || (input.GroupNames.includes(g.name) && ctx.db(vpcs).get(g.vpcId)?.isDefault),
      );
      const missing = input.GroupNames?.find((name) => !all.some((g) => g.name === name));
      if (missing !== undefined) throw new AwsError("InvalidGroup.NotFound", `The security group '${missing}' does not exist in default VPC '${defaultVpc(ctx.db)}'`);
      const page = paginate(select(ctx.db, all, input.Filters, filters(ctx), (g) => g.id), input);
      return { SecurityGroups: page.items.map((group) => described(ctx, group)), NextToken: page.nextToken };
    },
  },

  DeleteSecurityGroup: {
    authorize: allows("DeleteSecurityGroup", (input) => [["security-group", input.GroupId, input.GroupName]]),
    handle(ctx, input) {
      const group = groupOf(ctx.db, input);
      if (group.name === "default") throw cannotDelete(`the specified group: "${group.id}" name: "default" cannot be deleted by a user`);
      const referenced = ctx.db(securityGroups).where("referenced", group.id).some((other) => other.id !== group.id && other.vpcId === group.vpcId);
      if (referenced || ctx.db(networkInterfaces).where("securityGroup", group.id).length > 0) throw hasDependent(group.id);
      ctx.db(securityGroups).delete(group.id);
      dropTags(ctx.db, group.id);
      for (const rule of group.rules) dropTags(ctx.db, rule.id);
      return { Return: true, GroupId: group.id };
    },
  },
});

/**
 * The group that a request means, by its id or, in the default VPC, its name.
 * @throws AwsError when there is none
 */
export function groupOf(db: Reader, input: { readonly GroupId?: string | undefined; readonly GroupName?: string | undefined }): SecurityGroup {
  if (input.GroupId && input.GroupName) throw invalidCombination("The parameters groupId and groupName can't be used together.");
  if (input.GroupId) return need(db, securityGroups, "securityGroup", input.GroupId, "groupId");
  if (!input.GroupName) throw missingParameter("groupId or groupName");
  const vpcId = defaultVpc(db);
  const found = groupNamed(db, vpcId, input.GroupName);
  if (!found) throw new AwsError("InvalidGroup.NotFound", `The security group '${input.GroupName}' does not exist in default VPC '${vpcId}'`);
  return found;
}

function groupNamed(db: Reader, vpcId: string, name: string): SecurityGroup | undefined {
  return db(securityGroups).where("name", `${vpcId}/${name}`)[0];
}

function defaultVpc(db: Reader): string {
  const [found] = db(vpcs).where("default", "true");
  if (!found) throw new AwsError("VPCIdNotSpecified", "No default VPC for this user");
  return found.id;
}

function described(ctx: Context, group: SecurityGroup): Ec2Types.SecurityGroup {
  return {
    GroupId: group.id,
    GroupName: group.name,
    Description: group.description,
    VpcId: group.vpcId,
    OwnerId: ctx.account,
    SecurityGroupArn: computeArn(ctx, "security-group", group.id),
    IpPermissions: permissionsOf(group.rules.filter((r) => !r.egress), ctx.account),
    IpPermissionsEgress: permissionsOf(group.rules.filter((r) => r.egress), ctx.account),
    Tags: tagsOf(ctx.db, group.id),
  };
}

function filters(ctx: Context): FilterTable<SecurityGroup> {
  const own: FilterTable<SecurityGroup> = {
    description: (g) => g.description,
    "group-id": (g) => g.id,
    "group-name": (g) => g.name,
    "owner-id": () => ctx.account,
    "vpc-id": (g) => g.vpcId,
  };
  return { ...own, ...permissionFilters("ip-permission", ctx, false), ...permissionFilters("egress.ip-permission", ctx, true) };
}

function permissionFilters(prefix: string, ctx: Context, egress: boolean): FilterTable<SecurityGroup> {
  const of = (value: (rule: SecurityGroupRule) => string | number | undefined) => (group: SecurityGroup) =>
    group.rules.filter((r) => r.egress === egress).map(value);
  return {
    [`${prefix}.cidr`]: of((r) => (r.peer.kind === "cidr" ? r.peer.cidr : undefined)),
    [`${prefix}.from-port`]: of((r) => r.from),
    [`${prefix}.to-port`]: of((r) => r.to),
    [`${prefix}.protocol`]: of((r) => r.protocol),
    [`${prefix}.group-id`]: of((r) => (r.peer.kind === "group" ? r.peer.id : undefined)),
    [`${prefix}.group-name`]: of((r) => (r.peer.kind === "group" ? ctx.db(securityGroups).get(r.peer.id)?.name : undefined)),
    [`${prefix}.ipv6-cidr`]: () => undefined,
    [`${prefix}.prefix-list-id`]: of((r) => (r.peer.kind === "prefix-list" ? r.peer.id : undefined)),
    [`${prefix}.user-id`]: of((r) => (r.peer.kind === "group" ? ctx.account : undefined)),
  };
}
