/** Causes of activities, in AWS's words: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-verify-scaling-activity.html */
import type { LaunchCause, TerminationCause } from "./actions.js";
import type { Illness } from "./state.js";

/** e.g. `At 2026-01-01T00:00:00Z`. */
function at(time: number): string {
  return `At ${new Date(time).toISOString().replace(/\.\d+Z$/, "Z")}`;
}

export function createdGroup(time: number, desired: number): string {
  return `${at(time)} a user request created an AutoScalingGroup changing the desired capacity from 0 to ${desired}.`;
}

export function updatedGroup(time: number, next: { readonly min: number; readonly max: number; readonly desired: number }, before: number): string {
  const bounds = `constraints to min: ${next.min}, max: ${next.max}, desired: ${next.desired}`;
  return `${at(time)} a user request update of AutoScalingGroup ${bounds} changing the desired capacity from ${before} to ${next.desired}.`;
}

export function setDesired(time: number, before: number, desired: number): string {
  return `${at(time)} a user request explicitly set group desired capacity changing the desired capacity from ${before} to ${desired}.`;
}

export function deletedGroup(time: number, before: number): string {
  return `${at(time)} a user request force deleted AutoScalingGroup changing the desired capacity from ${before} to 0.`;
}

/** @param by e.g. `a monitor alarm high in state ALARM triggered policy out` */
export function changedCapacity(time: number, by: string, before: number, desired: number): string {
  return `${at(time)} ${by} changing the desired capacity from ${before} to ${desired}.`;
}

export function scheduledUpdate(time: number, next: { readonly min: number; readonly max: number; readonly desired: number }, before: number): string {
  const bounds = `constraints to min: ${next.min}, max: ${next.max}, desired: ${next.desired}`;
  return changedCapacity(time, `a scheduled action update of AutoScalingGroup ${bounds}`, before, next.desired);
}

export function launchCauseText(time: number, why: LaunchCause, request: string | undefined): string {
  if (why.kind === "replacement") return `${at(time)} an instance was launched in response to an unhealthy instance needing to be replaced.`;
  if (why.kind === "refresh") return `${at(time)} an instance was launched in response to an instance refresh.`;
  if (why.kind === "rebalance") {
    return `${at(time)} instances were launched to balance instances in zones ${why.into.join(" ")} with other zones resulting in more than desired number of instances in the group.`;
  }
  const difference = `a difference between desired and actual capacity, increasing the capacity from ${why.from} to ${why.to}`;
  const text = `${at(time)} an instance was started in response to ${difference}.`;
  return withRequest(request, text);
}

export function terminationCauseText(time: number, why: TerminationCause | { readonly kind: "abandoned" }, instanceId: string, request: string | undefined): string {
  if (why.kind !== "excess") return `${at(time)} an instance was taken out of service in response to ${why.kind === "unhealthy" ? ILLNESSES[why.illness] : REASONS[why.kind]}.`;
  const difference = `a difference between desired and actual capacity, shrinking the capacity from ${why.from} to ${why.to}`;
  const text = `${at(time)} an instance was taken out of service in response to ${difference}.`;
  return withRequest(request, `${text}  ${at(time)} instance ${instanceId} was selected for termination.`);
}

const REASONS = {
  refresh: "an instance refresh",
  lifetime: "exceeding its maximum instance lifetime",
  abandoned: "an abandoned lifecycle action",
} as const;

const ILLNESSES: Readonly<Record<Illness, string>> = {
  "ec2-state": "an EC2 health check indicating it has been terminated or stopped",
  "ec2-status": "EC2 instance status checks failure",
  elb: "an ELB system health check failure",
  user: "a user health-check",
};

export function abandonedText(token: string, timedOut: boolean): string {
  return `Instance failed to complete user's Lifecycle Action: Lifecycle Action with token ${token} was abandoned: ${timedOut ? "Heartbeat Timeout" : "Lifecycle Action Completed with ABANDON Result"}`;
}

/** What one instance was asked to do by hand. @param done e.g. `was detached` */
export function byUser(time: number, instanceId: string, done: string, change: { readonly from: number; readonly to: number } | undefined): string {
  const text = `${at(time)} instance ${instanceId} ${done} in response to a user request`;
  return change ? `${text}, ${change.to < change.from ? "shrinking" : "increasing"} the capacity from ${change.from} to ${change.to}.` : `${text}.`;
}

function withRequest(request: string | undefined, text: string): string {
  return request === undefined ? text : `${request}  ${text}`;
}
