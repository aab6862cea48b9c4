/** Putting events into a stream: with the call's own transaction, or not at all. */
import { Logs } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { access } from "./access.js";
import { notYet } from "./errors.js";
import { countedBy } from "./metrics-plan.js";
import { groupOf, streamOf } from "./names.js";
import { planPut, sequenceToken } from "./put-plan.js";
import { eventsOf, logStreams, metricFilters, pendingMetrics, type LogStream, type StoredEvent } from "./state.js";

export const putOperations = operations(Logs, {
  PutLogEvents: {
    authorize: access("PutLogEvents"),
    handle(ctx, input) {
      if (input.entity !== undefined) throw notYet("entity");
      const group = groupOf(ctx.db, input.logGroupName);
      const stream = streamOf(ctx.db, input.logGroupName, input.logStreamName);
      const { accepted, rejected } = planPut(input.logEvents, group, ctx.now);
      for (const { timestamp, message } of accepted) {
        const record: StoredEvent = { message, ingestion: Math.floor(ctx.now) };
        ctx.log({ stream: eventsOf(stream), time: timestamp, record });
      }
      const next: LogStream = {
        ...stream,
        batches: stream.batches + 1,
        ...(accepted.length > 0
          ? {
              firstEvent: Math.min(stream.firstEvent ?? Infinity, accepted[0]!.timestamp),
              lastEvent: Math.max(stream.lastEvent ?? -Infinity, accepted.at(-1)!.timestamp),
              lastIngestion: ctx.now,
            }
          : {}),
      };
      ctx.db(logStreams).put(next);
      const metrics = countedBy(ctx.db(metricFilters).where("group", group.name), accepted);
      if (metrics.length > 0) ctx.db(pendingMetrics).put({ id: ctx.ids.uuid(), metrics });
      return { nextSequenceToken: sequenceToken(next), rejectedLogEventsInfo: rejected };
    },
  },
});
