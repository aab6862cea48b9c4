/**
 * The next step of a rolling update. Pure: the same state and the same group, the same step.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatepolicy.html#cfn-attributes-updatepolicy-rollingupdate
 */
import type { RollingUpdate } from "@hakoniwa/cloudformation";
import type { RollingAction, RollingState, RollingStep, RollingView } from "./cfn-rolling-state.js";

/** How long AWS waits for instances to come into service. */
const ARRIVAL = 3_600_000;

/** @param before undefined at the first step, which comes in the transaction that changed the group */
export function roll(policy: RollingUpdate, view: RollingView, before: RollingState | undefined): RollingStep {
  const state = before ?? begin(policy, view);
  const first: readonly RollingAction[] = !before && policy.suspend.length > 0 ? [{ do: "suspend" }] : [];
  const step = stepOf(policy, view, state);
  const last: readonly RollingAction[] = step.settled !== false && policy.suspend.length > 0 ? [{ do: "resume" }] : [];
  return { ...step, actions: [...first, ...step.actions, ...last] };
}

function begin({ suspend }: RollingUpdate, view: RollingView): RollingState {
  const there = view.members.filter((member) => !member.leaving);
  const growth = Math.max(0, view.desired - there.length);
  return {
    phase: "arriving",
    since: view.now,
    known: there.map(({ id }) => id),
    obsolete: null,
    batch: 0,
    sizes: null,
    leaving: [],
    ended: 0,
    awaited: 0,
    counted: view.signals.map(({ uniqueId }) => uniqueId),
    succeeded: 0,
    failed: 0,
    total: growth + there.filter(({ obsolete }) => obsolete).length,
    suspended: suspend,
  };
}

function stepOf(policy: RollingUpdate, view: RollingView, state: RollingState): RollingStep {
  switch (state.phase) {
    case "arriving":
      return arrive(policy, view, state);
    case "waiting":
      return policy.waitOnSignals ? awaitSignals(policy, view, state) : pause(policy, view, state);
    case "leaving":
      return depart(policy, view, state);
  }
}

function still(state: RollingState, again: number | undefined): RollingStep {
  return { state, actions: [], told: [], settled: false, again };
}

function fail(state: RollingState, reason: string, told: readonly string[] = []): RollingStep {
  return { state, actions: [], told, settled: { failed: reason }, again: undefined };
}

function arrive(policy: RollingUpdate, view: RollingView, state: RollingState): RollingStep {
  const serving = view.members.filter((member) => member.inService);
  if (serving.length < view.desired) {
    const sizes = `{current/minimum/target group size} = {${serving.length}/${view.min}/${view.desired}}`;
    if (view.failure && view.failure.at >= state.since) return fail(state, `Group did not stabilize. ${sizes}. Failed Scaling Activity: ${view.failure.message}`);
    if (view.now < state.since + ARRIVAL) return still(state, state.since + ARRIVAL);
    if (serving.length < Math.ceil((view.desired * policy.minActivePercent) / 100)) return fail(state, `Group did not stabilize. ${sizes}.`);
  }
  const fresh = serving.filter(({ id }) => !state.known.includes(id)).map(({ id }) => id);
  if (fresh.length === 0 || (!policy.waitOnSignals && policy.pause === 0)) return proceed(policy, view, { ...state, known: [...state.known, ...fresh] });
  const how = policy.waitOnSignals ? `Waiting on ${fresh.length} resource signal(s) with a timeout of ${policy.pauseText}.` : `Pausing for ${policy.pauseText}.`;
  const waiting: RollingState = { ...state, phase: "waiting", since: view.now, known: [...state.known, ...fresh], awaited: fresh.length };
  return { ...still(waiting, view.now + policy.pause), told: [`New instance(s) added to autoscaling group - ${how}`] };
}

function pause(policy: RollingUpdate, view: RollingView, state: RollingState): RollingStep {
  const until = state.since + policy.pause;
  return view.now < until ? still(state, until) : proceed(policy, view, state);
}

function awaitSignals(policy: RollingUpdate, view: RollingView, state: RollingState): RollingStep {
  const fresh = view.signals.filter(({ uniqueId }) => !state.counted.includes(uniqueId));
  const failures = fresh.filter(({ status }) => status === "FAILURE").length;
  const late = view.now >= state.since + policy.pause;
  const missing = late ? Math.max(0, state.awaited - fresh.length) : 0;
  const counted: RollingState = {
    ...state,
    counted: [...state.counted, ...fresh.map(({ uniqueId }) => uniqueId)],
    succeeded: state.succeeded + fresh.length - failures,
    failed: state.failed + failures + missing,
  };
  const told = missing > 0 ? [`Failed to receive ${missing} resource signal(s) for the current batch.  Each resource signal timeout is counted as a FAILURE.`] : [];
  const needed = Math.ceil((state.total * policy.minSuccessfulPercent) / 100);
  if (counted.failed > state.total - needed) {
    const got = missing > 0 ? `${counted.succeeded} SUCCESS` : `${counted.failed} FAILURE`;
    const reason = `Received ${got} signal(s) out of ${state.total}.  Unable to satisfy ${policy.minSuccessfulPercent}% MinSuccessfulInstancesPercent requirement`;
    return fail(state, reason, told);
  }
  if (!late && fresh.length < state.awaited) return still(state, state.since + policy.pause);
  const next = proceed(policy, view, counted);
  return { ...next, told: [...told, ...next.told] };
}

