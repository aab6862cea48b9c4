/** How operations on stacks begin: the records that the reconciler then carries on. */
import type { Goal } from "@hakoniwa/cloudformation";
import { servicePrincipal, type Caller } from "@hakoniwa/kernel";
import type { Asked } from "../define.js";
import { validationError } from "./errors.js";
import { enterStatus } from "./events.js";
import { resourcesOf } from "./find.js";
import type { Actor, Ground } from "./ground.js";
import { putResource } from "./records.js";
import type { CheckedRequest } from "./requests.js";
import { changeSets, stacks, templates, type Configuration, type Stack, type StackStatus } from "./state.js";

export function newStackId(ctx: Ground, name: string): string {
  return `arn:aws:cloudformation:${ctx.region}:${ctx.account}:stack/${name}/${ctx.ids.uuid()}`;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html */
export function checkStackName(name: string): void {
  if (/^[A-Za-z][-A-Za-z0-9]{0,127}$/.test(name)) return;
  throw validationError(
    `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*, and have length less than or equal to 128`,
  );
}

/** A stack of which there is nothing yet. */
export function blankStack(ctx: Ground, id: string, name: string): Stack {
  return {
    id,
    name,
    status: "REVIEW_IN_PROGRESS",
    statusReason: undefined,
    created: ctx.now,
    updated: undefined,
    deleted: undefined,
    description: undefined,
    configuration: { templateId: "", parameters: [], tags: [], capabilities: [], imports: [], notificationArns: [] },
    rollbackTo: undefined,
    outputs: [],
    roleArn: undefined,
    caller: ctx.caller,
    onFailure: "ROLLBACK",
    retainExceptOnCreate: false,
    terminationProtection: false,
    timeoutInMinutes: undefined,
    clientRequestToken: undefined,
    operation: 0,
    since: 0,
    operationId: ctx.ids.uuid(),
    operationType: "CREATE_STACK",
    operationStarted: ctx.now,
    changeSetId: undefined,
    cancelled: false,
    failure: undefined,
    parentId: undefined,
    rootId: undefined,
    parentOperation: undefined,
    held: false,
    policy: undefined,
    policyDuringUpdate: undefined,
    forceDelete: false,
    drift: undefined,
    notified: 0,
    events: 0,
  };
}

export interface Beginning {
  readonly status: StackStatus;
  readonly type: Stack["operationType"];
  readonly reason?: string | undefined;
  readonly actor: Actor;
  readonly clientRequestToken: string | undefined;
  /** The status and its event are written by whoever begins it. */
  readonly quiet?: boolean;
}

/** It failed and was left as it was. */
export function isHalfDone(stack: Stack): boolean {
  return ["CREATE_FAILED", "UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED"].includes(stack.status);
}

/** Begins an operation. */
export function begin(ctx: Ground, stack: Stack, beginning: Beginning, changes: Partial<Stack> = {}): Stack {
  const begun: Stack = {
    ...stack,
    ...changes,
    caller: beginning.actor.caller,
    roleArn: beginning.actor.roleArn,
    clientRequestToken: beginning.clientRequestToken,
    cancelled: false,
    failure: undefined,
    drift: undefined,
    changeSetId: beginning.status.startsWith("DELETE") ? stack.changeSetId : changes.changeSetId,
    importing: changes.importing,
    held: changes.held ?? false,
    operation: stack.operation + 1,
    // What failed and was left as it is, is still to be taken back.
    since: isHalfDone(stack) ? stack.since : stack.operation + 1,
    operationId: ctx.ids.uuid(),
    operationType: beginning.type,
    operationStarted: ctx.now,
  };
  // What was planned for the stack as it was is no plan any more.
  for (const other of ctx.db(changeSets).where("stack", stack.id)) {
    if (other.executionStatus === "AVAILABLE" && other.id !== begun.changeSetId) ctx.db(changeSets).put({ ...other, executionStatus: "OBSOLETE" });
  }
  if (beginning.quiet) return ctx.db(stacks).put(begun);
  return enterStatus(ctx.db, begun, beginning.status, beginning.reason ?? "User Initiated", ctx);
}

/** Keeps the template and gives the configuration that names it. */
export function keepConfiguration(ctx: Ground, stackId: string, request: CheckedRequest): Configuration {
  const templateId = ctx.ids.uuid();
  ctx.db(templates).put({ id: templateId, stackId, body: request.body, processed: request.processed });
  return { ...request.configuration, templateId };
}

/** Marks everything for deletion. What failed to be deleted before is tried again. */
export function leaveAll(ctx: Ground, stack: Stack, retained: readonly string[]): void {
  for (const resource of resourcesOf(ctx.db, stack.id)) {
    if (resource.status === "DELETE_COMPLETE" || resource.status === "DELETE_SKIPPED") continue;
    const leaving = { ...resource, role: "leaving", leaving: resource.leaving ?? "removed" } as const;
    if (retained.includes(resource.logicalId)) putResource(ctx.db, { ...leaving, status: "DELETE_SKIPPED" }, ctx);
    else if (resource.status === "DELETE_FAILED") putResource(ctx.db, { ...leaving, status: "DELETE_IN_PROGRESS", deletingSince: ctx.now, deleteCalled: false }, ctx);
    else putResource(ctx.db, leaving, ctx);
  }
}

/** A logical id keeps its type for good. */
export function refuseTypeChanges(ctx: Ground, stack: Stack, goal: Goal): void {
  const moved = resourcesOf(ctx.db, stack.id).filter((resource) => {
    const next = goal.resources.get(resource.logicalId);
    return resource.role === "current" && next !== undefined && next.definition.type !== resource.type;
  });
  if (moved.length === 0) return;
  const ids = moved.map((resource) => resource.logicalId).join(", ");
  throw validationError(`Update of resource type is not permitted. The new template modifies resource type of the following resources: [${ids}]`);
}

/**
 * The role that was passed, or the stack's own, as CloudFormation assumes it; else the caller, as long as its session lasts.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
 */
export function actorOf(ctx: Asked, stack: Pick<Stack, "id" | "roleArn">, passed: string | undefined): Actor {
  const roleArn = passed ?? stack.roleArn;
  if (roleArn === undefined) return { caller: ctx.caller, roleArn };
  const role = ctx.facts.iam.role(roleArn);
  const assuming = role && { action: "sts:AssumeRole", resources: [role.arn], resourcePolicy: role.trust, needsResourcePolicy: true };
  if (!role || !assuming || !ctx.judge(assuming, servicePrincipal("cloudformation", ctx.account, stack.id)).allowed) throw validationError(`Role ${roleArn} is invalid or cannot be assumed`);
  const caller: Caller = {
    principal: {
      type: "assumed-role",
      account: ctx.account,
      arn: `arn:aws:sts::${ctx.account}:assumed-role/${role.name}/AWSCloudFormation`,
      id: `${role.id}:AWSCloudFormation`,
      name: role.name,
    },
    accessKeyId: undefined,
    via: { kind: "user" },
  };
  return { caller, roleArn };
}
