import { table, type Caller } from "@hakoniwa/kernel";
import type { GoalOutput, PropertyDifference, ResolvedParameter, ResourceState } from "@hakoniwa/cloudformation";
import type { CloudformationTypes } from "@hakoniwa/wire";
import type { RollbackSettings } from "./policies-rollback.js";

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
  /** Topics that hear of every event. */
  readonly notificationArns: readonly string[];
  /** Alarms that take an operation back. */
  readonly rollback?: RollbackSettings | undefined;
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
  /** A rollback also deletes what it made new and its DeletionPolicy would keep. */
  readonly retainExceptOnCreate: boolean;
  readonly terminationProtection: boolean;
  readonly timeoutInMinutes: number | undefined;
  readonly clientRequestToken: string | undefined;
  /** Counts the operations on this stack, from 1. */
  readonly operation: number;
  /** The first operation since the stack was last sound: a rollback takes back all from there on. */
  readonly since: number;
  readonly operationId: string;
  readonly operationType: CloudformationTypes.OperationType;
  readonly operationStarted: number;
  readonly changeSetId: string | undefined;
  /** The update is to be rolled back, as somebody asked for it. */
  readonly cancelled: boolean;
  /** Why the operation failed, while it is rolled back and after. */
  readonly failure: string | undefined;
  /** The parent's operation that this stack's latest one is part of. */
  readonly parentOperation: number | undefined;
  /** The stack that it is nested in, and the outermost one. */
  readonly parentId: string | undefined;
  readonly rootId: string | undefined;
  /** A nested update is certain only when its parent's is: until then it can still be rolled back. */
  readonly held: boolean;
  /** What the outputs were before a held update. */
  readonly outputsBefore?: readonly GoalOutput[] | undefined;
  /** The JSON text of the stack policy. */
  readonly policy: string | undefined;
  /** The one that holds during the update that is going on. */
  readonly policyDuringUpdate: string | undefined;
  /** What can't be deleted is left behind. */
  readonly forceDelete: boolean;
  /** Values of NoEcho parameters that it is going back from: what tells of that does not show them. */
  readonly hidden?: readonly string[] | undefined;
  /** What the operation imports. */
  readonly importing?: readonly Importing[] | undefined;
  /** When the operation had deployed everything; alarms may be watched from then on. */
  readonly deployed?: { readonly operation: number; readonly at: number } | undefined;
  readonly drift: StackDrift | undefined;
  /** How many of its events its topics have heard of. */
  readonly notified: number;
  /** How many events it has had: they are shown in that order. */
  readonly events: number;
}

/** A resource that exists and is to become the stack's. */
export interface Importing {
  readonly logicalId: string;
  readonly physicalId: string;
}

export interface StackDrift {
  readonly status: "DRIFTED" | "IN_SYNC";
  readonly checked: number;
}

/** Kept apart: a stack's record changes often and its template seldom. */
export interface StackTemplate {
  readonly id: string;
  readonly stackId: string;
  /** As it was given. */
  readonly body: string;
  /** What its transforms made of it; undefined when it has none. */
  readonly processed?: string | undefined;
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
  readonly drift?: ResourceDrift | undefined;
}

/** What the latest look at a resource found. */
export interface ResourceDrift {
  readonly status: "IN_SYNC" | "MODIFIED" | "DELETED" | "NOT_CHECKED" | "UNKNOWN";
  readonly checked: number;
  /** JSON. */
  readonly expected: string | undefined;
  readonly actual: string | undefined;
  readonly differences: readonly PropertyDifference[];
  readonly reason: string | undefined;
}

