/** Carries out what a plan says, inside one transaction. */
import { endActivity } from "./activities.js";
import { findGroup, membersOf } from "./find.js";
import { enterService, launch, launchFailed } from "./launching.js";
import { abandon, endInstance, enterStandby, release, remove, terminate, waitToEnd } from "./leaving.js";
import type { Action } from "./actions.js";
import { endRefresh } from "./refresh-end.js";
import { groups, members, type Group, type Member } from "./state.js";
import { hooks, inGroup, notifications, policies, refreshes, scheduledActions } from "./state-scaling.js";
import { deregister, healthIn, register } from "./traffic-sources.js";
import { isTerminating } from "./transitions.js";
import type { Work } from "./work.js";

/** Carries out the actions in their order. A launch that fails is recorded, and ends the launches of this run. */
export function carryOut(work: Work, groupName: string, actions: readonly Action[]): void {
  let failed = false;
  for (const action of actions) {
    // What came before in this run may have been a reason to slow down.
    if (action.kind === "launch") failed = failed || slowsDown(work, groupName) || !launch(work, groupName, action.subnet, action.why);
    else if (action.kind === "delete-group") forgetGroup(work, groupName);
    else if (action.kind === "refresh") endRefresh(work, work.db(refreshes).put(action.refresh));
    else {
      const member = work.db(members).get(action.member.instanceId);
      if (member) actOnMember(work, member, action);
    }
  }
  registerAll(work, actions);
  const group = work.db(groups).get(groupName);
  if (group?.request !== undefined && countStaying(work, group) === group.desired) work.db(groups).put({ ...group, request: undefined });
}

function slowsDown({ db, now }: Work, groupName: string): boolean {
  return (findGroup(db, groupName).retryAt ?? now) > now;
}

type MemberAction = Extract<Action, { readonly member: Member }>;

function actOnMember(work: Work, member: Member, action: MemberAction): void {
  switch (action.kind) {
    case "proceed":
      work.db(members).put({ ...member, lifecycle: "Pending:Proceed", waits: [] });
      return;
    case "enter-service":
      return enterService(work, member);
    case "launch-failed":
      return launchFailed(work, member);
    case "abandon":
      return abandon(work, member, action.outcome);
    case "register":
      work.db(members).put({ ...member, registered: [...member.registered, action.source] });
      return;
    case "deregister":
      work.db(members).put({ ...member, registered: member.registered.filter((source) => source !== action.source) });
      return;
    case "mark-unhealthy":
      work.db(members).put({ ...member, health: "Unhealthy", illness: action.illness });
      return;
    case "terminate":
      return terminate(work, member, action.why);
    case "wait-to-end":
      return waitToEnd(work, member);
    case "end-instance":
      return endInstance(work, member);
    case "remove":
      return remove(work, member);
    case "enter-standby":
      endActivity(work.db, member.activityId, work.now, "Successful");
      return enterStandby(work, member);
    case "release":
      return release(work, member);
  }
}

/** One call for all instances of a traffic source: what the records above already say. */
function registerAll({ aws, facts, now }: Work, actions: readonly Action[]): void {
  for (const [kind, change] of [["register", register], ["deregister", deregister]] as const) {
    const bySource = new Map<string, string[]>();
    for (const action of actions) {
      if (action.kind !== kind) continue;
      const state = healthIn(facts, action.source, action.member.instanceId, now)?.state;
      const there = state !== undefined && state !== "draining";
      if (there === (kind === "register")) continue;
      const ids = bySource.get(action.source);
      if (ids) ids.push(action.member.instanceId);
      else bySource.set(action.source, [action.member.instanceId]);
    }
    for (const [source, ids] of bySource) change(aws, source, ids);
  }
}

/** With all that hangs on it. Its activities stay for those who ask for deleted groups. */
export function forgetGroup({ db, aws }: Pick<Work, "db" | "aws">, name: string): void {
  const alarms = db(policies).where("group", name).flatMap((policy) => (policy.type === "TargetTrackingScaling" ? policy.alarms.map((alarm) => alarm.name) : []));
  if (alarms.length > 0) aws.cloudwatch.DeleteAlarms({ AlarmNames: alarms });
  for (const policy of db(policies).where("group", name)) db(policies).delete(inGroup(name, policy.name));
  for (const action of db(scheduledActions).where("group", name)) db(scheduledActions).delete(inGroup(name, action.name));
  for (const hook of db(hooks).where("group", name)) db(hooks).delete(inGroup(name, hook.name));
  for (const { topicArn } of db(notifications).where("group", name)) db(notifications).delete(inGroup(name, topicArn));
  for (const { id } of db(refreshes).where("group", name)) db(refreshes).delete(id);
  db(groups).delete(name);
}

function countStaying({ db }: Work, group: Group): number {
  return membersOf(db, findGroup(db, group.name).name).filter((member) => !isTerminating(member)).length;
}
