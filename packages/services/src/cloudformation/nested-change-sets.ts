/** Change sets of the stacks in a stack: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets-create.html */
import { hasUnknown, textOf, UNKNOWN, type Value, type ValueMap } from "@hakoniwa/cloudformation";
import { AwsError, type Database } from "@hakoniwa/kernel";
import type { Aws } from "@hakoniwa/wire";
import { reconciler, watch, type Jobs } from "../define.js";
import { compared, hasChanges, type ResourceChange } from "./changes.js";
import { requireRoom, requireUpdatable } from "./fitness.js";
import type { Ground } from "./ground.js";
import { blankStack, newStackId, refuseTypeChanges } from "./lifecycle.js";
import { nestedRequest, type NestedProperties } from "./nested.js";
import type { Registry } from "./registry.js";
import { checkRequest, type CheckedRequest } from "./requests.js";
import { changeSets, stacks, type ChangeSet, type Stack } from "./state.js";
import { fetchText } from "./template-source.js";

export const NESTED = "AWS::CloudFormation::Stack";
export const NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set.";

/** Makes what CreateChangeSet with IncludeNestedStacks asks for. What an earlier try left is made anew. */
export function makeNestedChangeSets(registry: Registry) {
  return reconciler({
    name: "cloudformation.make-nested-change-sets",
    watches: [watch(changeSets, (changeSet) => (isWaiting(changeSet) ? [changeSet.id] : []))],
    async reconcile(key, ownJobs) {
      const root = ownJobs.db(changeSets).get(key.id);
      if (!root || !isWaiting(root)) return;
      const jobs = ownJobs.as(root.nested!.caller);
      const making: Making = { jobs, registry, account: key.account, region: key.region, root };
      await jobs.write((db) => discardNested(db, root.id));
      await complete(making, root);
    },
  });
}

function isWaiting(changeSet: ChangeSet): boolean {
  return changeSet.status === "CREATE_IN_PROGRESS" && changeSet.parent === undefined;
}

interface Making {
  readonly jobs: Jobs;
  readonly registry: Registry;
  readonly account: string;
  readonly region: string;
  readonly root: ChangeSet;
}

interface Nested {
  readonly logicalId: string;
  readonly physicalId: string | undefined;
  readonly properties: ValueMap;
}

/** Makes the change sets that are nested in one, and says how that came out. */
async function complete(making: Making, changeSet: ChangeSet): Promise<void> {
  const { jobs } = making;
  const children = await jobs.write((db, aws) => nestedIn(making, db, aws, changeSet));
  const made: ChangeSet[] = [];
  let problem: string | undefined;
  for (const child of children) {
    const result = await makeOne(making, changeSet, child);
    if (typeof result === "string") problem ??= result;
    else made.push(result);
    if (problem !== undefined) break;
  }
  await jobs.write((db) => finish(db, changeSet.id, made.map(({ id }) => db(changeSets).get(id)!), problem));
}

function nestedIn(making: Making, db: Database, aws: Aws, changeSet: ChangeSet): readonly Nested[] {
  const ground = groundOf(making, db, aws);
  const stack = db(stacks).get(changeSet.stackId)!;
  const { goal, configuration } = requestOf(ground, making.registry, changeSet, stack);
  const { changes, next } = compared(ground, making.registry, stack, goal, configuration);
  const physical = new Map(changes.map((change) => [change.LogicalResourceId, change.PhysicalResourceId]));
  return [...goal.resources.values()]
    .filter(({ definition }) => definition.type === NESTED)
    .map(({ definition: { logicalId } }) => ({ logicalId, physicalId: physical.get(logicalId), properties: next(logicalId) }));
}

/** @returns why it can't be made, in AWS's words */
async function makeOne(making: Making, parent: ChangeSet, child: Nested): Promise<ChangeSet | string> {
  const { jobs } = making;
  try {
    const url = textOf(child.properties["TemplateURL"]);
    if (url === undefined) throw new AwsError("ValidationError", `The TemplateURL of ${child.logicalId} is not known before the stack is created.`);
    const body = await fetchText(jobs.aws, url);
    const made = await jobs.write((db, aws) => put(making, db, aws, parent, child, body));
    await complete(making, made);
    const { status, statusReason } = jobs.db(changeSets).get(made.id)!;
    return status === "FAILED" && statusReason !== NO_CHANGES ? `Nested change set ${made.id} was not successfully created: ${statusReason ?? ""}` : made;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return `Nested change set of ${child.logicalId} was not successfully created: ${error.message}`;
  }
}

