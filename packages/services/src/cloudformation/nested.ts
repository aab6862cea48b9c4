/** Stacks in stacks: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html */
import { resource, type ResourceRequest, type Settled } from "@hakoniwa/cloudformation";
import { AwsError, type Reader } from "@hakoniwa/kernel";
import type { Aws } from "@hakoniwa/wire";
import { hasChanges } from "./changes.js";
import { cannotDelete, cannotUpdate, validationError } from "./errors.js";
import { checkExportsFree, requireRoom, requireRoomFor, UNDELETABLE, UPDATABLE } from "./fitness.js";
import { groundOf } from "./ground.js";
import { begin, blankStack, keepConfiguration, leaveAll, newStackId, refuseTypeChanges } from "./lifecycle.js";
import { checkRequest, type CheckedRequest, type CheckOptions, type StackRequest } from "./requests.js";
import { insideOf } from "./run.js";
import { changeSets, stacks, type ChangeSet, type Stack, type Tag } from "./state.js";
import { fetchText } from "./template-source.js";
import { release, turn } from "./transition.js";

/** In minutes. A stack has its own limit, in the number of its resources and theirs. */
const NO_LIMIT = 60 * 24 * 365;

export interface NestedProperties {
  readonly TemplateURL?: string;
  readonly Parameters?: Readonly<Record<string, string>>;
  readonly TimeoutInMinutes?: number;
  readonly NotificationARNs?: readonly string[];
  readonly Tags?: readonly Tag[];
}

export const nestedStack = resource<NestedProperties>("AWS::CloudFormation::Stack", {
  refresh: true,
  timeLimit: NO_LIMIT,

  prepare(aws, { TemplateURL: url }) {
    if (url === undefined) throw validationError("TemplateURL must be specified.");
    return fetchText(aws, url);
  },

  create(aws, p, request) {
    const { run, db } = insideOf(aws);
    const parent = run.stack;
    requireRoom(db, parent);
    const ground = groundOf(run, db, aws);
    // A change set that showed this stack gave it its name already.
    const reviewed = reviewedOf(db, parent, request.logicalId);
    const waiting = reviewed && db(stacks).get(reviewed.stackId);
    const name = waiting?.name ?? request.physicalName(128);
    const id = waiting?.id ?? newStackId(ground, name);
    const checked = check(aws, p, request, { id, name });
    requireRoomFor(db, parent, checked.goal.template);
    begin(
      ground,
      waiting ?? blankStack(ground, id, name),
      { status: "CREATE_IN_PROGRESS", type: "CREATE_STACK", actor: parent, clientRequestToken: parent.clientRequestToken },
      {
        description: checked.goal.template.description,
        configuration: keepConfiguration(ground, id, checked),
        onFailure: parent.onFailure === "DO_NOTHING" ? "DO_NOTHING" : "ROLLBACK",
        retainExceptOnCreate: parent.retainExceptOnCreate,
        timeoutInMinutes: p.TimeoutInMinutes,
        changeSetId: reviewed?.id,
        parentId: parent.id,
        rootId: parent.rootId ?? parent.id,
        parentOperation: parent.operation,
      },
    );
    return id;
  },

  update(aws, id, p, _previous, request) {
    const { run, db } = insideOf(aws);
    const parent = run.stack;
    const ground = groundOf(run, db, aws);
    let child = childOf(db, id);
    // What an earlier update of the parent left as it was is certain now that the parent goes on from there.
    if (child.held) release(db, child, ground);
    child = childOf(db, id);
    if (!UPDATABLE.has(child.status) && child.status !== "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS") throw cannotUpdate(child.id, child.status);
    const checked = check(aws, p, request, child, { previous: child });
    refuseTypeChanges(ground, child, checked.goal);
    if (!hasChanges(ground, run.registry, child, checked.goal, checked.configuration)) return;
    begin(
      ground,
      child,
      { status: "UPDATE_IN_PROGRESS", type: "UPDATE_STACK", actor: parent, clientRequestToken: parent.clientRequestToken },
      {
        description: checked.goal.template.description,
        configuration: keepConfiguration(ground, id, checked),
        rollbackTo: child.rollbackTo ?? child.configuration,
        onFailure: parent.onFailure === "DO_NOTHING" ? "DO_NOTHING" : "ROLLBACK",
        retainExceptOnCreate: parent.retainExceptOnCreate,
        updated: ground.now,
        changeSetId: reviewedOf(db, parent, request.logicalId)?.id,
        held: true,
        parentOperation: parent.operation,
      },
    );
  },

  revert(aws, id) {
    const { run, db } = insideOf(aws);
    const child = childOf(db, id);
    if (child.parentOperation === undefined || child.parentOperation < run.stack.since) return;
    if (child.status === "UPDATE_IN_PROGRESS") db(stacks).put({ ...child, cancelled: true });
    else if (child.held || child.status === "UPDATE_FAILED") turn(db, id, { status: "UPDATE_ROLLBACK_IN_PROGRESS", reason: undefined, effect: "undo-update" }, run.jobs);
  },

  settled(aws, id): Settled {
    const { run, db } = insideOf(aws);
    const child = db(stacks).get(id);
    if (!child || child.status === "DELETE_COMPLETE") return { failed: `Stack [${id}] does not exist` };
    const restoring = run.stack.status === "UPDATE_ROLLBACK_IN_PROGRESS";
    // Nothing was begun in it.
    if (child.parentOperation === undefined || child.parentOperation < (restoring ? run.stack.since : run.stack.operation)) return true;
    return restoring ? settledAfterRollback(child) : child.operationType === "CREATE_STACK" ? settledAfterCreation(child) : settledAfterUpdate(child);
  },

  attributes(aws, id) {
    const { db } = insideOf(aws);
    const outputs = db(stacks).get(id)?.outputs ?? [];
    return { StackId: id, ...Object.fromEntries(outputs.map((output) => [`Outputs.${output.name}`, output.value])) };
  },

  delete(aws, id) {
    const { run, db } = insideOf(aws);
    const child = db(stacks).get(id);
    if (!child || child.status === "DELETE_COMPLETE" || child.status === "DELETE_IN_PROGRESS") return;
    // Something that somebody else began in it: tried again for a while.
    if (UNDELETABLE.has(child.status) && !child.held) throw new AwsError("IncorrectState", cannotDelete(id, child.status).message);
    checkExportsFree(db, child);
    const ground = groundOf(run, db, aws);
    leaveAll(ground, child, []);
    const { status: _status, ...rest } = run.stack;
    begin(ground, { ...child, forceDelete: rest.forceDelete }, { status: "DELETE_IN_PROGRESS", type: "DELETE_STACK", actor: run.stack, clientRequestToken: rest.clientRequestToken });
  },

  gone(aws, id): Settled {
    const child = insideOf(aws).db(stacks).get(id);
    if (!child || child.status === "DELETE_COMPLETE") return true;
    if (child.status === "DELETE_FAILED") return { failed: `Embedded stack ${id} was not successfully deleted: ${child.failure ?? ""}` };
    return false;
  },
});

