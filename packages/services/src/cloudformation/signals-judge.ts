/** Whether a creation has the signals that it waits for. Pure. */
import type { CreationPolicy, ResourceSignal, Settled } from "@hakoniwa/cloudformation";

export interface Judgement {
  readonly settled: Settled;
  /** What the stack's events tell of it. */
  readonly told: readonly string[];
}

export interface Waiting {
  readonly signals: readonly ResourceSignal[];
  /** When the creation began. */
  readonly since: number;
  readonly now: number;
}

/**
 * An Auto Scaling group may lose some of its instances, nothing else may lose any.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-creationpolicy.html
 */
export function judgeCreation(policy: CreationPolicy, isGroup: boolean, waiting: Waiting): Judgement {
  if (!policy.signal) return { settled: true, told: [] };
  const { count, timeout } = policy.signal;
  const late = waiting.now >= waiting.since + timeout;
  return isGroup ? judgeGroup(count, policy.minSuccessfulPercent, waiting.signals, late) : judgeOne(count, waiting.signals, late);
}

/** How AWS tells of a signal. */
export function received({ status, uniqueId }: ResourceSignal): string {
  return `Received ${status} signal with UniqueId ${uniqueId}`;
}

function judgeOne(count: number, signals: readonly ResourceSignal[], late: boolean): Judgement {
  const failure = signals.find((signal) => signal.status === "FAILURE");
  if (failure) return { settled: { failed: received(failure) }, told: [] };
  if (signals.length >= count) return { settled: true, told: [] };
  return { settled: late ? { failed: `Failed to receive ${count - signals.length} resource signal(s) within the specified duration` } : false, told: [] };
}

function judgeGroup(count: number, percent: number, signals: readonly ResourceSignal[], late: boolean): Judgement {
  const failures = signals.filter((signal) => signal.status === "FAILURE").length;
  const successes = signals.length - failures;
  const needed = Math.ceil((count * percent) / 100);
  const unable = `Unable to satisfy ${percent}% MinSuccessfulInstancesPercent requirement`;
  if (failures > count - needed) return { settled: { failed: `Received ${failures} FAILURE signal(s) out of ${count}.  ${unable}` }, told: [] };
  if (signals.length >= count) return { settled: true, told: [] };
  if (!late) return { settled: false, told: [] };
  const told = [missing(count - signals.length)];
  return { settled: successes >= needed ? true : { failed: `Received ${successes} SUCCESS signal(s) out of ${count}.  ${unable}` }, told };
}

/** How AWS tells of signals that did not come in time. */
function missing(signals: number): string {
  return `Failed to receive ${signals} resource signal(s) for the current batch.  Each resource signal timeout is counted as a FAILURE.`;
}
