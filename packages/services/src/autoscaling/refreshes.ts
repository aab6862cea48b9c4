/** Instance refreshes: https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh.html */
import { Autoscaling, type AutoscalingTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { onGroup } from "./access.js";
import { irreversibleRefresh, noActiveRefresh, notYet, refreshInProgress, refuse, validationError } from "./errors.js";
import { findGroup, findLivingGroup } from "./find.js";
import { page } from "./paging.js";
import { parseLaunch } from "./parse-launch.js";
import { parseHealthyRange, parseSeconds } from "./parse.js";
import { rolledBack } from "./refresh-end.js";
import { refreshOf } from "./refresh-target.js";
import type { Group, LaunchSource } from "./state.js";
import { refreshes, type Refresh, type RefreshPreferences } from "./state-scaling.js";

/** https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeInstanceRefreshes.html: those of the last six weeks. */
const KEPT = 42 * 24 * 3_600_000;
const LONGEST = 172_800;

export const refreshOperations = operations(Autoscaling, {
  StartInstanceRefresh: {
    authorize: onGroup("StartInstanceRefresh"),
    handle(ctx, input) {
      const group = findLivingGroup(ctx.db, input.AutoScalingGroupName);
      if (input.Strategy === "ReplaceRootVolume") throw notYet("the instance refresh strategy ReplaceRootVolume");
      if (refreshOf(ctx.db, group.name)) throw refreshInProgress();
      const desired = input.DesiredConfiguration && parseLaunch(ctx, input.DesiredConfiguration, group.launch);
      const preferences = parsePreferences(group, input.Preferences ?? {});
      if (preferences.autoRollback) checkReversible(desired, group);
      for (const old of ctx.db(refreshes).where("group", group.name)) if (old.started < ctx.now - KEPT) ctx.db(refreshes).delete(old.id);
      const refresh = ctx.db(refreshes).put({
        id: ctx.ids.uuid(),
        group: group.name,
        groupArn: group.arn,
        status: "Pending",
        reason: undefined,
        started: ctx.now,
        ended: undefined,
        preferences,
        given: input.Preferences ?? {},
        desired,
        givenDesired: input.DesiredConfiguration,
        total: undefined,
        percent: 0,
        remaining: 0,
        passed: 0,
        pausedUntil: undefined,
        blockedSince: undefined,
        bakeUntil: undefined,
        rollback: undefined,
      });
      return { InstanceRefreshId: refresh.id };
    },
  },

  CancelInstanceRefresh: {
    authorize: onGroup("CancelInstanceRefresh"),
    handle(ctx, input) {
      const refresh = findActive(ctx, input.AutoScalingGroupName);
      const reason = "Cancelled due to user request.";
      const waits = input.WaitForTransitioningInstances ?? true;
      ctx.db(refreshes).put(waits ? { ...refresh, status: "Cancelling", reason } : { ...refresh, status: "Cancelled", reason, ended: ctx.now });
      return { InstanceRefreshId: refresh.id };
    },
  },

  RollbackInstanceRefresh: {
    authorize: onGroup("RollbackInstanceRefresh"),
    handle(ctx, input) {
      const refresh = findActive(ctx, input.AutoScalingGroupName);
      checkReversible(refresh.desired, findGroup(ctx.db, refresh.group));
      ctx.db(refreshes).put(rolledBack(refresh, "Rollback due to user request.", ctx.now));
      return { InstanceRefreshId: refresh.id };
    },
  },

  DescribeInstanceRefreshes: {
    authorize: onEverything("autoscaling:DescribeInstanceRefreshes"),
    handle(ctx, input) {
      const group = findGroup(ctx.db, input.AutoScalingGroupName);
      const wanted = input.InstanceRefreshIds;
      const all = ctx.db(refreshes).where("group", group.name).filter(({ id, started }) => (!wanted?.length || wanted.includes(id)) && started > ctx.now - KEPT);
      const newestFirst = [...all].reverse().sort((a, b) => b.started - a.started);
      const { records, NextToken } = page(newestFirst, input, { key: ({ started, id }) => [started, id], descending: true });
      return { InstanceRefreshes: records.map(show), NextToken };
    },
  },
});

/** @throws ActiveInstanceRefreshNotFound when none is under way, or it is on its way back or to its end already */
function findActive(ctx: Context, groupName: string): Refresh {
  const refresh = refreshOf(ctx.db, findLivingGroup(ctx.db, groupName).name);
  if (!refresh || refresh.status === "Cancelling" || refresh.status === "RollbackInProgress") throw noActiveRefresh();
  return refresh;
}

/** Back is only where the way back is known: https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-rollback.html */
function checkReversible(desired: LaunchSource | undefined, group: Group): void {
  if (!desired) throw irreversibleRefresh("A rollback is not possible: the instance refresh has no desired configuration.");
  const { launch } = group;
  if (launch.kind !== "configuration" && launch.version.startsWith("$")) {
    throw irreversibleRefresh(`A rollback is not possible: the AutoScalingGroup ${group.name} uses the launch template version ${launch.version}.`);
  }
}

function parsePreferences(group: Group, given: AutoscalingTypes.RefreshPreferences): RefreshPreferences {
  refuse(given, ["AlarmSpecification"]);
  const { CheckpointPercentages: checkpoints = [], CheckpointDelay: delay } = given;
  const usual = group.maintenance ?? { min: 90, max: 100 };
  if (given.MaxHealthyPercentage !== undefined && given.MinHealthyPercentage === undefined) throw validationError("MaxHealthyPercentage needs a MinHealthyPercentage.");
  const { min, max } = parseHealthyRange(given.MinHealthyPercentage ?? usual.min, given.MaxHealthyPercentage ?? (given.MinHealthyPercentage === undefined ? usual.max : 100));
  const ascending = checkpoints.every((value, index) => Number.isInteger(value) && value > (checkpoints[index - 1] ?? 0) && value <= 100);
  if (!ascending) throw validationError(`CheckpointPercentages [${checkpoints.join(", ")}] must be unique whole numbers from 1 to 100, in ascending order.`);
  if (delay !== undefined && checkpoints.length === 0) throw validationError("CheckpointDelay needs CheckpointPercentages.");
  return {
    minHealthy: min,
    maxHealthy: max,
    warmup: given.InstanceWarmup === undefined ? (group.defaultInstanceWarmup ?? group.gracePeriod) : parseSeconds("InstanceWarmup", given.InstanceWarmup, 0),
    checkpoints,
    checkpointDelay: parseDelay("CheckpointDelay", delay, 3600),
    skipMatching: given.SkipMatching ?? false,
    autoRollback: given.AutoRollback ?? false,
    protectedInstances: given.ScaleInProtectedInstances ?? "Wait",
    standbyInstances: given.StandbyInstances ?? "Wait",
    bakeTime: parseDelay("BakeTime", given.BakeTime, 0),
  };
}

function parseDelay(field: string, value: number | undefined, otherwise: number): number {
  const seconds = parseSeconds(field, value, otherwise);
  if (seconds > LONGEST) throw validationError(`${field} '${seconds}' must be at most ${LONGEST} seconds.`);
  return seconds;
}

function show(refresh: Refresh): AutoscalingTypes.InstanceRefresh {
  const { rollback, preferences } = refresh;
  return {
    InstanceRefreshId: refresh.id,
    AutoScalingGroupName: refresh.group,
    Status: refresh.status,
    StatusReason: refresh.reason,
    StartTime: new Date(refresh.started),
    EndTime: refresh.ended === undefined ? undefined : new Date(refresh.ended),
    PercentageComplete: refresh.percent,
    InstancesToUpdate: refresh.remaining,
    Preferences: { ...refresh.given, MinHealthyPercentage: preferences.minHealthy, MaxHealthyPercentage: preferences.maxHealthy, SkipMatching: preferences.skipMatching },
    DesiredConfiguration: refresh.givenDesired,
    RollbackDetails: rollback && {
      RollbackReason: rollback.reason,
      RollbackStartTime: new Date(rollback.started),
      PercentageCompleteOnRollback: rollback.percent,
      InstancesToUpdateOnRollback: rollback.remaining,
    },
    Strategy: "Rolling",
  };
}
