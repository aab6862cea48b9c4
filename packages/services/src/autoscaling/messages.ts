/**
 * The messages that Auto Scaling sends to topics. Pure.
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-sns-notifications.html and
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/prepare-for-lifecycle-notifications.html
 */
import type { Activity, Group } from "./state.js";
import type { Hook } from "./state-scaling.js";

export interface Message {
  readonly subject: string | undefined;
  readonly body: string;
}

const SERVICE = "AWS Auto Scaling";

const SUBJECTS: Readonly<Record<string, string>> = {
  "autoscaling:EC2_INSTANCE_LAUNCH": "launch",
  "autoscaling:EC2_INSTANCE_LAUNCH_ERROR": "failed launch",
  "autoscaling:EC2_INSTANCE_TERMINATE": "termination",
  "autoscaling:EC2_INSTANCE_TERMINATE_ERROR": "failed termination",
};

/** What became of a launch or a termination. */
export function activityMessage(activity: Activity, event: string, now: number): Message {
  const body = {
    Progress: activity.progress,
    AccountId: accountOf(activity.groupArn),
    Description: activity.description,
    RequestId: activity.id,
    EndTime: iso(activity.ended ?? now),
    AutoScalingGroupARN: activity.groupArn,
    ActivityId: activity.id,
    StartTime: iso(activity.started),
    Service: SERVICE,
    Time: iso(now),
    EC2InstanceId: activity.instanceId ?? "",
    StatusCode: activity.status,
    StatusMessage: activity.statusMessage ?? "",
    Details: { "Subnet ID": activity.subnetId ?? "", "Availability Zone": activity.availabilityZone },
    AutoScalingGroupName: activity.group,
    Cause: activity.cause,
    Event: event,
  };
  return { subject: `Auto Scaling: ${SUBJECTS[event] ?? "notification"} for group "${activity.group}"`, body: JSON.stringify(body) };
}

/** What a topic gets when it is configured. */
export function testMessage(group: Group, requestId: string, now: number): Message {
  const body = { AccountId: accountOf(group.arn), RequestId: requestId, AutoScalingGroupARN: group.arn, AutoScalingGroupName: group.name, Service: SERVICE, Event: "autoscaling:TEST_NOTIFICATION", Time: iso(now) };
  return { subject: `Auto Scaling: test notification for group "${group.name}"`, body: JSON.stringify(body) };
}

/** What a hook's topic gets when an instance begins to wait for it. */
export function hookMessage(group: Group, hook: Hook, instanceId: string, token: string, now: number): Message {
  const launching = hook.transition === "autoscaling:EC2_INSTANCE_LAUNCHING";
  const body = {
    Origin: launching ? "EC2" : "AutoScalingGroup",
    LifecycleHookName: hook.name,
    Destination: launching ? "AutoScalingGroup" : "EC2",
    AccountId: accountOf(group.arn),
    RequestId: token,
    LifecycleTransition: hook.transition,
    AutoScalingGroupName: group.name,
    Service: SERVICE,
    Time: iso(now),
    EC2InstanceId: instanceId,
    NotificationMetadata: hook.metadata,
    LifecycleActionToken: token,
  };
  return { subject: `Auto Scaling:  Lifecycle action '${launching ? "LAUNCHING" : "TERMINATING"}' for instance ${instanceId} in progress.`, body: JSON.stringify(body) };
}

function accountOf(arn: string): string {
  return arn.split(":")[4] ?? "";
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
