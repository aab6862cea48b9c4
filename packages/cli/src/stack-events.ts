/** How a stack's events read for people. Programs get them whole. */
import type { AsyncAws } from "@hakoniwa/wire";
import { bold, dim, green, red, yellow } from "./say.js";

export type StackEvent = NonNullable<Awaited<ReturnType<AsyncAws["cloudformation"]["DescribeStackEvents"]>>["StackEvents"]>[number];

/**
 * One line, or none for a beginning whose end is known already: what takes no time needs no two lines.
 * @param later events that will be told right after this one
 */
export function lineOf(event: StackEvent, later: readonly StackEvent[]): string | undefined {
  const { LogicalResourceId: id = "", ResourceType: type = "", ResourceStatus: status = "", ResourceStatusReason: reason = "", PhysicalResourceId: physicalId = "" } = event;
  if (type === "AWS::CloudFormation::Stack" && physicalId === event.StackId) {
    const why = reason === "" || reason === "User Initiated" ? "" : dim(`  ${reason}`);
    return `${paintStatus(status.padEnd(18))}  ${bold(id)}${why}`;
  }
  if (status.endsWith("_IN_PROGRESS") && reason === "" && later.some((other) => other.LogicalResourceId === id)) return undefined;
  const note = reason === "" ? (status.endsWith("_COMPLETE") ? physicalId : "") : plainReason(reason);
  return `${paintStatus(status.padEnd(18))}  ${id.padEnd(28)}  ${dim(type.padEnd(37))}  ${status.endsWith("_FAILED") ? note : dim(note)}`.trimEnd();
}

function paintStatus(status: string): string {
  if (status.trimEnd().endsWith("_FAILED") || status.includes("ROLLBACK")) return red(status);
  return status.trimEnd().endsWith("_COMPLETE") ? green(status) : yellow(status);
}

const HANDLER = /^Resource handler returned message: "(.*)" \(RequestToken: [^,]*, HandlerErrorCode: \w+\)$/s;

/** What a resource's handler said, without CloudFormation's wrapping. */
export function plainReason(reason: string): string {
  return HANDLER.exec(reason)?.[1] ?? reason;
}
