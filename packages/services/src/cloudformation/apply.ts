/** Creates, changes and replaces one resource. A synchronous one's create, physical id and events are one transaction. */
import { diff, needsReplacement, policiesOf, propertiesOf, type ResourcePolicies, type Value, type ValueMap } from "@hakoniwa/cloudformation";
import { AwsError, type Database } from "@hakoniwa/kernel";
import type { Aws } from "@hakoniwa/wire";
import { customNamed } from "./errors.js";
import { look } from "./policies-look.js";
import { putResource, tell } from "./records.js";
import { revealed } from "./secrets.js";
import { denial, policyOf } from "./stack-policy.js";
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
  let policies: ResourcePolicies | undefined;
  try {
    properties = propertiesOf(run.goal!, logicalId, run.environment, run.registry.schemas, liveResources(run.resources));
    policies = policiesOf(run.goal!, logicalId, run.environment, liveResources(run.resources));
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    await fail(run, usable ? unchanged(run, usable) : fresh, error.message, current);
    return;
  }
  const imported = usable ? undefined : run.stack.importing?.find((one) => one.logicalId === logicalId);
  if (imported) return adopt(run, { ...fresh, properties, policies, physicalId: imported.physicalId, status: "IMPORT_IN_PROGRESS" });
  if (!usable) return create(run, { ...fresh, properties, policies }, current);
  const next: StackResource = {
    ...usable,
    properties,
    policies,
    progress: brokenOff(usable),
    dependsOn,
    deletionPolicy: definition.deletionPolicy,
    updateReplacePolicy: definition.updateReplacePolicy,
    operation: run.stack.operation,
  };
  const type = behaviour(run, definition.type);
  const schema = run.registry.schemas.get(definition.type)!;
  const changes = diff(schema, usable.properties, properties);
  const retag = schema.tags !== undefined && type.update !== undefined && tagsChanged(run);
  if (changes.length === 0 && !retag && !type.refresh && usable.status !== "UPDATE_FAILED") {
    await guarded(run, (db) => void putResource(db, next, run.jobs));
    return;
  }
  const decide = type.replaces && ((names: readonly string[]): boolean => type.replaces!(properties, usable.properties, names));
  const replacing = needsReplacement(changes, type.update !== undefined, decide);
  const byPolicy = policies !== undefined && changes.length > 0 && type.replacedByPolicy?.(policies, changes.map(({ name }) => name));
  const denied = changes.length === 0 ? undefined : denial(policyOf(run.stack), byPolicy || replacing ? "Update:Replace" : "Update:Modify", logicalId, definition.type);
  if (denied !== undefined) return fail(run, unchanged(run, usable), denied);
  if (!byPolicy && !replacing) return update(run, next, usable);
  const name = type.customName === undefined ? undefined : properties[type.customName];
  if (name !== undefined && name === usable.properties[type.customName!]) return fail(run, unchanged(run, usable), customNamed(name as string));
  return create(run, { ...fresh, properties, policies }, usable);
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
  const back: StackResource = { ...resource, ...before, before: undefined, progress: brokenOff(resource), status: "UPDATE_IN_PROGRESS", statusReason: undefined };
  const request = requestFor(run.stack, back);
  try {
    const properties = await revealed(run, resource.type, before.properties);
    await guarded(run, (db, aws) => {
      const record = tell(db, back, run.jobs, run.mask);
      const type = behaviour(run, resource.type);
      if (type.revert) type.revert(aws, physicalId, properties, resource.properties, request);
      else type.update?.(aws, physicalId, properties, resource.properties, request);
      finishIfSettled(run, db, aws, record);
    });
  } catch (error) {
    await fail(run, { ...resource, stuck: true, status: "UPDATE_IN_PROGRESS" }, reasonFor(run, error, request.token));
  }
}

/** @param replaced the resource whose place it takes */
async function create(run: Run, resource: StackResource, replaced: StackResource | undefined): Promise<void> {
  const type = behaviour(run, resource.type);
  if (!("create" in type)) {
    const begun = await guarded(run, (db) => {
      stepAside(run, db, replaced);
      tell(db, resource, run.jobs, run.mask);
    });
    return begun ? createAsynchronously(run, resource) : undefined;
  }
  let request = requestFor(run.stack, resource);
  try {
    request = requestFor(run.stack, resource, await type.prepare?.(run.jobs.aws, resource.properties));
    const properties = await revealed(run, resource.type, resource.properties);
    await guarded(run, (db, aws) => {
      stepAside(run, db, replaced);
      tell(db, resource, run.jobs, run.mask);
      const made = type.create(aws, properties, request);
      const { physicalId, attributes } = typeof made === "string" ? { physicalId: made, attributes: {} } : made;
      finishIfSettled(run, db, aws, tell(db, { ...resource, physicalId, attributes, statusReason: INITIATED }, run.jobs, run.mask));
    });
  } catch (error) {
    await fail(run, resource, reasonFor(run, error, request.token), replaced);
  }
}

