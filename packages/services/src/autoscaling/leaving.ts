/** Instances on their way out of a group. */
import { AwsError, type Database } from "@hakoniwa/kernel";
import { beginActivity, endActivity, tellActivity } from "./activities.js";
import { backOff, noteDeath } from "./back-off.js";
import { abandonedText, terminationCauseText } from "./causes.js";
import { findGroup } from "./find.js";
import { beginWaits } from "./hook-waits.js";
import type { TerminationCause } from "./actions.js";
import { groups, members, type Activity, type Group, type Member } from "./state.js";
import type { Outcome } from "./transitions.js";
import type { Work } from "./work.js";

export function terminate(work: Work, member: Member, why: TerminationCause): void {
  const { db, now } = work;
  const found = findGroup(db, member.group);
  const group = why.kind === "unhealthy" && why.illness !== "user" && !found.deleting ? noteDeath(work, found, member) : found;
  const cause = terminationCauseText(now, why, member.instanceId, group.request);
  beginTermination(db, group, member, { id: work.ids.uuid(), now, cause }, why.kind === "unhealthy" ? why.illness : undefined);
  // A group that shrinks or goes away replaces nothing; nor is who stood by missed.
  if (why.kind !== "excess" && !group.deleting && member.lifecycle === "InService") db(groups).put({ ...group, replacements: group.replacements + 1 });
}

/** Records that a member leaves; what must be done about it follows from the record. Returns the activity. */
export function beginTermination(
  db: Database,
  group: Group,
  member: Member,
  about: { readonly id: string; readonly now: number; readonly cause: string },
  illness?: Member["illness"],
): Activity {
  endActivity(db, member.activityId, about.now, "Cancelled");
  const { instanceId } = member;
  const where = { id: member.subnetId, availabilityZone: member.availabilityZone };
  const activity = beginActivity(db, { ...about, group, where, description: `Terminating EC2 instance: ${instanceId}`, change: "terminate", instanceId });
  const health = illness === undefined ? member.health : "Unhealthy";
  db(members).put({ ...member, lifecycle: "Terminating", waits: [], health, illness: illness ?? member.illness, activityId: activity.id });
  return activity;
}

/** A hook gave up an instance that was to come into service. */
export function abandon(work: Work, member: Member, { abandonedBy }: Outcome): void {
  const { db, now } = work;
  const text = abandonedText(abandonedBy?.token ?? "", abandonedBy?.timedOut ?? false);
  endActivity(db, member.activityId, now, "Cancelled", text);
  const group = findGroup(db, member.group);
  beginTermination(db, group, member, { id: work.ids.uuid(), now, cause: terminationCauseText(now, { kind: "abandoned" }, member.instanceId, undefined) });
  if (!group.deleting) backOff(work, group);
}

export function waitToEnd(work: Work, member: Member): void {
  const group = findGroup(work.db, member.group);
  if (!beginWaits(work, group, member, "autoscaling:EC2_INSTANCE_TERMINATING", "Terminating:Wait")) work.db(members).put({ ...member, lifecycle: "Terminating:Proceed" });
}

export function endInstance(work: Work, member: Member): void {
  const { db, facts, aws } = work;
  const there = db(members).get(member.instanceId);
  if (there?.lifecycle === "Terminating:Wait") db(members).put({ ...there, lifecycle: "Terminating:Proceed", waits: [] });
  const state = facts.ec2.instance(member.instanceId)?.state;
  if (state === undefined || state === "shutting-down" || state === "terminated") return;
  tellActivity(db, member.activityId, { status: "InProgress", progress: 50 });
  const InstanceIds = [member.instanceId];
  try {
    try {
      aws.ec2.TerminateInstances({ InstanceIds });
    } catch (error) {
      if (!(error instanceof AwsError) || error.code !== "OperationNotPermitted") throw error;
      // Termination protection holds off people, not Auto Scaling: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html
      aws.ec2.ModifyInstanceAttribute({ InstanceId: member.instanceId, DisableApiTermination: { Value: false } });
      aws.ec2.TerminateInstances({ InstanceIds });
    }
  } catch (error) {
    // One that can't be ended must not hold up its group.
    if (!(error instanceof AwsError)) throw error;
    work.log(`can't terminate ${member.instanceId}: ${error.code} ${error.message}`);
  }
}

export function remove({ db, now }: Work, member: Member): void {
  endActivity(db, member.activityId, now, "Successful");
  db(members).delete(member.instanceId);
}

export function enterStandby({ db }: Work, member: Member): void {
  db(members).put({ ...member, lifecycle: "Standby" });
}

/** It leaves the group and lives on, without the group's mark. */
export function release({ db, aws, now }: Work, member: Member): void {
  aws.ec2.DeleteTags({ Resources: [member.instanceId], Tags: [{ Key: "aws:autoscaling:groupName" }] });
  endActivity(db, member.activityId, now, "Successful");
  db(members).delete(member.instanceId);
}
