/** Creates, changes and replaces one resource. A synchronous one's create, physical id and events are one transaction. */
import { diff, needsReplacement, propertiesOf, type Value, type ValueMap } from "@hakoniwa/cloudformation";
import { AwsError, type Database } from "@hakoniwa/kernel";
import type { Aws } from "@hakoniwa/wire";
import { putResource, tell } from "./records.js";
import { behaviour, guarded, liveResources, reasonFor, recordOf, requestFor, type Run } from "./run.js";
import type { StackResource } from "./state.js";

const REPLACING = "Requested update requires the creation of a new physical resource; hence creating one.";
const INITIATED = "Resource creation Initiated";

/** All that the resource depends on is there: does what the goal asks of it. */
export async function apply(run: Run, logicalId: string): Promise<void> {
  const { definition, dependsOn } = run.goal!.resources.get(logicalId)!;
  const incarnations = run.resources.filter((resource) => resource.logicalId === logicalId);
  const current = incarnations.find((resource) => resource.role === "current");
  const usable = current?.physicalId !== undefined && current.status !== "CREATE_FAILED" ? current : undefined;
  const fresh: StackResource = {
    stackId: run.stack.id,
    logicalId,
    // What went is forgotten, yet its token is not: the stack's operations count on, so that what comes back gets another.
    incarnation: Math.max(run.stack.operation - 1, ...incarnations.map((resource) => resource.incarnation)) + 1,
    type: definition.type,
    status: usable ? "UPDATE_IN_PROGRESS" : "CREATE_IN_PROGRESS",
    statusReason: usable ? REPLACING : undefined,
    role: "current",
    physicalId: undefined,
    properties: {},
    attributes: {},
    dependsOn,
    deletionPolicy: definition.deletionPolicy,
    updateReplacePolicy: definition.updateReplacePolicy,
    createdBy: run.stack.operation,
    operation: run.stack.operation,
    before: undefined,
    timestamp: run.jobs.now,
    leaving: undefined,
    deletingSince: undefined,
    deleteCalled: false,
  };
  let properties: ValueMap;
  try {
    properties = propertiesOf(run.goal!, logicalId, run.environment, run.registry.schemas, liveResources(run.resources));
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    await fail(run, usable ? unchanged(run, usable) : fresh, error.message, current);
    return;
  }
  if (!usable) return create(run, { ...fresh, properties }, current);
  const next: StackResource = {
    ...usable,
    properties,
    dependsOn,
    deletionPolicy: definition.deletionPolicy,
    updateReplacePolicy: definition.updateReplacePolicy,
    operation: run.stack.operation,
  };
  const type = behaviour(run, definition.type);
  const schema = run.registry.schemas.get(definition.type)!;
  const changes = diff(schema, usable.properties, properties);
  const retag = schema.tags !== undefined && type.update !== undefined && tagsChanged(run);
  if (changes.length === 0 && !retag && usable.status !== "UPDATE_FAILED") {
    await guarded(run, (db) => void putResource(db, { ...next, before: undefined }, run.jobs));
    return;
  }
  const decide = type.replaces && ((names: readonly string[]): boolean => type.replaces!(properties, usable.properties, names));
  if (needsReplacement(changes, type.update !== undefined, decide)) return create(run, { ...fresh, properties }, usable);
  return update(run, next, usable);
}

/** Goes on with a creation or change that is under way. @returns whether anything was written */
export async function settle(run: Run, resource: StackResource): Promise<void> {
  if (resource.physicalId === undefined) return createAsynchronously(run, resource);
  try {
    await guarded(run, (db, aws) => finishIfSettled(run, db, aws, resource));
  } catch (error) {
    await fail(run, resource, reasonFor(run, error, requestFor(run.stack, resource).token));
  }
}

/** Gives a resource back the properties that it had before the update. */
export async function revert(run: Run, resource: StackResource): Promise<void> {
  const { before, physicalId } = resource;
  if (before === undefined || physicalId === undefined) throw new Error(`${resource.logicalId} has nothing to go back to`);
  const request = requestFor(run.stack, resource);
  const back: StackResource = { ...resource, ...before, before: undefined, status: "UPDATE_IN_PROGRESS", statusReason: undefined };
  try {
    await guarded(run, (db, aws) => {
      const record = tell(db, back, run.jobs, run.mask);
      behaviour(run, resource.type).update?.(aws, physicalId, before.properties, resource.properties, request);
      finishIfSettled(run, db, aws, record);
    });
  } catch (error) {
    await fail(run, { ...resource, before: undefined, status: "UPDATE_IN_PROGRESS" }, reasonFor(run, error, request.token));
  }
}

