/** Carries out what a plan says, inside one transaction. */
import { AwsError, type Database, type Ids } from "@hakoniwa/kernel";
import type { Aws } from "@hakoniwa/wire";
import type { Facts } from "../facts.js";
import { beginActivity, describeActivity, endActivity } from "./activities.js";
import { launchCauseText, terminationCauseText } from "./causes.js";
import { findGroup, findMember, membersOf } from "./find.js";
import { launchRequest } from "./launch.js";
import type { Action, LaunchCause, TerminationCause } from "./plan.js";
import { groups, members, type Group, type GroupSubnet, type Member } from "./state.js";

/** What an action is carried out with. */
export interface Work {
  readonly db: Database;
  readonly aws: Aws;
  readonly facts: Facts;
  readonly ids: Ids;
  readonly now: number;
  log(message: string): void;
}

const FIRST_RETRY = 10_000;
const LAST_RETRY = 300_000;

/** Carries out the actions in their order. A launch that fails is recorded, and ends the launches of this run. */
export function carryOut(work: Work, groupName: string, actions: readonly Action[]): void {
  let failed = false;
  for (const action of actions) {
    if (action.kind === "launch") failed = failed || !launch(work, groupName, action.subnet, action.why);
    else if (action.kind === "delete-group") work.db(groups).delete(groupName);
    else actOnMember(work, findMember(work.db, action.member.instanceId), action);
  }
  const group = work.db(groups).get(groupName);
  if (group?.request !== undefined && countStaying(work.db, group) === group.desired) work.db(groups).put({ ...group, request: undefined });
}

type MemberAction = Exclude<Action, { readonly kind: "launch" | "delete-group" }>;

function actOnMember(work: Work, member: Member, action: MemberAction): void {
  switch (action.kind) {
    case "enter-service":
      endActivity(work.db, member.activityId, work.now, "Successful");
      work.db(members).put({ ...member, lifecycle: "InService", inService: work.now });
      return;
    case "launch-failed":
      return launchFailed(work, member);
    case "register":
      return register(work, member, action.loadBalancer);
    case "deregister":
      return deregister(work, member, action.loadBalancer);
    case "mark-unhealthy":
      work.db(members).put({ ...member, health: "Unhealthy", illness: action.illness });
      return;
    case "terminate":
      return terminate(work, member, action.why);
    case "end-instance":
      return endInstance(work, member);
    case "remove":
      endActivity(work.db, member.activityId, work.now, "Successful");
      work.db(members).delete(member.instanceId);
  }
}

/** @returns whether EC2 took it */
function launch(work: Work, groupName: string, subnet: GroupSubnet, why: LaunchCause): boolean {
  const { db, aws, facts, now } = work;
  const group = findGroup(db, groupName);
  const activity = beginActivity(db, {
    id: work.ids.uuid(),
    now,
    group,
    where: subnet,
    description: "Launching a new EC2 instance",
    cause: launchCauseText(now, why, group.request),
  });
  try {
    const { input, from } = launchRequest(db, facts, aws, group, subnet);
    const [instance] = aws.ec2.RunInstances(input).Instances ?? [];
    if (instance?.InstanceId === undefined) throw new Error("RunInstances answered no instance");
    const launched = { from, type: instance.InstanceType, image: instance.ImageId };
    db(members).put(newMember(group, subnet, instance.InstanceId, launched, activity.id, now));
    describeActivity(db, activity.id, `Launching a new EC2 instance: ${instance.InstanceId}`);
    const replacements = why.kind === "replacement" ? group.replacements - 1 : group.replacements;
    db(groups).put({ ...group, replacements, launchFailures: 0, retryAt: undefined });
    return true;
  } catch (error) {
    // Anything but AWS's own refusals is a bug of ours, and undoes the transaction.
    if (!(error instanceof AwsError)) throw error;
    endActivity(db, activity.id, now, "Failed", `${error.message} Launching EC2 instance failed.`);
    backOff(work, group);
    return false;
  }
}

