import { Elbv2, type Elbv2Types } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { access, onTargetGroup } from "./access.js";
import { groupAttributesOf } from "./group-attributes.js";
import { invalidTarget, notYet, tooMany, validationError } from "./errors.js";
import { balancersOf, findTargetGroup } from "./find.js";
import { MOST_TARGETS_PER_GROUP } from "./limits.js";
import { NOT_REGISTERED, REGISTERING } from "./verdicts.js";
import { health, healthKey, targetGroups, type Target, type TargetGroup, type TargetHealth } from "./state.js";

/** RFC 1918 and RFC 6598: what a target of type `ip` may be beside the VPC's own addresses. */
const PRIVATE = /^(10\.|172\.(1[6-9]|2\d|3[01])\.|192\.168\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/;
const ADDRESS = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;

export const targetOperations = operations(Elbv2, {
  RegisterTargets: {
    authorize: access("RegisterTargets", onTargetGroup),
    handle(ctx, input) {
      const group = findTargetGroup(ctx.db, input.TargetGroupArn);
      if (input.Targets.length === 0) throw validationError("At least one target must be specified");
      const added = input.Targets.map((target) => parseTarget(ctx, group, target));
      const registered = (target: Target): boolean => group.targets.some((t) => same(t, target) && t.drainingUntil === undefined);
      const fresh = added.filter((target, index) => !registered(target) && added.findIndex((t) => same(t, target)) === index);
      const targets = [...group.targets.filter((t) => !fresh.some((f) => same(f, t))), ...fresh];
      if (targets.length > MOST_TARGETS_PER_GROUP) throw tooMany("Targets", MOST_TARGETS_PER_GROUP);
      if (fresh.length > 0) ctx.db(targetGroups).put({ ...group, targets });
      for (const { id, port } of fresh) ctx.db(health).put({ targetGroupArn: group.arn, id, port, ...REGISTERING, checkedSince: ctx.now });
      return {};
    },
  },

  DeregisterTargets: {
    authorize: access("DeregisterTargets", onTargetGroup),
    handle(ctx, input) {
      const group = findTargetGroup(ctx.db, input.TargetGroupArn);
      const leaving = input.Targets.flatMap((target) => {
        const found = group.targets.filter(({ id, port }) => id === target.Id && (target.Port === undefined || target.Port === port));
        if (found.length === 0 && !isThere(ctx, group, target.Id)) throw invalidTarget(`The following targets are not registered: '${target.Id}'`);
        return found.filter(({ drainingUntil }) => drainingUntil === undefined);
      });
      const delay = Number(groupAttributesOf(group)["deregistration_delay.timeout_seconds"]);
      // Where nobody routes to the group there is nothing under way.
      const drains = delay > 0 && balancersOf(ctx.db, group.arn).length > 0;
      const targets = group.targets.flatMap((target) => (leaving.includes(target) ? (drains ? [{ ...target, drainingUntil: ctx.now + delay * 1000 }] : []) : [target]));
      if (leaving.length > 0) ctx.db(targetGroups).put({ ...group, targets });
      if (!drains) for (const { id, port } of leaving) ctx.db(health).delete(healthKey({ targetGroupArn: group.arn, id, port }));
      return {};
    },
  },

  DescribeTargetHealth: {
    authorize: access("DescribeTargetHealth"),
    handle(ctx, input) {
      const group = findTargetGroup(ctx.db, input.TargetGroupArn);
      if (input.Include?.length) throw notYet("anomaly detection");
      const asked = input.Targets?.length ? input.Targets.map((target) => ({ id: target.Id, port: target.Port })) : group.targets;
      return {
        TargetHealthDescriptions: asked.map(({ id, port }) => {
          const target = group.targets.find((t) => t.id === id && (port === undefined || t.port === port));
          if (!target && !isThere(ctx, group, id)) throw invalidTarget(`The following targets are not valid: '${id}'`);
          const known = target && ctx.db(health).get(healthKey({ targetGroupArn: group.arn, id, port: target.port }));
          return describe(group, target ?? { id, port: port ?? group.port, availabilityZone: undefined, drainingUntil: undefined }, target ? (known ?? REGISTERING) : NOT_REGISTERED);
        }),
      };
    },
  },
});

function same(a: Target, b: Target): boolean {
  return a.id === b.id && a.port === b.port;
}

function isThere(ctx: Context, group: TargetGroup, id: string): boolean {
  return group.targetType === "ip" ? ADDRESS.test(id) : ctx.facts.ec2.instance(id) !== undefined;
}

function describe(group: TargetGroup, target: Target, verdict: Pick<TargetHealth, "state" | "reason" | "description">): Elbv2Types.TargetHealthDescription {
  const { healthCheck } = group;
  return {
    Target: { Id: target.id, Port: target.port, AvailabilityZone: target.availabilityZone },
    HealthCheckPort: healthCheck.port === "traffic-port" ? String(target.port) : healthCheck.port,
    TargetHealth: { State: verdict.state, Reason: verdict.reason as Elbv2Types.TargetHealthReasonEnum | undefined, Description: verdict.description },
    AdministrativeOverride: undefined,
  };
}

/** @throws InvalidTarget, ValidationError */
function parseTarget(ctx: Context, group: TargetGroup, { Id: id, Port: port = group.port, AvailabilityZone: zone, QuicServerId: quic }: Elbv2Types.TargetDescription): Target {
  if (quic !== undefined) throw notYet("QUIC");
  const base = { id, port, drainingUntil: undefined };
  if (group.targetType === "ip") {
    if (!ADDRESS.test(id)) throw validationError(`The IP address '${id}' is not a valid IPv4 address`);
    if (!PRIVATE.test(id)) throw validationError(`The IP address '${id}' is not within a range of the VPC, or of the private address ranges`);
    if (zone !== undefined && zone !== "all" && !ctx.facts.ec2.availabilityZones().includes(zone)) throw validationError(`Availability Zone '${zone}' is not valid`);
    return { ...base, availabilityZone: zone };
  }
  if (zone !== undefined) throw validationError("You cannot specify an Availability Zone for a target of type 'instance'");
  const instance = ctx.facts.ec2.instance(id);
  if (!instance) throw invalidTarget(`The following targets are not valid: '${id}'`);
  if (instance.vpcId !== group.vpcId) throw invalidTarget(`The following targets are not in the target group VPC '${group.vpcId}': '${id}'`);
  if (instance.state !== "running") throw invalidTarget(`The following targets are not in a running state and cannot be registered: '${id}'`);
  return { ...base, availabilityZone: undefined };
}