/** @param replaced the resource whose place it takes */
async function create(run: Run, resource: StackResource, replaced: StackResource | undefined): Promise<void> {
  const type = behaviour(run, resource.type);
  const request = requestFor(run.stack, resource);
  if (!("create" in type)) {
    const begun = await guarded(run, (db) => {
      stepAside(run, db, replaced);
      tell(db, resource, run.jobs, run.mask);
    });
    return begun ? createAsynchronously(run, resource) : undefined;
  }
  try {
    await guarded(run, (db, aws) => {
      stepAside(run, db, replaced);
      tell(db, resource, run.jobs, run.mask);
      const physicalId = type.create(aws, resource.properties, request);
      const made = tell(db, { ...resource, physicalId, statusReason: INITIATED }, run.jobs, run.mask);
      finishIfSettled(run, db, aws, made);
    });
  } catch (error) {
    await fail(run, resource, reasonFor(run, error, request.token), replaced);
  }
}

/** The intent is written. Finds again what an earlier try made. */
export async function createAsynchronously(run: Run, resource: StackResource): Promise<void> {
  const type = behaviour(run, resource.type);
  const request = requestFor(run.stack, resource);
  if ("create" in type) throw new Error(`${resource.type} is created in a transaction, yet ${resource.logicalId} has no physical id`);
  let physicalId: string;
  try {
    physicalId = await type.createAsync(run.jobs.aws, resource.properties, request);
  } catch (error) {
    await fail(run, resource, reasonFor(run, error, request.token));
    return;
  }
  // Written whatever has become of the stack meanwhile: what was made must not be forgotten.
  await run.jobs.write((db) => {
    const record = recordOf(db, resource);
    if (record) tell(db, { ...record, physicalId, statusReason: record.role === "leaving" ? record.statusReason : INITIATED }, run.jobs, run.mask);
  });
}

async function update(run: Run, next: StackResource, previous: StackResource): Promise<void> {
  const request = requestFor(run.stack, next);
  const { properties, attributes, dependsOn } = previous;
  const changing: StackResource = { ...next, status: "UPDATE_IN_PROGRESS", statusReason: undefined, before: { properties, attributes, dependsOn } };
  try {
    await guarded(run, (db, aws) => {
      const record = tell(db, changing, run.jobs, run.mask);
      behaviour(run, next.type).update?.(aws, record.physicalId!, next.properties, properties, request);
      finishIfSettled(run, db, aws, record);
    });
  } catch (error) {
    await fail(run, unchanged(run, previous), reasonFor(run, error, request.token));
  }
}

/** A resource whose update went wrong before it began: rolled back it is what it is. */
function unchanged(run: Run, previous: StackResource): StackResource {
  const { properties, attributes, dependsOn } = previous;
  return { ...previous, operation: run.stack.operation, status: "UPDATE_IN_PROGRESS", before: { properties, attributes, dependsOn } };
}

function finishIfSettled(run: Run, db: Database, aws: Aws, resource: StackResource): void {
  const type = behaviour(run, resource.type);
  const physicalId = resource.physicalId!;
  const settled = type.settled?.(aws, physicalId, resource.properties) ?? true;
  if (settled === false) return;
  const creating = resource.status === "CREATE_IN_PROGRESS";
  if (settled !== true) {
    tell(db, { ...resource, status: creating ? "CREATE_FAILED" : "UPDATE_FAILED", statusReason: settled.failed }, run.jobs, run.mask);
    return;
  }
  const attributes = (type.attributes?.(aws, physicalId, resource.properties) ?? {}) as Readonly<Record<string, Value>>;
  tell(db, { ...resource, status: creating ? "CREATE_COMPLETE" : "UPDATE_COMPLETE", statusReason: undefined, attributes }, run.jobs, run.mask);
}

/** The old one waits until the update is certain; one that never came to be is on its way out. */
function stepAside(run: Run, db: Database, replaced: StackResource | undefined): void {
  if (!replaced) return;
  const broken = replaced.physicalId === undefined || replaced.status === "CREATE_FAILED";
  putResource(db, broken ? { ...replaced, role: "leaving", leaving: "undone" } : { ...replaced, role: "replaced" }, run.jobs);
}

/** Records that a resource failed, after whatever it did was rolled back. */
async function fail(run: Run, resource: StackResource, reason: string, replaced?: StackResource): Promise<void> {
  await guarded(run, (db) => {
    const known = recordOf(db, resource);
    if (!known) {
      stepAside(run, db, replaced);
      tell(db, resource, run.jobs, run.mask);
    } else if (!known.status.endsWith("_IN_PROGRESS")) {
      tell(db, { ...resource, statusReason: undefined }, run.jobs, run.mask);
    }
    const creating = resource.status === "CREATE_IN_PROGRESS";
    tell(db, { ...resource, status: creating ? "CREATE_FAILED" : "UPDATE_FAILED", statusReason: reason }, run.jobs, run.mask);
  });
}

function tagsChanged(run: Run): boolean {
  const before = run.stack.rollbackTo?.tags ?? run.stack.configuration.tags;
  return JSON.stringify(before) !== JSON.stringify(run.stack.configuration.tags);
}
