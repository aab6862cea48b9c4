/** What is recorded of a stack's resources: all that is needed to go on after a crash. */
import type { ResourcePolicies } from "./policies.js";
import type { Progress } from "./resource.js";
import type { DeletionPolicy } from "./template.js";
import type { Value, ValueMap } from "./value.js";

export type ResourceStatus =
  | "CREATE_IN_PROGRESS"
  | "CREATE_COMPLETE"
  | "CREATE_FAILED"
  | "UPDATE_IN_PROGRESS"
  | "UPDATE_COMPLETE"
  | "UPDATE_FAILED"
  | "DELETE_IN_PROGRESS"
  | "DELETE_COMPLETE"
  | "DELETE_FAILED"
  | "DELETE_SKIPPED"
  | "IMPORT_IN_PROGRESS"
  | "IMPORT_COMPLETE"
  | "IMPORT_FAILED";

export interface ResourceBefore {
  readonly properties: ValueMap;
  readonly attributes: Readonly<Record<string, Value>>;
  readonly dependsOn: readonly string[];
  readonly policies?: ResourcePolicies | undefined;
}

/** One physical resource of a stack: a logical resource has a new one after each replacement. */
export interface ResourceState {
  readonly logicalId: string;
  /** Counts the physical resources of one logical id, from 1. */
  readonly incarnation: number;
  readonly type: string;
  readonly status: ResourceStatus;
  readonly statusReason: string | undefined;
  /** `current` is what the logical id means; `replaced` waits until the update is certain; `leaving` is to be deleted. */
  readonly role: "current" | "replaced" | "leaving";
  readonly physicalId: string | undefined;
  readonly properties: ValueMap;
  readonly attributes: Readonly<Record<string, Value>>;
  /** The logical ids that had to exist before it, and must outlive it. */
  readonly dependsOn: readonly string[];
  readonly deletionPolicy: DeletionPolicy;
  readonly updateReplacePolicy: DeletionPolicy;
  /** The stack's operation that made it. */
  readonly createdBy: number;
  /** The latest operation that looked at it. */
  readonly operation: number;
  /** What it was before the operation changed it in place. */
  readonly before: ResourceBefore | undefined;
  /** Its change could not be taken back: it waits for ContinueUpdateRollback. */
  readonly stuck?: boolean | undefined;
  /** How it is waited for and updated; a rollback goes by those of before. */
  readonly policies?: ResourcePolicies | undefined;
  /** How far a change of several steps has come; absent when none is under way. */
  readonly progress?: Progress | undefined;
}

export function inProgress(resource: ResourceState): boolean {
  return resource.status.endsWith("_IN_PROGRESS");
}

export function failed(resource: ResourceState): boolean {
  return resource.status.endsWith("_FAILED");
}

/** Nothing of it is left for the stack to delete. */
export function gone(resource: ResourceState): boolean {
  return resource.status === "DELETE_COMPLETE" || resource.status === "DELETE_SKIPPED";
}
