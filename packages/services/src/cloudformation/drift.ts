/** Drift detection: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html */
import { driftOf, type Resource, type Value } from "@hakoniwa/cloudformation";
import { AwsError, type Database, type Reader } from "@hakoniwa/kernel";
import { Cloudformation, type Aws, type CloudformationTypes } from "@hakoniwa/wire";
import { operations, reconciler, watch } from "../define.js";
import { access } from "./access.js";
import { cannotDetectDrift, driftDetectionGoesOn, noSuchDetection, noSuchResource } from "./errors.js";
import { resourcesOf, stackNamed } from "./find.js";
import { hiddenBy, hideIn, maskOf } from "./no-echo.js";
import { page } from "./pages.js";
import type { Registry } from "./registry.js";
import { timestamp } from "./show.js";
import { driftDetections, stackResources, stacks, type DriftDetection, type ResourceDrift, type Stack, type StackResource } from "./state.js";

/** Statuses in which a stack's resources are what its template says. */
const DETECTABLE: ReadonlySet<string> = new Set([
  "CREATE_COMPLETE",
  "UPDATE_COMPLETE",
  "UPDATE_ROLLBACK_COMPLETE",
  "UPDATE_ROLLBACK_FAILED",
  "IMPORT_COMPLETE",
  "IMPORT_ROLLBACK_COMPLETE",
]);

export function driftOperations(registry: Registry) {
  return operations(Cloudformation, {
    DetectStackDrift: {
      authorize: access("DetectStackDrift"),
      handle(ctx, input) {
        const stack = detectable(ctx.db, input.StackName);
        if (ctx.db(driftDetections).where("stack", stack.id).some((detection) => detection.status === "DETECTION_IN_PROGRESS")) throw driftDetectionGoesOn(stack.id);
        const wanted = input.LogicalResourceIds;
        const missing = wanted?.find((id) => !currentOf(ctx.db, stack).some((resource) => resource.logicalId === id));
        if (missing !== undefined) throw noSuchResource(missing, stack.name);
        const detection = ctx.db(driftDetections).put({
          id: ctx.ids.uuid(),
          stackId: stack.id,
          started: ctx.now,
          logicalIds: wanted?.length ? wanted : undefined,
          caller: ctx.caller,
          status: "DETECTION_IN_PROGRESS",
          reason: undefined,
          result: undefined,
          drifted: undefined,
        });
        return { StackDriftDetectionId: detection.id };
      },
    },

    DetectStackResourceDrift: {
      authorize: access("DetectStackResourceDrift"),
      handle(ctx, input) {
        const stack = detectable(ctx.db, input.StackName);
        const resource = currentOf(ctx.db, stack).find((candidate) => candidate.logicalId === input.LogicalResourceId);
        if (!resource) throw noSuchResource(input.LogicalResourceId, stack.name);
        const drift = look(ctx.aws, registry, stack, resource, ctx.now);
        return { StackResourceDrift: showDrift(ctx.db, stack, ctx.db(stackResources).put({ ...resource, drift })) };
      },
    },

    DescribeStackDriftDetectionStatus: {
      authorize: access("DescribeStackDriftDetectionStatus"),
      handle(ctx, input) {
        const detection = ctx.db(driftDetections).get(input.StackDriftDetectionId);
        if (!detection) throw noSuchDetection(input.StackDriftDetectionId);
        return {
          StackId: detection.stackId,
          StackDriftDetectionId: detection.id,
          StackDriftStatus: detection.result,
          DetectionStatus: detection.status,
          DetectionStatusReason: detection.reason,
          DriftedStackResourceCount: detection.drifted,
          Timestamp: timestamp(detection.started),
        };
      },
    },

    DescribeStackResourceDrifts: {
      authorize: access("DescribeStackResourceDrifts"),
      handle(ctx, input) {
        const stack = stackNamed(ctx.db, input.StackName);
        const filters: readonly string[] = input.StackResourceDriftStatusFilters ?? [];
        // Of what can't be checked AWS says nothing here.
        const checked = currentOf(ctx.db, stack).filter(({ drift }) => drift && drift.status !== "NOT_CHECKED" && (filters.length === 0 || filters.includes(drift.status)));
        const { items, next } = page(checked, input, { key: (resource) => resource.logicalId });
        return { StackResourceDrifts: items.map((resource) => showDrift(ctx.db, stack, resource)), NextToken: next };
      },
    },
  });
}

