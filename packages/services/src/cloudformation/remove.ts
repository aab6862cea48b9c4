/** Deletes one resource of a stack, or keeps it where its policy says so. */
import type { DeletionPolicy } from "@hakoniwa/cloudformation";
import { AwsError, type Database } from "@hakoniwa/kernel";
import type { Aws } from "@hakoniwa/wire";
import { createAsynchronously } from "./apply.js";
import { inTime } from "./policies-time.js";
import { tell } from "./records.js";
import { behaviour, guarded, reasonFor, requestFor, type Run } from "./run.js";
import { forgetSignals } from "./signals-state.js";
import { stackResources, type StackResource } from "./state.js";

/** How long a deletion is tried again while something else still uses the resource. */
export const DELETION_PATIENCE = 5 * 60_000;

/** Nothing depends on it any more. */
export async function remove(run: Run, resource: StackResource): Promise<void> {
  const asynchronous = !("create" in behaviour(run, resource.type));
  // An earlier try may have made it without living to tell: the same token finds it.
  if (resource.physicalId === undefined && asynchronous && resource.status.endsWith("_IN_PROGRESS")) return createAsynchronously(run, resource);
  if (resource.physicalId === undefined || keeps(run, resource)) {
    const status = resource.physicalId === undefined ? "DELETE_COMPLETE" : "DELETE_SKIPPED";
    await guarded(run, (db) => void tell(db, { ...resource, status, statusReason: undefined }, run.jobs, run.mask));
    return;
  }
  const leaving: StackResource = { ...resource, status: "DELETE_IN_PROGRESS", statusReason: undefined, deletingSince: run.jobs.now, deleteCalled: false };
  await attempt(run, leaving, (db) => void tell(db, leaving, run.jobs, run.mask));
}

/** Its deletion was begun: tries it again, or looks whether it is over. */
export async function awaitRemoval(run: Run, resource: StackResource): Promise<void> {
  return attempt(run, resource, () => undefined);
}

/** Whether a deletion waits for something that may end without the stack hearing of it. */
export function isRetrying(resource: StackResource): boolean {
  return resource.status === "DELETE_IN_PROGRESS" && !resource.deleteCalled;
}

/** @param begin records the beginning, in the transaction of the try or, when that is rolled back, by itself */
async function attempt(run: Run, resource: StackResource, begin: (db: Database) => void): Promise<void> {
  try {
    await guarded(run, (db, aws) => {
      begin(db);
      deleteIn(run, db, aws, resource);
    });
  } catch (error) {
    const patient = error instanceof AwsError && /DependencyViolation|InUse|DeleteConflict|IncorrectState/.test(error.code);
    const late = run.jobs.now - (resource.deletingSince ?? run.jobs.now) >= DELETION_PATIENCE;
    await guarded(run, (db) => {
      begin(db);
      if (patient && !late) return;
      const reason = reasonFor(run, error, requestFor(run.stack, resource).token);
      tell(db, { ...resource, status: "DELETE_FAILED", statusReason: reason }, run.jobs, run.mask);
    });
  }
}

function deleteIn(run: Run, db: Database, aws: Aws, resource: StackResource): void {
  const type = behaviour(run, resource.type);
  const physicalId = resource.physicalId!;
  if (!resource.deleteCalled) {
    if (policyOf(resource) === "Snapshot") type.snapshot?.(aws, physicalId, resource.properties, requestFor(run.stack, resource));
    type.delete(aws, physicalId, resource.properties);
  }
  const gone = inTime(run, resource, resource.deletingSince ?? run.jobs.now, type.gone?.(aws, physicalId, resource.properties) ?? true);
  if (gone === true) forgetSignals(db, resource);
  if (gone === true) tell(db, { ...resource, deleteCalled: true, status: "DELETE_COMPLETE", statusReason: undefined }, run.jobs, run.mask);
  else if (gone !== false) tell(db, { ...resource, deleteCalled: true, status: "DELETE_FAILED", statusReason: gone.failed }, run.jobs, run.mask);
  else if (!resource.deleteCalled) markCalled(db, resource);
}

function markCalled(db: Database, resource: StackResource): void {
  db(stackResources).put({ ...resource, deleteCalled: true });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html */
function policyOf(resource: StackResource): DeletionPolicy {
  return resource.leaving === "replaced" ? resource.updateReplacePolicy : resource.deletionPolicy;
}

function keeps(run: Run, resource: StackResource): boolean {
  const policy = policyOf(resource);
  if (policy === "Delete" || policy === "Snapshot") return false;
  // There is nothing in it yet that anybody would miss.
  return resource.leaving !== "undone" || (policy === "Retain" && !run.stack.retainExceptOnCreate);
}
