/** When a stack in progress has to look at its resources again although nothing changes. */
import { inProgress, type Settled } from "@hakoniwa/cloudformation";
import type { Wake } from "@hakoniwa/kernel";
import { behaviour, requestFor, type Run } from "./run.js";
import type { StackResource } from "./state.js";
import { waitDeadline, type WaitConditionProperties } from "./wait-resources.js";

const MINUTE = 60_000;
/** As long as resource types' handlers get when they say nothing else: https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html */
const DEFAULT_LIMIT = 120;

/** What never settles fails at its time limit. @param since when it began */
export function inTime(run: Run, resource: StackResource, since: number, settled: Settled): Settled {
  if (settled !== false || run.jobs.now < since + timeLimitOf(run, resource)) return settled;
  const { token } = requestFor(run.stack, resource);
  return { failed: `Resource timed out waiting for completion (RequestToken: ${token}, HandlerErrorCode: NotStabilized)` };
}

/** How long its creation, change or deletion may take to settle, in milliseconds. */
function timeLimitOf(run: Run, resource: StackResource): number {
  return (behaviour(run, resource.type).timeLimit ?? DEFAULT_LIMIT) * MINUTE;
}

/** Also when it is to take another's place. */
export function isBeingCreated({ status, createdBy, operation, before }: StackResource): boolean {
  return status === "CREATE_IN_PROGRESS" || (status === "UPDATE_IN_PROGRESS" && createdBy === operation && before === undefined);
}

/** @param others further times, such as the stack's own deadline */
export function wakeOf(run: Run, others: readonly (number | undefined)[]): Wake | undefined {
  const times = [...others, ...run.resources.flatMap((resource) => timesOf(run, resource))];
  const next = Math.min(...times.filter((time) => time !== undefined && time > run.jobs.now) as number[]);
  return next === Infinity ? undefined : { at: next };
}

function timesOf(run: Run, resource: StackResource): readonly (number | undefined)[] {
  if (!inProgress(resource) || resource.physicalId === undefined) return [];
  const { timestamp, policies, progress } = resource;
  const limit = (resource.deletingSince ?? timestamp) + timeLimitOf(run, resource);
  if (!isBeingCreated(resource)) return [limit, progress?.again];
  const signal = policies?.creation?.signal;
  const waits = resource.type === "AWS::CloudFormation::WaitCondition" ? waitDeadline(resource.properties as WaitConditionProperties, timestamp) : undefined;
  return [limit, signal && timestamp + signal.timeout, waits];
}
