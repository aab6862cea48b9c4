/** Ends a phase of a stack: its new status, its event, and what becomes of its resources' records, in one transaction. */
import { inProgress, outputsOf, type GoalOutput } from "@hakoniwa/cloudformation";
import { AwsError, type Database } from "@hakoniwa/kernel";
import { exportChanged, exportTaken } from "./errors.js";
import { enterStatus } from "./events.js";
import { findExport, importersOf, resourcesOf } from "./find.js";
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

function go(run: Run, db: Database, { status, reason, effect }: Transition, outputs: readonly GoalOutput[] | undefined): void {
  const { now } = run.jobs;
  const resources = resourcesOf(db, run.stack.id);
  if (status.endsWith("_FAILED") || effect.startsWith("undo")) for (const resource of resources) cancel(run, db, resource);
  for (const resource of resourcesOf(db, run.stack.id)) changeRole(run, db, resource, effect);
  let stack = db(stacks).get(run.stack.id)!;
  if (outputs) stack = { ...stack, outputs };
  if (effect === "undo-update" && stack.rollbackTo) stack = { ...stack, configuration: stack.rollbackTo };
  if (!isActive(status)) stack = { ...stack, rollbackTo: undefined };
  if (status === "DELETE_COMPLETE") stack = { ...stack, deleted: now };
  stack = enterStatus(db, stack, status, reason, run.jobs);
  if (isActive(status)) return;
  for (const template of db(templates).where("stack", stack.id)) {
    if (template.id !== stack.configuration.templateId) db(templates).delete(template.id);
  }
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

function changeRole(run: Run, db: Database, resource: StackResource, effect: Transition["effect"]): void {
  const put = (changes: Partial<StackResource>): void => void putResource(db, { ...resource, ...changes }, run.jobs);
  switch (effect) {
    case "commit":
      if (resource.role === "replaced") put({ role: "leaving", leaving: "replaced" });
      else if (resource.role === "current" && !run.goal!.resources.has(resource.logicalId)) put({ role: "leaving", leaving: "removed" });
      else if (resource.before !== undefined) put({ before: undefined });
      return;
    case "undo-creation":
      if (resource.role !== "leaving") put({ role: "leaving", leaving: "undone" });
      return;
    case "undo-update":
      if (resource.role === "current" && resource.createdBy === run.stack.operation) put({ role: "leaving", leaving: "undone" });
      else if (resource.role === "replaced") put({ role: "current", before: undefined });
      return;
    case "forget":
      if (resource.role === "leaving") db(stackResources).delete(stackResources.key(resource));
      return;
    case "none":
      return;
  }
}
