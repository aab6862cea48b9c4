/** Causes of activities, in AWS's words: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-verify-scaling-activity.html */
import type { LaunchCause, TerminationCause } from "./plan.js";
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

export function launchCauseText(time: number, why: LaunchCause, request: string | undefined): string {
  if (why.kind === "replacement") return `${at(time)} an instance was launched in response to an unhealthy instance needing to be replaced.`;
  const difference = `a difference between desired and actual capacity, increasing the capacity from ${why.from} to ${why.to}`;
  const text = `${at(time)} an instance was started in response to ${difference}.`;
  return withRequest(request, text);
}

export function terminationCauseText(time: number, why: TerminationCause, instanceId: string, request: string | undefined): string {
  if (why.kind === "unhealthy") return `${at(time)} an instance was taken out of service in response to ${ILLNESSES[why.illness]}.`;
  const difference = `a difference between desired and actual capacity, shrinking the capacity from ${why.from} to ${why.to}`;
  const text = `${at(time)} an instance was taken out of service in response to ${difference}.`;
  return withRequest(request, `${text}  ${at(time)} instance ${instanceId} was selected for termination.`);
}

const ILLNESSES: Readonly<Record<Illness, string>> = {
  "ec2-state": "an EC2 health check indicating it has been terminated or stopped",
  "ec2-status": "EC2 instance status checks failure",
  elb: "an ELB system health check failure",
  user: "a user health-check",
};

export function userTermination(time: number, instanceId: string, shrink: { readonly from: number; readonly to: number } | undefined): string {
  const text = `${at(time)} instance ${instanceId} was taken out of service in response to a user request`;
  return shrink ? `${text}, shrinking the capacity from ${shrink.from} to ${shrink.to}.` : `${text}.`;
}

function withRequest(request: string | undefined, text: string): string {
  return request === undefined ? text : `${request}  ${text}`;
}