/** A look at a whole stack, which is taken in the background. */
export interface DriftDetection {
  readonly id: string;
  readonly stackId: string;
  readonly started: number;
  /** Which resources; all when undefined. */
  readonly logicalIds: readonly string[] | undefined;
  readonly caller: Caller;
  readonly status: "DETECTION_IN_PROGRESS" | "DETECTION_COMPLETE" | "DETECTION_FAILED";
  readonly reason: string | undefined;
  readonly result: "DRIFTED" | "IN_SYNC" | undefined;
  readonly drifted: number | undefined;
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
  readonly type: "CREATE" | "UPDATE" | "IMPORT";
  readonly created: number;
  readonly description: string | undefined;
  readonly body: string;
  readonly processed?: string | undefined;
  readonly notificationArns: readonly string[];
  readonly rollback?: RollbackSettings | undefined;
  /** Whether what exists already was looked for, to be imported. */
  readonly importExisting?: boolean | undefined;
  readonly importing?: readonly Importing[] | undefined;
  /** It has change sets of the stacks nested in its stack; they are made, as the caller, before it is ready. */
  readonly nested?: { readonly caller: Caller } | undefined;
  /** Parameters whose values are known only when the stack around is updated. */
  readonly unknown?: readonly string[] | undefined;
  /** The change set that it is nested in, as which of its resources, and the outermost one. */
  readonly parent?: { readonly id: string; readonly logicalId: string; readonly rootId: string } | undefined;
  readonly parameters: readonly ResolvedParameter[];
  readonly tags: readonly Tag[];
  readonly capabilities: readonly Capability[];
  readonly imports: readonly string[];
  readonly roleArn: string | undefined;
  readonly onFailure: Stack["onFailure"] | undefined;
  readonly status: "CREATE_IN_PROGRESS" | "CREATE_COMPLETE" | "FAILED";
  readonly statusReason: string | undefined;
  readonly executionStatus: "AVAILABLE" | "UNAVAILABLE" | "EXECUTE_COMPLETE" | "OBSOLETE";
  readonly changes: readonly CloudformationTypes.Change[];
}

/** Stacks whose status says that there is something to do. */
export function isActive(status: StackStatus): boolean {
  return status.endsWith("_IN_PROGRESS") && status !== "REVIEW_IN_PROGRESS";
}

type OldConfiguration = Omit<Configuration, "notificationArns">;
type OldStack = Omit<Stack, "configuration" | "rollbackTo"> & { readonly configuration: OldConfiguration; readonly rollbackTo: OldConfiguration | undefined };

export const stacks = table<Stack>()({
  name: "cloudformation.stacks",
  version: 2,
  upgrades: {
    1: (old: OldStack): Stack => ({
      ...old,
      configuration: { ...old.configuration, notificationArns: [] },
      rollbackTo: old.rollbackTo && { ...old.rollbackTo, notificationArns: [] },
      retainExceptOnCreate: false,
      parentId: undefined,
      rootId: undefined,
      held: false,
      policy: undefined,
      policyDuringUpdate: undefined,
      failure: undefined,
      since: old.operation,
      parentOperation: undefined,
      forceDelete: false,
      drift: undefined,
      notified: old.events,
    }),
  },
  key: (stack) => stack.id,
  indexes: {
    name: (stack) => stack.name,
    parent: (stack) => stack.parentId,
    root: (stack) => (stack.status === "DELETE_COMPLETE" ? undefined : stack.rootId),
    kept: (stack) => (stack.status === "DELETE_COMPLETE" ? undefined : "yes"),
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

export const eventKey = (stackId: string, sequence: number): string => `${stackId}/${sequence}`;

export const stackEvents = table<StackEvent>()({
  name: "cloudformation.events",
  key: (event) => eventKey(event.stackId, event.sequence),
  indexes: { stack: (event) => event.stackId },
});

export const changeSets = table<ChangeSet>()({
  name: "cloudformation.changeSets",
  version: 2,
  upgrades: { 1: (old: Omit<ChangeSet, "notificationArns">): ChangeSet => ({ ...old, notificationArns: [] }) },
  key: (changeSet) => changeSet.id,
  indexes: { stack: (changeSet) => changeSet.stackId, parent: (changeSet) => changeSet.parent?.id },
});

export const driftDetections = table<DriftDetection>()({
  name: "cloudformation.driftDetections",
  key: (detection) => detection.id,
  indexes: { stack: (detection) => detection.stackId, active: (detection) => (detection.status === "DETECTION_IN_PROGRESS" ? "yes" : undefined) },
});
