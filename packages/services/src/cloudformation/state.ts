import { table, type Caller } from "@hakoniwa/kernel";
import type { GoalOutput, ResolvedParameter, ResourceState } from "@hakoniwa/cloudformation";
import type { CloudformationTypes } from "@hakoniwa/wire";

export type StackStatus = CloudformationTypes.StackStatus;
export type Capability = CloudformationTypes.Capability;

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** What a stack is made from: what an update replaces and a rollback restores. */
export interface Configuration {
  readonly templateId: string;
  readonly parameters: readonly ResolvedParameter[];
  readonly tags: readonly Tag[];
  readonly capabilities: readonly Capability[];
  readonly imports: readonly string[];
}

export interface Stack {
  /** The ARN. */
  readonly id: string;
  readonly name: string;
  readonly status: StackStatus;
  readonly statusReason: string | undefined;
  readonly created: number;
  readonly updated: number | undefined;
  readonly deleted: number | undefined;
  readonly description: string | undefined;
  readonly configuration: Configuration;
  /** The configuration before the update that is going on. */
  readonly rollbackTo: Configuration | undefined;
  readonly outputs: readonly GoalOutput[];
  readonly roleArn: string | undefined;
  /** Who asked for the operation: its calls are made as them. */
  readonly caller: Caller;
  readonly onFailure: "ROLLBACK" | "DELETE" | "DO_NOTHING";
  readonly terminationProtection: boolean;
  readonly timeoutInMinutes: number | undefined;
  readonly clientRequestToken: string | undefined;
  /** Counts the operations on this stack, from 1. */
  readonly operation: number;
  readonly operationId: string;
  readonly operationType: CloudformationTypes.OperationType;
  readonly operationStarted: number;
  readonly changeSetId: string | undefined;
  /** The update is to be rolled back, as somebody asked for it. */
  readonly cancelled: boolean;
  /** How many events it has had: they are shown in that order. */
  readonly events: number;
}

/** Kept apart: a stack's record changes often and its template seldom. */
export interface StackTemplate {
  readonly id: string;
  readonly stackId: string;
  readonly body: string;
}

/** Why a resource is leaving, which decides the policy that may keep it. */
export type LeavingReason = "removed" | "replaced" | "undone";

export interface StackResource extends ResourceState {
  readonly stackId: string;
  /** When the status was reached. */
  readonly timestamp: number;
  readonly leaving: LeavingReason | undefined;
  /** When its deletion was begun; the deletion is tried again for a while when something still uses it. */
  readonly deletingSince: number | undefined;
  /** The delete call went through; only its end is awaited. */
  readonly deleteCalled: boolean;
}

export interface StackEvent {
  readonly id: string;
  readonly stackId: string;
  readonly stackName: string;
  readonly sequence: number;
  readonly logicalId: string;
  readonly physicalId: string | undefined;
  readonly type: string;
  readonly status: CloudformationTypes.ResourceStatus;
  readonly statusReason: string | undefined;
  /** JSON. */
  readonly properties: string | undefined;
  readonly timestamp: number;
  readonly clientRequestToken: string | undefined;
  readonly operationId: string;
}

export interface ChangeSet {
  /** The ARN. */
  readonly id: string;
  readonly name: string;
  readonly stackId: string;
  readonly type: "CREATE" | "UPDATE";
  readonly created: number;
  readonly description: string | undefined;
  readonly body: string;
  readonly parameters: readonly ResolvedParameter[];
  readonly tags: readonly Tag[];
  readonly capabilities: readonly Capability[];
  readonly imports: readonly string[];
  readonly roleArn: string | undefined;
  readonly onFailure: Stack["onFailure"] | undefined;
  readonly status: "CREATE_COMPLETE" | "FAILED";
  readonly statusReason: string | undefined;
  readonly executionStatus: "AVAILABLE" | "UNAVAILABLE" | "EXECUTE_COMPLETE" | "OBSOLETE";
  readonly changes: readonly CloudformationTypes.Change[];
}

/** Stacks whose status says that there is something to do. */
export function isActive(status: StackStatus): boolean {
  return status.endsWith("_IN_PROGRESS") && status !== "REVIEW_IN_PROGRESS";
}

export const stacks = table<Stack>()({
  name: "cloudformation.stacks",
  key: (stack) => stack.id,
  indexes: {
    name: (stack) => stack.name,
    active: (stack) => (isActive(stack.status) ? "yes" : undefined),
    exports: (stack) => (stack.status === "DELETE_COMPLETE" ? [] : stack.outputs.flatMap((output) => output.exportName ?? [])),
  },
});

export const templates = table<StackTemplate>()({
  name: "cloudformation.templates",
  key: (template) => template.id,
  indexes: { stack: (template) => template.stackId },
});

export const stackResources = table<StackResource>()({
  name: "cloudformation.resources",
  key: (resource) => `${resource.stackId}/${resource.logicalId}/${resource.incarnation}`,
  indexes: { stack: (resource) => resource.stackId, physical: (resource) => resource.physicalId },
});

export const stackEvents = table<StackEvent>()({
  name: "cloudformation.events",
  key: (event) => `${event.stackId}/${event.sequence}`,
  indexes: { stack: (event) => event.stackId },
});

export const changeSets = table<ChangeSet>()({
  name: "cloudformation.changeSets",
  key: (changeSet) => changeSet.id,
  indexes: { stack: (changeSet) => changeSet.stackId },
});
