/** Whether a resource that is created or changed has come to rest: by its type, by the signals that it waits for, and by its time limit. */
import type { Progress, Settled } from "@hakoniwa/cloudformation";
import type { Database } from "@hakoniwa/kernel";
import type { Aws } from "@hakoniwa/wire";
import { announce, putProgress } from "./records.js";
import { behaviour, type Run } from "./run.js";
import { judgeCreation, received, type Judgement } from "./signals-judge.js";
import { forgetSignals, signals, signalsOf, type Signal } from "./signals-state.js";
import type { StackResource } from "./state.js";
import { inTime, isBeingCreated } from "./policies-time.js";

const GROUP = "AWS::AutoScaling::AutoScalingGroup";

/** Looks at it, and records what is new: signals that came, and the steps of a change. */
export function look(run: Run, db: Database, aws: Aws, resource: StackResource): Settled {
  const got = signalsOf(db, resource);
  const { settled, told, progress } = judge(run, aws, resource, got);
  tellOfSignals(run, db, resource, got);
  for (const reason of told) announce(db, resource, reason, run.jobs, run.mask);
  if (settled !== false) forgetSignals(db, resource);
  else if (progress && JSON.stringify(progress) !== JSON.stringify(resource.progress)) putProgress(db, resource, progress, run.jobs);
  return settled;
}

function judge(run: Run, aws: Aws, resource: StackResource, got: readonly Signal[]): Judgement & { readonly progress?: Progress } {
  const type = behaviour(run, resource.type);
  const physicalId = resource.physicalId!;
  const { properties, policies } = resource;
  const { now } = run.jobs;
  const creating = isBeingCreated(resource);
  if (type.advance && !creating && resource.status === "UPDATE_IN_PROGRESS") {
    const { settled, told, state, again } = type.advance(aws, physicalId, { properties, policies, signals: got, progress: resource.progress?.state ?? undefined, interrupted: resource.progress?.interrupted, now });
    return { settled: inTime(run, resource, resource.timestamp, settled), told, ...(state === null ? {} : { progress: { state, again } }) };
  }
  const own = inTime(run, resource, resource.timestamp, type.settled?.(aws, physicalId, properties) ?? true);
  if (typeof own !== "boolean" || !creating || !policies?.creation) return { settled: own, told: [] };
  const { settled, told } = judgeCreation(policies.creation, resource.type === GROUP, { signals: got, since: resource.timestamp, now });
  if (own || typeof settled !== "boolean") return { settled, told };
  return { settled: false, told: [] };
}

function tellOfSignals(run: Run, db: Database, resource: StackResource, got: readonly Signal[]): void {
  for (const signal of got) {
    if (signal.told) continue;
    // The failure of anything but a group is told as the reason of the resource's own.
    if (signal.status === "SUCCESS" || resource.type === GROUP) announce(db, resource, received(signal), run.jobs, run.mask);
    db(signals).put({ ...signal, told: true });
  }
}
