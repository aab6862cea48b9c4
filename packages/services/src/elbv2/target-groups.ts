import { Elbv2, type Elbv2Types } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { refuseMembers } from "../not-implemented.js";
import { access, newTargetGroup, onTargetGroup } from "./access.js";
import { duplicateTargetGroupName, notYet, resourceInUse, targetGroupNotFound, tooMany, validationError } from "./errors.js";
import { balancersOf, findLoadBalancer, findTargetGroup, groupsOfBalancer } from "./find.js";
import { parseHealthCheck, startingHealthCheck } from "./health-checks.js";
import { LIMITS } from "./limits.js";
import { checkName, targetGroupArn } from "./names.js";
import { page } from "./paging.js";
import { showTargetGroup } from "./show.js";
import { health, healthKey, targetGroups, type TargetGroup } from "./state.js";
import { mergeTags } from "./tags.js";

export const targetGroupOperations = operations(Elbv2, {
  CreateTargetGroup: {
    authorize: access("CreateTargetGroup", newTargetGroup),
    handle(ctx, input) {
      checkName("Target group", input.Name);
      const [there] = ctx.db(targetGroups).where("name", input.Name);
      const made = compose(ctx, input, there);
      if (there && JSON.stringify(settings(there)) !== JSON.stringify(settings(made))) throw duplicateTargetGroupName(input.Name);
      if (!there && ctx.db(targetGroups).list().length >= LIMITS["target-groups"]) throw tooMany("TargetGroups", LIMITS["target-groups"]);
      return { TargetGroups: [showTargetGroup(ctx, there ?? ctx.db(targetGroups).put(made))] };
    },
  },

  DescribeTargetGroups: {
    authorize: access("DescribeTargetGroups"),
    handle(ctx, input) {
      const { LoadBalancerArn: balancer, TargetGroupArns: arns, Names: names } = input;
      if ([balancer, arns?.length, names?.length].filter(Boolean).length > 1) {
        throw validationError("Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time");
      }
      const byName = (name: string): TargetGroup => {
        const [found] = ctx.db(targetGroups).where("name", name);
        if (!found) throw targetGroupNotFound(name);
        return found;
      };
      const wanted = balancer ? groupsOfBalancer(ctx.db, findLoadBalancer(ctx.db, balancer).arn) : arns;
      const all = names?.length ? names.map(byName) : wanted && (balancer || wanted.length > 0) ? wanted.map((arn) => findTargetGroup(ctx.db, arn)) : ctx.db(targetGroups).list();
      const { records, NextMarker } = page(all, input, ({ arn }) => arn);
      return { TargetGroups: records.map((group) => showTargetGroup(ctx, group)), NextMarker };
    },
  },

  ModifyTargetGroup: {
    authorize: access("ModifyTargetGroup", onTargetGroup),
    handle(ctx, input) {
      const group = findTargetGroup(ctx.db, input.TargetGroupArn);
      const healthCheck = parseHealthCheck(input, group.healthCheck);
      return { TargetGroups: [showTargetGroup(ctx, ctx.db(targetGroups).put({ ...group, healthCheck }))] };
    },
  },

  DeleteTargetGroup: {
    authorize: access("DeleteTargetGroup", onTargetGroup),
    handle(ctx, input) {
      const { arn } = input.TargetGroupArn.startsWith("arn:") ? { arn: input.TargetGroupArn } : findTargetGroup(ctx.db, input.TargetGroupArn);
      if (balancersOf(ctx.db, arn).length > 0) throw resourceInUse(`Target group '${arn}' is currently in use by a listener or a rule`);
      ctx.db(targetGroups).delete(arn);
      for (const row of ctx.db(health).where("targetGroup", arn)) ctx.db(health).delete(healthKey(row));
      return {};
    },
  },
});

/** What CreateTargetGroup, asked for the same name again, must find the same. */
function settings({ protocol, port, vpcId, targetType, healthCheck }: TargetGroup): unknown {
  return [protocol, port, vpcId, targetType, healthCheck];
}

function compose(ctx: Context, input: Elbv2Types.CreateTargetGroupInput, there: TargetGroup | undefined): TargetGroup {
  const targetType = input.TargetType ?? "instance";
  if (targetType !== "instance" && targetType !== "ip") throw notYet(`target groups of type ${targetType}`);
  const { Protocol: protocol, Port: port, VpcId: vpcId } = input;
  if (protocol === undefined) throw validationError("A protocol must be specified");
  if (protocol !== "HTTP" && protocol !== "HTTPS") throw notYet(`target groups of protocol ${protocol}`);
  if (port === undefined) throw validationError("A port must be specified");
  if (vpcId === undefined) throw validationError("A VPC ID must be specified");
  if (ctx.facts.ec2.defaultSecurityGroup(vpcId) === undefined) throw validationError(`The VPC ID '${vpcId}' is not found`);
  if (input.ProtocolVersion !== undefined && input.ProtocolVersion !== "HTTP1") throw notYet(`the protocol version ${input.ProtocolVersion}`);
  if (input.IpAddressType !== undefined && input.IpAddressType !== "ipv4") throw notYet(`the IP address type ${input.IpAddressType}`);
  refuseMembers(input, ["TargetControlPort"], notYet);
  return {
    arn: there?.arn ?? targetGroupArn(ctx, input.Name, ctx.ids),
    name: input.Name,
    protocol,
    port,
    vpcId,
    targetType,
    healthCheck: parseHealthCheck(input, startingHealthCheck(protocol)),
    attributes: {},
    targets: [],
    tags: mergeTags([], input.Tags),
  };
}
