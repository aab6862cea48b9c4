/** Follows a stack from one state to the next, and tells what happens meanwhile. */
import { AwsError } from "@hakoniwa/kernel";
import type { AsyncAws, CloudformationTypes } from "@hakoniwa/wire";
import { bold, dim, yellow, type Say } from "./say.js";
import { ID_WIDTH, isOfStack, lineOf, newEvents, shortLineOf, type StackEvent } from "./stack-events.js";

/** Milliseconds between looks at the stack's events. */
export const LOOK_EVERY = 100;

/** Undefined when there is none. */
export async function describeStack(aws: AsyncAws, stackName: string): Promise<CloudformationTypes.Stack | undefined> {
  try {
    return (await aws.cloudformation.DescribeStacks({ StackName: stackName })).Stacks?.[0];
  } catch (error) {
    if (error instanceof AwsError && error.code === "ValidationError" && error.message.includes("does not exist")) return undefined;
    throw error;
  }
}

export interface Following {
  /** The events that were told; those to come are added. */
  readonly seen: Set<string>;
  /** How many resources the stack will have, for the tally; undefined when that is not known. */
  readonly resources?: number | undefined;
}

/** Tells every new event until the stack has come to rest. Returns its status. */
export async function follow(aws: AsyncAws, stackName: string, { seen, resources }: Following, say: Say): Promise<string> {
  const began = performance.now();
  const waiting = new Map<string, { readonly event: StackEvent; readonly since: number }>();
  const done = new Set<string>();
  try {
    for (;;) {
      const status = (await describeStack(aws, stackName))?.StackStatus ?? "DELETE_COMPLETE";
      const fresh = await newEvents(aws, stackName, seen);
      for (const event of fresh) {
        seen.add(event.EventId ?? "");
        if (isOfStack(event)) continue;
        const id = event.LogicalResourceId ?? "";
        waiting.delete(id);
        if (event.ResourceStatus?.endsWith("_IN_PROGRESS")) waiting.set(id, { event, since: performance.now() });
        else done.add(id);
      }
      if (status.endsWith("_IN_PROGRESS")) say.underWay?.(underWay(stackName, status, { waiting: [...waiting.values()], done: done.size, resources, seconds: (performance.now() - began) / 1_000 }));
      for (const [at, event] of fresh.entries()) tell(event, fresh.slice(at + 1), say);
      if (!status.endsWith("_IN_PROGRESS")) return status;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
  } finally {
    say.underWay?.([]);
  }
}

interface Progress {
  readonly waiting: readonly { readonly event: StackEvent; readonly since: number }[];
  readonly done: number;
  readonly resources: number | undefined;
  readonly seconds: number;
}

/** The rows of the list at the terminal's foot: how far the stack is, and what it waits for. */
function underWay(stackName: string, status: string, { waiting, done, resources, seconds }: Progress): readonly string[] {
  const tally = resources !== undefined && done <= resources ? `${done} of ${resources} resources` : `${done} resources`;
  const now = performance.now();
  const rows = waiting.map(({ event, since }) => {
    const lasted = Math.floor((now - since) / 1_000);
    return `  ${yellow("…")} ${(event.LogicalResourceId ?? "").padEnd(process.stdout.columns < 80 ? 0 : ID_WIDTH)}  ${dim(`${event.ResourceType ?? ""}${lasted > 0 ? `  ${lasted} s` : ""}`)}`;
  });
  // A stack that goes is followed by its ARN.
  const name = /^arn:[^/]*:stack\/([^/]+)/.exec(stackName)?.[1] ?? stackName;
  return [`${bold(name)}  ${yellow(status)}  ${tally}, ${Math.floor(seconds)} s`, ...rows];
}

/** @param later events of the same look, of which one may say all that this one says */
function tell(event: StackEvent, later: readonly StackEvent[], say: Say): void {
  const { LogicalResourceId: logicalId = "", ResourceType: type = "", ResourceStatus: status = "", ResourceStatusReason: reason, PhysicalResourceId: physicalId = "" } = event;
  // CloudFormation tells each creation twice; once is enough.
  if (reason === "Resource creation Initiated") return;
  const inFoot = say.underWay !== undefined && status.endsWith("_IN_PROGRESS") && !isOfStack(event);
  const line = say.underWay ? shortLineOf(event, process.stdout.columns) : lineOf(event, later);
  say({ event: "resource", logicalId, type, status, physicalId, reason }, inFoot ? undefined : line);
}