/** What a nested stack is asked to be. */
export function nestedRequest(p: NestedProperties, parent: Stack["configuration"]): StackRequest {
  const own = p.Tags ?? [];
  return {
    TemplateURL: p.TemplateURL,
    Parameters: Object.entries(p.Parameters ?? {}).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
    Tags: [...parent.tags.filter((tag) => !own.some((other) => other.Key === tag.Key)), ...own],
    Capabilities: parent.capabilities,
    NotificationARNs: p.NotificationARNs ?? [],
  };
}

function check(aws: Aws, p: NestedProperties, request: ResourceRequest, stack: { readonly id: string; readonly name: string }, options: CheckOptions = {}): CheckedRequest {
  const { run, db } = insideOf(aws);
  const input = nestedRequest(p, run.stack.configuration);
  // What was seen is what is done, whatever its object in S3 is by now.
  const fetched = reviewedOf(db, run.stack, request.logicalId)?.body ?? (request.prepared as string);
  return checkRequest(groundOf(run, db, aws), run.registry, input, stack, { ...options, fetched });
}

/** The change set of a nested stack, when the change set that its parent carries out has one. */
function reviewedOf(db: Reader, parent: Stack, logicalId: string): ChangeSet | undefined {
  if (parent.changeSetId === undefined) return undefined;
  return db(changeSets).where("parent", parent.changeSetId).find((changeSet) => changeSet.parent?.logicalId === logicalId);
}

function childOf(db: Reader, id: string): Stack {
  const child = db(stacks).get(id);
  if (!child || child.status === "DELETE_COMPLETE") throw new AwsError("NotFound", `Stack [${id}] does not exist`);
  return child;
}

function settledAfterCreation(child: Stack): Settled {
  if (child.status === "CREATE_COMPLETE") return true;
  if (child.status === "CREATE_IN_PROGRESS") return false;
  return { failed: `Embedded stack ${child.id} was not successfully created: ${child.failure ?? ""}` };
}

function settledAfterUpdate(child: Stack): Settled {
  if (child.status === "UPDATE_COMPLETE" || child.status === "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS") return true;
  if (child.status === "UPDATE_IN_PROGRESS") return false;
  return { failed: `Embedded stack ${child.id} was not successfully updated. Currently in ${child.status} with reason: ${child.failure ?? ""}` };
}

function settledAfterRollback(child: Stack): Settled {
  if (child.status === "UPDATE_ROLLBACK_FAILED") return { failed: `Embedded stack ${child.id} was not successfully updated. Currently in ${child.status} with reason: ${child.failure ?? ""}` };
  return child.status === "UPDATE_ROLLBACK_COMPLETE" || child.status === "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS";
}
