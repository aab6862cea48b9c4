/**
 * Which events of a batch are taken. Pure.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
import type { LogsTypes } from "@hakoniwa/wire";
import { invalidParameter } from "./errors.js";
import type { LogGroup, LogStream } from "./state.js";

type Event = LogsTypes.InputLogEvent;

export interface PutPlan {
  readonly accepted: readonly Event[];
  readonly rejected: LogsTypes.RejectedLogEventsInfo | undefined;
}

const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
const LARGEST_BATCH = 1_048_576;
const MOST_EVENTS = 10_000;
const EVENT_OVERHEAD = 26;

/** @throws InvalidParameterException when the batch as a whole can't be taken */
export function planPut(events: readonly Event[], group: Pick<LogGroup, "retention">, now: number): PutPlan {
  checkBatch(events);
  const oldest = now - 14 * DAY;
  const kept = oldestKept(group, now) ?? -Infinity;
  const start = events.findIndex(({ timestamp }) => timestamp > now + 2 * HOUR);
  const newStart = start < 0 ? events.length : start;
  const oldEnd = countBefore(events, oldest);
  const expiredEnd = countBefore(events, kept);
  const accepted = events.slice(Math.max(oldEnd, expiredEnd), newStart);
  if ((accepted.at(-1)?.timestamp ?? 0) - (accepted[0]?.timestamp ?? 0) > DAY) {
    throw invalidParameter("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
  const rejected = {
    ...(newStart < events.length ? { tooNewLogEventStartIndex: newStart } : {}),
    ...(oldEnd > 0 ? { tooOldLogEventEndIndex: oldEnd } : {}),
    ...(expiredEnd > oldEnd ? { expiredLogEventEndIndex: expiredEnd } : {}),
  };
  return { accepted, rejected: Object.keys(rejected).length > 0 ? rejected : undefined };
}

/** Nothing older is shown; undefined when everything is kept. */
export function oldestKept({ retention }: Pick<LogGroup, "retention">, now: number): number | undefined {
  return retention === undefined ? undefined : now - retention * DAY;
}

/** What SDKs of old hand back with their next batch; nothing depends on it. */
export function sequenceToken({ id, batches }: Pick<LogStream, "id" | "batches">): string {
  return `${BigInt(`0x${id.replaceAll("-", "")}`)}${batches}`.padStart(56, "4").slice(-56);
}

function checkBatch(events: readonly Event[]): void {
  if (events.length > MOST_EVENTS) throw invalidParameter(`Upload too large: ${events.length} events exceeds limit of ${MOST_EVENTS}`);
  let bytes = 0;
  let last = -Infinity;
  for (const { timestamp, message } of events) {
    const size = Buffer.byteLength(message) + EVENT_OVERHEAD;
    if (size > LARGEST_BATCH) throw invalidParameter(`Log event too large: ${size} bytes exceeds limit of ${LARGEST_BATCH}`);
    bytes += size;
    if (timestamp < last) throw invalidParameter("Log events in a single PutLogEvents request must be in chronological order.");
    last = timestamp;
  }
  if (bytes > LARGEST_BATCH) throw invalidParameter(`Upload too large: ${bytes} bytes exceeds limit of ${LARGEST_BATCH}`);
}

function countBefore(events: readonly Event[], time: number): number {
  const first = events.findIndex(({ timestamp }) => timestamp >= time);
  return first < 0 ? events.length : first;
}
