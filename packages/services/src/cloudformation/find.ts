import type { Reader } from "@hakoniwa/kernel";
import { changeSets, stackResources, stacks, type ChangeSet, type Stack, type StackResource } from "./state.js";
import { noSuchChangeSet, noSuchStack } from "./errors.js";

/** By name the stack that is not deleted; by id deleted ones too. */
export function findStack(db: Reader, nameOrId: string): Stack | undefined {
  return db(stacks).get(nameOrId) ?? db(stacks).where("name", nameOrId).find((stack) => stack.status !== "DELETE_COMPLETE");
}

/** @throws AwsError ValidationError */
export function stackNamed(db: Reader, nameOrId: string, missing: (name: string) => Error = noSuchStack): Stack {
  const stack = findStack(db, nameOrId);
  if (!stack) throw missing(nameOrId);
  return stack;
}

/** Every physical resource of the stack, by logical id. */
export function resourcesOf(db: Reader, stackId: string): readonly StackResource[] {
  return db(stackResources)
    .where("stack", stackId)
    .toSorted((a, b) => (a.logicalId < b.logicalId ? -1 : a.logicalId > b.logicalId ? 1 : a.incarnation - b.incarnation));
}

/** One physical resource a logical id: the current one, else the one that left last. */
export function logicalResources(db: Reader, stackId: string): readonly StackResource[] {
  const shown = new Map<string, StackResource>();
  for (const resource of resourcesOf(db, stackId)) {
    if (resource.role === "current" || shown.get(resource.logicalId)?.role !== "current") shown.set(resource.logicalId, resource);
  }
  return [...shown.values()];
}

/** The value of an export, and the stack that exports it. */
export function findExport(db: Reader, name: string): { readonly stack: Stack; readonly value: string } | undefined {
  for (const stack of db(stacks).where("exports", name)) {
    const output = stack.outputs.find((candidate) => candidate.exportName === name);
    if (output) return { stack, value: output.value };
  }
  return undefined;
}

/** The stacks that import an export. */
export function importersOf(db: Reader, name: string): readonly Stack[] {
  return db(stacks)
    .list()
    .filter((stack) => stack.status !== "DELETE_COMPLETE" && stack.configuration.imports.includes(name));
}

/** A change set by its ARN, or by its name within a stack. @throws AwsError ChangeSetNotFoundException */
export function changeSetNamed(db: Reader, nameOrId: string, stackName: string | undefined): ChangeSet {
  const stack = stackName === undefined ? undefined : findStack(db, stackName);
  const byId = db(changeSets).get(nameOrId);
  if (byId && (stackName === undefined || stack?.id === byId.stackId)) return byId;
  const found = stack && db(changeSets).where("stack", stack.id).find((candidate) => candidate.name === nameOrId);
  if (!found) throw noSuchChangeSet(nameOrId);
  return found;
}

/** The stack that has a physical resource already, if any. */
export function ownerOf(db: Reader, type: string, physicalId: string): string | undefined {
  return db(stackResources).where("physical", physicalId).find((resource) => resource.type === type && resource.role === "current" && !resource.status.startsWith("DELETE_"))?.stackId;
}