function newMember(
  group: Group,
  subnet: GroupSubnet,
  instanceId: string,
  launched: { readonly from: Member["launchedFrom"]; readonly type: string | undefined; readonly image: string | undefined },
  activityId: string,
  now: number,
): Member {
  return {
    instanceId,
    group: group.name,
    lifecycle: "Pending",
    health: "Healthy",
    illness: undefined,
    unhealthyFrom: undefined,
    availabilityZone: subnet.availabilityZone,
    subnetId: subnet.id,
    instanceType: launched.type ?? "",
    imageId: launched.image ?? "",
    launchedFrom: launched.from,
    launched: now,
    inService: undefined,
    protectedFromScaleIn: group.protectNew,
    loadBalancers: [],
    activityId,
  };
}

/** The next launch waits, longer after every failure. */
function backOff(work: Work, group: Group): void {
  const launchFailures = group.launchFailures + 1;
  work.db(groups).put({ ...group, launchFailures, retryAt: work.now + Math.min(LAST_RETRY, FIRST_RETRY * 2 ** (launchFailures - 1)) });
}

function launchFailed(work: Work, member: Member): void {
  endActivity(work.db, member.activityId, work.now, "Failed", "Instance became unhealthy while waiting for instance to be in InService state.");
  endInstance(work, member);
  work.db(members).delete(member.instanceId);
  backOff(work, findGroup(work.db, member.group));
}

function register({ db, aws, facts }: Work, member: Member, loadBalancer: string): void {
  if (!facts.elb.healthOf(loadBalancer, member.instanceId)) {
    aws.elb.RegisterInstancesWithLoadBalancer({ LoadBalancerName: loadBalancer, Instances: [{ InstanceId: member.instanceId }] });
  }
  db(members).put({ ...member, loadBalancers: [...member.loadBalancers, loadBalancer] });
}

function deregister({ db, aws, facts }: Work, member: Member, loadBalancer: string): void {
  if (facts.elb.healthOf(loadBalancer, member.instanceId)) {
    aws.elb.DeregisterInstancesFromLoadBalancer({ LoadBalancerName: loadBalancer, Instances: [{ InstanceId: member.instanceId }] });
  }
  db(members).put({ ...member, loadBalancers: member.loadBalancers.filter((name) => name !== loadBalancer) });
}

function terminate(work: Work, member: Member, why: TerminationCause): void {
  const { db, now } = work;
  const group = findGroup(db, member.group);
  const cause = terminationCauseText(now, why, member.instanceId, group.request);
  beginTermination(db, group, member, { id: work.ids.uuid(), now, cause }, why.kind === "unhealthy" ? why.illness : undefined);
  // A group that shrinks or goes away replaces nothing.
  if (why.kind === "unhealthy" && !group.deleting) db(groups).put({ ...group, replacements: group.replacements + 1 });
}

/** Records that a member leaves; what must be done about it follows from the record. Returns the activity. */
export function beginTermination(
  db: Database,
  group: Group,
  member: Member,
  about: { readonly id: string; readonly now: number; readonly cause: string },
  illness?: Member["illness"],
): ReturnType<typeof beginActivity> {
  endActivity(db, member.activityId, about.now, "Cancelled");
  const where = { id: member.subnetId, availabilityZone: member.availabilityZone };
  const activity = beginActivity(db, { ...about, group, where, description: `Terminating EC2 instance: ${member.instanceId}` });
  const health = illness === undefined ? member.health : "Unhealthy";
  db(members).put({ ...member, lifecycle: "Terminating", health, illness: illness ?? member.illness, activityId: activity.id });
  return activity;
}

function endInstance(work: Work, member: Member): void {
  const state = work.facts.ec2.instance(member.instanceId)?.state;
  if (state === undefined || state === "shutting-down" || state === "terminated") return;
  try {
    work.aws.ec2.TerminateInstances({ InstanceIds: [member.instanceId] });
  } catch (error) {
    // One that can't be ended must not hold up its group.
    if (!(error instanceof AwsError)) throw error;
    work.log(`can't terminate ${member.instanceId}: ${error.code} ${error.message}`);
  }
}

function countStaying(db: Database, group: Group): number {
  return membersOf(db, group.name).filter((member) => member.lifecycle !== "Terminating").length;
}
