/** Instances that enter and leave a group, or its service, by hand. */
import { Autoscaling, type AutoscalingTypes } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { onGroup } from "./access.js";
import { beginActivity, endActivity, showActivity, tellActivity } from "./activities.js";
import { byUser } from "./causes.js";
import { validationError } from "./errors.js";
import { findLivingGroup, findMemberOf } from "./find.js";
import { beginWaits } from "./hook-waits.js";
import { newMember } from "./launching.js";
import { groups, members, type Activity, type Group, type Lifecycle, type Member } from "./state.js";

/** https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AttachInstances.html and its siblings. */
const MOST_AT_ONCE = 20;

export const standbyOperations = operations(Autoscaling, {
  EnterStandby: {
    authorize: onGroup("EnterStandby"),
    handle(ctx, input) {
      const leaving = takeOut(ctx, input, { done: "was moved to standby", description: "Moving EC2 instance to Standby", lifecycle: "EnteringStandby", verb: "Moving instances to standby" });
      return { Activities: leaving };
    },
  },

  ExitStandby: {
    authorize: onGroup("ExitStandby"),
    handle(ctx, input) {
      const group = findLivingGroup(ctx.db, input.AutoScalingGroupName);
      const chosen = idsOf(input.InstanceIds).map((id) => findMemberOf(ctx.db, group, id));
      const stray = chosen.find(({ lifecycle }) => lifecycle !== "Standby");
      if (stray) throw validationError(`The instance ${stray.instanceId} is not in Standby.`);
      const desired = group.desired + chosen.length;
      if (desired > group.max) throw tooMany(group, desired);
      const shown = chosen.map((member, index) => {
        const cause = byUser(ctx.now, member.instanceId, "was moved out of standby", { from: group.desired + index, to: group.desired + index + 1 });
        const activity = begin(ctx, group, member, "Moving EC2 instance out of Standby", cause);
        const back = ctx.db(members).put({ ...member, lifecycle: "Pending", activityId: activity.id });
        beginWaits(ctx, group, back, "autoscaling:EC2_INSTANCE_LAUNCHING", "Pending:Wait");
        return showActivity(activity);
      });
      ctx.db(groups).put({ ...group, desired });
      return { Activities: shown };
    },
  },

  DetachInstances: {
    authorize: onGroup("DetachInstances"),
    handle(ctx, input) {
      const leaving = takeOut(ctx, input, { done: "was detached", description: "Detaching EC2 instance", lifecycle: "Detaching", verb: "Detaching instances" });
      return { Activities: leaving };
    },
  },

  AttachInstances: {
    authorize: onGroup("AttachInstances"),
    handle(ctx, input) {
      const group = findLivingGroup(ctx.db, input.AutoScalingGroupName);
      const ids = idsOf(input.InstanceIds);
      const desired = group.desired + ids.length;
      if (desired > group.max) throw tooMany(group, desired);
      ids.forEach((id, index) => attach(ctx, group, id, group.desired + index));
      ctx.db(groups).put({ ...group, desired });
      return {};
    },
  },
});

function idsOf(given: readonly string[] | undefined): readonly string[] {
  const ids = [...new Set(given ?? [])];
  if (ids.length < 1 || ids.length > MOST_AT_ONCE) throw validationError(`InstanceIds must have 1 to ${MOST_AT_ONCE} elements, but ${ids.length} were given.`);
  return ids;
}

function tooMany(group: Group, desired: number): Error {
  return validationError(
    `The number of instances to attach plus the current desired capacity would exceed the maximum size of the AutoScalingGroup ${group.name}. ` +
      `DesiredCapacity: ${desired} MaxSize: ${group.max}. Increase the MaxSize to proceed.`,
  );
}

interface Way {
  readonly done: string;
  readonly description: string;
  readonly lifecycle: Lifecycle;
  readonly verb: string;
}

type Leaving = { readonly AutoScalingGroupName: string; readonly InstanceIds?: readonly string[] | undefined; readonly ShouldDecrementDesiredCapacity: boolean };

