/** What other services may know of Auto Scaling. */
import type { Reader } from "@hakoniwa/kernel";
import { membersOf } from "./find.js";
import { groups, members, type Group, type GroupMetric, type Member } from "./state.js";
import { isPending, isTerminating } from "./transitions.js";

export interface AutoscalingFacts {
  /** The group that an instance belongs to. */
  groupOf(instanceId: string): string | undefined;
  /** The state that an instance is in or on its way to, as its metadata has it (`autoscaling/target-lifecycle-state`); undefined outside of groups. */
  targetLifecycleState(instanceId: string): "InService" | "Standby" | "Detached" | "Terminated" | undefined;
  /** The group metrics that somebody collects, as they are now: one value for each minute, in `AWS/AutoScaling` by `AutoScalingGroupName`. */
  metrics(): readonly { readonly group: string; readonly values: Readonly<Partial<Record<GroupMetric, number>>> }[];
}

export function autoscalingFacts(db: Reader): AutoscalingFacts {
  return {
    groupOf: (instanceId) => db(members).get(instanceId)?.group,
    targetLifecycleState(instanceId) {
      const member = db(members).get(instanceId);
      return member && targetOf(member);
    },
    metrics: () => db(groups).list().filter(({ metrics }) => metrics.length > 0).map((group) => ({ group: group.name, values: measure(group, membersOf(db, group.name)) })),
  };
}

function targetOf(member: Member): "InService" | "Standby" | "Detached" | "Terminated" {
  if (isTerminating(member)) return "Terminated";
  if (member.lifecycle === "Detaching") return "Detached";
  return member.lifecycle === "Standby" || member.lifecycle === "EnteringStandby" ? "Standby" : "InService";
}

/** Without instance weights, capacity is a number of instances. */
function measure(group: Group, all: readonly Member[]): Partial<Record<GroupMetric, number>> {
  const serving = all.filter(({ lifecycle }) => lifecycle === "InService").length;
  const pending = all.filter(isPending).length;
  const standby = all.filter(({ lifecycle }) => lifecycle === "Standby" || lifecycle === "EnteringStandby").length;
  const terminating = all.filter(isTerminating).length;
  const values: Record<GroupMetric, number> = {
    GroupMinSize: group.min,
    GroupMaxSize: group.max,
    GroupDesiredCapacity: group.desired,
    GroupInServiceInstances: serving,
    GroupPendingInstances: pending,
    GroupStandbyInstances: standby,
    GroupTerminatingInstances: terminating,
    GroupTotalInstances: all.length,
    GroupInServiceCapacity: serving,
    GroupPendingCapacity: pending,
    GroupStandbyCapacity: standby,
    GroupTerminatingCapacity: terminating,
    GroupTotalCapacity: all.length,
  };
  return Object.fromEntries(group.metrics.map((name) => [name, values[name]]));
}
