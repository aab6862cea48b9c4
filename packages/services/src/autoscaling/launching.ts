/** Instances on their way into a group. */
import { AwsError } from "@hakoniwa/kernel";
import { beginActivity, endActivity, tellActivity } from "./activities.js";
import { backOff, closeSubnet } from "./back-off.js";
import { launchCauseText } from "./causes.js";
import { findGroup } from "./find.js";
import { beginWaits } from "./hook-waits.js";
import { instanceTags, launchRequests } from "./launch.js";
import { endInstance } from "./leaving.js";
import type { LaunchCause } from "./actions.js";
import { refreshOf } from "./refresh-target.js";
import { groups, members, type Group, type GroupSubnet, type Member } from "./state.js";
import type { Work } from "./work.js";

/** What is wrong with the place, and not with what is launched: another zone may do better. */
const PLACE_ERRORS: readonly string[] = ["InsufficientInstanceCapacity", "InsufficientFreeAddressesInSubnet", "InvalidSubnetID.NotFound", "InsufficientCapacity", "Unsupported"];

/** @returns whether EC2 took it */
export function launch(work: Work, groupName: string, subnet: GroupSubnet, why: LaunchCause): boolean {
  const { db, now } = work;
  const group = findGroup(db, groupName);
  const cause = launchCauseText(now, why, group.request);
  const activity = beginActivity(db, { id: work.ids.uuid(), now, group, where: subnet, description: "Launching a new EC2 instance", cause, change: "launch", instanceId: undefined });
  try {
    const member = launchOne(work, group, subnet, activity.id, why);
    tellActivity(db, activity.id, { description: `Launching a new EC2 instance: ${member.instanceId}`, instanceId: member.instanceId, status: "PreInService", progress: 30 });
    beginWaits(work, group, member, "autoscaling:EC2_INSTANCE_LAUNCHING", "Pending:Wait");
    const replacements = why.kind === "replacement" ? group.replacements - 1 : group.replacements;
    db(groups).put({ ...group, replacements, retryAt: undefined, closedSubnets: group.closedSubnets.filter(({ id }) => id !== subnet.id) });
    return true;
  } catch (error) {
    // Anything but AWS's own refusals is a bug of ours, and undoes the transaction.
    if (!(error instanceof AwsError)) throw error;
    endActivity(db, activity.id, now, "Failed", `${error.message} Launching EC2 instance failed.`);
    if (PLACE_ERRORS.includes(error.code) && group.subnets.length > 1) closeSubnet(work, group, subnet);
    else backOff(work, group);
    return false;
  }
}

/** The types of a mixed group are tried in their order. */
function launchOne(work: Work, group: Group, subnet: GroupSubnet, activityId: string, why: LaunchCause): Member {
  const refresh = refreshOf(work.db, group.name);
  const requests = launchRequests(work.db, work.facts, work.aws, group, refresh?.desired ?? group.launch, subnet);
  for (const [index, { input, from }] of requests.entries()) {
    try {
      const [instance] = work.aws.ec2.RunInstances(input).Instances ?? [];
      if (instance?.InstanceId === undefined) throw new Error("RunInstances answered no instance");
      return work.db(members).put({
        ...newMember(group, instance.InstanceId, activityId, work.now),
        availabilityZone: subnet.availabilityZone,
        subnetId: subnet.id,
        instanceType: instance.InstanceType ?? "",
        imageId: instance.ImageId ?? "",
        launchedFrom: from,
        refresh: refresh?.id,
        ahead: why.kind === "rebalance" || why.kind === "refresh",
      });
    } catch (error) {
      if (!(error instanceof AwsError) || index === requests.length - 1) throw error;
    }
  }
  throw new Error("nothing to launch from");
}

/** A member as it begins, before it is known where and from what. */
export function newMember(group: Group, instanceId: string, activityId: string, now: number): Member {
  return {
    instanceId,
    group: group.name,
    lifecycle: "Pending",
    waits: [],
    health: "Healthy",
    illness: undefined,
    unhealthyFrom: undefined,
    availabilityZone: "",
    subnetId: "",
    instanceType: "",
    imageId: "",
    launchedFrom: { configuration: undefined, template: undefined, age: 0 },
    launched: now,
    inService: undefined,
    protectedFromScaleIn: group.protectNew,
    registered: [],
    refresh: undefined,
    ahead: false,
    activityId,
  };
}

export function enterService(work: Work, member: Member): void {
  endActivity(work.db, member.activityId, work.now, "Successful");
  const group = findGroup(work.db, member.group);
  if (group.launchFailures > 0) work.db(groups).put({ ...group, launchFailures: 0 });
  // What comes into service while AddToLoadBalancer is suspended is never registered by itself: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html
  const unregistered = group.suspended.some(({ process }) => process === "AddToLoadBalancer");
  const imageId = member.imageId === "" ? adopt(work, group, member.instanceId) : member.imageId;
  work.db(members).put({ ...member, lifecycle: "InService", waits: [], imageId, inService: work.now, registered: unregistered ? group.trafficSources : member.registered });
}

/** One that was attached gets the group's tags. @returns its image */
function adopt({ aws }: Work, group: Group, instanceId: string): string {
  aws.ec2.CreateTags({ Resources: [instanceId], Tags: instanceTags(group) });
  return aws.ec2.DescribeInstances({ InstanceIds: [instanceId] }).Reservations?.[0]?.Instances?.[0]?.ImageId ?? "";
}

export function launchFailed(work: Work, member: Member): void {
  endActivity(work.db, member.activityId, work.now, "Failed", "Instance became unhealthy while waiting for instance to be in InService state.");
  endInstance(work, member);
  work.db(members).delete(member.instanceId);
  backOff(work, findGroup(work.db, member.group));
}