/** Out of service; what follows from that, out of the traffic sources first, is the reconciler's. */
function takeOut(ctx: Context, input: Leaving, { done, description, lifecycle, verb }: Way): readonly AutoscalingTypes.Activity[] {
  const group = findLivingGroup(ctx.db, input.AutoScalingGroupName);
  const chosen = idsOf(input.InstanceIds).map((id) => findMemberOf(ctx.db, group, id));
  const may = (member: Member): boolean => member.lifecycle === "InService" || (lifecycle === "Detaching" && member.lifecycle === "Standby");
  const stray = chosen.find((member) => !may(member));
  if (stray) throw validationError(`The instance ${stray.instanceId} is not in InService${lifecycle === "Detaching" ? " or Standby" : ""}.`);
  const counted = chosen.filter((member) => member.lifecycle === "InService").length;
  const decrement = input.ShouldDecrementDesiredCapacity ? counted : 0;
  if (decrement > 0 && group.desired - decrement < group.min) {
    throw validationError(
      `AutoScalingGroup ${group.name} has min-size=${group.min}, max-size=${group.max}, and desired-size=${group.desired}. ` +
        `${verb} without replacement will violate the group's min size constraint.`,
    );
  }
  const shown = chosen.map((member, index) => {
    const change = decrement > 0 && member.lifecycle === "InService" ? { from: group.desired - index, to: group.desired - index - 1 } : undefined;
    const activity = begin(ctx, group, member, description, byUser(ctx.now, member.instanceId, done, change));
    ctx.db(members).put({ ...member, lifecycle, activityId: activity.id });
    return showActivity(activity);
  });
  if (decrement > 0) ctx.db(groups).put({ ...group, desired: group.desired - decrement });
  return shown;
}

function begin(ctx: Context, group: Group, member: Member, description: string, cause: string): Activity {
  endActivity(ctx.db, member.activityId, ctx.now, "Cancelled");
  const where = { id: member.subnetId, availabilityZone: member.availabilityZone };
  const { instanceId } = member;
  const activity = beginActivity(ctx.db, { id: ctx.ids.uuid(), now: ctx.now, group, where, description: `${description}: ${instanceId}`, cause, change: "other", instanceId });
  tellActivity(ctx.db, activity.id, { progress: 50 });
  return { ...activity, progress: 50 };
}

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/attach-instance-asg.html: running, of a kind that the group could have launched where it is. */
function attach(ctx: Context, group: Group, id: string, before: number): void {
  const other = ctx.db(members).get(id);
  if (other) throw validationError(`Instance ${id} is already part of AutoScalingGroup:${other.group}.`);
  const instance = ctx.facts.ec2.instance(id);
  if (!instance) throw validationError(`Invalid Instance ID(s): [${id}]`);
  if (instance.state !== "running") throw validationError(`Instance ${id} is not in correct state. Instance(s) must be in 'running' state, but it is in '${instance.state}'.`);
  const zones = group.subnets.map(({ availabilityZone }) => availabilityZone);
  if (!zones.includes(instance.availabilityZone)) throw validationError(`Instance ${id} is in the Availability Zone ${instance.availabilityZone}, which the AutoScalingGroup ${group.name} does not use.`);
  const vpc = ctx.facts.ec2.subnet(group.subnets[0]?.id ?? "")?.vpcId;
  if (vpc !== instance.vpcId) throw validationError(`Instance ${id} is in the VPC ${instance.vpcId}, but the AutoScalingGroup ${group.name} is in ${vpc ?? "none"}.`);
  const where = { id: instance.subnetId, availabilityZone: instance.availabilityZone };
  const cause = byUser(ctx.now, id, "was attached", { from: before, to: before + 1 });
  const activity = beginActivity(ctx.db, { id: ctx.ids.uuid(), now: ctx.now, group, where, description: `Attaching an existing EC2 instance: ${id}`, cause, change: "launch", instanceId: id });
  const member = ctx.db(members).put({
    ...newMember(group, id, activity.id, ctx.now),
    availabilityZone: instance.availabilityZone,
    subnetId: instance.subnetId,
    instanceType: instance.instanceType,
  });
  beginWaits(ctx, group, member, "autoscaling:EC2_INSTANCE_LAUNCHING", "Pending:Wait");
}
