/** Searching a group's streams, interleaved by time. */
import { Logs, type LogsTypes } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { access } from "./access.js";
import { invalidParameter, notYet, streamNotFound } from "./errors.js";
import { eventId, merged, parseStop, stopToken, type FoundEvent } from "./filter-plan.js";
import { MOST_BYTES, MOST_EVENTS } from "./get-events.js";
import { groupOf, namedGroup } from "./names.js";
import { compilePattern } from "./pattern.js";
import { oldestKept } from "./put-plan.js";
import { eventsOf, keyIn, logStreams, type LogStream, type StoredEvent } from "./state.js";

/** A page looks at no more events than this, or bytes: whoever searches a long log must not keep the others waiting. It may be empty, with a token. */
const MOST_SEARCHED = 20_000;
const MOST_SEARCHED_BYTES = 16 * MOST_BYTES;

export const filterOperations = operations(Logs, {
  FilterLogEvents: {
    authorize: access("FilterLogEvents"),
    handle(ctx, input) {
      if (input.unmask) throw notYet("unmask");
      if (input.startFromHead === false) throw notYet("startFromHead = false");
      const group = groupOf(ctx.db, namedGroup(input, ctx));
      const { startTime = 0, endTime = Number.MAX_SAFE_INTEGER - 1 } = input;
      if (endTime < startTime) throw invalidParameter("endTime cannot be less than startTime");
      const streams = searched(ctx, group.name, input);
      const events = merged(streams, {
        from: Math.max(startTime, Math.ceil(oldestKept(group, ctx.now) ?? 0)),
        // Unlike GetLogEvents, an event at the very end is among them.
        to: endTime + 1,
        after: input.nextToken === undefined ? undefined : parseStop(input.nextToken),
        read: (stream, range) => ctx.segments.read<StoredEvent>(eventsOf(stream), range),
      });
      const { found, stopped } = search(events, compilePattern(input.filterPattern), input.limit ?? MOST_EVENTS);
      return {
        events: found.map((event) => ({
          logStreamName: event.stream.name, timestamp: event.time, message: event.record.message, ingestionTime: event.record.ingestion, eventId: eventId(event),
        })),
        // AWS leaves it empty since 2020: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
        searchedLogStreams: [],
        nextToken: stopped && stopToken({ time: stopped.time, number: stopped.number, stream: stopped.stream.id }),
      };
    },
  },
});

function searched(ctx: Context, group: string, input: LogsTypes.FilterLogEventsRequest): readonly LogStream[] {
  const { logStreamNames: names, logStreamNamePrefix: prefix } = input;
  if (names !== undefined && prefix !== undefined) throw invalidParameter("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.");
  if (names === undefined) return ctx.db(logStreams).where("group", group).filter((stream) => stream.name.startsWith(prefix ?? ""));
  return [...new Set(names)].map((name) => {
    const stream = ctx.db(logStreams).get(keyIn(group, name));
    if (!stream) throw streamNotFound();
    return stream;
  });
}

/** @returns what matched, and the last event looked at when there may be more */
function search(events: Iterable<FoundEvent>, matches: (message: string) => unknown, limit: number): { readonly found: readonly FoundEvent[]; readonly stopped: FoundEvent | undefined } {
  const found: FoundEvent[] = [];
  const seen = { events: 0, bytes: 0, foundBytes: 0 };
  let last: FoundEvent | undefined;
  for (const event of events) {
    const isFull = found.length >= limit || seen.foundBytes >= MOST_BYTES;
    if (isFull || seen.events >= MOST_SEARCHED || seen.bytes >= MOST_SEARCHED_BYTES) return { found, stopped: last };
    seen.events++;
    seen.bytes += event.record.message.length;
    last = event;
    if (matches(event.record.message) === undefined) continue;
    found.push(event);
    seen.foundBytes += Buffer.byteLength(event.record.message) + 26;
  }
  return { found, stopped: undefined };
}
