/** A stack's events, and how they read for people. Programs get them whole. */
import type { AsyncAws } from "@hakoniwa/wire";
import { bold, dim, green, red, yellow } from "./say.js";
import { printable } from "./text.js";

export type StackEvent = NonNullable<Awaited<ReturnType<AsyncAws["cloudformation"]["DescribeStackEvents"]>>["StackEvents"]>[number];

/** Columns for logical ids, which may be longer. */
export const ID_WIDTH = 30;

/** What isn't known yet of a stack's events, oldest first. Pages come newest first, so that it ends at the first that is known. */
export async function newEvents(aws: AsyncAws, stackName: string, seen: ReadonlySet<string>): Promise<readonly StackEvent[]> {
  const fresh: StackEvent[] = [];
  let token: string | undefined;
  do {
    const page = await aws.cloudformation.DescribeStackEvents({ StackName: stackName, NextToken: token });
    const events = page.StackEvents ?? [];
    const known = events.findIndex((event) => seen.has(event.EventId ?? ""));
    fresh.push(...(known < 0 ? events : events.slice(0, known)));
    token = known < 0 ? page.NextToken : undefined;
  } while (token);
  return fresh.reverse();
}

/** Whether it tells of the stack itself, not of a resource. */
export function isOfStack(event: StackEvent): boolean {
  return event.ResourceType === "AWS::CloudFormation::Stack" && event.PhysicalResourceId === event.StackId;
}

/**
 * One line, or none for a beginning whose end is known already: what takes no time needs no two lines.
 * @param later events that will be told right after this one
 */
export function lineOf(event: StackEvent, later: readonly StackEvent[]): string | undefined {
  const { LogicalResourceId: id = "", ResourceType: type = "", ResourceStatus: status = "", PhysicalResourceId: physicalId = "" } = event;
  const reason = printable(event.ResourceStatusReason ?? "");
  if (isOfStack(event)) {
    const why = reason === "" || reason === "User Initiated" ? "" : dim(`  ${reason}`);
    return `${paintStatus(status.padEnd(18))}  ${bold(id)}${why}`;
  }
  if (status.endsWith("_IN_PROGRESS") && reason === "" && later.some((other) => other.LogicalResourceId === id)) return undefined;
  const note = reason === "" ? (status.endsWith("_COMPLETE") ? shortened(physicalId) : "") : plainReason(reason);
  return `${paintStatus(status.padEnd(18))}  ${id.padEnd(ID_WIDTH)}  ${dim(type.padEnd(37))}  ${status.endsWith("_FAILED") ? note : dim(note)}`.trimEnd();
}

/** As `lineOf`, for a terminal of so many columns: what has no room is left out from the least important on, but for a failure's reason. */
export function shortLineOf(event: StackEvent, columns: number): string {
  const { LogicalResourceId: id = "", ResourceType: type = "", ResourceStatus: status = "", PhysicalResourceId: physicalId = "" } = event;
  if (isOfStack(event) || columns >= 110) return lineOf(event, []) ?? "";
  const failed = status.endsWith("_FAILED");
  const reason = plainReason(printable(event.ResourceStatusReason ?? ""));
  const mark = failed ? red("✗") : status.startsWith("DELETE") ? dim("−") : green("✓");
  if (failed) return `${mark} ${id}  ${reason}`;
  const named = `${mark} ${id.padEnd(ID_WIDTH)}`;
  const note = shortened(physicalId);
  if (columns >= 90) return `${named}  ${dim(type.replace(/^AWS::/, "").padEnd(32))}  ${dim(note)}`.trimEnd();
  return columns >= ID_WIDTH + 4 + note.length ? `${named}  ${dim(note)}` : `${mark} ${id}`;
}

/** An ARN's end tells as much as all of it. */
function shortened(physicalId: string): string {
  return printable(physicalId.replace(/^arn:[^:]*:[^:]*:[^:]*:[^:]*:/, ""));
}

export function paintStatus(status: string): string {
  if (status.trimEnd().endsWith("_FAILED") || status.includes("ROLLBACK")) return red(status);
  return status.trimEnd().endsWith("_COMPLETE") ? green(status) : yellow(status);
}

const HANDLER = /^Resource handler returned message: "(.*)" \(RequestToken: [^,]*, HandlerErrorCode: \w+\)$/s;

/** What a resource's handler said, without CloudFormation's wrapping. */
export function plainReason(reason: string): string {
  return HANDLER.exec(reason)?.[1] ?? reason;
}
