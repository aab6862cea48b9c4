/** How a stack goes on when its resources' plan has come to an end: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html */
import { planApply, planRemove, planRestore, type Goal, type Plan } from "@hakoniwa/cloudformation";
import type { Stack, StackResource, StackStatus } from "./state.js";

export type Phase = "apply" | "restore" | "remove";

/** What a stack in its status does with its resources. */
export function phaseOf({ status, held }: Pick<Stack, "status" | "held">): Phase | undefined {
  // A nested update that is done waits for its parent's.
  if (held && status === "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS") return undefined;
  switch (status) {
    case "CREATE_IN_PROGRESS":
    case "UPDATE_IN_PROGRESS":
    case "IMPORT_IN_PROGRESS":
      return "apply";
    case "UPDATE_ROLLBACK_IN_PROGRESS":
    case "IMPORT_ROLLBACK_IN_PROGRESS":
      return "restore";
    case "DELETE_IN_PROGRESS":
    case "ROLLBACK_IN_PROGRESS":
    case "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS":
    case "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS":
      return "remove";
    default:
      return undefined;
  }
}

/** @param goal needed in the phase `apply` only */
export function planStack(stack: Stack, phase: Phase, resources: readonly StackResource[], goal: Goal | undefined): Plan {
  switch (phase) {
    case "apply":
      return planApply(new Map([...goal!.resources].map(([logicalId, resource]) => [logicalId, resource.dependsOn])), resources, stack.operation);
    case "restore":
      return planRestore(resources, stack.since);
    case "remove":
      return planRemove(resources);
  }
}

/** Where a stack goes, and what must happen to its resources' roles on the way. */
export interface Transition {
  readonly status: StackStatus;
  readonly reason: string | undefined;
  readonly effect: "none" | "commit" | "undo-creation" | "undo-update" | "forget" | "skip" | "undo-import";
  /** Why the operation failed, when this is where it does. */
  readonly failure?: string;
}

/** @param problem what went wrong; undefined when the phase was completed */
export function nextStatus(stack: Pick<Stack, "status" | "onFailure" | "cancelled" | "held" | "forceDelete">, problem: string | undefined): Transition {
  const well = problem === undefined;
  switch (stack.status) {
    case "CREATE_IN_PROGRESS":
      return well ? { status: "CREATE_COMPLETE", reason: undefined, effect: "commit" } : afterFailedCreation(stack.onFailure, problem);
    case "UPDATE_IN_PROGRESS":
      if (well) return { status: "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", reason: undefined, effect: stack.held ? "none" : "commit" };
      return stack.onFailure === "DO_NOTHING" && !stack.cancelled
        ? { status: "UPDATE_FAILED", reason: problem, effect: "none", failure: problem }
        : { status: "UPDATE_ROLLBACK_IN_PROGRESS", reason: problem, effect: "undo-update", failure: problem };
    case "UPDATE_ROLLBACK_IN_PROGRESS":
      return well
        ? { status: "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", reason: undefined, effect: "none" }
        : { status: "UPDATE_ROLLBACK_FAILED", reason: problem, effect: "none", failure: problem };
    // What clean-up can't delete is left behind: AWS forgets it too.
    case "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS":
      return { status: "UPDATE_COMPLETE", reason: undefined, effect: "forget" };
    case "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS":
      return { status: "UPDATE_ROLLBACK_COMPLETE", reason: undefined, effect: "forget" };
    case "IMPORT_IN_PROGRESS":
      return well
        ? { status: "IMPORT_COMPLETE", reason: undefined, effect: "commit" }
        : { status: "IMPORT_ROLLBACK_IN_PROGRESS", reason: problem, effect: "undo-import", failure: problem };
    case "IMPORT_ROLLBACK_IN_PROGRESS":
      return { status: "IMPORT_ROLLBACK_COMPLETE", reason: problem, effect: "none" };
    case "ROLLBACK_IN_PROGRESS":
      return well ? { status: "ROLLBACK_COMPLETE", reason: undefined, effect: "none" } : { status: "ROLLBACK_FAILED", reason: problem, effect: "none" };
    case "DELETE_IN_PROGRESS":
      if (!well && stack.forceDelete) return { status: "DELETE_COMPLETE", reason: undefined, effect: "skip" };
      return well ? { status: "DELETE_COMPLETE", reason: undefined, effect: "none" } : { status: "DELETE_FAILED", reason: problem, effect: "none", failure: problem };
    default:
      throw new Error(`a stack in ${stack.status} has nothing to go on with`);
  }
}

function afterFailedCreation(onFailure: Stack["onFailure"], reason: string): Transition {
  if (onFailure === "DO_NOTHING") return { status: "CREATE_FAILED", reason, effect: "none", failure: reason };
  if (onFailure === "DELETE") return { status: "DELETE_IN_PROGRESS", reason: `${reason}Delete requested by user.`, effect: "undo-creation", failure: reason };
  return { status: "ROLLBACK_IN_PROGRESS", reason: `${reason}Rollback requested by user.`, effect: "undo-creation", failure: reason };
}

/** AWS's sentence, a blank at its end included. */
export function reasonOf(failures: readonly Pick<StackResource, "logicalId" | "status">[]): string {
  const verbs = { CREATE_FAILED: "create", UPDATE_FAILED: "update", DELETE_FAILED: "delete", IMPORT_FAILED: "import" } as const;
  return Object.entries(verbs)
    .map(([status, verb]) => [verb, failures.filter((failure) => failure.status === status).map((failure) => failure.logicalId)] as const)
    .filter(([, ids]) => ids.length > 0)
    .map(([verb, ids]) => `The following resource(s) failed to ${verb}: [${ids.join(", ")}]. `)
    .join("");
}
