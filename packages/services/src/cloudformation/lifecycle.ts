/** How operations on stacks begin: the records that the reconciler then carries on. */
import { equal, outputsOf, propertiesOf, type Goal } from "@hakoniwa/cloudformation";
import { servicePrincipal, type Caller } from "@hakoniwa/kernel";
import type { Context } from "../define.js";
import { environmentOf } from "./environment.js";
import { validationError } from "./errors.js";
import { enterStatus } from "./events.js";
import { resourcesOf } from "./find.js";
import { putResource } from "./records.js";
import { liveResources } from "./run.js";
import type { Registry } from "./registry.js";
import { templateOf, type CheckedRequest } from "./requests.js";
import { templates, type Configuration, type Stack, type StackStatus } from "./state.js";

export function newStackId(ctx: Context, name: string): string {
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
export function blankStack(ctx: Context, id: string, name: string): Stack {
  return {
    id,
    name,
    status: "REVIEW_IN_PROGRESS",
    statusReason: undefined,
    created: ctx.now,
    updated: undefined,
    deleted: undefined,
    description: undefined,
    configuration: { templateId: "", parameters: [], tags: [], capabilities: [], imports: [] },
    rollbackTo: undefined,
    outputs: [],
    roleArn: undefined,
    caller: ctx.caller,
    onFailure: "ROLLBACK",
    terminationProtection: false,
    timeoutInMinutes: undefined,
    clientRequestToken: undefined,
    operation: 0,
    operationId: ctx.ids.uuid(),
    operationType: "CREATE_STACK",
    operationStarted: ctx.now,
    changeSetId: undefined,
    cancelled: false,
    events: 0,
  };
}

export interface Beginning {
  readonly status: StackStatus;
  readonly type: Stack["operationType"];
  readonly reason?: string | undefined;
  readonly roleArn: string | undefined;
  readonly clientRequestToken: string | undefined;
}

/** Begins an operation as the caller of `ctx`, or as the role that they passed. */
export function begin(ctx: Context, stack: Stack, beginning: Beginning, changes: Partial<Stack> = {}): Stack {
  const roleArn = beginning.roleArn ?? stack.roleArn;
  const begun: Stack = {
    ...stack,
    ...changes,
    roleArn,
    caller: actingCaller(ctx, stack.id, roleArn),
    clientRequestToken: beginning.clientRequestToken,
    cancelled: false,
    operation: stack.operation + 1,
    operationId: ctx.ids.uuid(),
    operationType: beginning.type,
    operationStarted: ctx.now,
  };
  return enterStatus(ctx.db, begun, beginning.status, beginning.reason ?? "User Initiated", ctx);
}

/** Keeps the template and gives the configuration that names it. */
export function keepConfiguration(ctx: Context, stackId: string, request: CheckedRequest): Configuration {
  const templateId = ctx.ids.uuid();
  ctx.db(templates).put({ id: templateId, stackId, body: request.body });
  return { ...request.configuration, templateId };
}

/** Marks everything for deletion. What failed to be deleted before is tried again. */
export function leaveAll(ctx: Context, stack: Stack, retained: readonly string[]): void {
  for (const resource of resourcesOf(ctx.db, stack.id)) {
    if (resource.status === "DELETE_COMPLETE" || resource.status === "DELETE_SKIPPED") continue;
    const leaving = { ...resource, role: "leaving", leaving: resource.leaving ?? "removed" } as const;
    if (retained.includes(resource.logicalId)) putResource(ctx.db, { ...leaving, status: "DELETE_SKIPPED" }, ctx);
    else if (resource.status === "DELETE_FAILED") putResource(ctx.db, { ...leaving, status: "DELETE_IN_PROGRESS", deletingSince: ctx.now, deleteCalled: false }, ctx);
    else putResource(ctx.db, leaving, ctx);
  }
}

/** Whether an update has anything to do. What refers to resources is compared by what it refers to now. */
export function hasChanges(ctx: Context, registry: Registry, stack: Stack, goal: Goal, tags: Configuration["tags"]): boolean {
  if (JSON.stringify(tags) !== JSON.stringify(stack.configuration.tags)) return true;
  return changedResources(ctx, registry, stack, goal).length > 0 || outputsDiffer(ctx, stack, goal);
}

export interface ChangedResource {
  readonly logicalId: string;
  readonly action: "Add" | "Modify" | "Remove";
}

/** What an update would do to which resource. */
export function changedResources(ctx: Context, registry: Registry, stack: Stack, goal: Goal): readonly ChangedResource[] {
  const current = resourcesOf(ctx.db, stack.id).filter((resource) => resource.role === "current");
  const live = liveResources(current);
  const environment = environmentOf(ctx, stack);
  const before = stack.configuration.templateId === "" ? undefined : templateOf(ctx.db, stack.configuration.templateId);
  const changed: ChangedResource[] = [];
  for (const [logicalId, { definition }] of goal.resources) {
    const resource = current.find((candidate) => candidate.logicalId === logicalId);
    if (!resource) {
      changed.push({ logicalId, action: "Add" });
      continue;
    }
    const same =
      resource.status !== "UPDATE_FAILED" &&
      resource.status !== "CREATE_FAILED" &&
      equal(resource.properties, propertiesOf(goal, logicalId, environment, registry.schemas, live)) &&
      resource.deletionPolicy === definition.deletionPolicy &&
      resource.updateReplacePolicy === definition.updateReplacePolicy &&
      equal(before?.resources.get(logicalId)?.metadata, definition.metadata);
    if (!same) changed.push({ logicalId, action: "Modify" });
  }
  for (const resource of current) if (!goal.resources.has(resource.logicalId)) changed.push({ logicalId: resource.logicalId, action: "Remove" });
  return changed;
}

function outputsDiffer(ctx: Context, stack: Stack, goal: Goal): boolean {
  const live = liveResources(resourcesOf(ctx.db, stack.id));
  return JSON.stringify(outputsOf(goal, environmentOf(ctx, stack), live)) !== JSON.stringify(stack.outputs);
}

/** A logical id keeps its type for good. */
export function refuseTypeChanges(ctx: Context, stack: Stack, goal: Goal): void {
  const moved = resourcesOf(ctx.db, stack.id).filter((resource) => {
    const next = goal.resources.get(resource.logicalId);
    return resource.role === "current" && next !== undefined && next.definition.type !== resource.type;
  });
  if (moved.length === 0) return;
  const ids = moved.map((resource) => resource.logicalId).join(", ");
  throw validationError(`Update of resource type is not permitted. The new template modifies resource type of the following resources: [${ids}]`);
}

/**
 * The stack's role as CloudFormation assumes it; else the caller, as long as its session lasts.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
 */
function actingCaller(ctx: Context, stackId: string, roleArn: string | undefined): Caller {
  if (roleArn === undefined) return ctx.caller;
  const role = ctx.facts.iam.role(roleArn);
  const assuming = role && { action: "sts:AssumeRole", resources: [role.arn], resourcePolicy: role.trust, needsResourcePolicy: true };
  if (!role || !assuming || !ctx.judge(assuming, servicePrincipal("cloudformation", ctx.account, stackId)).allowed) throw validationError(`Role ${roleArn} is invalid or cannot be assumed`);
  return {
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
}
