/** What carrying out one step of a stack works with. */
import { creationToken, physicalName, type Environment, type Goal, type LiveResource, type Resource, type ResourceRequest, type Value } from "@hakoniwa/cloudformation";
import { AwsError, type Database, type Scope } from "@hakoniwa/kernel";
import type { Aws } from "@hakoniwa/wire";
import type { Jobs } from "../define.js";
import type { Mask } from "./records.js";
import type { Registry } from "./registry.js";
import { stackResources, stacks, type Stack, type StackResource } from "./state.js";

export interface Run extends Scope {
  /** Acting as the stack's caller. */
  readonly jobs: Jobs;
  readonly registry: Registry;
  readonly stack: Stack;
  readonly resources: readonly StackResource[];
  /** There in the phase `apply`. */
  readonly goal: Goal | undefined;
  readonly environment: Environment;
  readonly mask: Mask;
}

/** A behaviour whose properties were checked against its schema. */
export function behaviour(run: Run, type: string): Resource<Readonly<Record<string, Value>>> {
  return run.registry.resource(type) as unknown as Resource<Readonly<Record<string, Value>>>;
}

/** Writes only if the stack is still in the status that the step was planned for: a call may have come in between. */
export function guarded(run: Run, body: (db: Database, aws: Aws) => void): Promise<boolean> {
  return run.jobs.write((db, aws) => {
    const stack = db(stacks).get(run.stack.id);
    if (stack?.status !== run.stack.status || stack.operation !== run.stack.operation) return false;
    transactions.set(aws, { run, db });
    body(db, aws);
    return true;
  });
}

interface Inside {
  readonly run: Run;
  /** This service's tables, in the open transaction. */
  readonly db: Database;
}

const transactions = new WeakMap<Aws, Inside>();

/** What CloudFormation's own resource types (nested stacks, wait conditions) may see beyond calls: the transaction that they are called in. */
export function insideOf(aws: Aws): Inside {
  const inside = transactions.get(aws);
  if (!inside) throw new Error("a resource type of CloudFormation's own is called outside the engine");
  return inside;
}

export function recordOf(db: Database, resource: StackResource): StackResource | undefined {
  return db(stackResources).get(stackResources.key(resource));
}

/** What `Ref` and `Fn::GetAtt` may read. */
export function liveResources(resources: readonly StackResource[]): (logicalId: string) => LiveResource | undefined {
  const live = new Map<string, LiveResource>();
  for (const { role, status, logicalId, physicalId, attributes } of resources) {
    if (role !== "current" || physicalId === undefined) continue;
    if (status.startsWith("DELETE_") || status.endsWith("_FAILED")) continue;
    live.set(logicalId, { physicalId, attributes });
  }
  return (logicalId) => live.get(logicalId);
}

export function requestFor(stack: Stack, resource: Pick<StackResource, "logicalId" | "incarnation" | "policies">, prepared?: unknown): ResourceRequest {
  const { logicalId, incarnation, policies } = resource;
  const token = creationToken(stack.id, logicalId, incarnation);
  return {
    stackName: stack.name,
    stackId: stack.id,
    logicalId,
    token,
    physicalName: (maxLength) => physicalName(stack.name, logicalId, token, maxLength),
    tags: [
      ...stack.configuration.tags,
      { Key: "aws:cloudformation:stack-name", Value: stack.name },
      { Key: "aws:cloudformation:logical-id", Value: logicalId },
      { Key: "aws:cloudformation:stack-id", Value: stack.id },
    ],
    prepared,
    policies,
  };
}

/** What a resource's handler said, in AWS's wording. A bug of ours is logged and becomes the resource's failure too. */
export function reasonFor(run: Run, error: unknown, token: string): string {
  if (!(error instanceof AwsError)) {
    run.jobs.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return `Internal Failure: ${error instanceof Error ? error.message : String(error)}`;
  }
  // Of what CloudFormation itself refuses it tells in its own words.
  if (error.code === "ValidationError" || error.code === "InsufficientCapabilitiesException") return error.message;
  return `Resource handler returned message: "${error.message}" (RequestToken: ${token}, HandlerErrorCode: ${handlerErrorCode(error.code)})`;
}

/** https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html */
function handlerErrorCode(code: string): string {
  if (/NotFound|NoSuchEntity/i.test(code)) return "NotFound";
  if (/AlreadyExists|Duplicate|Conflict/i.test(code)) return "AlreadyExists";
  if (/AccessDenied|Unauthorized/i.test(code)) return "AccessDenied";
  if (/LimitExceeded/i.test(code)) return "ServiceLimitExceeded";
  if (/Invalid|Validation|Missing|Malformed|DependencyViolation/i.test(code)) return "InvalidRequest";
  return "GeneralServiceException";
}
