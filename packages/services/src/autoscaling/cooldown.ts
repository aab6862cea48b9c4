/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scaling-cooldowns.html */
import type { Database, Reader } from "@hakoniwa/kernel";
import { membersOf } from "./find.js";
import { activities, type Group } from "./state.js";
import { isPending, isTerminating } from "./transitions.js";

/** Whether the cooldown after the group's last activity still lasts, or one is under way. */
export function coolsDown(db: Reader | Database, group: Group, now: number): boolean {
  // What was asked for is under way before its first instance is; what keeps failing is not.
  if (group.request !== undefined && group.launchFailures === 0) return true;
  if (membersOf(db, group.name).some((member) => isPending(member) || isTerminating(member))) return true;
  const length = (group.policyCooldown ?? group.cooldown) * 1000;
  return db(activities)
    .where("group", group.name)
    .some((activity) => activity.groupArn === group.arn && activity.change !== "other" && activity.status === "Successful" && now < (activity.ended ?? now) + length);
}
