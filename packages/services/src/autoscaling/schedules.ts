/** Scheduled actions: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html */
import { AwsError } from "@hakoniwa/kernel";
import { Autoscaling, type AutoscalingTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { onGroup } from "./access.js";
import { isTimeZone, nextTime, parseCron } from "./cron.js";
import { limitExceeded, scheduledActionNotFound, scheduledTimeTaken, validationError } from "./errors.js";
import { findGroup, findLivingGroup } from "./find.js";
import { page } from "./paging.js";
import { inGroup, scheduledActions, type ScheduledAction } from "./state-scaling.js";

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html */
const MOST_ACTIONS = 125;
/** Of one batch call. */
const MOST_AT_ONCE = 50;

export const scheduleOperations = operations(Autoscaling, {
  PutScheduledUpdateGroupAction: {
    authorize: onGroup("PutScheduledUpdateGroupAction"),
    handle(ctx, input) {
      putAction(ctx, input.AutoScalingGroupName, { ...input, StartTime: input.StartTime ?? input.Time });
      return {};
    },
  },

  BatchPutScheduledUpdateGroupAction: {
    authorize: onGroup("BatchPutScheduledUpdateGroupAction"),
    handle(ctx, input) {
      checkBatch(input.ScheduledUpdateGroupActions, "ScheduledUpdateGroupActions");
      findLivingGroup(ctx.db, input.AutoScalingGroupName);
      const failed = input.ScheduledUpdateGroupActions.flatMap((action) => failure(action.ScheduledActionName, () => putAction(ctx, input.AutoScalingGroupName, action)));
      return { FailedScheduledUpdateGroupActions: failed };
    },
  },

  DeleteScheduledAction: {
    authorize: onGroup("DeleteScheduledAction"),
    handle(ctx, input) {
      deleteAction(ctx, input.AutoScalingGroupName, input.ScheduledActionName);
      return {};
    },
  },

  BatchDeleteScheduledAction: {
    authorize: onGroup("BatchDeleteScheduledAction"),
    handle(ctx, input) {
      checkBatch(input.ScheduledActionNames, "ScheduledActionNames");
      findGroup(ctx.db, input.AutoScalingGroupName);
      return { FailedScheduledActions: input.ScheduledActionNames.flatMap((name) => failure(name, () => deleteAction(ctx, input.AutoScalingGroupName, name))) };
    },
  },

  DescribeScheduledActions: {
    authorize: onEverything("autoscaling:DescribeScheduledActions"),
    handle(ctx, input) {
      const { AutoScalingGroupName: group, ScheduledActionNames: names } = input;
      if (group !== undefined) findGroup(ctx.db, group);
      const [from, to] = [input.StartTime?.getTime() ?? -Infinity, input.EndTime?.getTime() ?? Infinity];
      const all = (group === undefined ? ctx.db(scheduledActions).list() : ctx.db(scheduledActions).where("group", group))
        .filter((action) => !names?.length || names.includes(action.name) || names.includes(action.arn))
        .filter((action) => names?.length || (action.next >= from && action.next <= to));
      const { records, NextToken } = page([...all].sort((a, b) => a.next - b.next), input, { key: ({ group: of, name }) => [of, name] });
      return { ScheduledUpdateGroupActions: records.map(show), NextToken };
    },
  },
});

function checkBatch(given: readonly unknown[], field: string): void {
  if (given.length < 1 || given.length > MOST_AT_ONCE) throw validationError(`${field} must have 1 to ${MOST_AT_ONCE} elements, but ${given.length} were given.`);
}

function failure(name: string, change: () => void): readonly AutoscalingTypes.FailedScheduledUpdateGroupActionRequest[] {
  try {
    change();
    return [];
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return [{ ScheduledActionName: name, ErrorCode: error.code, ErrorMessage: error.message }];
  }
}

/** Everything is checked before anything is written: a batch goes on with the next one. */
function putAction(ctx: Context, groupName: string, given: AutoscalingTypes.ScheduledUpdateGroupActionRequest): void {
  const group = findLivingGroup(ctx.db, groupName);
  const name = given.ScheduledActionName;
  if (name.length < 1 || name.length > 255 || name.includes(":")) throw validationError(`ScheduledActionName '${name}' must be 1 to 255 characters long, without a colon.`);
  const table = ctx.db(scheduledActions);
  const before = table.get(inGroup(group.name, name));
  const others = table.where("group", group.name).filter((action) => action.name !== name);
  if (!before && others.length >= MOST_ACTIONS) throw limitExceeded("scheduled actions per Auto Scaling group", MOST_ACTIONS);
  const { min, max, desired } = checkSizes(given);
  const timing = parseTiming(given, ctx.now);
  const same = others.find((action) => action.next === timing.next);
  if (same) throw scheduledTimeTaken(same.name);
  const arn = before?.arn ?? `arn:aws:autoscaling:${ctx.region}:${ctx.account}:scheduledUpdateGroupAction:${ctx.ids.uuid()}:autoScalingGroupName/${group.name}:scheduledActionName/${name}`;
  table.put({ name, group: group.name, arn, ...timing, min, max, desired });
}

function checkSizes({ MinSize: min, MaxSize: max, DesiredCapacity: desired }: AutoscalingTypes.ScheduledUpdateGroupActionRequest): Pick<ScheduledAction, "min" | "max" | "desired"> {
  const given = Object.entries({ MinSize: min, MaxSize: max, DesiredCapacity: desired }).filter(([, value]) => value !== undefined);
  if (given.length === 0) throw validationError("At least one of MinSize, MaxSize and DesiredCapacity must be specified.");
  const wrong = given.find(([, value]) => !Number.isInteger(value) || value! < 0);
  if (wrong) throw validationError(`${wrong[0]} '${wrong[1]}' must be a whole number, 0 or greater.`);
  if (min !== undefined && max !== undefined && min > max) throw validationError(`Max bound, ${max}, must be greater than or equal to min bound, ${min}`);
  if (desired !== undefined && ((min !== undefined && desired < min) || (max !== undefined && desired > max))) {
    throw validationError(`Desired capacity:${desired} must be between the specified min size:${min ?? "none"} and max size:${max ?? "none"}`);
  }
  return { min, max, desired };
}

type Timing = Pick<ScheduledAction, "start" | "end" | "recurrence" | "timeZone" | "next">;

function parseTiming({ StartTime, EndTime, Recurrence: recurrence, TimeZone: timeZone }: AutoscalingTypes.ScheduledUpdateGroupActionRequest, now: number): Timing {
  const [start, end] = [StartTime?.getTime(), EndTime?.getTime()];
  if (start !== undefined && start < now) throw validationError("Given start time is in the past");
  if (end !== undefined && end < now) throw validationError("Given end time is in the past");
  if (start !== undefined && end !== undefined && end <= start) throw validationError("Given end time is before the start time");
  if (timeZone !== undefined && !isTimeZone(timeZone)) throw validationError(`Invalid time zone: '${timeZone}'`);
  if (recurrence === undefined) {
    if (start === undefined) throw validationError("Either StartTime or Recurrence must be specified.");
    return { start, end, recurrence, timeZone, next: start };
  }
  const cron = parseCron(recurrence);
  if (!cron) throw validationError(`Given recurrence string: ${recurrence} is invalid`);
  const next = nextTime(cron, (start ?? now + 1) - 1, timeZone);
  if (next === undefined) throw validationError(`Given recurrence string: ${recurrence} never comes`);
  if (end !== undefined && next > end) throw validationError(`Given recurrence string: ${recurrence} does not come before the end time`);
  return { start, end, recurrence, timeZone, next };
}

function deleteAction(ctx: Context, groupName: string, nameOrArn: string): void {
  const group = findGroup(ctx.db, groupName);
  const named = ctx.db(scheduledActions).where("group", group.name).find((action) => action.name === nameOrArn || action.arn === nameOrArn);
  if (!named) throw scheduledActionNotFound(nameOrArn);
  ctx.db(scheduledActions).delete(inGroup(group.name, named.name));
}

function show(action: ScheduledAction): AutoscalingTypes.ScheduledUpdateGroupAction {
  return {
    AutoScalingGroupName: action.group,
    ScheduledActionName: action.name,
    ScheduledActionARN: action.arn,
    Time: new Date(action.next),
    StartTime: new Date(action.next),
    EndTime: action.end === undefined ? undefined : new Date(action.end),
    Recurrence: action.recurrence,
    TimeZone: action.timeZone,
    MinSize: action.min,
    MaxSize: action.max,
    DesiredCapacity: action.desired,
  };
}
