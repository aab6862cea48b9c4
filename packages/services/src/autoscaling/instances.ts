/** Capacity by hand, and single instances. */
import { Autoscaling } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { onGroup, onGroupOf } from "./access.js";
import { showActivity } from "./activities.js";
import { byUser, setDesired } from "./causes.js";
import { cooldownInProgress, refuse, validationError } from "./errors.js";
import { findLivingGroup, findMember, findMemberOf } from "./find.js";
import { beginTermination } from "./leaving.js";
import { page } from "./paging.js";
import { showInstanceDetails } from "./show.js";
import { coolsDown } from "./cooldown.js";
import { groups, members } from "./state.js";
import { isTerminating } from "./transitions.js";

export const instanceOperations = operations(Autoscaling, {
  SetDesiredCapacity: {
    authorize: onGroup("SetDesiredCapacity"),
    handle(ctx, input) {
      const group = findLivingGroup(ctx.db, input.AutoScalingGroupName);
      const desired = input.DesiredCapacity;
      if (!Number.isInteger(desired) || desired < 0) throw validationError(`DesiredCapacity '${desired}' must be a whole number, 0 or greater.`);
      const outside = desired > group.max ? `above max value ${group.max}` : desired < group.min ? `below min value ${group.min}` : undefined;
      if (outside) throw validationError(`New SetDesiredCapacity value ${desired} is ${outside} for the AutoScalingGroup.`);
      if (input.HonorCooldown && coolsDown(ctx.db, group, ctx.now)) throw cooldownInProgress(group.name);
      if (desired === group.desired) return {};
      const request = setDesired(ctx.now, group.desired, desired);
      ctx.db(groups).put({ ...group, desired, request, replacements: 0, launchFailures: 0, retryAt: undefined, policyCooldown: undefined });
      return {};
    },
  },

  DescribeAutoScalingInstances: {
    authorize: onEverything("autoscaling:DescribeAutoScalingInstances"),
    handle(ctx, input) {
      const wanted = input.InstanceIds;
      const all = ctx.db(members).list().filter((member) => !wanted?.length || wanted.includes(member.instanceId));
      const { records, NextToken } = page(all, input, { key: ({ instanceId }) => instanceId }, 50);
      return { AutoScalingInstances: records.map(showInstanceDetails), NextToken };
    },
  },

  TerminateInstanceInAutoScalingGroup: {
    authorize: onGroupOf("TerminateInstanceInAutoScalingGroup"),
    handle(ctx, input) {
      refuse(input, ["InstanceIds"]);
      const member = findMember(ctx.db, input.InstanceId ?? "");
      const group = findLivingGroup(ctx.db, member.group);
      if (isTerminating(member)) throw validationError(`The instance ${member.instanceId} is already in the lifecycle state ${member.lifecycle}.`);
      const shrink = input.ShouldDecrementDesiredCapacity ? { from: group.desired, to: group.desired - 1 } : undefined;
      if (shrink && shrink.to < group.min) {
        throw validationError(
          `Currently, desiredSize equals minSize (${group.min}). Terminating instance without replacement will violate group's min size ` +
            "constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.",
        );
      }
      const cause = byUser(ctx.now, member.instanceId, "was taken out of service", shrink);
      const activity = beginTermination(ctx.db, group, member, { id: ctx.ids.uuid(), now: ctx.now, cause });
      if (shrink) ctx.db(groups).put({ ...group, desired: shrink.to });
      return { Activity: showActivity(activity) };
    },
  },

  SetInstanceHealth: {
    authorize: onGroupOf("SetInstanceHealth"),
    handle(ctx, input) {
      const member = findMember(ctx.db, input.InstanceId);
      const group = findLivingGroup(ctx.db, member.group);
      if (input.HealthStatus !== "Healthy" && input.HealthStatus !== "Unhealthy") {
        throw validationError(`HealthStatus '${input.HealthStatus}' is not valid: it must be Healthy or Unhealthy.`);
      }
      if (isTerminating(member)) return {};
      const graceEnd = (member.inService ?? ctx.now) + group.gracePeriod * 1000;
      const unhealthyFrom = (input.ShouldRespectGracePeriod ?? true) ? Math.max(ctx.now, graceEnd) : ctx.now;
      if (input.HealthStatus === "Unhealthy") ctx.db(members).put({ ...member, unhealthyFrom });
      else ctx.db(members).put({ ...member, health: "Healthy", illness: undefined, unhealthyFrom: undefined });
      return {};
    },
  },

  SetInstanceProtection: {
    authorize: onGroup("SetInstanceProtection"),
    handle(ctx, input) {
      const group = findLivingGroup(ctx.db, input.AutoScalingGroupName);
      for (const id of input.InstanceIds) {
        const member = findMemberOf(ctx.db, group, id);
        if (!["InService", "EnteringStandby", "Standby"].includes(member.lifecycle)) throw validationError(`The instance ${id} is not in InService or EnteringStandby or Standby.`);
        ctx.db(members).put({ ...member, protectedFromScaleIn: input.ProtectedFromScaleIn });
      }
      return {};
    },
  },
});
