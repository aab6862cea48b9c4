/** Scaling activities: what a group did, and why. */
import { Autoscaling, type AutoscalingTypes } from "@hakoniwa/wire";
import type { Database } from "@hakoniwa/kernel";
import { operations } from "../define.js";
import { onGroup } from "./access.js";
import { groupNotFound, notYet } from "./errors.js";
import { page } from "./paging.js";
import { activities, groups, type Activity, type Group, type GroupSubnet } from "./state.js";

/** https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingActivities.html: kept for six weeks. */
const KEPT = 42 * 24 * 3_600_000;

export const activityOperations = operations(Autoscaling, {
  DescribeScalingActivities: {
    authorize: onGroup("DescribeScalingActivities"),
    handle(ctx, input) {
      if (input.Filters?.length) throw notYet("the parameter Filters");
      const name = input.AutoScalingGroupName;
      const deletedToo = input.IncludeDeletedGroups ?? false;
      if (name !== undefined && !deletedToo && !ctx.db(groups).get(name)) throw groupNotFound(name);
      const all = (name === undefined ? ctx.db(activities).list() : ctx.db(activities).where("group", name))
        .filter((activity) => deletedToo || ctx.db(groups).get(activity.group)?.arn === activity.groupArn)
        .filter((activity) => !input.ActivityIds?.length || input.ActivityIds.includes(activity.id))
        .filter((activity) => activity.started > ctx.now - KEPT);
      const newestFirst = [...all].reverse().sort((a, b) => b.started - a.started);
      const { records, NextToken } = page(newestFirst, input);
      const exists = (activity: Activity): boolean => ctx.db(groups).get(activity.group)?.arn === activity.groupArn;
      return { Activities: records.map((activity) => showActivity(activity, exists(activity))), NextToken };
    },
  },
});

export function showActivity(activity: Activity, groupExists = true): AutoscalingTypes.Activity {
  return {
    ActivityId: activity.id,
    AutoScalingGroupName: activity.group,
    AutoScalingGroupARN: activity.groupArn,
    AutoScalingGroupState: groupExists ? undefined : "Deleted",
    Description: activity.description,
    Cause: activity.cause,
    StartTime: new Date(activity.started),
    EndTime: activity.ended === undefined ? undefined : new Date(activity.ended),
    StatusCode: activity.status,
    StatusMessage: activity.statusMessage,
    Progress: activity.progress,
    Details: JSON.stringify({ "Subnet ID": activity.subnetId, "Availability Zone": activity.availabilityZone }),
  };
}

/** Begins an activity, and forgets those of the group that are too old to be asked for. */
export function beginActivity(
  db: Database,
  about: {
    readonly id: string;
    readonly now: number;
    readonly group: Group;
    readonly where: GroupSubnet;
    readonly description: string;
    readonly cause: string;
  },
): Activity {
  for (const old of db(activities).where("group", about.group.name)) {
    if (old.started > about.now - KEPT) break;
    db(activities).delete(old.id);
  }
  return db(activities).put({
    id: about.id,
    group: about.group.name,
    groupArn: about.group.arn,
    description: about.description,
    cause: about.cause,
    started: about.now,
    ended: undefined,
    status: "InProgress",
    statusMessage: undefined,
    progress: 0,
    subnetId: about.where.id,
    availabilityZone: about.where.availabilityZone,
  });
}

/** Ends an activity that is in progress. */
export function endActivity(db: Database, id: string, now: number, status: "Successful" | "Failed" | "Cancelled", statusMessage?: string): void {
  const activity = db(activities).get(id);
  if (activity?.status !== "InProgress") return;
  db(activities).put({ ...activity, status, statusMessage, ended: now, progress: 100 });
}

/** Says more of an activity once more is known. */
export function describeActivity(db: Database, id: string, description: string): void {
  const activity = db(activities).get(id);
  if (activity) db(activities).put({ ...activity, description });
}