function depart(policy: RollingUpdate, view: RollingView, state: RollingState): RollingStep {
  if (view.members.some(({ id }) => state.leaving.includes(id))) return still(state, undefined);
  const ended = state.ended + state.leaving.length;
  const all = state.obsolete?.length ?? ended;
  const told = `Successfully terminated instance(s) [${state.leaving.join(",")}] (Progress ${all === 0 ? 100 : Math.round((ended * 100) / all)}%).`;
  const next = arrive(policy, view, { ...state, phase: "arriving", since: view.now, leaving: [], ended });
  return { ...next, told: [told, ...next.told] };
}

/** Everything that was to come is there: the next batch goes. */
function proceed(policy: RollingUpdate, view: RollingView, state: RollingState): RollingStep {
  if (state.obsolete === null) return initiate(policy, view, state);
  const there = view.members.filter((member) => !member.leaving);
  const left = state.obsolete.filter((id) => there.some((member) => member.id === id));
  if (left.length === 0) return finish(state);
  const serving = there.filter((member) => member.inService).length;
  const going = left.slice(0, Math.min(state.batch, Math.max(1, serving - policy.minInService)));
  const isLast = going.length === left.length;
  const desired = state.sizes?.desired ?? view.desired;
  const replacements = isLast ? Math.max(0, desired - (there.length - going.length)) : going.length;
  return {
    state: { ...state, phase: "leaving", since: view.now, leaving: going, sizes: isLast ? null : state.sizes },
    actions: [...(isLast ? restore(state) : []), ...going.map((id): RollingAction => ({ do: "terminate", id }))],
    told: [`Terminating instance(s) [${going.join(",")}]; replacing with ${replacements} new instance(s).`],
    settled: false,
    again: undefined,
  };
}

function initiate(policy: RollingUpdate, view: RollingView, state: RollingState): RollingStep {
  const obsolete = view.members.filter((member) => member.obsolete && !member.leaving).map(({ id }) => id);
  if (obsolete.length === 0) return finish(state);
  if (policy.minInService >= view.max) return fail(state, "MinInstancesInService must be less than the autoscaling group's MaxSize");
  const batch = Math.min(policy.maxBatchSize, obsolete.length, view.max - policy.minInService);
  const size = Math.max(policy.minInService + batch, view.desired);
  // A group at its largest is left as it is: then the batch itself is what may be missing.
  const resizes = view.desired < view.max && (size !== view.desired || size !== view.min);
  const known = state.succeeded + state.failed;
  const initiated: RollingState = { ...state, obsolete, batch, total: known + obsolete.length, sizes: resizes ? { min: view.min, desired: view.desired } : null };
  const told = [initiation(policy, obsolete.length, batch)];
  if (!resizes) {
    const next = proceed(policy, view, initiated);
    return { ...next, told: [...told, ...next.told] };
  }
  return {
    ...still({ ...initiated, phase: "arriving", since: view.now }, view.now + ARRIVAL),
    actions: [{ do: "resize", min: size, desired: size }],
    told: [...told, `Temporarily setting autoscaling group MinSize and DesiredCapacity to ${size}.`],
  };
}

function initiation({ minInService, waitOnSignals, pause: pausing, pauseText }: RollingUpdate, obsolete: number, batch: number): string {
  const keeping = minInService > 0 ? `, while keeping at least ${minInService} instance(s) in service.` : ".";
  const waiting = waitOnSignals ? ` Waiting on resource signals with a timeout of ${pauseText} when new instances are added to the autoscaling group.` : "";
  const pauses = !waitOnSignals && pausing > 0 ? ` Pausing for ${pauseText} when new instances are added to the autoscaling group.` : "";
  return `Rolling update initiated. Terminating ${obsolete} obsolete instance(s) in batches of ${batch}${keeping}${waiting}${pauses}`;
}

function finish(state: RollingState): RollingStep {
  return { state: { ...state, sizes: null }, actions: restore(state), told: [], settled: true, again: undefined };
}

function restore({ sizes }: RollingState): readonly RollingAction[] {
  return sizes ? [{ do: "resize", min: sizes.min, desired: sizes.desired }] : [];
}