function put(making: Making, db: Database, aws: Aws, parent: ChangeSet, { logicalId, physicalId, properties }: Nested, body: string): ChangeSet {
  const ground = groundOf(making, db, aws);
  const parentStack = db(stacks).get(parent.stackId)!;
  const existing = physicalId === undefined ? undefined : db(stacks).get(physicalId);
  if (existing) requireUpdatable(existing);
  else requireRoom(db, parentStack);
  const stack = existing ?? db(stacks).put(reviewed(ground, parentStack, logicalId));
  const given = properties["Parameters"];
  const values = Object.entries(typeof given === "object" && given !== null ? (given as ValueMap) : {});
  const unknown = values.filter(([, value]) => hasUnknown(value)).map(([name]) => name);
  const known = Object.fromEntries(values.filter(([name]) => !unknown.includes(name)));
  const request = nestedRequest({ ...withoutUnknown(properties), Parameters: known } as NestedProperties, parent as unknown as Stack["configuration"]);
  const checked = checkRequest(ground, making.registry, request, stack, { previous: existing, fetched: body, unknown });
  refuseTypeChanges(ground, stack, checked.goal);
  const { changes } = compared(ground, making.registry, stack, checked.goal, checked.configuration);
  const empty = existing !== undefined && !hasChanges(ground, making.registry, stack, checked.goal, checked.configuration);
  const name = `${parent.name}-${ground.ids.uuid().slice(0, 8)}`.slice(-128).replace(/^[^A-Za-z]+/, "c");
  return db(changeSets).put({
    id: `arn:aws:cloudformation:${making.region}:${making.account}:changeSet/${name}/${ground.ids.uuid()}`,
    name,
    stackId: stack.id,
    type: existing ? "UPDATE" : "CREATE",
    created: ground.now,
    description: undefined,
    body,
    processed: checked.processed,
    ...checked.configuration,
    roleArn: parent.roleArn,
    onFailure: undefined,
    nested: making.root.nested,
    unknown: unknown.length > 0 ? unknown : undefined,
    parent: { id: parent.id, logicalId, rootId: parent.parent?.rootId ?? parent.id },
    status: "CREATE_IN_PROGRESS",
    statusReason: empty ? NO_CHANGES : undefined,
    executionStatus: "UNAVAILABLE",
    changes: changes.map((change) => ({ Type: "Resource", ResourceChange: change })),
  });
}

function withoutUnknown(properties: ValueMap): ValueMap {
  return Object.fromEntries(Object.entries(properties).filter((entry): entry is [string, Value] => entry[1] !== UNKNOWN));
}

/** A nested stack of which there is nothing but its name. */
function reviewed(ground: Ground, parent: Stack, logicalId: string): Stack {
  const end = ground.ids.uuid().replaceAll("-", "").slice(0, 12).toUpperCase();
  const name = `${parent.name.slice(0, 60)}-${logicalId.slice(0, 54)}-${end}`;
  return { ...blankStack(ground, newStackId(ground, name), name), parentId: parent.id, rootId: parent.rootId ?? parent.id };
}

/** With nested change sets a stack that would not change is not shown. */
function finish(db: Database, id: string, children: readonly ChangeSet[], problem: string | undefined): void {
  const changeSet = db(changeSets).get(id);
  if (!changeSet) return;
  const byId = new Map(children.map((child) => [child.parent!.logicalId, child]));
  const changes = changeSet.changes.flatMap((change) => {
    const resource = change.ResourceChange as ResourceChange;
    const child = byId.get(resource.LogicalResourceId);
    if (!child) return [change];
    const automatic = resource.Action === "Modify" && resource.Details?.every((detail) => detail.ChangeSource === "Automatic");
    return automatic && child.status === "FAILED" ? [] : [{ ...change, ResourceChange: { ...resource, ChangeSetId: child.id } }];
  });
  // What is left of them could only be deleted with it.
  if (problem !== undefined && changeSet.parent === undefined) discardNested(db, id);
  const failed = problem ?? (changeSet.type === "UPDATE" && changes.length === 0 ? NO_CHANGES : undefined);
  db(changeSets).put({ ...changeSet, changes, status: failed === undefined ? "CREATE_COMPLETE" : "FAILED", statusReason: failed, executionStatus: failed === undefined ? "AVAILABLE" : "UNAVAILABLE" });
}

function requestOf(ground: Ground, registry: Registry, changeSet: ChangeSet, stack: Stack): CheckedRequest {
  const Parameters = changeSet.parameters.map(({ name, given }) => ({ ParameterKey: name, ParameterValue: given }));
  const { tags: Tags, capabilities: Capabilities, notificationArns: NotificationARNs } = changeSet;
  return checkRequest(ground, registry, { TemplateURL: "", Parameters, Tags, Capabilities, NotificationARNs }, stack, { fetched: changeSet.body, reviewed: true, unknown: changeSet.unknown ?? [] });
}

function groundOf({ jobs, account, region, root }: Making, db: Database, aws: Aws): Ground {
  return { account, region, db, aws, facts: jobs.facts, now: jobs.now, ids: jobs.ids, caller: root.nested!.caller };
}

/** Forgets the change sets nested in one, and the stacks that are no more than their names. */
export function discardNested(db: Database, id: string): void {
  for (const child of db(changeSets).where("parent", id)) {
    discardNested(db, child.id);
    db(changeSets).delete(child.id);
    if (db(stacks).get(child.stackId)?.status === "REVIEW_IN_PROGRESS") db(stacks).delete(child.stackId);
  }
}

/** It is carried out with all that is nested in it. */
export function markExecuted(db: Database, changeSet: ChangeSet): void {
  db(changeSets).put({ ...changeSet, executionStatus: "EXECUTE_COMPLETE" });
  for (const child of db(changeSets).where("parent", changeSet.id)) markExecuted(db, child);
}
