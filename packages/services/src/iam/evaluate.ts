/** Decides whether a caller may do something. For now it knows administrators, services, and nobody else. */
import type { Access, Caller, Decision } from "@hakoniwa/kernel";
import type { Facts } from "../facts.js";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html: without an Allow, a request is denied. */
export function evaluate(caller: Caller, access: Access, facts: Facts): Decision {
  const { principal } = caller;
  // Policies don't bind the root user (S3-08); a service-linked role may do what its service needs.
  if (principal.type === "root" || principal.type === "service") return { allowed: true };
  if (facts.iam.isAdministrator(principal)) return { allowed: true };
  return {
    allowed: false,
    reason: `User: ${principal.arn} is not authorized to perform: ${access.action} on resource: ${access.resources[0] ?? "*"} because no identity-based policy allows the ${access.action} action`,
  };
}
