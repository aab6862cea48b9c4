/** What may happen next to a stack's resources. Pure: the same goal and the same states give the same steps. */
import type { Graph } from "./graph.js";
import { failed, gone, inProgress, type ResourceState } from "./state.js";

/** One thing to do now; all steps of a plan may run side by side. */
export type Step =
  /** All it depends on is there: create it, change it, replace it, or find that nothing changed. */
  | { readonly do: "apply"; readonly logicalId: string }
  /** Look whether it has come to rest. */
  | { readonly do: "settle"; readonly resource: ResourceState }
  /** Undo its change in place. */
  | { readonly do: "revert"; readonly resource: ResourceState }
  | { readonly do: "remove"; readonly resource: ResourceState };

export type Plan =
  | { readonly outcome: "going"; readonly steps: readonly Step[] }
  | { readonly outcome: "complete" }
  | { readonly outcome: "failed"; readonly resources: readonly ResourceState[] };

/** Creates and changes, in the order of dependencies, until the states are what the goal says or something fails. */
export function planApply(goal: Graph, resources: readonly ResourceState[], operation: number): Plan {
  const seen = resources.filter((resource) => resource.role === "current" && resource.operation === operation);
  const failures = seen.filter(failed);
  if (failures.length > 0) return { outcome: "failed", resources: failures };
  const byId = new Map(seen.map((resource) => [resource.logicalId, resource]));
  const done = (logicalId: string): boolean => {
    const resource = byId.get(logicalId);
    return resource !== undefined && !inProgress(resource);
  };
  const steps: Step[] = [];
  for (const [logicalId, dependsOn] of goal) {
    const resource = byId.get(logicalId);
    if (resource && inProgress(resource)) steps.push({ do: "settle", resource });
    else if (!resource && dependsOn.every(done)) steps.push({ do: "apply", logicalId });
  }
  if ([...goal.keys()].every(done)) return { outcome: "complete" };
  return { outcome: "going", steps };
}

/**
 * Takes back what updates changed in place. Roles were turned back when the rollback began.
 * @param since the first operation that is taken back
 */
export function planRestore(resources: readonly ResourceState[], since: number): Plan {
  const touched = resources.filter((resource) => resource.role === "current" && resource.operation >= since);
  const reverting = touched.filter((resource) => resource.before !== undefined && !resource.stuck);
  const failures = touched.filter((resource) => resource.stuck || (resource.before === undefined && failed(resource)));
  const waiting = touched.filter((resource) => resource.before === undefined && inProgress(resource));
  if (failures.length > 0 && waiting.length === 0) return { outcome: "failed", resources: failures };
  const open = new Set([...reverting, ...waiting].map((resource) => resource.logicalId));
  if (open.size === 0) return { outcome: "complete" };
  const steps: Step[] = waiting.map((resource) => ({ do: "settle", resource }));
  if (failures.length > 0) return { outcome: "going", steps };
  for (const resource of reverting) {
    const dependsOn = resource.before?.dependsOn ?? [];
    if (!dependsOn.some((id) => id !== resource.logicalId && open.has(id))) steps.push({ do: "revert", resource });
  }
  // The old order was free of cycles, so something can always be reverted unless something is awaited.
  return { outcome: "going", steps };
}

/** Deletes what is leaving, each after everything that depended on it. */
export function planRemove(resources: readonly ResourceState[]): Plan {
  const leaving = resources.filter((resource) => resource.role === "leaving");
  const left = leaving.filter((resource) => !gone(resource));
  if (left.length === 0) return { outcome: "complete" };
  const needed = new Set<string>();
  for (const resource of left) for (const id of resource.dependsOn) if (id !== resource.logicalId) needed.add(id);
  const steps: Step[] = [];
  for (const resource of left) {
    if (resource.status === "DELETE_IN_PROGRESS") steps.push({ do: "settle", resource });
    else if (resource.status !== "DELETE_FAILED" && !needed.has(resource.logicalId)) steps.push({ do: "remove", resource });
  }
  if (steps.length > 0) return { outcome: "going", steps };
  const failures = left.filter((resource) => resource.status === "DELETE_FAILED");
  if (failures.length > 0) return { outcome: "failed", resources: failures };
  // Two templates' dependencies can close a circle after a rollback that failed: then no order is better than another.
  return { outcome: "going", steps: left.map((resource) => ({ do: "remove", resource })) };
}
