/** Ends a phase of a stack: its new status, its event, and what becomes of its resources' records, in one transaction. */
import { inProgress, outputsOf, type GoalOutput } from "@hakoniwa/cloudformation";
import { AwsError, type Database } from "@hakoniwa/kernel";
import { exportChanged, exportTaken } from "./errors.js";
import { findExport, importersOf, resourcesOf } from "./find.js";
import { enterStatus, type Moment } from "./events.js";
import { hiddenBy } from "./no-echo.js";
import { nextStatus, type Transition } from "./plan.js";
import { putResource, tell } from "./records.js";
import { guarded, liveResources, type Run } from "./run.js";
import { isActive, stackResources, stacks, templates, type Stack, type StackResource } from "./state.js";

/** @param problem what went wrong; undefined when the phase was completed */
export async function finishPhase(run: Run, problem: string | undefined): Promise<void> {
  await guarded(run, (db) => {
    const told = problem ?? (run.goal ? outputsOrProblem(run, db) : undefined);
    if (typeof told === "string") return go(run, db, nextStatus(run.stack, told), undefined);
    return go(run, db, nextStatus(run.stack, undefined), told);
  });
}

function outputsOrProblem(run: Run, db: Database): readonly GoalOutput[] | string {
  try {
    const outputs = outputsOf(run.goal!, run.environment, liveResources(resourcesOf(db, run.stack.id)));
    checkExports(run.stack, db, outputs);
    return outputs;
  } catch (error) {
    if (error instanceof AwsError) return `${error.message}. `.replace("..", ".");
    throw error;
  }
}

function checkExports(stack: Stack, db: Database, outputs: readonly GoalOutput[]): void {
  for (const { exportName } of outputs) {
    const owner = exportName === undefined ? undefined : findExport(db, exportName);
    if (owner && owner.stack.id !== stack.id) throw exportTaken(exportName!, owner.stack.name);
  }
  for (const before of stack.outputs) {
    if (before.exportName === undefined) continue;
    const importer = importersOf(db, before.exportName).find((other) => other.id !== stack.id);
    const after = outputs.find((output) => output.exportName === before.exportName);
    if (importer && after?.value !== before.value) throw exportChanged(before.exportName, importer.name);
  }
}

function go(run: Run, db: Database, transition: Transition, outputs: readonly GoalOutput[] | undefined): void {
  const { status, effect } = transition;
  if (status.endsWith("_FAILED") || effect.startsWith("undo")) for (const resource of resourcesOf(db, run.stack.id)) cancel(run, db, resource);
  const stack = db(stacks).get(run.stack.id)!;
  if (outputs) db(stacks).put({ ...stack, outputs, outputsBefore: stack.held ? stack.outputs : undefined });
  turn(db, stack.id, transition, run.jobs);
  if (effect === "commit") releaseNested(db, stack, run.jobs);
}

/** Puts a stack into its next status, with what that means for its resources and templates. */
export function turn(db: Database, stackId: string, { status, reason, effect, failure }: Transition, at: Moment): void {
  let stack = db(stacks).get(stackId)!;
  for (const resource of resourcesOf(db, stackId)) changeRole(db, stack, resource, effect, at);
  if (failure !== undefined) stack = { ...stack, failure };
  if ((effect === "undo-update" || effect === "undo-import") && stack.rollbackTo) stack = { ...stack, hidden: hiddenBy(db, stack), configuration: stack.rollbackTo };
  if (effect === "undo-update" && stack.outputsBefore) stack = { ...stack, outputs: stack.outputsBefore };
  if (effect === "undo-update" || !isActive(status)) stack = { ...stack, outputsBefore: undefined };
  if (!isActive(status)) stack = { ...stack, held: false, policyDuringUpdate: undefined };
  // A failed update that was left as it is can still be rolled back.
  if (!isActive(status) && status !== "UPDATE_FAILED") stack = { ...stack, rollbackTo: undefined };
  if (!isActive(status) && status !== "UPDATE_ROLLBACK_FAILED") stack = { ...stack, hidden: undefined };
  if (status === "DELETE_COMPLETE") stack = { ...stack, deleted: at.now };
  stack = enterStatus(db, stack, status, reason, at);
  if (isActive(status)) return;
  const kept = [stack.configuration.templateId, stack.rollbackTo?.templateId];
  for (const template of db(templates).where("stack", stack.id)) {
    if (!kept.includes(template.id)) db(templates).delete(template.id);
  }
}

/** The update is certain: those of the stacks nested in it are too. */
function releaseNested(db: Database, parent: Stack, at: Moment): void {
  for (const child of db(stacks).where("parent", parent.id)) if (child.held) release(db, child, at);
}

/** What a held update replaced or removed may go now. */
export function release(db: Database, stack: Stack, at: Moment): void {
  for (const resource of resourcesOf(db, stack.id)) changeRole(db, stack, resource, "commit", at);
  db(stacks).put({ ...db(stacks).get(stack.id)!, held: false, outputsBefore: undefined });
  releaseNested(db, stack, at);
}

/** What was under way when another resource failed. */
function cancel(run: Run, db: Database, resource: StackResource): void {
  if (resource.role !== "current" || !inProgress(resource)) return;
  const creating = resource.status === "CREATE_IN_PROGRESS";
  // A creation that may have been carried out already keeps its status: the deletion finds it by its token.
  if (resource.physicalId === undefined) return;
  const status = creating ? "CREATE_FAILED" : "UPDATE_FAILED";
  tell(db, { ...resource, status, statusReason: creating ? "Resource creation cancelled" : "Resource update cancelled" }, run.jobs, run.mask);
}

function changeRole(db: Database, stack: Stack, resource: StackResource, effect: Transition["effect"], at: Moment): void {
  const put = (changes: Partial<StackResource>): void => void putResource(db, { ...resource, ...changes }, at);
  const isNew = resource.createdBy >= stack.since;
  // What was taken in exists as before, and is nobody's again.
  if (effect.startsWith("undo") && isNew && resource.status.startsWith("IMPORT_")) {
    db(stackResources).delete(stackResources.key(resource));
    return;
  }
  switch (effect) {
    case "commit":
      if (resource.role === "replaced") put({ role: "leaving", leaving: "replaced" });
      // An update looks at everything that is still in the template.
      else if (resource.role === "current" && resource.operation !== stack.operation) put({ role: "leaving", leaving: "removed" });
      else if (resource.before !== undefined) put({ before: undefined });
      return;
    case "undo-creation":
      if (resource.role !== "leaving") put({ role: "leaving", leaving: "undone" });
      return;
    case "undo-update":
      if (resource.role !== "leaving" && isNew) put({ role: "leaving", leaving: "undone" });
      else if (resource.role === "replaced") put({ role: "current", before: undefined });
      return;
    case "undo-import":
    case "forget":
      if (resource.role === "leaving") db(stackResources).delete(stackResources.key(resource));
      return;
    case "skip":
      if (resource.role === "leaving" && resource.status === "DELETE_FAILED") put({ status: "DELETE_SKIPPED" });
      return;
    case "none":
      return;
  }
}