/** Takes in what exists. Whether it is as the template says is for drift detection to tell. */
async function adopt(run: Run, resource: StackResource): Promise<void> {
  const type = behaviour(run, resource.type);
  const physicalId = resource.physicalId!;
  try {
    await guarded(run, (db, aws) => {
      tell(db, resource, run.jobs, run.mask);
      if (!type.read?.(aws, physicalId, resource.properties)) throw new AwsError("NotFound", `Resource of type '${resource.type}' with identifier '${physicalId}' was not found.`);
      const attributes = (type.attributes?.(aws, physicalId, resource.properties) ?? {}) as Readonly<Record<string, Value>>;
      tell(db, { ...resource, status: "IMPORT_COMPLETE", statusReason: "Resource import completed.", attributes }, run.jobs, run.mask);
    });
  } catch (error) {
    await fail(run, resource, reasonFor(run, error, requestFor(run.stack, resource).token));
  }
}

/** The intent is written. Finds again what an earlier try made. */
export async function createAsynchronously(run: Run, resource: StackResource): Promise<void> {
  const type = behaviour(run, resource.type);
  const request = requestFor(run.stack, resource);
  if ("create" in type) throw new Error(`${resource.type} is created in a transaction, yet ${resource.logicalId} has no physical id`);
  let physicalId: string;
  try {
    physicalId = await type.createAsync(run.jobs.aws, await revealed(run, resource.type, resource.properties), request);
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
  const type = behaviour(run, next.type);
  let request = requestFor(run.stack, next);
  const { properties } = previous;
  const changing: StackResource = { ...next, status: "UPDATE_IN_PROGRESS", statusReason: undefined, drift: undefined, before: beforeOf(previous) };
  try {
    request = requestFor(run.stack, next, await type.prepare?.(run.jobs.aws, next.properties));
    const revealing = await revealed(run, next.type, next.properties);
    await guarded(run, (db, aws) => {
      const record = tell(db, changing, run.jobs, run.mask);
      type.update?.(aws, record.physicalId!, revealing, properties, request);
      finishIfSettled(run, db, aws, record);
    });
  } catch (error) {
    await fail(run, unchanged(run, previous), reasonFor(run, error, request.token));
  }
}

/** A resource whose update went wrong before it began: rolled back it is what it is. */
function unchanged(run: Run, previous: StackResource): StackResource {
  return { ...previous, operation: run.stack.operation, status: "UPDATE_IN_PROGRESS", before: beforeOf(previous) };
}

/** What a rollback goes back to: that of the first of several updates that failed and were left as they were. */
function beforeOf({ properties, attributes, dependsOn, policies, before }: StackResource): StackResource["before"] {
  return before ?? { properties, attributes, dependsOn, policies };
}

function finishIfSettled(run: Run, db: Database, aws: Aws, resource: StackResource): void {
  const type = behaviour(run, resource.type);
  const physicalId = resource.physicalId!;
  const settled = look(run, db, aws, resource);
  if (settled === false) return;
  const creating = resource.status === "CREATE_IN_PROGRESS";
  if (settled !== true) {
    tell(db, { ...resource, progress: undefined, status: creating ? "CREATE_FAILED" : "UPDATE_FAILED", statusReason: settled.failed }, run.jobs, run.mask);
    return;
  }
  // What a nested stack gives may be less than it was.
  const attributes = { ...(type.refresh ? {} : resource.attributes), ...type.attributes?.(aws, physicalId, resource.properties) } as Readonly<Record<string, Value>>;
  tell(db, { ...resource, progress: undefined, status: creating ? "CREATE_COMPLETE" : "UPDATE_COMPLETE", statusReason: undefined, attributes }, run.jobs, run.mask);
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
    tell(db, { ...resource, status: failureOf(resource), statusReason: reason }, run.jobs, run.mask);
  });
}

/** What a change of several steps left behind that never came to its end. */
function brokenOff({ progress }: StackResource): StackResource["progress"] {
  return progress && { state: null, again: undefined, interrupted: progress.state };
}

function failureOf({ status }: StackResource): StackResource["status"] {
  return status === "CREATE_IN_PROGRESS" ? "CREATE_FAILED" : status === "IMPORT_IN_PROGRESS" ? "IMPORT_FAILED" : "UPDATE_FAILED";
}

function tagsChanged(run: Run): boolean {
  const before = run.stack.rollbackTo?.tags ?? run.stack.configuration.tags;
  return JSON.stringify(before) !== JSON.stringify(run.stack.configuration.tags);
}
