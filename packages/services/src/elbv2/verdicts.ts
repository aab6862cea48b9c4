/** States of targets in AWS's words: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html */
import type { TargetHealth as Observed } from "@hakoniwa/network";
import type { TargetHealth } from "./state.js";

export type Verdict = Pick<TargetHealth, "state" | "reason" | "description">;

function verdict(state: Verdict["state"], reason?: string, description?: string): Verdict {
  return { state, reason, description };
}

export const HEALTHY = verdict("healthy");
export const REGISTERING = verdict("initial", "Elb.RegistrationInProgress", "Target registration is in progress");
export const CHECKING = verdict("initial", "Elb.InitialHealthChecking", "Initial health checks in progress");
export const DRAINING = verdict("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress");
export const NOT_REGISTERED = verdict("unused", "Target.NotRegistered", "Target is not registered to the target group");
export const NOT_IN_USE = verdict("unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer");
export const ZONE_NOT_ENABLED = verdict("unused", "Target.NotInUse", "Target is in an Availability Zone that is not enabled for the load balancer");
export const invalidState = (state: string): Verdict => verdict("unused", "Target.InvalidState", `Target is in the ${state} state`);

/** What failed checks are called. */
export function failed({ reason = "" }: Observed): Verdict {
  const status = /^HTTP (\d{3})$/.exec(reason)?.[1];
  if (status !== undefined) return verdict("unhealthy", "Target.ResponseCodeMismatch", `Health checks failed with these codes: [${status}]`);
  if (reason === "timeout") return verdict("unhealthy", "Target.Timeout", "Request timed out");
  return verdict("unhealthy", "Target.FailedHealthChecks", "Health checks failed");
}
