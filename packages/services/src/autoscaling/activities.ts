/** Scaling activities: what a group did, and why. */
import { Autoscaling, type AutoscalingTypes } from "@hakoniwa/wire";
import type { Database } from "@hakoniwa/kernel";
import { operations } from "../define.js";
import { onGroup } from "./access.js";
import { groupNotFound, validationError } from "./errors.js";
import { activityMessage } from "./messages.js";
import { sendToTopics } from "./outbox.js";
import { page } from "./paging.js";
import { activities, activityOrder, groups, type Activity, type Group, type GroupSubnet } from "./state.js";

/** https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingActivities.html: kept for six weeks. */
const KEPT = 42 * 24 * 3_600_000;

export const activityOperations = operations(Autoscaling, {
  DescribeScalingActivities: {
    authorize: onGroup("DescribeScalingActivities"),
    handle(ctx, input) {
      const name = input.AutoScalingGroupName;
      const deletedToo = input.IncludeDeletedGroups ?? false;
      if (name !== undefined && !deletedToo && !ctx.db(groups).get(name)) throw groupNotFound(name);
      const exists = (activity: Activity): boolean => ctx.db(groups).get(activity.group)?.arn === activity.groupArn;
      const filters = (input.Filters ?? []).map(filterOf);
      const all = (name === undefined ? ctx.db(activities).list() : ctx.db(activities).where("group", name))
        .filter((activity) => deletedToo || exists(activity))
        .filter((activity) => !input.ActivityIds?.length || input.ActivityIds.includes(activity.id))
        .filter((activity) => activity.started > ctx.now - KEPT && filters.every((filter) => filter(activity)));
      const newestFirst = [...all].reverse().sort((a, b) => b.started - a.started);
      const { records, NextToken } = page(newestFirst, input, { key: ({ started, id }) => [started, id], descending: true });
      return { Activities: records.map((activity) => showActivity(activity, exists(activity))), NextToken };
    },
  },
});

/** https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingActivities.html: the filters of their times and states. */
function filterOf({ Name: name = "", Values: values = [] }: AutoscalingTypes.Filter): (activity: Activity) => boolean {
  if (name === "Status") return ({ status }) => values.includes(status);
  const [, bound] = /^StartTime(LowerBound|UpperBound)$/.exec(name) ?? [];
  if (bound === undefined) throw validationError(`Filter type '${name}' is not correct. Allowed Filter types are: StartTimeLowerBound StartTimeUpperBound Status`);
  const time = Date.parse(values[0] ?? "");
  if (values.length !== 1 || Number.isNaN(time)) throw validationError(`The filter ${name} takes one time such as 2026-01-01T00:00:00Z, but '${values.join(", ")}' was given.`);
  return ({ started }) => (bound === "LowerBound" ? started >= time : started <= time);
}

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
    Details: JSON.stringify(detailsOf(activity)),
  };
}

function detailsOf(activity: Activity): Readonly<Record<string, string | undefined>> {
  return { "Subnet ID": activity.subnetId, "Availability Zone": activity.availabilityZone };
}

/** Begins an activity, and forgets those of the group that are too old to be asked for. */
export function beginActivity(
  db: Database,
  about: Pick<Activity, "id" | "description" | "cause" | "change" | "instanceId"> & { readonly now: number; readonly group: Group; readonly where: GroupSubnet },
): Activity {
  const { group, now, where, ...rest } = about;
  const old = [...db(activities).range(activityOrder(group.name, 0), activityOrder(group.name, now - KEPT))];
  for (const { id } of old) db(activities).delete(id);
  return db(activities).put({
    ...rest,
    group: group.name,
    groupArn: group.arn,
    started: now,
    ended: undefined,
    status: "InProgress",
    statusMessage: undefined,
    progress: 0,
    subnetId: where.id,
    availabilityZone: where.availabilityZone,
  });
}

/** Says more of an activity that is under way. */
export function tellActivity(db: Database, id: string, more: Partial<Pick<Activity, "description" | "instanceId" | "status" | "progress">>): void {
  const activity = db(activities).get(id);
  if (!activity || activity.ended !== undefined) return;
  if (Object.entries(more).some(([name, value]) => activity[name as keyof Activity] !== value)) db(activities).put({ ...activity, ...more });
}

/** Ends an activity that is under way, and tells the topics that want to know. */
export function endActivity(db: Database, id: string, now: number, status: "Successful" | "Failed" | "Cancelled", statusMessage?: string): void {
  const activity = db(activities).get(id);
  if (!activity || activity.ended !== undefined) return;
  const ended = db(activities).put({ ...activity, status, statusMessage, ended: now, progress: 100 });
  if (ended.change === "other") return;
  const happened = ended.change === "launch" ? "LAUNCH" : "TERMINATE";
  const event = `autoscaling:EC2_INSTANCE_${happened}${status === "Successful" ? "" : "_ERROR"}`;
  sendToTopics(db, ended.group, event, ended.id, activityMessage(ended, event, now));
}