/** Carries out what DetectStackDrift asks for. */
export function detectDrift(registry: Registry) {
  return reconciler({
    name: "cloudformation.detect-drift",
    watches: [watch(driftDetections, (detection) => (detection.status === "DETECTION_IN_PROGRESS" ? [detection.id] : []))],
    async reconcile(key, jobs) {
      const detection = jobs.db(driftDetections).get(key.id);
      if (detection?.status !== "DETECTION_IN_PROGRESS") return;
      await jobs.as(detection.caller).write((db, aws) => detect(db, aws, registry, detection, jobs.now));
    },
  });
}

function detect(db: Database, aws: Aws, registry: Registry, detection: DriftDetection, now: number): void {
  const stack = db(stacks).get(detection.stackId);
  if (!stack || !DETECTABLE.has(stack.status)) {
    const reason = stack ? cannotDetectDrift(stack.id, stack.status).message : `Stack [${detection.stackId}] does not exist`;
    db(driftDetections).put({ ...detection, status: "DETECTION_FAILED", reason });
    return;
  }
  const seen = currentOf(db, stack)
    .filter((resource) => detection.logicalIds?.includes(resource.logicalId) ?? true)
    .map((resource) => db(stackResources).put({ ...resource, drift: look(aws, registry, stack, resource, now) }));
  const drifted = seen.filter(({ drift }) => drift?.status === "MODIFIED" || drift?.status === "DELETED").length;
  const unread = seen.filter(({ drift }) => drift?.status === "UNKNOWN").map(({ logicalId }) => logicalId);
  const result = drifted > 0 ? "DRIFTED" : "IN_SYNC";
  db(stacks).put({ ...stack, drift: { status: result, checked: now } });
  const reason = unread.length > 0 ? `Failed to detect drift on resource [${unread.join(", ")}]` : undefined;
  db(driftDetections).put({ ...detection, status: unread.length > 0 ? "DETECTION_FAILED" : "DETECTION_COMPLETE", reason, result, drifted });
}

/** Reads the resource as the caller, and compares. */
function look(aws: Aws, registry: Registry, stack: Stack, resource: StackResource, now: number): ResourceDrift {
  const type = registry.resource(resource.type) as unknown as Resource<Readonly<Record<string, Value>>>;
  const expected = JSON.stringify(resource.properties);
  const base = { checked: now, expected, actual: undefined, differences: [], reason: undefined };
  if (!type.read || resource.physicalId === undefined) return { ...base, status: "NOT_CHECKED" };
  let live: object | undefined;
  try {
    live = type.read(aws, resource.physicalId, resource.properties);
  } catch (error) {
    if (error instanceof AwsError) return { ...base, status: "UNKNOWN", reason: error.message };
    throw error;
  }
  if (!live) return { ...base, status: "DELETED" };
  const { actual, differences } = driftOf(registry.schemas.get(resource.type)!, resource.properties, defined(live), stack.configuration.tags);
  return { ...base, actual: JSON.stringify(actual), differences, status: differences.length > 0 ? "MODIFIED" : "IN_SYNC" };
}

/** Services say `undefined` for what is not there; templates say nothing. */
function defined(live: object): Readonly<Record<string, Value>> {
  return JSON.parse(JSON.stringify(live)) as Readonly<Record<string, Value>>;
}

function detectable(db: Reader, name: string): Stack {
  const stack = stackNamed(db, name);
  if (!DETECTABLE.has(stack.status)) throw cannotDetectDrift(stack.id, stack.status);
  return stack;
}

function currentOf(db: Reader, stack: Stack): readonly StackResource[] {
  return resourcesOf(db, stack.id).filter((resource) => resource.role === "current");
}

function showDrift(db: Reader, stack: Stack, resource: StackResource): CloudformationTypes.StackResourceDrift {
  const { drift } = resource;
  const secrets = hiddenBy(db, stack);
  const mask = maskOf(secrets);
  const hide = hideIn(secrets);
  const hidden = (text: string | undefined): string | undefined => (text === undefined ? undefined : mask(text));
  return {
    StackId: stack.id,
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId,
    ResourceType: resource.type,
    ExpectedProperties: hidden(drift?.expected),
    ActualProperties: hidden(drift?.actual),
    PropertyDifferences: (drift?.differences ?? []).map(({ path, expected, actual, type }) => ({ PropertyPath: path, ExpectedValue: hide(expected), ActualValue: hide(actual), DifferenceType: type })),
    StackResourceDriftStatus: drift?.status ?? "NOT_CHECKED",
    Timestamp: timestamp(drift?.checked ?? 0),
    DriftStatusReason: drift?.reason,
  };
}
